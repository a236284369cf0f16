import { describe, expect, it } from 'vitest';
import type { Decoded, JsonValue } from '../../contract/event.ts';
import type { ReplayedBody, ReplayMark } from '../../contract/replay.ts';
import type { LogRecord } from '../../contract/request.ts';
import { createDecoder } from '../decoder.ts';
import { envelopeOfDecoded } from './decode-replayed.ts';
import { requestOfItem } from './request-of-item.ts';

const receivedAt = Date.UTC(2026, 9, 1, 12);
const mappings: Record<string, string> = {
  mapped: '{ "event": "Made", "userId": id, "properties": { "was": name } }',
};
const decode = createDecoder(async (key) => mappings[key]);

function recordOf(protocol: string, over: Partial<LogRecord> & { readonly json?: unknown }): LogRecord {
  const { json, ...rest } = over;
  return {
    offset: 7,
    receivedAt,
    project: 'p',
    key: '',
    protocol,
    method: 'POST',
    path: '/',
    query: '',
    headers: {},
    address: '203.0.113.0',
    visitor: '',
    body: json === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(json)),
    ...rest,
  };
}

const mark = (body: ReplayedBody | undefined): ReplayMark => ({
  id: 'r',
  at: receivedAt + 1,
  offset: 7,
  item: 1,
  origin: { offset: 7, item: 1 },
  by: 'somebody',
  fix: '',
  body,
});

/** The only item of the record that failed, decoded by itself after `fix`. */
async function again(record: LogRecord, fix: (item: JsonValue) => JsonValue): Promise<Decoded> {
  const { failures } = await decode(record);
  expect(failures).toHaveLength(1);
  const { payload = '', envelope = '' } = failures[0] ?? {};
  let item: JsonValue = payload;
  try {
    item = JSON.parse(payload) as JsonValue;
  } catch {
    // a line of text
  }
  const { read, ...alone } = requestOfItem(record, fix(item), envelope);
  return decode({ ...record, ...alone, replay: mark(read) });
}

const textOf = (item: JsonValue): string => (typeof item === 'string' ? item : '');

const withFields =
  (fields: Record<string, JsonValue>) =>
  (item: JsonValue): JsonValue => ({ ...(item as object), ...fields });

const sentAt = new Date(receivedAt - 60_000).toISOString();

