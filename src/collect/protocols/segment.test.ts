import { describe, expect, it } from 'vitest';
import type { Decoded, DecodedEvent } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { decodeNow } from '../decode-now.fixture.ts';

function record(body: unknown, over: Partial<LogRecord> = {}): LogRecord {
  const bytes =
    body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return {
    offset: 1,
    receivedAt: 1_795_300_000_000,
    project: 'p',
    key: '',
    visitor: '',
    protocol: 'segment',
    method: 'POST',
    path: '/v1/track',
    query: '',
    headers: {},
    address: '203.0.113.0',
    body: bytes,
    ...over,
  };
}

const track = { type: 'track', event: 'E', userId: 'u' };

function reasons(decoded: Decoded): string[] {
  expect(decoded.events).toEqual([]);
  return decoded.failures.map((failure) => failure.reason);
}

function only(decoded: Decoded): DecodedEvent {
  expect(decoded.failures).toEqual([]);
  expect(decoded.events).toHaveLength(1);
  return decoded.events[0] as DecodedEvent;
}

describe('a request that is no request', () => {
  it.each([
    ['an empty body', '', 'empty body'],
    ['broken JSON', '{"a":', 'not JSON'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 'not UTF-8'],
    ['UTF-16', Buffer.from('{"type":"track"}', 'utf16le'), 'not JSON'],
    ['a number', '12', 'not an object'],
    ['null', 'null', 'not an object'],
    ['an unknown type', { ...track, type: 'charge' }, 'unknown type'],
    ['a type that is a number', { ...track, type: 7 }, 'unknown type'],
    ['an event name that is missing', { type: 'track', userId: 'u' }, 'no event name'],
    ['an event name that is an object', { ...track, event: { a: 1 } }, 'no event name'],
    ['an event name without end', { ...track, event: 'x'.repeat(201) }, 'event name too long'],
    ['nobody', { type: 'track', event: 'E', userId: null, anonymousId: '' }, 'no userId and no anonymousId'],
    ['a user id that is an object', { ...track, userId: { id: 1 } }, 'wrong type'],
    ['an id without end', { ...track, messageId: 'x'.repeat(513) }, 'identifier too long'],
    ['a group call without a group', { type: 'group', userId: 'u' }, 'no groupId'],
    ['an alias without the other id', { type: 'alias', userId: 'u' }, 'no previousId or userId'],
  ])('%s fails with a reason', (_name, body, reason) => {
    expect(reasons(decodeNow(record(body)))).toEqual([reason]);
  });

  it('a batch without an array fails as a whole', () => {
    expect(reasons(decodeNow(record({ a: 1 }, { path: '/v1/batch' })))).toEqual(['no batch']);
  });

  it('a protocol that is not spoken is a failure', () => {
    expect(reasons(decodeNow(record('x', { protocol: 'gopher' })))).toEqual(['unknown protocol']);
  });
});

describe('bounds', () => {
  const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, index]));
  const deep = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

  it('of a batch only the items out of bounds fail, each with its own payload', () => {
    const items = [
      JSON.stringify(track),
      JSON.stringify({ ...track, properties: many }),
      `{"type":"track","event":"E","userId":"u","properties":${deep(25)}}`,
      '17',
      JSON.stringify({ ...track, messageId: 'last' }),
    ];
    const decoded = decodeNow(record(`{"batch":[${items.join(',')}]}`, { path: '/v1/batch' }));
    expect(decoded.events).toHaveLength(2);
    expect(decoded.failures.map(({ reason }) => reason)).toEqual([
      'too many properties',
      'too deep',
      'not an object',
    ]);
    expect(decoded.failures.map(({ payload }) => payload)).toEqual([items[1], items[2], '17']);
  });

  it('10,000 levels fail without ending the process, and so do a million brackets', () => {
    expect(
      reasons(decodeNow(record(`{"type":"track","event":"E","userId":"u","properties":${deep(10_000)}}`))),
    ).toEqual(['too deep']);
    expect(reasons(decodeNow(record('['.repeat(1_000_000))))).toEqual(['not JSON']);
    const nested = `${'['.repeat(100_000)}"\\ud800"${']'.repeat(100_000)}`;
    expect(
      reasons(decodeNow(record(`{"type":"track","event":"E","userId":"u","properties":{"a":${nested}}}`))),
    ).toEqual(['too deep']);
  });

  it('__proto__ changes no prototype', () => {
    const event = only(
      decodeNow(
        record(
          '{"type":"track","event":"E","userId":"u","__proto__":{"polluted":1},"properties":{"__proto__":{"polluted":1}},"context":{"__proto__":{"ip":"9.9.9.9"}}}',
        ),
      ),
    );
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(event.address).toBeUndefined();
  });

  it('half a surrogate pair becomes U+FFFD, in names, keys and values', () => {
    const event = only(
      decodeNow(
        record('{"type":"track","event":"a\\ud800","userId":"u","properties":{"k\\udc00":["\\ud83d"]}}'),
      ),
    );
    expect(event.event).toBe('a\ufffd');
    expect(event.properties).toEqual({ 'k\ufffd': ['\ufffd'] });
  });
});

