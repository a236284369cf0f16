import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../contract/event.ts';
import { collectorTests } from '../collector-under-test.ts';
import { decodeNow } from '../decode-now.fixture.ts';
import { keyOf, only, reasons, recordOf } from '../record.fixture.ts';

const startCollector = await collectorTests();
const page = { origin: 'https://e.x', 'user-agent': 'Agent/1', 'accept-language': 'de' };
const server = { 'user-agent': 'Mozilla/5.0 Umami/v24.0.0' };
const website = '94db1cb1-74f4-4a40-ad6c-962362670409';
const sent = (body: unknown, over = {}) =>
  recordOf('umami', '/api/send', { body, headers: page, visitor: 'today', ...over });
const one = (payload: JsonObject, type = 'event', over = {}) =>
  only(sent({ type, payload: { website, url: '/p', ...payload } }, over));

describe('events', () => {
  it.each<[string, JsonObject, string, string, object]>([
    ['event', {}, 'page', 'page', {}],
    ['event', { name: '' }, 'page', 'page', {}],
    ['event', { name: 'signup', data: { a: 1 }, tag: 'b' }, 'track', 'signup', { a: 1, tag: 'b' }],
    ['event', { tag: 'b' }, 'page', 'page', { tag: 'b' }],
    ['identify', { data: { plan: 'pro' } }, 'identify', 'identify', {}],
    ['performance', { lcp: 1_200.5, cls: 0, inp: 'x' }, 'track', '$web_vitals', { lcp: 1_200.5, cls: 0 }],
    ['engagement', { engagement: 5_000 }, 'track', '$engagement', { engaged_ms: 5_000 }],
  ])('%s %j is %s %s %j', (kind, payload, type, event, properties) => {
    const decoded = one(payload, kind);
    expect([decoded.type, decoded.event, decoded.properties]).toEqual([type, event, properties]);
  });

  it('identify sets what is known of the person, who may have an id', () => {
    expect(one({ id: 'u1', data: { plan: 'pro' } }, 'identify')).toMatchObject({
      userId: 'u1',
      anonymousId: 'today',
      person: { set: { plan: 'pro' } },
    });
    expect(one({ id: 'u1' }, 'identify').person).toBeUndefined();
  });

  it.each<[JsonObject, object, object]>([
    [{ revenue: '12.5', currency: 'eur', plan: 'pro' }, { revenue: 12.5, currency: 'EUR' }, { plan: 'pro' }],
    [{ revenue: 'lots', currency: 'EUR' }, {}, { revenue: 'lots', currency: 'EUR' }],
    [
      {
        commerce: {
          currency: 'EUR',
          orderId: 'o1',
          tax: 0.1,
          items: [{ productId: 'p', price: 0.2, quantity: 3 }],
        },
      },
      { revenue: 0.7, currency: 'EUR', orderId: 'o1', items: [{ id: 'p', price: 0.2, quantity: 3 }] },
      { commerce: expect.anything() },
    ],
    [
      { commerce: { currency: 'EUR', items: [{ productId: 'p', price: 2 }] } },
      { currency: 'EUR', items: [{ id: 'p', price: 2 }] },
      { commerce: expect.anything() },
    ],
  ])('of %j the sale is %j', (data, sale, properties) => {
    const { revenue, currency, orderId, items, properties: rest } = one({ name: 'order', data });
    expect([{ revenue, currency, orderId, items }, rest]).toEqual([sale, properties]);
  });

  it.each([
    ['https://e.x/a?b=1', 'h.x', 'https://e.x/a?b=1'],
    ['/a?b=1', 'h.x', 'https://h.x/a?b=1'],
    ['/a', undefined, '/a'],
    ['/a', 'no host/', '/a'],
  ])('the page %s of host %s is %s', (url, hostname, expected) => {
    expect(one({ url, ...(hostname !== undefined && { hostname }) }).url).toBe(expected);
  });

  it('times are seconds', () => {
    expect(one({ timestamp: 1_795_299_000 }).occurredAt).toBe(1_795_299_000_000);
    expect(one({}).occurredAt).toBeUndefined();
  });
});