/** Requests with one broken item among good ones, what mends it, and what the event then says that stood around it. */
const cases: readonly (readonly [string, LogRecord, (item: JsonValue) => JsonValue, object])[] = [
  [
    'an event of a batch keeps what its batch says',
    recordOf('segment', {
      path: '/v1/batch',
      json: {
        batch: [
          { type: 'purchase', event: 'Bought', userId: 'u', timestamp: sentAt },
          { type: 'track', event: 'Good', userId: 'u' },
        ],
        sentAt,
        context: { library: { name: 'lib', version: '1' } },
      },
    }),
    withFields({ type: 'track' }),
    { event: 'Bought', sentAt: receivedAt - 60_000, library: 'lib/1' },
  ],
  [
    'a single call is read by its path',
    recordOf('segment', { path: '/v1/track', json: { event: 'Bought', sentAt } }),
    withFields({ userId: 'u' }),
    { type: 'track', event: 'Bought', userId: 'u' },
  ],
  [
    'a capture in base64 in a form',
    recordOf('posthog', {
      path: '/e',
      body: Buffer.from(
        `data=${encodeURIComponent(Buffer.from(JSON.stringify({ batch: [{ event: 'Bought' }], sent_at: sentAt })).toString('base64'))}`,
      ),
    }),
    withFields({ distinct_id: 'u' }),
    { event: 'Bought', sentAt: receivedAt - 60_000 },
  ],
  [
    'a list that is the body',
    recordOf('mixpanel', { path: '/track', json: [{ event: '', properties: { distinct_id: 'u' } }] }),
    withFields({ event: 'Bought' }),
    { event: 'Bought' },
  ],
  [
    'events in a field of a form',
    recordOf('amplitude', {
      path: '/',
      body: Buffer.from(
        `api_key=k&upload_time=${receivedAt - 120_000}&e=${encodeURIComponent('[{"user_id":"u","time":1790000000000}]')}`,
      ),
    }),
    withFields({ event_type: 'Bought' }),
    { event: 'Bought', userId: 'u', sentAt: receivedAt - 120_000 },
  ],
  [
    'what our own tracker says once for all',
    recordOf('tributary', {
      path: '/t/v1',
      json: { a: 'anonymous', s: receivedAt - 60_000, e: [{ t: 'odd', n: 'Bought' }] },
    }),
    withFields({ t: 'track' }),
    { event: 'Bought', anonymousId: 'anonymous', sentAt: receivedAt - 60_000 },
  ],
  [
    'an event of the Measurement Protocol',
    recordOf('ga4', {
      path: '/mp/collect',
      json: { client_id: 'c', events: [7, { name: 'good' }] },
    }),
    () => ({ name: 'bought' }),
    { event: 'bought', anonymousId: 'c' },
  ],
  [
    'a line of parameters, behind those of the query',
    recordOf('ga4', { path: '/g/collect', query: 'v=2&cid=c', body: Buffer.from('v=1&en=bought\nen=good') }),
    (item) => textOf(item).replace('v=1', 'v=2'),
    { event: 'bought', anonymousId: 'c' },
  ],
  [
    'an event in a query',
    recordOf('ga4', { method: 'GET', path: '/g/collect', query: 'v=1&cid=c&en=bought' }),
    (item) => textOf(item).replace('v=1', 'v=2'),
    { event: 'bought', anonymousId: 'c' },
  ],
  [
    'an event of Snowplow in a query',
    recordOf('snowplow', { method: 'GET', path: '/i', query: 'e=nonsense&p=web&duid=c' }),
    withFields({ e: 'pv', url: 'https://shop.test/' }),
    { type: 'page', anonymousId: 'c', url: 'https://shop.test/' },
  ],
  [
    'an event of Snowplow in a body',
    recordOf('snowplow', {
      path: '/com.snowplowanalytics.snowplow/tp2',
      json: {
        schema: 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4',
        data: ['no object', { e: 'pv', p: 'web', duid: 'c' }],
      },
    }),
    () => ({ e: 'pv', p: 'web', duid: 'd' }),
    { type: 'page', anonymousId: 'd' },
  ],
  [
    'a request of Matomo in a bulk body',
    recordOf('matomo', {
      path: '/matomo.php',
      json: { requests: [7, '?idsite=1&rec=1&url=https%3A%2F%2Fa.test'] },
    }),
    () => '?idsite=1&rec=1&url=https%3A%2F%2Fshop.test%2F&_id=0123456789abcdef',
    { url: 'https://shop.test/' },
  ],
  [
    'an event of Umami',
    recordOf('umami', { path: '/api/send', json: { type: 'event' } }),
    withFields({ payload: { website: 'w', name: 'Bought', url: '/' } }),
    { event: 'Bought' },
  ],
  [
    'an event of Plausible',
    recordOf('plausible', { path: '/api/event', json: { n: '', u: 'https://shop.test/', d: 'shop.test' } }),
    withFields({ n: 'Bought' }),
    { event: 'Bought', url: 'https://shop.test/' },
  ],
  [
    'an event that a mapping had made is not mapped again',
    recordOf('hook', {
      key: 'mapped',
      path: '/hook',
      headers: { 'x-tributary-door': 'generic' },
      json: { id: 'u', name: 'n' },
    }),
    withFields({ revenue: 5 }),
    { event: 'Made', userId: 'u', revenue: 5 },
  ],
  [
    'one of many items of a webhook',
    recordOf('hook', {
      path: '/hook',
      headers: { 'x-tributary-door': 'sendgrid' },
      json: [7, { event: 'open', email: 'a@example.test', timestamp: receivedAt / 1_000 }],
    }),
    () => ({ event: 'open', email: 'b@example.test', timestamp: receivedAt / 1_000, sg_event_id: 's' }),
    { type: 'track' },
  ],
];

