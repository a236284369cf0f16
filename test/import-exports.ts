/** Small exports as other products write them, each in a month of its own, and the events that they hold. */
export interface ExportExample {
  readonly format: string;
  readonly name: string;
  readonly content: string;
  /** `2021-01`: when all of its events happened. */
  readonly month: string;
  /** In order of time; a subset of the columns each. */
  readonly expected: readonly Readonly<Record<string, unknown>>[];
}

const lines = (rows: readonly unknown[]): string => `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`;
const at = (iso: string): number => Date.parse(iso);

const posthog: ExportExample = {
  format: 'posthog',
  name: 'events.jsonl',
  month: '2021-01',
  content: lines([
    {
      uuid: '018a0000-0000-7000-8000-000000000001',
      event: '$pageview',
      distinct_id: 'ph-anonymous',
      timestamp: '2021-01-05 10:00:00.000000+00:00',
      properties: {
        $device_id: 'ph-anonymous',
        $current_url: 'https://shop.example/pricing',
        $session_id: 's1',
      },
    },
    {
      uuid: '018a0000-0000-7000-8000-000000000002',
      event: 'signed up',
      distinct_id: 'ph-user',
      timestamp: '2021-01-05T10:05:00Z',
      // as CSV and Parquet hold it
      properties: JSON.stringify({ plan: 'pro', $set: { email: 'a@shop.example' } }),
    },
  ]),
  expected: [
    {
      type: 'page',
      at: at('2021-01-05T10:00:00Z'),
      anonymous_id: 'ph-anonymous',
      url: 'https://shop.example/pricing',
    },
    { event: 'signed up', at: at('2021-01-05T10:05:00Z'), user_id: 'ph-user', plan: 'pro' },
  ],
};

const mixpanel: ExportExample = {
  format: 'mixpanel',
  name: 'export.jsonl',
  month: '2021-02',
  content: lines([
    {
      event: 'Signed Up',
      properties: {
        time: at('2021-02-05T10:00:00Z') / 1_000,
        distinct_id: 'mp-user',
        $user_id: 'mp-user',
        $insert_id: 'mp1',
        plan: 'pro',
      },
    },
    {
      event: 'Viewed',
      properties: {
        time: at('2021-02-05T10:05:00Z') / 1_000,
        distinct_id: '$device:mp-device',
        $device_id: 'mp-device',
        plan: 'free',
      },
    },
  ]),
  expected: [
    { event: 'Signed Up', at: at('2021-02-05T10:00:00Z'), user_id: 'mp-user', plan: 'pro' },
    { event: 'Viewed', at: at('2021-02-05T10:05:00Z'), user_id: '', anonymous_id: 'mp-device' },
  ],
};

const amplitude: ExportExample = {
  format: 'amplitude',
  name: 'export.json',
  month: '2021-03',
  content: lines([
    {
      $insert_id: 'amp-1',
      uuid: 'c8d9c4f0-0000-11eb-8dcd-000000000001',
      event_type: 'Song Played',
      event_time: '2021-03-05 10:00:00.123000',
      user_id: 'amp-user',
      device_id: 'amp-device',
      session_id: 1_614_938_400_000,
      event_properties: { plan: 'pro' },
      user_properties: { city: 'Ulm' },
      platform: 'Web',
    },
    {
      uuid: 'c8d9c4f0-0000-11eb-8dcd-000000000002',
      event_type: 'Song Stopped',
      event_time: '2021-03-05 10:01:00.000000',
      user_id: null,
      device_id: 'amp-device',
      event_properties: {},
    },
  ]),
  expected: [
    { event: 'Song Played', at: at('2021-03-05T10:00:00.123Z'), user_id: 'amp-user', plan: 'pro' },
    { event: 'Song Stopped', at: at('2021-03-05T10:01:00Z'), user_id: '', anonymous_id: 'amp-device' },
  ],
};

const segment: ExportExample = {
  format: 'segment',
  name: 'archive.jsonl',
  month: '2021-04',
  content: lines([
    {
      type: 'track',
      event: 'Order Completed',
      messageId: 'seg-1',
      userId: 'seg-user',
      timestamp: '2021-04-05T10:00:00.000Z',
      originalTimestamp: '2021-04-05T09:00:00.000Z',
      sentAt: '2021-04-05T09:00:01.000Z',
      receivedAt: '2021-04-05T10:00:01.000Z',
      properties: { revenue: 25, currency: 'USD', plan: 'pro' },
      context: {},
    },
    {
      type: 'page',
      messageId: 'seg-2',
      anonymousId: 'seg-anonymous',
      timestamp: '2021-04-05T10:05:00.000Z',
      context: { page: { url: 'https://shop.example/' } },
      properties: {},
    },
  ]),
  expected: [
    {
      event: 'Order Completed',
      at: at('2021-04-05T10:00:00Z'),
      user_id: 'seg-user',
      revenue: 25,
      plan: 'pro',
    },
    {
      type: 'page',
      at: at('2021-04-05T10:05:00Z'),
      anonymous_id: 'seg-anonymous',
      url: 'https://shop.example/',
    },
  ],
};

