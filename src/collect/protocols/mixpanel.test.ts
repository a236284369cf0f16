import { describe, expect, it } from 'vitest';
import type { Decoded, DecodedEvent } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { decodeNow } from '../decode-now.fixture.ts';
import { mixpanel } from './mixpanel.ts';

function record(body: unknown, over: Partial<LogRecord> = {}): LogRecord {
  return {
    offset: 1,
    receivedAt: 1_795_300_000_000,
    project: 'p',
    key: '',
    visitor: '',
    protocol: 'mixpanel',
    method: 'POST',
    path: '/track',
    query: '',
    headers: {},
    address: '203.0.113.0',
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    ...over,
  };
}

function only(decoded: Decoded): DecodedEvent {
  expect(decoded.failures).toEqual([]);
  expect(decoded.events).toHaveLength(1);
  return decoded.events[0] as DecodedEvent;
}

function of(properties: object, event = 'E', over: Partial<LogRecord> = {}): DecodedEvent {
  return only(decodeNow(record([{ event, properties }], over)));
}

const operation = (path: string, item: object) => decodeNow(record([item], { path }));

describe('what cannot be decoded', () => {
  it.each([
    ['/track', '{"a":', 'not JSON'],
    ['/track', [7], 'not an object'],
    ['/track', [{ properties: {} }], 'no event name'],
    ['/track', [{ event: 'x'.repeat(201) }], 'event name too long'],
    ['/track', [{ event: 'E', properties: { distinct_id: 'x'.repeat(600) } }], 'identifier too long'],
    ['/track', [{ event: '$create_alias', properties: { alias: 'a' } }], 'no alias'],
    ['/track', [{ event: '$identify', properties: {} }], 'no distinct_id'],
    ['/import', [{ event: 'E', properties: {} }], 'no time'],
    ['/engage', [{ $set: { a: 1 } }], 'no distinct_id'],
    ['/engage', [{ $distinct_id: 'u' }], 'no operation'],
    ['/groups', [{ $group_key: 'company', $set: { a: 1 } }], 'no groupId'],
    ['/groups', [{ $group_key: 'company', $group_id: 'c' }], 'no operation'],
  ])('%s %j is a failure: %s', (path, body, reason) => {
    const decoded = decodeNow(record(body, { path }));
    expect(decoded.events).toEqual([]);
    expect(decoded.failures.map((failure) => failure.reason)).toEqual([reason]);
  });

  it('a bad line fails alone', () => {
    const body = '{"event":"E","properties":{"time":1}}\n{"event\n{"event":"F","properties":{"time":1}}';
    const decoded = decodeNow(record(body, { path: '/import' }));
    expect(decoded.events.map(({ event }) => event)).toEqual(['E', 'F']);
    expect(decoded.failures.map(({ reason }) => reason)).toEqual(['not JSON']);
  });
});

describe('who', () => {
  it.each<[object, string, object]>([
    [{ distinct_id: 'u' }, 'E', { userId: 'u', anonymousId: undefined }],
    [{ distinct_id: '$device:d', $device_id: 'd' }, 'E', { userId: undefined, anonymousId: 'd' }],
    [{ distinct_id: '$device:d' }, 'E', { userId: undefined, anonymousId: 'd' }],
    [{ distinct_id: 'd', $device_id: 'd' }, 'E', { userId: undefined, anonymousId: 'd' }],
    [{ distinct_id: 'u', $user_id: 'u', $device_id: 'd' }, 'E', { userId: 'u', anonymousId: 'd' }],
    [{ $user_id: 'u' }, 'E', { userId: 'u' }],
    [{}, 'E', { userId: undefined, anonymousId: undefined }],
    [
      { distinct_id: 'u', $anon_distinct_id: '$device:d' },
      '$identify',
      { type: 'identify', userId: 'u', anonymousId: 'd' },
    ],
    [{ $identified_id: 'u', $anon_id: 'd' }, '$identify', { userId: 'u', anonymousId: 'd' }],
    [{ distinct_id: 'u', alias: 'x' }, '$create_alias', { type: 'alias', userId: 'u', previousId: 'x' }],
    [{ distinct_id: '$device:d', alias: 'u' }, '$create_alias', { userId: 'u', previousId: 'd' }],
    [{ $distinct_ids: ['u', '$device:d'] }, '$merge', { type: 'alias', userId: 'u', previousId: 'd' }],
  ])('%j of %s', (properties, event, expected) => {
    expect(of(properties, event)).toMatchObject(expected);
  });
});

describe('operations', () => {
  it.each<[object, object]>([
    [{ $set: { a: 1, b: null } }, { set: { a: 1, b: null } }],
    [{ $set_once: { a: 1, b: null } }, { setOnce: { a: 1 } }],
    [{ $add: { a: '2', b: 'x' } }, { add: { a: 2 } }],
    [{ $append: { a: 'x' } }, { append: { a: 'x' } }],
    [{ $union: { a: ['x'], b: 'y' } }, { union: { a: ['x'], b: ['y'] } }],
    [{ $remove: { a: 'x' } }, { remove: { a: 'x' } }],
    [{ $unset: ['a', 7] }, { unset: ['a'] }],
    [{ $delete: '' }, { delete: true }],
  ])('%j on a person and on a group', (operations, changes) => {
    const clean = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
    const person = only(operation('/engage', { $distinct_id: 'u', ...operations }));
    expect([person.type, person.userId, clean(person.person)]).toEqual(['identify', 'u', changes]);
    const group = only(operation('/groups', { $group_key: 'team', $group_id: 7, ...operations }));
    expect(group).toMatchObject({ type: 'group', accountId: '7', accountKind: 'team' });
    expect(clean(group.account)).toEqual(changes);
  });

  it('a payment is an event with its money, and what else is appended stays', () => {
    const payment = { $amount: '12.5', $time: '2026-11-21T22:41:43', sku: 'p' };
    const item = { $distinct_id: 'u', $append: { $transactions: payment, seen: 'x' } };
    expect(only(operation('/engage', item))).toMatchObject({
      type: 'track',
      event: '$transaction',
      userId: 'u',
      occurredAt: Date.parse('2026-11-21T22:41:43Z'),
      revenue: 12.5,
      properties: { sku: 'p' },
      person: { append: { seen: 'x' } },
    });
  });
});