describe('tolerance', () => {
  it('the time that a client was told counts more than that of its call', () => {
    const item = { timestamp: '2026-11-01T10:00:00Z', originalTimestamp: '2026-11-21T10:00:00Z' };
    const { occurredAt } = only(decodeNow(record({ ...track, ...item })));
    expect(occurredAt).toBe(Date.parse(item.timestamp));
  });

  it('numbers are taken as ids, and numbers as text as money', () => {
    const event = only(
      decodeNow(
        record({ ...track, userId: 42, messageId: 7, properties: { revenue: ' 12.50 ', currency: 'usd' } }),
      ),
    );
    expect(event).toMatchObject({ userId: '42', id: '7', revenue: 12.5, currency: 'USD' });
  });

  it.each([
    [{ total: 5, currency: 'EUR' }, 5],
    [{ value: 5, currency: 'EUR' }, 5],
    [{ value: 5 }, undefined],
    [{ revenue: 'lots' }, undefined],
    [{ revenue: null }, undefined],
  ])('the revenue in %j is %s', (properties, revenue) => {
    expect(only(decodeNow(record({ ...track, properties }))).revenue).toBe(revenue);
  });

  it.each([
    ['2026-11-21T22:41:43.114Z', 1_795_300_903_114],
    ['2026-11-21T22:41:43', 1_795_300_903_000],
    ['2026-11-21 23:41:43.114+0100', 1_795_300_903_114],
    ['2026-11-21T22:41:43.114123Z', 1_795_300_903_114],
    [1_795_300_903_114, 1_795_300_903_114],
    [1_795_300_903, 1_795_300_903_000],
    ['1795300903114', 1_795_300_903_114],
    ['yesterday', undefined],
    ['2026-13-45T99:99:99Z', undefined],
    [1e300, undefined],
    [{}, undefined],
  ])('the time %j is %s', (timestamp, expected) => {
    expect(only(decodeNow(record({ ...track, timestamp }))).occurredAt).toBe(expected);
  });

  it('a byte order mark, a text/plain body and a path of one letter are fine', () => {
    const event = only(
      decodeNow(
        record('\ufeff{"event":"E","userId":"u"}', {
          path: '/v1/t',
          headers: { 'content-type': 'text/plain' },
        }),
      ),
    );
    expect(event.type).toBe('track');
  });

  it('the context of a batch holds for each item, and the item wins', () => {
    const decoded = decodeNow(
      record(
        {
          batch: [track, { ...track, context: { locale: 'fr' } }],
          context: { locale: 'de', timezone: 'UTC' },
          sentAt: '2026-11-21T22:41:43.119Z',
        },
        { path: '/v1/import' },
      ),
    );
    expect(decoded.events.map(({ locale, timezone, sentAt }) => [locale, timezone, sentAt])).toEqual([
      ['de', 'UTC', 1_795_300_903_119],
      ['fr', 'UTC', 1_795_300_903_119],
    ]);
  });
});

describe('who is at the other end', () => {
  const headers = {
    'user-agent': 'Agent/1',
    'sec-ch-ua': '"Chromium";v="142", "Not)A;Brand";v="8"',
    'sec-ch-ua-mobile': '?0',
  };

  it('of a server SDK neither the transport agent nor the connection is the user’s', () => {
    const event = only(
      decodeNow(record({ ...track, context: { library: { name: '@segment/analytics-node' } } }, { headers })),
    );
    expect([event.userAgent, event.clientHints, event.address]).toEqual([undefined, undefined, undefined]);
  });

  it('what a server SDK says of its user counts', () => {
    const event = only(
      decodeNow(record({ ...track, context: { userAgent: 'Theirs/2', ip: '198.51.100.0' } }, { headers })),
    );
    expect([event.userAgent, event.address]).toEqual(['Theirs/2', '198.51.100.0']);
  });

  it('of a browser the headers and the connection are', () => {
    const event = only(
      decodeNow(record({ ...track, context: { library: { name: 'analytics.js' } } }, { headers })),
    );
    expect([event.userAgent, event.address]).toEqual(['Agent/1', '203.0.113.0']);
    expect(event.clientHints).toMatchObject({
      mobile: false,
      brands: [
        { brand: 'Chromium', version: '142' },
        { brand: 'Not)A;Brand', version: '8' },
      ],
    });
  });

  it('of a mobile SDK the connection is, but its agent is the HTTP library’s', () => {
    const event = only(
      decodeNow(
        record(
          {
            ...track,
            context: {
              library: { name: 'analytics-ios' },
              device: { manufacturer: 'Apple', model: 'iPhone16,1', type: 'ios' },
              os: { name: 'iOS', version: '19' },
              screen: { width: 390, height: 844 },
              app: { version: '3.2' },
            },
          },
          { headers },
        ),
      ),
    );
    expect(event).toMatchObject({
      address: '203.0.113.0',
      screen: '390x844',
      appVersion: '3.2',
      device: { brand: 'Apple', model: 'iPhone16,1', os: 'iOS', osVersion: '19' },
    });
    expect(event.userAgent).toBeUndefined();
  });

  it('a pixel is loaded by the user: the connection is theirs', () => {
    const data = Buffer.from(JSON.stringify({ event: 'Email Opened', userId: 'u' })).toString('base64');
    const event = only(
      decodeNow(
        record('', {
          method: 'GET',
          path: '/v1/pixel/track',
          query: `data=${encodeURIComponent(data)}`,
          headers,
        }),
      ),
    );
    expect(event).toMatchObject({ event: 'Email Opened', userAgent: 'Agent/1', address: '203.0.113.0' });
  });
});