describe('who is at the other end', () => {
  it('of the script the connection', () => {
    const event = one({ screen: '1440x900', language: 'en-US', title: 'T', referrer: '' });
    expect(event).toMatchObject({
      address: '203.0.113.0',
      userAgent: 'Agent/1',
      anonymousId: 'today',
      locale: 'en-US',
      screen: '1440x900',
      title: 'T',
    });
    expect([event.referrer, event.library]).toEqual([undefined, undefined]);
  });

  it('of a server only what it says, and its users are told apart', () => {
    const nobody = one({}, 'event', { headers: server });
    expect([nobody.address, nobody.userAgent, nobody.anonymousId, nobody.library]).toEqual([
      undefined,
      undefined,
      'today',
      'Umami/v24.0.0',
    ]);
    const known = one({ ip: '198.51.100.0', userAgent: 'Theirs/2', device: 'mobile', os: 'iOS' }, 'event', {
      headers: server,
    });
    expect(known).toMatchObject({
      address: '198.51.100.0',
      userAgent: 'Theirs/2',
      device: { type: 'mobile', os: 'iOS' },
    });
    const other = one({ ip: '198.51.100.0', userAgent: 'Theirs/3' }, 'event', { headers: server });
    expect(new Set([nobody.anonymousId, known.anonymousId, other.anonymousId]).size).toBe(3);
  });
});

it.each<[string, unknown, string[]]>([
  ['broken JSON', '{', ['not JSON']],
  ['an empty body', '', ['empty body']],
  ['no payload', { type: 'event' }, ['no payload']],
  ['an unknown type', { type: 'charge', payload: {} }, ['unknown type']],
  [
    'bad ones among good ones',
    [{ type: 'event', payload: { url: '/' } }, 7, {}],
    ['not an object', 'no payload'],
  ],
  ['a name without end', { type: 'event', payload: { name: 'x'.repeat(201) } }, ['event name too long']],
])('%s fails with a reason', (_name, body, expected) => {
  expect(reasons(decodeNow(sent(body, { method: 'POST' })))).toEqual(expected);
});

describe('requests', () => {
  const body = JSON.stringify({ type: 'event', payload: { website, url: '/' } });
  interface Visit {
    readonly cache: string;
    readonly sessionId: string;
    readonly visitId: string;
  }

  it('the script gets a token that stays the same while it sends it back', async () => {
    const { call, records } = await startCollector({ keyOf });
    const send = async (path: string, headers = {}) => {
      const reply = await call('POST', path, { ...page, ...headers }, body);
      expect([reply.status, reply.headers['access-control-allow-origin']]).toEqual([200, 'https://e.x']);
      return JSON.parse(reply.body) as Visit;
    };
    const first = await send('/api/send');
    expect(await send('/api/send/', { 'x-umami-cache': first.cache })).toEqual(first);
    expect(await send('/umami/api/send')).not.toEqual(first);
    const forged = await send('/api/send', { 'x-umami-cache': '<script>' });
    expect(forged.cache).toBe(`${forged.sessionId}.${forged.visitId}`);
    expect(records().map(({ path, visitor }) => [path, visitor])).toEqual(
      Array.from({ length: 4 }, () => ['/api/send', 'today’s visitor']),
    );
  });

  it('a batch is counted', async () => {
    const { call } = await startCollector({ keyOf });
    const reply = await call('POST', '/api/batch', {}, `[${body},${body}]`);
    expect(JSON.parse(reply.body)).toEqual({ size: 2, processed: 2, errors: 0, details: [] });
    expect(JSON.parse((await call('POST', '/api/batch', {}, '{')).body)).toEqual({ errors: 0, details: [] });
  });

  it('a website may be a key', async () => {
    const { call, records } = await startCollector({ keyOf });
    for (const id of ['wk_one', website]) await call('POST', '/api/send', {}, body.replace(website, id));
    await call('POST', '/api/batch', {}, `[${body.replace(website, 'wk_two12')}]`);
    expect(records().map(({ project }) => project)).toEqual(['one', 'default', 'two']);
    const revoked = await call('POST', '/api/send', {}, body.replace(website, 'wk_revoked'));
    expect([revoked.status, JSON.parse(revoked.body)]).toMatchObject([401, { error: { status: 401 } }]);
  });

  it('the address that a server states is hidden before the disk', async () => {
    const { call, records } = await startCollector({ keyOf });
    await call('POST', '/api/send', server, '{"type":"event","payload":{"ip":"198.51.100.77"}}');
    expect(records().map((record) => only(record).address)).toEqual(['198.51.100.0']);
  });
});