describe('an item of a request, by itself', () => {
  it.each(cases)('%s', async (_, record, fix, expected) => {
    if (record.key === 'mapped') mappings.mapped = '{ "event": "Made", "userId": id, "revenue": name }';
    const { events, failures } = await again(record, fix);
    expect(failures).toEqual([]);
    expect(events).toMatchObject([expected]);
  });

  it.each(cases)('fails again as it did when nothing is mended: %s', async (_, record) => {
    const [before] = (await decode(record)).failures;
    const { events, failures } = await again(record, (item) => item);
    expect(events).toEqual([]);
    expect(failures).toMatchObject([{ reason: before?.reason, payload: before?.payload }]);
  });
});

describe('a line by itself', () => {
  const long = `${'x'.repeat(1_100_000)}`;
  it.each([
    [
      'lines',
      { path: '/lines/v1', query: 'file=app.log&service=shop', body: Buffer.from(`good\n${long}\n`) },
      'app.log',
    ],
    ['syslog', { path: '/syslog/v1', body: Buffer.from(`${long.length + 4} <13>${long}`) }, 'syslog'],
    ['logplex', { path: '/logplex', body: Buffer.from(`${long.length + 4} <13>${long}`) }, 'logplex'],
  ] as const)('of %s keeps where it came from', async (protocol, over, stream) => {
    const { logs, failures } = await again(recordOf(protocol, over), (item) => textOf(item).slice(0, 1_000));
    expect(failures).toEqual([]);
    expect(logs).toMatchObject([{ stream }]);
  });

  it('of Elasticsearch keeps its index and its id', async () => {
    const body = Buffer.from('{"index":{"_index":"shop","_id":"1"}}\n{"message": broken}\n');
    const record = recordOf('elasticsearch', { path: '/_bulk', body });
    const { logs } = await again(record, () => ({ message: 'mended' }));
    expect(logs).toMatchObject([{ stream: 'shop', body: 'mended', id: expect.any(String) }]);
  });

  it('of OpenTelemetry keeps its resource', async () => {
    const attributes = Array.from({ length: 1_001 }, (_, n) => ({ key: `k${n}`, value: { intValue: n } }));
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
    const json = {
      resourceLogs: [
        { resource, scopeLogs: [{ logRecords: [{ attributes, body: { stringValue: 'hello' } }] }] },
      ],
    };
    const record = recordOf('otlp', {
      path: '/v1/logs',
      headers: { 'content-type': 'application/json' },
      json,
    });
    const { logs } = await again(record, withFields({ attributes: { k: 1 } }));
    expect(logs).toMatchObject([{ service: 'shop', body: 'hello' }]);
  });
});

describe('what decoding had let pass', () => {
  const event = {
    type: 'track',
    event: 'Bought',
    userId: 'u',
    occurredAt: receivedAt,
    properties: { plan: 'pro' },
  };
  const replayed = (json: unknown, kind: 'event' | 'line'): Decoded | Promise<Decoded> =>
    decode({ ...recordOf('segment', { json }), replay: mark({ kind }) });

  it('is taken as it is', async () => {
    expect((await replayed(event, 'event')).events).toEqual([event]);
    const line = { body: 'hello', attributes: { a: 1 }, severity: 9 };
    expect((await replayed(line, 'line')).logs).toEqual([line]);
  });

  it('is refused with its place when somebody has changed it to what is none, and can be tried again', async () => {
    const { events, failures } = await replayed({ ...event, occurredAt: 'yesterday' }, 'event');
    expect(events).toEqual([]);
    expect(failures).toMatchObject([
      {
        reason: 'not a decoded event',
        detail: expect.stringContaining('occurredAt'),
        payload: JSON.stringify({ ...event, occurredAt: 'yesterday' }),
        envelope: envelopeOfDecoded('event'),
      },
    ]);
  });
});
