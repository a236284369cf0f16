import { describe, expect, it } from 'vitest';
import type { Decoded, DecodedEvent } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { decodeNow } from '../decode-now.fixture.ts';

const now = 1_795_300_000_000;

function record(body: unknown, over: Partial<LogRecord> = {}): LogRecord {
  return {
    offset: 1,
    receivedAt: now,
    project: 'p',
    key: '',
    visitor: '',
    protocol: 'posthog',
    method: 'POST',
    path: '/e',
    query: '',
    headers: {},
    address: '203.0.113.0',
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    ...over,
  };
}

const event = { event: 'E', distinct_id: 'u' };

function only(decoded: Decoded): DecodedEvent {
  expect(decoded.failures).toEqual([]);
  expect(decoded.events).toHaveLength(1);
  return decoded.events[0] as DecodedEvent;
}

function of(over: object, properties: object = {}, more: Partial<LogRecord> = {}): DecodedEvent {
  return only(decodeNow(record([{ ...event, ...over, properties }], more)));
}

describe('what cannot be decoded', () => {
  it.each([
    ['broken JSON', '{"a":', 'not JSON'],
    ['nothing', '', 'empty body'],
    ['a number', '7', 'not an object'],
    ['no name', { distinct_id: 'u' }, 'no event name'],
    ['a name that is an object', { ...event, event: {} }, 'no event name'],
    ['a name without end', { ...event, event: 'x'.repeat(201) }, 'event name too long'],
    ['nobody', { event: 'E' }, 'no distinct_id'],
    ['an empty id', { event: 'E', distinct_id: ' ' }, 'no distinct_id'],
    ['an id that is null', { event: 'E', distinct_id: null }, 'no distinct_id'],
    ['an alias of nothing', { ...event, event: '$create_alias' }, 'no alias'],
    [
      'a group without a key',
      { ...event, event: '$groupidentify', properties: { $group_type: 'company' } },
      'no groupId',
    ],
    ['a batch that is none', { api_key: 'k', batch: 7 }, 'no batch'],
    ['an item that is none', [7], 'not an object'],
  ])('%s', (_name, body, reason) => {
    const decoded = decodeNow(record(body));
    expect(decoded.events).toEqual([]);
    expect(decoded.failures.map((failure) => failure.reason)).toEqual([reason]);
  });

  it('bad events of a batch fail alone, recordings and maps are dropped and counted', () => {
    const batch = [
      event,
      { event: 'E' },
      { ...event, event: '$snapshot' },
      { ...event, event: '$$heatmap' },
      event,
    ];
    const decoded = decodeNow(record({ batch }));
    expect(decoded.events).toHaveLength(2);
    expect(decoded.failures).toMatchObject([{ reason: 'no distinct_id', payload: '{"event":"E"}' }]);
    expect(decoded.dropped).toEqual({ 'session replay': 1, heatmap: 1 });
  });
});

describe('who', () => {
  const anonymous = { userId: undefined, anonymousId: 'u' };
  const known = { userId: 'u', anonymousId: undefined };

  it.each<[string, object, object, object]>([
    ['a backend names the user', {}, {}, known],
    ['its device’s own id', {}, { $device_id: 'u' }, anonymous],
    ['not identified', {}, { $is_identified: false }, anonymous],
    ['no person profile', {}, { $process_person_profile: false }, anonymous],
    ['no person profile, the newest way', { options: { process_person_profile: false } }, {}, anonymous],
    ['a user on a device', {}, { $device_id: 'd', $is_identified: true }, { userId: 'u', anonymousId: 'd' }],
    ['a number', { distinct_id: 7 }, {}, { userId: '7' }],
    ['an object', { distinct_id: { a: 1 } }, {}, { userId: '{"a":1}' }],
    ['blanks around it', { distinct_id: ' u ' }, {}, known],
    ['an id over the limit', { distinct_id: 'x'.repeat(300) }, {}, { userId: 'x'.repeat(200) }],
    ['in the properties', { distinct_id: undefined }, { distinct_id: 'u' }, known],
    ['under its old name', { distinct_id: undefined, $distinct_id: 'u' }, {}, known],
    [
      'identify',
      { event: '$identify' },
      { $anon_distinct_id: 'a', $device_id: 'd' },
      { userId: 'u', anonymousId: 'a' },
    ],
    ['identify on the same device', { event: '$identify' }, { $anon_distinct_id: 'u' }, known],
    ['alias of a user', { event: '$create_alias' }, { alias: 'x' }, { userId: 'u', previousId: 'x' }],
    [
      'alias of a device',
      { event: '$create_alias' },
      { alias: 'x', $device_id: 'u' },
      { userId: 'x', previousId: 'u' },
    ],
    [
      'merge',
      { event: '$merge_dangerously' },
      { alias: 'x' },
      { type: 'alias', userId: 'u', previousId: 'x' },
    ],
    [
      'without cookies',
      { distinct_id: '$posthog_cookieless' },
      {},
      { userId: undefined, anonymousId: 'v', consent: 'anonymous' },
    ],
    [
      'without cookies, the newest way',
      { options: { cookieless_mode: true } },
      {},
      { userId: undefined, anonymousId: 'v' },
    ],
    [
      'a group’s made-up id',
      { event: '$groupidentify', distinct_id: '$company_c' },
      { $group_type: 'company', $group_key: 'c' },
      { userId: undefined, accountId: 'c' },
    ],
  ])('%s', (_name, over, properties, expected) => {
    expect(of(over, properties, { visitor: 'v' })).toMatchObject(expected);
  });
});

