import { describe, expect, it } from 'vitest';
import { collectorTests } from '../collector-under-test.ts';
import { decodeNow } from '../decode-now.fixture.ts';
import { keyOf, only, reasons, receivedAt, recordOf } from '../record.fixture.ts';

const startCollector = await collectorTests();
const upload = (body: object, over = {}) => recordOf('amplitude', '/2/httpapi', { body, ...over });
const one = (event: object, over = {}) =>
  only(upload({ events: [{ device_id: 'd1', event_type: 'x', ...event }] }, over));

describe('events', () => {
  it.each([
    ['$identify', 'identify', 'identify'],
    ['[Amplitude] Page Viewed', 'page', 'page'],
    ['[Amplitude] Screen Viewed', 'screen', 'screen'],
    ['session_start', 'track', 'session_start'],
    ['[Amplitude] Element Clicked', 'track', '[Amplitude] Element Clicked'],
  ])('%s is %s %s', (event_type, type, event) => {
    expect(one({ event_type })).toMatchObject({ type, event });
  });

  it('ids, session and library are those of the client', () => {
    const event = one({
      insert_id: 'i',
      user_id: 'u1',
      session_id: 1_795_299_000_000,
      library: { name: 'amplitude-js', version: '8.2' },
      version_name: '3.1',
      language: 'de',
    });
    expect(event).toMatchObject({
      id: 'i',
      userId: 'u1',
      anonymousId: 'd1',
      clientSessionId: '1795299000000',
      library: 'amplitude-js/8.2',
      appVersion: '3.1',
      locale: 'de',
    });
    expect(one({ session_id: -1 }).clientSessionId).toBeUndefined();
  });

  it('the page is a field, what else is known of it stays a property', () => {
    const event = one({
      platform: 'Web',
      event_properties: {
        '[Amplitude] Page Location': 'https://e.x/p?utm_source=news',
        '[Amplitude] Page URL': 'https://e.x/p',
        '[Amplitude] Page Title': 'T',
        '[Amplitude] Previous Page Location': 'https://r.x/',
        '[Amplitude] Page Counter': 2,
        utm_source: 'news',
        own: 1,
      },
    });
    expect(event).toMatchObject({
      url: 'https://e.x/p?utm_source=news',
      title: 'T',
      referrer: 'https://r.x/',
      campaign: { source: 'news' },
      properties: { '[Amplitude] Page Counter': 2, utm_source: 'news', own: 1 },
    });
  });

  it('a server may speak of pages too', () => {
    const event_properties = { '[Amplitude] Page URL': 'https://e.x/p' };
    expect(one({ library: 'amplitude-node-ts/1.5', event_properties }).url).toBe('https://e.x/p');
  });

  it.each([
    [{ revenue: 5 }, { revenue: 5 }],
    [
      { price: 2, quantity: 3, productId: 'p' },
      { revenue: 6, items: [{ id: 'p', price: 2, quantity: 3 }] },
    ],
    [{ price: '2.5' }, { revenue: 2.5, items: [{ price: 2.5 }] }],
    [
      { event_properties: { $price: 3, $quantity: 2, $productId: 'p', $currency: 'eur' } },
      { revenue: 6, currency: 'EUR', items: [{ id: 'p', price: 3, quantity: 2 }] },
    ],
    [{ event_properties: { $revenue: -4, currency: 'USD' } }, { revenue: -4, currency: 'USD' }],
    [{ event_properties: { $price: 'free' } }, {}],
    [{ event_properties: { products: [{ product_id: 'p' }] } }, { items: [{ id: 'p' }] }],
  ])('of %j the sale is %j', (event, sale) => {
    const { revenue, currency, items } = one(event);
    expect({ revenue, currency, items }).toEqual(sale);
  });

  it('what became money is no property, and what did not stays one', () => {
    expect(one({ event_properties: { $price: 3, a: 1 } }).properties).toEqual({ a: 1 });
    expect(one({ event_properties: { $price: 'free', a: 1 } }).properties).toEqual({ $price: 'free', a: 1 });
  });

  it('the clock of the device is believed unless it is a minute off', () => {
    const sent = (ms: number) =>
      only(
        upload({
          events: [{ device_id: 'd', event_type: 'x', time: receivedAt - 5_000 }],
          client_upload_time: new Date(receivedAt - ms).toISOString(),
        }),
      ).sentAt;
    expect([sent(0), sent(59_000), sent(61_000), sent(-61_000)]).toEqual([
      undefined,
      undefined,
      receivedAt - 61_000,
      receivedAt + 61_000,
    ]);
  });
});

