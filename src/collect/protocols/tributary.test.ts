import { describe, expect, it } from 'vitest';
import type { Decoded, DecodedEvent } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { collectorTests } from '../collector-under-test.ts';
import { decodeNow } from '../decode-now.fixture.ts';

const startCollector = await collectorTests();

function record(body: unknown, over: Partial<LogRecord> = {}): LogRecord {
  return {
    offset: 1,
    receivedAt: 1_795_300_000_000,
    project: 'p',
    key: '',
    visitor: '',
    protocol: 'tributary',
    method: 'POST',
    path: '/t',
    query: '',
    headers: {},
    address: '203.0.113.0',
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    ...over,
  };
}

const event = { n: 'E', u: 'u' };

function reasons(decoded: Decoded): string[] {
  expect(decoded.events).toEqual([]);
  return decoded.failures.map(({ reason }) => reason);
}

function only(batch: unknown, over: Partial<LogRecord> = {}): DecodedEvent {
  const decoded = decodeNow(record(batch, over));
  expect(decoded.failures).toEqual([]);
  expect(decoded.events).toHaveLength(1);
  return decoded.events[0] as DecodedEvent;
}

describe('a batch that is none', () => {
  it.each([
    ['nothing', '', 'empty body'],
    ['broken JSON', '{"e":[', 'not JSON'],
    ['no array of events', { k: 'wk' }, 'no batch'],
    ['a list', [event], 'no batch'],
    ['an event that is a number', { e: [7] }, 'not an object'],
    ['an unknown type', { e: [{ ...event, t: 'charge' }] }, 'unknown type'],
    ['a type from the prototype', { e: [{ ...event, t: 'constructor' }] }, 'unknown type'],
    ['no name', { e: [{ u: 'u' }] }, 'no event name'],
    ['a name without end', { e: [{ u: 'u', n: 'x'.repeat(201) }] }, 'event name too long'],
    ['nobody', { e: [{ n: 'E' }] }, 'no userId and no anonymousId'],
    [
      'nobody, though the batch says who',
      { u: 'u', e: [{ n: 'E', u: null }] },
      'no userId and no anonymousId',
    ],
    ['an id without end', { e: [{ ...event, i: 'x'.repeat(513) }] }, 'identifier too long'],
    ['an id of the batch without end', { a: 'x'.repeat(513), e: [{ n: 'E' }] }, 'identifier too long'],
    ['an id that is an object', { e: [{ ...event, orderId: {} }] }, 'wrong type'],
    ['a group call without a group', { e: [{ t: 'group', u: 'u' }] }, 'no groupId'],
    ['an alias without the other id', { e: [{ t: 'alias', u: 'u' }] }, 'no previousId or userId'],
    ['1,001 values', { e: [{ ...event, p: Array.from({ length: 1_001 }, () => 1) }] }, 'too many properties'],
  ])('%s fails with a reason', (_name, body, reason) => {
    expect(reasons(decodeNow(record(body)))).toEqual([reason]);
  });

  it('of a batch only the broken events fail, each with its own payload', () => {
    const decoded = decodeNow(record({ e: [event, 'x', { ...event, n: 'F' }] }));
    expect(decoded.events.map((one) => one.event)).toEqual(['E', 'F']);
    expect(decoded.failures).toMatchObject([{ reason: 'not an object', payload: '"x"' }]);
  });
});