describe('time', () => {
  const at = '2026-11-21T22:41:43.114Z';
  const atMs = Date.parse(at);

  it.each<[string, unknown, Partial<LogRecord>, object]>([
    [
      'the body’s sent_at',
      { batch: [{ ...event, timestamp: at }], sent_at: at },
      {},
      { occurredAt: atMs, sentAt: atMs },
    ],
    ['Python’s sentAt', { batch: [{ ...event, timestamp: at }], sentAt: at }, {}, { sentAt: atMs }],
    ['the query’s time in ms', [{ ...event, timestamp: at }], { query: `_=${atMs}` }, { sentAt: atMs }],
    ['the query’s sent_at', [event], { query: `sent_at=${atMs}` }, { sentAt: atMs }],
    ['the query in seconds is ignored', [event], { query: '_=1795300903' }, { sentAt: undefined }],
    ['no sent_at', [{ ...event, timestamp: at }], {}, { occurredAt: atMs, sentAt: undefined }],
    [
      'ignored by the client',
      { ...event, timestamp: at, sent_at: at, properties: { $ignore_sent_at: true } },
      {},
      { occurredAt: atMs, sentAt: undefined },
    ],
    [
      'ignored, the newest way',
      { batch: [{ ...event, options: { disable_skew_correction: true } }], created_at: at },
      {},
      { sentAt: undefined },
    ],
    [
      'the header of this attempt',
      { batch: [event], created_at: '2026-11-21T22:00:00Z' },
      { headers: { 'posthog-request-timestamp': at } },
      { sentAt: atMs },
    ],
    ['an offset', [{ ...event, timestamp: at, offset: 2_000 }], {}, { trueAt: now - 2_000 }],
    ['an absurd offset', [{ ...event, offset: -5 }], {}, { trueAt: undefined }],
    ['an old SDK’s seconds', [{ ...event, properties: { $time: 1795300903.114 } }], {}, { occurredAt: atMs }],
    ['no time', [{ ...event, timestamp: 'yesterday' }], {}, { occurredAt: undefined }],
  ])('%s', (_name, body, over, expected) => {
    expect(only(decodeNow(record(body, over)))).toMatchObject(expected);
  });
});

describe('profiles', () => {
  it('operations come on any event, in its fields and its properties', () => {
    expect(
      of({ $set: { a: 2 }, $set_once: { c: 3, n: null } }, { $set: { a: 1, b: 1 }, $unset: ['x', '', 7] })
        .person,
    ).toEqual({
      set: { a: 2, b: 1 },
      setOnce: { c: 3 },
      unset: ['x'],
    });
    expect(of({}, { $set: {}, $set_once: {} }).person).toBeUndefined();
  });

  it('groups of an event are its accounts, the paying one first', () => {
    expect(of({}, { $groups: { project: 'p', company: 7 } })).toMatchObject({
      accountId: '7',
      accountKind: 'company',
      groups: { project: 'p', company: '7' },
    });
  });

  it('a change of a group is one of that account, among the others', () => {
    const properties = {
      $group_type: 'project',
      $group_key: 'p',
      $group_set: { a: 1 },
      $groups: { company: 'c' },
    };
    expect(of({ event: '$groupidentify' }, properties)).toMatchObject({
      type: 'group',
      accountId: 'p',
      accountKind: 'project',
      groups: { company: 'c', project: 'p' },
      account: { set: { a: 1 } },
      properties: {},
    });
  });
});

