import type { Decoded } from '../../contract/event.ts';
import { createDecoder, type SourceKey } from '../collect.ts';
import { collectorTests } from '../collector-under-test.ts';
import {
  amazon,
  fromGithub,
  fromMailgun,
  fromPostmark,
  fromSendgrid,
  fromSlack,
  fromSns,
  fromStripe,
  fromTelegram,
  json,
  type Sent,
  sendgridKey,
  snsTopic,
} from '../webhook/bodies.fixture.ts';

export const startCollector = await collectorTests();
export const now = 1_795_300_000_000;
export const secrets: Readonly<Record<string, string>> = {
  slack: '8f742231b10e8888abcd99yyyzzz85a5',
  telegram: 'a-secret-token',
  stripe: 'whsec_test',
  github: 'It’s a Secret to Everybody',
  sendgrid: sendgridKey,
  mailgun: 'key-0123456789',
  postmark: 'user:password',
  ses: snsTopic,
  generic: 'generic-secret',
};

/** A key per sender, named as its door; `<door>-bare` has no secret. */
export function keyOf(name: string | undefined): SourceKey | undefined {
  const [door = '', bare] = (name ?? '').split('-');
  if (!(door in secrets) && door !== 'tracker') return undefined;
  return { id: `id-of-${name}`, project: 'p', door, secret: bare ? undefined : secrets[door] };
}

export async function collector() {
  const { outbound, asked } = amazon();
  const started = await startCollector({ keyOf, outbound });
  const decode = createDecoder();
  return {
    ...started,
    asked,
    post: (key: string, { headers, body }: Sent, query = '') =>
      started.call('POST', `/hook/${key}${query}`, headers, body),
    decoded: async (): Promise<Decoded[]> =>
      Promise.all(started.records().map(async (record) => decode(record))),
  };
}

const slackMessage = {
  token: 'verification',
  team_id: 'T061EG9R6',
  api_app_id: 'A0PNCHHK2',
  event: {
    type: 'message',
    channel: 'C2147483705',
    channel_type: 'channel',
    user: 'U2147483697',
    text: 'Hello world',
    ts: '1795299999.000100',
    event_ts: '1795299999.000100',
  },
  type: 'event_callback',
  event_id: 'Ev0PV52K25',
  event_time: 1_795_299_999,
};
const stripeInvoice = {
  id: 'evt_1',
  object: 'event',
  type: 'invoice.paid',
  created: 1_795_299_990,
  livemode: true,
  data: {
    object: {
      id: 'in_1',
      object: 'invoice',
      customer: 'cus_1',
      customer_email: 'ada@example.com',
      customer_name: 'Ada',
      amount_paid: 2_900,
      currency: 'eur',
      status: 'paid',
      billing_reason: 'subscription_cycle',
      subscription_details: { metadata: { user_id: 'u-17', account_id: 'acme' } },
      lines: {
        data: [
          { description: '1 × Pro', amount: 2_900, quantity: 1, price: { id: 'price_1', product: 'prod_1' } },
        ],
      },
    },
  },
};
const opened = {
  email: 'ada@example.com',
  timestamp: 1_795_299_999,
  event: 'open',
  sg_event_id: 'sg-1',
  sg_message_id: 'm1.f',
  ip: '203.0.113.9',
};
const mailgunClick = {
  id: 'mg-1',
  event: 'clicked',
  timestamp: 1_795_299_999.5,
  recipient: 'ada@example.com',
  url: 'https://example.com/a',
  message: { headers: { 'message-id': 'm@example.com' } },
  'user-variables': { user_id: 'u-17' },
  'client-info': { 'user-agent': 'Mozilla/5.0 (Macintosh) Safari/605' },
  ip: '203.0.113.9',
};
const postmarkBounce = {
  RecordType: 'Bounce',
  ID: 42,
  Type: 'HardBounce',
  MessageID: 'pm-1',
  Email: 'gone@example.com',
  BouncedAt: '2026-11-21T20:00:00Z',
  Description: 'unknown address',
};
export const sesOpen = JSON.stringify({
  eventType: 'Open',
  mail: {
    messageId: 'ses-1',
    destination: ['ada@example.com'],
    tags: { user_id: ['u-17'], 'ses:source-ip': ['203.0.113.9'] },
  },
  open: { ipAddress: '203.0.113.9', timestamp: '2026-11-21T20:00:00.000Z', userAgent: 'Mozilla/5.0' },
});

/** What each sender sends, genuine at `at` with the secret `secret`. */
export const genuine: Readonly<Record<string, (secret: string, at: number) => Sent>> = {
  slack: (secret, at) => fromSlack(secret, slackMessage, at),
  telegram: (secret) =>
    fromTelegram(secret, {
      update_id: 7,
      message: { message_id: 1, from: { id: 99 }, chat: { id: -5 }, date: 1_795_299_999, text: 'hi' },
    }),
  stripe: (secret, at) => fromStripe(secret, stripeInvoice, at),
  github: (secret) =>
    fromGithub(secret, 'push', '72d3162e-cc78-11e3-81ab-4c9367dc0958', {
      ref: 'refs/heads/main',
      sender: { id: 1, login: 'ada' },
    }),
  sendgrid: (_secret, at) => fromSendgrid([opened], at),
  mailgun: (secret, at) => fromMailgun(secret, mailgunClick, at),
  postmark: (secret) => fromPostmark(secret, postmarkBounce),
  ses: (_secret, at) => fromSns(sesOpen, at),
  generic: (secret) => ({ headers: { ...json, authorization: `Bearer ${secret}` }, body: '{"a":1}' }),
};
export const doors = Object.keys(genuine);
export const of = (door: string, at = now): Sent =>
  genuine[door]?.(secrets[door] ?? '', at) ?? { headers: {}, body: '' };

/** How far from now a signature may be, seconds; those that are absent carry no time. */
export const tolerances: Readonly<Record<string, number>> = {
  slack: 300,
  stripe: 300,
  sendgrid: 90_000,
  mailgun: 32_400,
  ses: 7_200,
};