describe('what an event says', () => {
  it('holds for the event, and what the batch says for the others', () => {
    const decoded = decodeNow(
      record({
        u: 'u1',
        a: 'a1',
        g: 'acme',
        s: 1_795_300_000_000,
        l: 'x/1',
        d: { locale: 'de', tz: 'UTC' },
        e: [{ n: 'A' }, { n: 'B', u: 'u2', a: null, g: { team: 't' }, d: { locale: 'fr' } }],
      }),
    );
    expect(decoded.events).toMatchObject([
      { userId: 'u1', anonymousId: 'a1', accountId: 'acme', locale: 'de', timezone: 'UTC', library: 'x/1' },
      { userId: 'u2', accountId: 't', accountKind: 'team', locale: 'fr', timezone: 'UTC' },
    ]);
    expect(decoded.events[1]?.anonymousId).toBeUndefined();
    expect(decoded.events[0]?.sentAt).toBe(1_795_300_000_000);
  });

  it('is typed: time, true time, money, items, order, sequence, consent, profile changes', () => {
    const full = only({
      e: [
        {
          ...event,
          i: 'id',
          o: 1_795_300_000_000,
          trueAt: '2020-01-01T00:00:00Z',
          q: 7,
          c: 'granted',
          revenue: '12.5',
          currency: 'eur',
          orderId: 9,
          items: [{ id: 's', price: 5, quantity: 2 }],
          sessionId: 'x',
          person: {
            set: { a: 1 },
            add: { n: 1, bad: 'x' },
            union: { l: [1], bad: 1 },
            unset: ['z', 1],
            delete: 1,
          },
        },
      ],
    });
    expect(full).toMatchObject({
      id: 'id',
      occurredAt: 1_795_300_000_000,
      trueAt: 1_577_836_800_000,
      sequence: 7,
      consent: 'granted',
      revenue: 12.5,
      currency: 'EUR',
      orderId: '9',
      items: [{ id: 's', price: 5, quantity: 2 }],
      clientSessionId: 'x',
      person: { set: { a: 1 }, add: { n: 1 }, union: { l: [1] }, unset: ['z'] },
    });
    expect(full.person?.delete).toBeUndefined();
  });

  it.each([0, -1, 1.5, '3', 1e300, null])('%j is no sequence number', (q) => {
    expect(only({ e: [{ ...event, q }] }).sequence).toBeUndefined();
  });

  it('of a server neither connection nor user agent are the user’s, unless it says so; of a browser they are', () => {
    const headers = { 'user-agent': 'Agent/1' };
    const ours = { ...event, d: { ip: '198.51.100.0', ua: 'Theirs/2' } };
    expect(only({ l: 'tributary-node/1', e: [event] }, { headers })).toMatchObject({ type: 'track' });
    expect(only({ l: 'tributary-node/1', e: [event] }, { headers }).userAgent).toBeUndefined();
    expect(only({ l: 'tributary-node/1', e: [event] }, { headers }).address).toBeUndefined();
    expect(only({ e: [ours] }, { headers })).toMatchObject({
      userAgent: 'Theirs/2',
      address: '198.51.100.0',
    });
    for (const browser of [{ l: 'tributary-js/1', e: [event] }, { e: [event] }]) {
      const seen = only(browser, { headers: { ...headers, origin: 'https://e.example' } });
      expect([seen.userAgent, seen.address]).toEqual(['Agent/1', '203.0.113.0']);
    }
  });

  it('without an id of its own the visitor of the day is the anonymous id, where consent says so and nowhere else', () => {
    const over = { visitor: 'today' };
    expect(only({ c: 'anonymous', e: [{ n: 'E' }] }, over).anonymousId).toBe('today');
    expect(only({ e: [{ n: 'E', c: 'anonymous' }] }, over)).toMatchObject({
      anonymousId: 'today',
      consent: 'anonymous',
    });
    expect(reasons(decodeNow(record({ e: [{ n: 'E' }] }, over)))).toEqual(['no userId and no anonymousId']);
  });

  it('__proto__ changes no prototype', () => {
    only(
      '{"e":[{"n":"E","u":"u","__proto__":{"x":1},"p":{"__proto__":{"x":1}},"d":{"__proto__":{"x":1}},"person":{"add":{"__proto__":1}}}]}',
    );
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});

describe('at the collector', () => {
  const body = (more: object = {}): string => JSON.stringify({ k: 'wk_one', ...more, e: [event] });

  it('the key is found first in the body, later in it, or in the query, and never kept in the query', async () => {
    const { call, records } = await startCollector();
    const later = JSON.stringify({ e: [event], k: 'wk_one' });
    for (const [url, text] of [
      ['/t', body()],
      ['/t/', `  { "k" : "wk_one", "e": [] }`],
      ['/t', later],
      ['/t?k=wk_two12', JSON.stringify({ e: [event] })],
      ['/tributary/t', body()],
    ] as const) {
      const reply = await call(
        'POST',
        url,
        { 'content-type': 'text/plain', origin: 'https://e.example' },
        text,
      );
      expect([url, reply.status, reply.body]).toEqual([url, 200, 'ok']);
      expect(reply.headers['access-control-expose-headers']).toBe('retry-after');
    }
    expect(records().map(({ project, query }) => [project, query])).toEqual([
      ['one', ''],
      ['one', ''],
      ['one', ''],
      ['two', ''],
      ['one', ''],
    ]);
    expect((await call('POST', '/t', {}, JSON.stringify({ e: [event] }))).status).toBe(401);
    expect((await call('POST', '/t', {}, JSON.stringify({ k: 'wk_nobody', e: [event] }))).status).toBe(401);
    expect((await call('GET', '/t')).status).toBe(405);
  });

  it('the visitor of the day is asked for only where the batch is anonymous', async () => {
    const { call, records } = await startCollector();
    await call('POST', '/t', {}, body());
    await call('POST', '/t', {}, body({ note: '"anonymous" in a text' }));
    await call('POST', '/t', {}, body({ c: 'anonymous' }));
    await call('POST', '/t', {}, JSON.stringify({ k: 'wk_one', e: [{ n: 'E', c: 'anonymous' }] }));
    expect(records().map(({ visitor }) => visitor)).toEqual(['', '', 'today’s visitor', 'today’s visitor']);
  });

  it('addresses that an event states are truncated before they are kept', async () => {
    const { call, records } = await startCollector();
    await call('POST', '/t', {}, body({ d: { ip: '198.51.100.77' } }));
    expect(Buffer.from(records()[0]?.body ?? []).toString()).toContain('"ip":"198.51.100.0"');
  });
});
