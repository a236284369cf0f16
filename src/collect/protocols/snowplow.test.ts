import { describe, expect, it } from 'vitest';
import type { DecodedEvent } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { decodeNow } from '../decode-now.fixture.ts';
import { snowplow } from './snowplow.ts';

const schema = 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4';

function post(data: unknown, over: Partial<LogRecord> = {}): LogRecord {
  const body = typeof data === 'string' ? data : JSON.stringify({ schema, data });
  return {
    offset: 1,
    receivedAt: 1_795_300_000_000,
    project: 'p',
    key: '',
    visitor: '',
    protocol: 'snowplow',
    method: 'POST',
    path: '/com.snowplowanalytics.snowplow/tp2',
    query: '',
    headers: { cookie: 'sp=0b6a1c1e-0000-4000-8000-000000000001', 'user-agent': 'Agent/1' },
    address: '203.0.113.0',
    body: Buffer.from(body),
    ...over,
  };
}

function get(query: string): LogRecord {
  return post('', { method: 'GET', path: '/i', query, body: Buffer.alloc(0) });
}

function only(record: LogRecord): DecodedEvent {
  const decoded = decodeNow(record);
  expect(decoded.failures).toEqual([]);
  expect(decoded.events).toHaveLength(1);
  return decoded.events[0] as DecodedEvent;
}

function contexts(...list: [string, unknown][]): string {
  const data = list.map(([name, data]) => ({
    schema: `iglu:com.snowplowanalytics.snowplow/${name}/jsonschema/1-0-0`,
    data,
  }));
  return JSON.stringify({ schema: 'iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0', data });
}

function selfDescribing(event: string, data: unknown): string {
  return JSON.stringify({
    schema: 'iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0',
    data: { schema: event, data },
  });
}

describe('kinds of events', () => {
  it('a transaction has revenue and its items do not, so that a sum counts once', () => {
    const decoded = decodeNow(
      post([
        { e: 'tr', tr_id: 'o1', tr_tt: '30.5', tr_cu: 'eur', tr_tx: '2' },
        { e: 'ti', ti_id: 'o1', ti_sk: 's', ti_pr: '15.25', ti_qu: '2' },
      ]),
    );
    expect(decoded.events).toMatchObject([
      {
        event: 'transaction',
        revenue: 30.5,
        currency: 'EUR',
        properties: { order_id: 'o1', total: 30.5, tax: 2 },
      },
      { event: 'transaction_item', properties: { sku: 's', price: 15.25, quantity: 2 } },
    ]);
    expect(decoded.events[1]?.revenue).toBeUndefined();
  });

  it('a page ping carries how far the page was scrolled', () => {
    expect(only(post([{ e: 'pp', pp_mix: '0', pp_max: '10', pp_miy: '5', pp_may: '900' }]))).toMatchObject({
      event: 'page_ping',
      properties: { min_x: 0, max_x: 10, min_y: 5, max_y: 900 },
    });
  });

  it.each([
    ['plain', (json: string) => ({ ue_pr: json })],
    [
      'URL-safe base64 without padding',
      (json: string) => ({ ue_px: Buffer.from(json).toString('base64url') }),
    ],
    ['standard base64', (json: string) => ({ ue_px: Buffer.from(json).toString('base64') })],
  ])('a self-describing event in %s has the name of its schema', (_name, field) => {
    const event = only(
      post([
        { e: 'ue', ...field(selfDescribing('iglu:com.acme/note_shared/jsonschema/1-0-2', { a: 'ü?>' })) },
      ]),
    );
    expect(event).toMatchObject({
      type: 'track',
      event: 'note_shared',
      properties: { a: 'ü?>', $schema: 'com.acme/note_shared/1-0-2' },
    });
  });

  it('a screen view of a mobile tracker is a screen event', () => {
    const json = selfDescribing('iglu:com.snowplowanalytics.mobile/screen_view/jsonschema/1-0-0', {
      name: 'Home',
    });
    expect(only(post([{ e: 'ue', ue_pr: json }]))).toMatchObject({
      type: 'screen',
      event: 'screen',
      properties: { name: 'Home' },
    });
  });

  it('contexts give session, device, page view and client hints', () => {
    const co = contexts(
      ['web_page', { id: 'view-1' }],
      ['client_session', { userId: 'device-1', sessionId: 'session-1' }],
      [
        'mobile_context',
        { deviceManufacturer: 'Google', deviceModel: 'Pixel 9', osType: 'android', osVersion: '16' },
      ],
      [
        'http_client_hints',
        { isMobile: true, platform: 'Android', brands: [{ brand: 'Chromium', version: '142' }] },
      ],
    );
    expect(only(post([{ e: 'pv', co }]))).toMatchObject({
      anonymousId: 'device-1',
      clientSessionId: 'session-1',
      properties: { page_view_id: 'view-1' },
      device: { brand: 'Google', model: 'Pixel 9', os: 'android', osVersion: '16' },
      clientHints: { mobile: true, platform: 'Android', brands: [{ brand: 'Chromium', version: '142' }] },
    });
  });

  it('a pixel without script is a page view of the page it stands on, by the network cookie', () => {
    const event = only({
      ...get('e=pv&p=web&page=A+b%20c'),
      headers: { cookie: 'sp=cookie-1', referer: 'https://e.x/p' },
    });
    expect(event).toMatchObject({ url: 'https://e.x/p', title: 'A b c', anonymousId: 'cookie-1' });
  });

  it('a tracker on a server has no cookie, address and agent of a user', () => {
    const event = only(post([{ e: 'pv', p: 'srv', uid: 'u' }]));
    expect([event.anonymousId, event.address, event.userAgent]).toEqual([undefined, undefined, undefined]);
    expect(only(post([{ e: 'pv', p: 'srv', uid: 'u', ua: 'Theirs/1', ip: '198.51.100.0' }]))).toMatchObject({
      userAgent: 'Theirs/1',
      address: '198.51.100.0',
    });
  });

  it('an all-zero network id names nobody', () => {
    const record = { ...post([{ e: 'pv', nuid: '00000000-0000-0000-0000-000000000000' }]), headers: {} };
    expect(only(record).anonymousId).toBeUndefined();
  });
});