describe('who is at the other end', () => {
  const headers = { 'user-agent': 'Agent/1' };
  it.each([
    ['a page', { library: 'amplitude-ts/2.44.0', platform: 'Web' }, ['203.0.113.0', 'Agent/1']],
    ['a page that names its agent', { platform: 'Web', user_agent: 'Theirs/2' }, ['203.0.113.0', 'Theirs/2']],
    ['a server', { library: 'amplitude-node-ts/1.5.73' }, [undefined, undefined]],
    ['a server with an address', { ip: '198.51.100.0' }, ['198.51.100.0', undefined]],
    ['a phone', { platform: 'iOS', ip: '$remote' }, ['203.0.113.0', undefined]],
    ['a phone whose $remote was emptied', { platform: 'iOS', ip: '' }, ['203.0.113.0', undefined]],
  ])('%s', (_name, event, expected) => {
    const { address, userAgent } = one(event, { headers });
    expect([address, userAgent]).toEqual(expected);
  });

  it('the device is what the SDK says, and on the web what the agent says', () => {
    const facts = {
      os_name: 'iOS',
      os_version: '18',
      device_manufacturer: 'Apple',
      device_model: 'iPhone16,1',
    };
    expect(one({ ...facts, platform: 'iOS' }).device).toEqual({
      brand: 'Apple',
      model: 'iPhone16,1',
      os: 'iOS',
      osVersion: '18',
    });
    expect(one({ ...facts, platform: 'Web' }).device).toBeUndefined();
  });
});