describe('fields', () => {
  const headers = { origin: 'https://e.x', 'user-agent': 'Agent/1' };

  it.each<[unknown, number | undefined]>([
    [1_700_000_000, 1_700_000_000_000],
    [1_700_000_000_123, 1_700_000_000_123],
    [1_700_000_000.123, 1_700_000_000_123],
    ['1700000000', 1_700_000_000_000],
    ['never', undefined],
  ])('the time %j is %s', (time, expected) => {
    expect(of({ time }).occurredAt).toBe(expected);
  });

  it.each<[object, string | undefined]>([
    [{ $insert_id: 'fk74jy549a42h5b2', time: 1 }, 'fk74jy549a42h5b2'],
    [{ $insert_id: '5d958f87-542d-4c10-9422-0ed75893dc81' }, '5d958f87-542d-4c10-9422-0ed75893dc81'],
    [{ $insert_id: 'order-1', distinct_id: 'u', time: 7 }, 'order-1/E/u/7'],
    [{}, undefined],
  ])('an id that somebody chose holds for its event, person and time: %j', (properties, id) => {
    expect(of(properties).id).toBe(id);
  });

  it.each<[string, Partial<LogRecord>, object, string | undefined]>([
    ['of a server', {}, {}, undefined],
    ['of a browser', { headers }, {}, '203.0.113.0'],
    ['that the client asks for', { query: 'use_ip=1' }, {}, '203.0.113.0'],
    ['that it does not want', { headers, query: 'use_ip=0' }, {}, undefined],
    ['that the event names', { query: 'use_ip=0' }, { ip: '198.51.100.0' }, '198.51.100.0'],
  ])('the address %s', (_name, over, properties, address) => {
    expect(of(properties, 'E', over).address).toBe(address);
  });

  it('a page view has the fields of one, and says nothing twice', () => {
    const properties = {
      $current_url: 'https://e.x/p?utm_source=a',
      utm_source: 'a',
      current_page_title: 'T',
      current_url_path: '/p',
      $referrer: '$direct',
      $browser: 'Chrome',
      $os: 'Linux',
      $screen_width: 1440,
      $screen_height: 900,
      mp_lib: 'web',
      $lib_version: '2',
      plan: 'pro',
    };
    for (const name of ['$mp_web_page_view', 'mp_page_view']) {
      const { referrer, ...event } = of(properties, name, { headers });
      expect(event).toMatchObject({
        type: 'page',
        url: 'https://e.x/p?utm_source=a',
        title: 'T',
        screen: '1440x900',
        userAgent: 'Agent/1',
        library: 'mixpanel-js/2',
        properties: { plan: 'pro' },
      });
      expect([referrer, Object.keys(event.properties)]).toEqual([undefined, ['plan']]);
    }
  });

  it('what a server forwards of a device is its device', () => {
    expect(
      of({ $os: 'iOS', $os_version: '19', $model: 'iPhone17,1', $manufacturer: 'Apple', $browser: 'Safari' }),
    ).toMatchObject({
      device: { os: 'iOS', osVersion: '19', model: 'iPhone17,1', brand: 'Apple' },
      properties: { $browser: 'Safari' },
    });
  });

  it('groups are lists under a name that accounts have', () => {
    expect(of({ company: ['c'], tags: ['x'] })).toMatchObject({ accountId: 'c', groups: { company: 'c' } });
    expect(of({ company: 'Acme Ltd' }).accountId).toBeUndefined();
  });

  it('sales are typed', () => {
    expect(of({ $amount: 9.5, $currency: 'usd', order_id: 'o', items: [{ id: 's' }] })).toMatchObject({
      revenue: 9.5,
      currency: 'USD',
      orderId: 'o',
      items: [{ id: 's' }],
    });
  });
});

describe('the answer', () => {
  const data = encodeURIComponent('{"event":"E","properties":{"token":"k"}}');

  it.each([
    ['in the query', 'verbose=1', `data=${data}`, '{"status":1,"error":null}'],
    ['after the data, as Python asks', '', `data=${data}&verbose=1&ip=0`, '{"status":1,"error":null}'],
    ['before it', '', `verbose=1&data=${data}`, '{"status":1,"error":null}'],
    ['by nobody', '', `data=${data}`, '1'],
    ['inside of an event', '', '[{"event":"E","properties":{"u":"?a=1&verbose=1&b"}}]', '1'],
  ])('is verbose when that is asked %s', (_, query, body, expected) => {
    const { answer } = mixpanel.read({
      route: { kind: 'events', methods: ['POST'], path: '/track' },
      method: 'POST',
      query,
      headers: {},
      body: Buffer.from(body),
      secure: false,
      host: 'localhost',
      prefix: '',
    });
    expect(answer.body).toBe(expected);
  });
});