describe('what cannot be decoded', () => {
  it.each([
    ['another schema', '{"schema":"iglu:a/b/jsonschema/1-0-0","data":[]}', 'not a payload_data'],
    ['an array', '[]', 'not a payload_data'],
    ['no data', `{"schema":"${schema}"}`, 'no data'],
    ['broken JSON', '{', 'not JSON'],
  ])('%s fails as a whole', (_name, body, reason) => {
    expect(decodeNow(post(body)).failures.map((failure) => failure.reason)).toEqual([reason]);
  });

  it('of a batch only the bad items fail, each with its own payload', () => {
    const bad = [
      { e: 'xx' },
      { e: 'se' },
      { e: 'ue' },
      { e: 'ue', ue_pr: '{' },
      { e: 'ue', ue_pr: '{"data":{"schema":"nothing"}}' },
      { e: 'ue', ue_px: '////' },
      { e: 'pv', cx: 'e30x' },
      { e: 'pv', eid: 'x'.repeat(600) },
      7,
    ];
    const decoded = decodeNow(post([{ e: 'pv' }, ...bad, { e: 'pv' }]));
    expect(decoded.events).toHaveLength(2);
    expect(decoded.failures.map(({ reason }) => reason)).toEqual([
      'unknown event type',
      'no event name',
      'no event',
      'not JSON',
      'no schema',
      'not UTF-8',
      'broken contexts',
      'identifier too long',
      'not an object',
    ]);
    expect(decoded.failures.map(({ payload }) => payload)).toEqual(bad.map((item) => JSON.stringify(item)));
  });

  it('100,000 properties inside an embedded event are too many', () => {
    const data = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, 1]));
    const decoded = decodeNow(
      post([{ e: 'ue', ue_pr: selfDescribing('iglu:com.acme/x/jsonschema/1-0-0', data) }]),
    );
    expect(decoded.failures.map(({ reason }) => reason)).toEqual(['too many properties']);
  });

  it.each(['', '%', 'e=%ff%fe', 'e[]=pv', '&&&===', `${'a=1&'.repeat(5_000)}e=pv`])(
    'the query %j is a failure, not an exception',
    (query) => {
      const decoded = decodeNow(get(query.slice(0, 50_000)));
      expect(decoded.events).toEqual([]);
      expect(decoded.failures).toHaveLength(1);
    },
  );
});

describe('the application id', () => {
  const hintOf = (body: string) =>
    snowplow.read({
      route: { kind: 'events', methods: ['POST'], path: '/com.snowplowanalytics.snowplow/tp2' },
      method: 'POST',
      query: '',
      headers: {},
      body: Buffer.from(body),
      secure: false,
      host: 'localhost',
      prefix: '',
    }).hint;

  it.each([
    ['written tightly', '{"data":[{"e":"pv","aid":"shop"}]}', 'shop'],
    ['with spaces, as Python writes JSON', '{"data": [{"e": "pv", "aid": "shop"}]}', 'shop'],
    ['after a value of the same letters', '{"data":[{"se_la":"aid","aid":"shop"}]}', 'shop'],
    ['absent', '{"data":[{"e":"pv","se_la":"aid"}]}', undefined],
    ['longer than any key', `{"data":[{"aid":"${'x'.repeat(300)}"}]}`, undefined],
  ])('%s', (_, body, expected) => {
    expect(hintOf(body)).toBe(expected);
  });
});

describe('orders', () => {
  it('of transactions and of self-describing events have their ids and items', () => {
    expect(only(post([{ e: 'tr', tr_id: 'o1', tr_tt: '49.9', tr_cu: 'eur' }]))).toMatchObject({
      orderId: 'o1',
      revenue: 49.9,
      currency: 'EUR',
    });
    const item = { e: 'ti', ti_id: 'o1', ti_sk: 's1', ti_nm: 'Shirt', ti_pr: '19.95', ti_qu: '2' };
    expect(only(post([item]))).toMatchObject({
      orderId: 'o1',
      items: [{ id: 's1', name: 'Shirt', price: 19.95, quantity: 2 }],
    });
    const data = { order_id: 'o1', items: [{ id: 's1', price: 3 }] };
    const described = selfDescribing('iglu:com.acme/bought/jsonschema/1-0-0', data);
    expect(only(post([{ e: 'ue', ue_pr: described }]))).toMatchObject({
      orderId: 'o1',
      items: [{ id: 's1', price: 3 }],
    });
  });
});