describe('fields', () => {
  const browser = {
    $lib: 'web',
    $lib_version: '1.2',
    $current_url: 'https://e.x/p',
    $os: 'Linux',
    $browser: 'Chrome',
  };
  const headers = { origin: 'https://e.x', 'user-agent': 'Agent/1' };

  it('of a browser the connection is the user’s, and nothing is said twice', () => {
    const decoded = of(
      {},
      { ...browser, $pathname: '/p', $raw_user_agent: 'Agent/2', gclid: null, plan: 'pro' },
      { headers },
    );
    expect(decoded).toMatchObject({
      url: 'https://e.x/p',
      userAgent: 'Agent/2',
      address: '203.0.113.0',
      library: 'posthog-js/1.2',
      device: undefined,
    });
    expect(decoded.properties).toEqual({ plan: 'pro' });
  });

  it('of a server neither address nor agent are', () => {
    const decoded = of(
      {},
      { $lib: 'posthog-node', $is_server: true, $os: 'Linux' },
      { headers: { 'user-agent': 'posthog-node/5' } },
    );
    expect([decoded.userAgent, decoded.address, decoded.device]).toEqual([undefined, undefined, undefined]);
    expect(of({}, { $lib: 'posthog-node', $ip: '198.51.100.0' }).address).toBe('198.51.100.0');
    expect(of({}, { $lib: 'posthog-ios', $geoip_disable: true }).address).toBeUndefined();
  });

  it.each<[string, object, unknown, unknown]>([
    [
      'of this page',
      { ...browser, $current_url: 'https://e.x/?utm_source=a', utm_source: 'a' },
      undefined,
      undefined,
    ],
    ['of an earlier page', { ...browser, utm_source: 'a' }, undefined, 'a'],
    ['without a page', { utm_source: 'a', utm_campaign: 'c' }, { source: 'a', name: 'c' }, undefined],
  ])('a campaign %s', (_name, properties, campaign, property) => {
    const decoded = of({}, properties);
    if (campaign) expect(decoded.campaign).toMatchObject(campaign);
    else expect(decoded.campaign).toBeUndefined();
    expect(decoded.properties.utm_source).toBe(property);
  });

  it.each([
    ['$pageview', { title: 'T' }, { type: 'page', title: 'T', properties: {} }],
    ['$screen', { $screen_name: 'Home' }, { type: 'screen', properties: { name: 'Home' } }],
    ['Video', { title: 'T' }, { type: 'track', title: undefined, properties: { title: 'T' } }],
    ['$pageleave', {}, { type: 'track', event: '$pageleave' }],
  ])('%s', (name, properties, expected) => {
    expect(of({ event: name }, properties)).toMatchObject(expected);
  });

  it('sales are typed', () => {
    const properties = {
      revenue: '12.5',
      currency: 'eur',
      order_id: 'o',
      products: [{ sku: 's', quantity: 2 }],
    };
    expect(of({}, properties)).toMatchObject({
      revenue: 12.5,
      currency: 'EUR',
      orderId: 'o',
      items: [{ id: 's', quantity: 2 }],
    });
  });

  it('the session of the client is kept, old and new', () => {
    expect(of({}, { $session_id: 's' }).clientSessionId).toBe('s');
    expect(of({ session_id: 's' }).clientSessionId).toBe('s');
  });

  it('__proto__ changes no prototype', () => {
    const body =
      '{"event":"E","distinct_id":"u","properties":{"__proto__":{"polluted":1},"$set":{"__proto__":{"x":1}}}}';
    expect(decodeNow(record(body)).events).toHaveLength(1);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('the id', () => {
  const timestamp = '2026-11-21T22:41:43Z';

  it('of an operation that states none is that of the same operation when it is sent again', () => {
    const identify = { event: '$identify', timestamp, $set: { plan: 'pro' } };
    const first = of(identify).id;
    expect(first).toMatch(/^[\w-]{22}$/);
    expect(of(identify).id).toBe(first);
    expect(of({ ...identify, $set: { plan: 'free' } }).id).not.toBe(first);
  });

  it('is nobody’s to make up for an event that may well happen twice, or at no stated time', () => {
    expect(of({ timestamp }).id).toBeUndefined();
    expect(of({ event: '$identify' }).id).toBeUndefined();
  });
});