const param = (key: string, value: object): object => ({ key, value });

const ga4: ExportExample = {
  format: 'ga4',
  name: 'events_20210505.jsonl',
  month: '2021-05',
  content: lines([
    {
      event_date: '20210505',
      event_timestamp: String(at('2021-05-05T10:00:00Z') * 1_000),
      event_name: 'page_view',
      event_params: [
        param('page_location', { string_value: 'https://shop.example/a' }),
        param('ga_session_id', { int_value: '1620208800' }),
      ],
      user_pseudo_id: '123.456',
      device: { category: 'desktop', operating_system: 'Linux', language: 'de-de' },
    },
    {
      event_timestamp: String(at('2021-05-05T10:05:00Z') * 1_000),
      event_name: 'purchase',
      event_params: [
        param('currency', { string_value: 'EUR' }),
        param('value', { double_value: 12.5 }),
        param('transaction_id', { string_value: 't1' }),
        param('plan', { string_value: 'pro' }),
      ],
      ecommerce: { purchase_revenue: 12.5 },
      items: [{ item_id: 'sku1', item_name: 'Lamp', price: 12.5, quantity: 1 }],
      user_id: 'ga-user',
      user_pseudo_id: '123.456',
    },
  ]),
  expected: [
    { type: 'page', at: at('2021-05-05T10:00:00Z'), anonymous_id: '123.456', url: 'https://shop.example/a' },
    {
      event: 'purchase',
      at: at('2021-05-05T10:05:00Z'),
      user_id: 'ga-user',
      revenue: 12.5,
      currency: 'EUR',
      plan: 'pro',
    },
  ],
};

const matomo: ExportExample = {
  format: 'matomo',
  name: 'visits.json',
  month: '2021-06',
  content: JSON.stringify([
    {
      idSite: 1,
      idVisit: '77',
      visitorId: 'aabbccddeeff0011',
      userId: null,
      referrerUrl: 'https://search.example/',
      actionDetails: [
        {
          type: 'action',
          url: 'https://shop.example/',
          pageTitle: 'Shop',
          pageId: '1',
          timestamp: at('2021-06-05T10:00:00Z') / 1_000,
        },
        {
          type: 'event',
          eventCategory: 'video',
          eventAction: 'play',
          eventName: 'intro',
          pageId: '2',
          timestamp: at('2021-06-05T10:01:00Z') / 1_000,
        },
        {
          type: 'ecommerceOrder',
          orderId: 'o1',
          revenue: 30,
          timestamp: at('2021-06-05T10:02:00Z') / 1_000,
          itemDetails: [{ itemSKU: 'x', itemName: 'X', price: 30, quantity: '1' }],
        },
      ],
      siteCurrency: 'EUR',
    },
  ]),
  expected: [
    {
      type: 'page',
      at: at('2021-06-05T10:00:00Z'),
      anonymous_id: 'aabbccddeeff0011',
      url: 'https://shop.example/',
    },
    { event: 'play', at: at('2021-06-05T10:01:00Z') },
    {
      event: 'order completed',
      at: at('2021-06-05T10:02:00Z'),
      revenue: 30,
      currency: 'EUR',
      order_id: 'o1',
    },
  ],
};

const umami: ExportExample = {
  format: 'umami',
  name: 'website_event.csv',
  month: '2021-07',
  content: [
    'website_id,session_id,visit_id,event_id,hostname,browser,os,device,screen,language,url_path,url_query,referrer_domain,page_title,event_type,event_name,created_at',
    'w1,um-session,v1,e1,shop.example,chrome,Linux,desktop,1440x900,de-DE,/pricing,plan=pro,search.example,Pricing,1,,2021-07-05 10:00:00',
    'w1,um-session,v1,e2,shop.example,chrome,Linux,desktop,1440x900,de-DE,/pricing,,,Pricing,2,signup,2021-07-05 10:01:00',
  ].join('\n'),
  expected: [
    {
      type: 'page',
      at: at('2021-07-05T10:00:00Z'),
      anonymous_id: 'um-session',
      url: 'https://shop.example/pricing?plan=pro',
    },
    { event: 'signup', at: at('2021-07-05T10:01:00Z'), anonymous_id: 'um-session' },
  ],
};

export const exportsOfOthers: readonly ExportExample[] = [
  posthog,
  mixpanel,
  amplitude,
  segment,
  ga4,
  matomo,
  umami,
];