describe('people and groups', () => {
  it.each<[object, unknown]>([
    [{ $set: { a: 1 } }, { set: { a: 1 } }],
    [{ a: 1, $set: { b: 2 } }, { set: { a: 1, b: 2 } }],
    [{ a: 1, b: null }, { set: { a: 1, b: null } }],
    [{ $setOnce: { a: 1 } }, { setOnce: { a: 1 } }],
    [{ $add: { a: 1, b: '2', c: 'many' } }, { add: { a: 1, b: 2 } }],
    [{ $append: { a: 1 }, $prepend: { b: 'x' } }, { append: { a: 1, b: 'x' } }],
    [
      { $append: { a: [1, 2] }, $preInsert: { a: 3 }, $postInsert: { b: ['x'] } },
      { union: { a: [1, 2, 3], b: ['x'] } },
    ],
    [{ $remove: { a: 1 } }, { remove: { a: 1 } }],
    [{ $unset: { a: '-', b: '-' } }, { unset: ['a', 'b'] }],
    [{ $clearAll: '-' }, { delete: true }],
    [{ $set: 7, $add: 'x' }, { add: {} }],
    [{}, undefined],
  ])('%j changes %j', (user_properties, person) => {
    expect(one({ event_type: '$identify', user_properties }).person).toEqual(person);
    expect(one({ user_properties }).person).toEqual(person);
  });

  it('__proto__ changes no prototype', () => {
    const body =
      '{"events":[{"device_id":"d","event_type":"x","user_properties":{"__proto__":{"polluted":1},"$postInsert":{"__proto__":1},"$add":{"__proto__":1}}}]}';
    only(recordOf('amplitude', '/2/httpapi', { body }));
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('groups name the accounts; setGroup puts the person into them', () => {
    const groups = { team: 't1', org: ['acme', 'b'] };
    expect(one({ groups })).toMatchObject({
      type: 'track',
      accountId: 'acme',
      accountKind: 'org',
      groups: { team: 't1', org: 'acme' },
    });
    expect(
      one({ event_type: '$identify', groups, user_properties: { $set: { org: 'acme' } } }),
    ).toMatchObject({
      type: 'group',
      event: 'group',
      accountId: 'acme',
      anonymousId: 'd1',
      person: { set: { org: 'acme' } },
    });
  });

  it('an operation on a group changes the account, and nobody is in it for sending it', () => {
    const event = one({
      event_type: '$groupidentify',
      groups: { org: 'acme' },
      group_properties: { $add: { seats: 1 } },
    });
    expect(event).toMatchObject({ type: 'group', accountId: 'acme', account: { add: { seats: 1 } } });
    expect([event.anonymousId, event.person]).toEqual([undefined, undefined]);
  });
});

describe('what fails', () => {
  it.each<[string, object | string, string[]]>([
    ['broken JSON', '{', ['not JSON']],
    ['an empty body', '', ['empty body']],
    ['no events', { api_key: 'k' }, ['no events']],
    ['events that are text', { events: 'x' }, ['not JSON']],
    [
      'bad ones among good ones',
      {
        events: [
          7,
          {},
          { event_type: 'x' },
          { event_type: {}, device_id: 'd' },
          { event_type: 'x', device_id: 'd' },
        ],
      },
      ['not an object', 'no event name', 'no userId and no anonymousId', 'no event name'],
    ],
    [
      'a group operation without group',
      { events: [{ event_type: '$groupidentify', device_id: 'd' }] },
      ['no groupId'],
    ],
    [
      'a name without end',
      { events: [{ event_type: 'x'.repeat(201), device_id: 'd' }] },
      ['event name too long'],
    ],
    [
      'an id without end',
      { events: [{ event_type: 'x', device_id: 'd'.repeat(513) }] },
      ['identifier too long'],
    ],
  ])('%s', (_name, body, expected) => {
    expect(reasons(decodeNow(recordOf('amplitude', '/2/httpapi', { body, method: 'POST' })))).toEqual(
      expected,
    );
  });
});

const V2 =
  '{"api_key":"wk_one","events":[{"event_type":"a","device_id":"d"},{"event_type":"b","device_id":"d"}]}';
const form = (fields: Record<string, unknown>) =>
  new URLSearchParams(
    Object.entries(fields).map(([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  ).toString();

describe('requests', () => {
  it.each(['/2/httpapi', '/2/httpapi/', '/batch', '/amplitude/batch'])(
    'POST %s is answered as its clients need it',
    async (path) => {
      const { call, records } = await startCollector({ keyOf });
      const reply = await call('POST', path, { 'content-type': 'text/plain;charset=UTF-8' }, V2);
      expect(reply.status).toBe(200);
      expect(JSON.parse(reply.body)).toEqual({
        code: 200,
        events_ingested: 2,
        payload_size_bytes: V2.length,
      });
      expect(records().map(({ protocol, project }) => [protocol, project])).toEqual([['amplitude', 'one']]);
    },
  );

  it.each([
    ['POST', '/httpapi', form({ api_key: 'wk_one', event: [{ event_type: 'x', device_id: 'd' }] })],
    [
      'POST',
      '/httpapi',
      form({
        client: 'wk_one',
        v: '2',
        e: [{ event_type: 'x', device_id: 'd', timestamp: 1_795_299_000_000 }],
      }),
    ],
    ['POST', '/httpapi', '{"api_key":"wk_one","event":{"event_type":"x","device_id":"d"}}'],
    ['GET', `/httpapi?${form({ api_key: 'wk_one', event: { event_type: 'x', device_id: 'd' } })}`, ''],
    [
      'POST',
      '/identify',
      form({ api_key: 'wk_one', identification: { user_id: 'u', user_properties: { a: 1 } } }),
    ],
    [
      'POST',
      '/groupidentify',
      form({
        api_key: 'wk_one',
        identification: { group_type: 'org', group_value: 'acme', group_properties: { a: 1 } },
      }),
    ],
  ])('old clients: %s %s with %s', async (method, url, body) => {
    const { call, records } = await startCollector({ keyOf });
    const reply = await call(method, url, {}, body);
    expect([reply.status, reply.body]).toEqual([200, 'success']);
    const decoded = records().map((record) => decodeNow(record));
    expect(decoded).toMatchObject([{ events: [{}], failures: [] }]);
    expect(records()[0]?.query).not.toContain('wk_one');
  });

  it.each([
    ['an unknown key', '{"api_key":"nobody","events":[]}'],
    ['no key', '{"events":[]}'],
    ['no JSON', '{'],
    ['no body', ''],
  ])('%s is refused in the words that make clients drop', async (_name, body) => {
    const { call, records } = await startCollector({ keyOf });
    const reply = await call('POST', '/2/httpapi', { origin: 'https://a.example' }, body);
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body)).toMatchObject({
      code: 400,
      error: expect.stringMatching(/^Invalid API key/),
    });
    expect(reply.headers['access-control-allow-origin']).toBe('https://a.example');
    expect(records()).toEqual([]);
  });

  it('what cannot be unpacked is dropped, what is too large comes again in halves, what we cannot keep comes again', async () => {
    const { call } = await startCollector({ keyOf });
    const answer = async (body: Uint8Array, headers: Record<string, string> = {}) => {
      const reply = await call('POST', '/2/httpapi', headers, body);
      return [reply.status, JSON.parse(reply.body) as unknown];
    };
    expect(await answer(Buffer.from([0x1f, 0x8b, 1, 2, 3]))).toMatchObject([
      400,
      { code: 400, missing_field: 'events' },
    ]);
    expect(await answer(Buffer.alloc(4 * 1024 * 1024 + 1, ' '))).toMatchObject([413, { code: 413 }]);
    const full = await startCollector({
      keyOf,
      log: { append: () => Promise.reject(new Error('full')), close: () => Promise.resolve() },
    });
    const reply = await full.call('POST', '/2/httpapi', {}, V2);
    expect([reply.status, JSON.parse(reply.body)]).toMatchObject([503, { code: 503 }]);
    expect(reply.headers['retry-after']).toBe('1');
  });

  it('the key of a body too large to parse is found at either end', async () => {
    const { call, records } = await startCollector({ keyOf });
    const padding = ' '.repeat(1_100_000);
    for (const body of [
      `{"api_key": "wk_one",${padding}"events":[]}`,
      `{"events":[],${padding}"api_key":"wk_one"}`,
    ]) {
      expect((await call('POST', '/2/httpapi', {}, body)).status).toBe(200);
    }
    expect(records()).toHaveLength(2);
  });

  it('addresses in forms are hidden before the disk', async () => {
    const { call, records } = await startCollector({ keyOf });
    const event = { event_type: 'x', device_id: 'd', ip: '198.51.100.77' };
    await call('POST', '/httpapi', {}, form({ api_key: 'wk_one', event: [event] }));
    await call('POST', '/httpapi', {}, form({ api_key: 'wk_one', event: [{ ...event, ip: '$remote' }] }));
    await call('GET', `/httpapi?${form({ api_key: 'wk_one', event })}`);
    const kept = records().map((record) =>
      decodeURIComponent(record.query + Buffer.from(record.body).toString()),
    );
    expect(kept.join()).not.toContain('.77');
    expect(records().map((record) => only(record).address)).toEqual([
      '198.51.100.0',
      '127.0.0.0',
      '198.51.100.0',
    ]);
  });
});
