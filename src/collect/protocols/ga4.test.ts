import { describe, expect, it } from 'vitest';
import { collectorTests } from '../collector-under-test.ts';
import { decodeNow } from '../decode-now.fixture.ts';
import { keyOf, only, reasons, recordOf } from '../record.fixture.ts';

const startCollector = await collectorTests();
const page = { origin: 'https://shop.example', 'user-agent': 'Agent/1' };
const hit = (query: string, over = {}) =>
  recordOf('ga4', '/g/collect', { query, method: 'POST', headers: page, ...over });
const message = (body: unknown, over = {}) => recordOf('ga4', '/mp/collect', { body, ...over });
const client = { client_id: 'c1' };
const one = (event: object, over: object = {}) => only(message({ ...client, events: [event], ...over }));

describe('gtag', () => {
  it('lines of the body are events that share the query; blank lines are none', () => {
    const decoded = decodeNow(
      hit('v=2&tid=G-1&cid=1.2&sid=5&_s=3&dl=https%3A%2F%2Fe.x%2F&dt=T', {
        body: 'en=scroll&epn.percent_scrolled=90\r\n\r\nen=click&ep.link_url=https%3A%2F%2Fo.x&dt=U\nen=click&ep.link_url=https%3A%2F%2Fo.x&dt=U',
      }),
    );
    expect(decoded.events.map(({ event, url, title }) => [event, url, title])).toEqual([
      ['scroll', 'https://e.x/', 'T'],
      ['click', 'https://e.x/', 'U'],
      ['click', 'https://e.x/', 'U'],
    ]);
    expect(new Set(decoded.events.map(({ id }) => id)).size).toBe(3);
  });

  it('the same request has the same ids, another hit has others', () => {
    const id = (query: string) => only(hit(query)).id;
    const query = 'v=2&cid=1.2&sid=5&_s=3&en=click';
    expect(id(query)).toBe(id(query));
    expect(id(query)).not.toBe(id(query.replace('_s=3', '_s=4')));
    expect(id('v=2&cid=1.2&en=click')).toBeUndefined();
  });

  it('types of parameters come from their prefix', () => {
    const event = only(
      hit('cid=1.2&en=x&ep.a=1&epn.b=2&epn.c=many&up.plan=pro&upn.seats=5&ep.__proto__=x&epx.d=1&gtm=9'),
    );
    expect(event.properties).toEqual({ a: '1', b: 2, c: 'many' });
    expect(event.person).toEqual({ set: { plan: 'pro', seats: 5 } });
  });

  it('items have names in two letters, and parameters of their own', () => {
    const event = only(hit('cid=1.2&en=view_item&pr1=idA~nmHat~pr9.5~qt2~lp3~k0color~v0red~zz&pr2=nmCoat'));
    expect(event.items).toEqual([{ id: 'A', name: 'Hat', price: 9.5, quantity: 2 }, { name: 'Coat' }]);
    expect(event.properties.items).toEqual([
      { item_id: 'A', item_name: 'Hat', price: 9.5, quantity: 2, index: 3, color: 'red' },
      { item_name: 'Coat' },
    ]);
  });

  it.each([
    ['G111', 'c', 'granted', 'c', 'u'],
    ['G101', 'c', 'granted', 'c', 'u'],
    ['G110', 'c', 'anonymous', 'today', undefined],
    ['G100', '', 'anonymous', 'today', undefined],
    ['G1--', 'c', undefined, 'c', 'u'],
    ['', '', undefined, 'today', 'u'],
  ])(
    'consent %s with client id "%s" is %s, and the visitor is %s',
    (gcs, cid, consent, anonymousId, userId) => {
      const event = only(hit(`en=page_view&uid=u&gcs=${gcs}&cid=${cid}`, { visitor: 'today' }));
      expect([event.consent, event.anonymousId, event.userId]).toEqual([consent, anonymousId, userId]);
    },
  );

  it('what a proxy says of the user counts instead of its own connection', () => {
    const event = only(hit('en=x&cid=1&_uip=198.51.100.0&ua=Theirs%2F2', { headers: {} }));
    expect([event.address, event.userAgent]).toEqual(['198.51.100.0', 'Theirs/2']);
  });

  it('the library for servers is no browser, whatever its agent says', () => {
    const agent = 'Mozilla/5.0 (Windows NT 10.0) Chrome/107.0.0.0 Safari/537.36 [GA4MP/0.0.8]';
    const event = only(hit('en=x&cid=1', { headers: { 'user-agent': agent } }));
    expect([event.address, event.userAgent, event.library]).toEqual([undefined, undefined, 'GA4MP/0.0.8']);
  });

  it.each([
    ['nothing at all', '', '', ['empty query']],
    ['a hit without a name', 'v=2&cid=1', '', ['no event name']],
    ['Universal Analytics', 'v=1&t=pageview&tid=UA-1', '', ['not GA4']],
    ['a name without end', `cid=1&en=${'x'.repeat(201)}`, '', ['event name too long']],
    ['a client id without end', `en=x&cid=${'x'.repeat(513)}`, '', ['identifier too long']],
    [
      'too many parameters',
      `cid=1&en=x&${Array.from({ length: 1_100 }, (_, index) => `ep.a${index}=1`).join('&')}`,
      '',
      ['too many properties'],
    ],
    ['lines without end', 'cid=1', 'en=x\n'.repeat(1_001), ['too many events']],
    ['a bad line among good ones', 'cid=1', 'en=x\nfoo=1\nen=y', ['no event name']],
  ])('%s fails with a reason', (_name, query, body, expected) => {
    expect(reasons(decodeNow(hit(query, { body })))).toEqual(expected);
  });
});

describe('Measurement Protocol', () => {
  it.each([
    [1_795_299_912_345_678, 1_795_299_912_346],
    ['1795299912345678', 1_795_299_912_346],
    [1_795_299_912_345, 1_795_299_912_345],
    [1_795_299_912, 1_795_299_912_000],
    ['soon', undefined],
    [undefined, undefined],
  ])('the time %s is %s', (timestamp_micros, occurredAt) => {
    expect(one({ name: 'x', timestamp_micros }).occurredAt).toBe(occurredAt);
    expect(one({ name: 'x' }, { timestamp_micros }).occurredAt).toBe(occurredAt);
  });

  it('an event with a time of its own is known again, and equal ones of one request differ', () => {
    const events = [{ name: 'x' }, { name: 'x' }];
    const ids = () =>
      decodeNow(message({ ...client, timestamp_micros: 1_795_299_912_345_678, events })).events.map(
        ({ id }) => id,
      );
    expect(ids()).toEqual(ids());
    expect(new Set(ids()).size).toBe(2);
    expect(one({ name: 'x' }).id).toBeUndefined();
  });

  it.each([
    ['purchase', { value: 9.5, currency: 'eur', transaction_id: 'T' }, 9.5],
    ['in_app_purchase', { value: '9.5', currency: 'eur' }, 9.5],
    ['refund', { value: 9.5, currency: 'eur', transaction_id: 'T' }, -9.5],
    ['add_to_cart', { value: 9.5, currency: 'eur' }, undefined],
    ['purchase', { currency: 'eur' }, undefined],
  ])('of %s %j the revenue is %s', (name, params, revenue) => {
    const event = one({ name, params });
    expect([event.revenue, event.currency]).toEqual([revenue, 'EUR']);
    expect('value' in event.properties).toBe(revenue === undefined && 'value' in params);
  });

  it.each([
    ['page_view', 'page', 'page'],
    ['screen_view', 'screen', 'screen'],
    ['user_engagement', 'track', '$engagement'],
    ['sign_up', 'track', 'sign_up'],
  ])('%s is %s %s', (name, type, event) => {
    expect(one({ name, params: { engagement_time_msec: '1200', screen_name: 'Home' } })).toMatchObject({
      type,
      event,
      properties: { engaged_ms: 1_200 },
    });
  });

  it('user properties are of the person, null takes one away', () => {
    const user_properties = { plan: { value: 'pro' }, old: { value: null }, bare: 'x', odd: {} };
    expect(one({ name: 'x' }, { user_properties }).person).toEqual({
      set: { plan: 'pro', old: null, bare: 'x' },
    });
  });

  it('a server’s connection is not its user’s, a page’s is', () => {
    const headers = { 'user-agent': 'Agent/1' };
    const facts = (over: object, body = {}) => {
      const event = only(message({ ...client, events: [{ name: 'x' }], ...body }, over));
      return [event.address, event.userAgent];
    };
    expect(facts({ headers })).toEqual([undefined, undefined]);
    expect(facts({ headers: page })).toEqual(['203.0.113.0', 'Agent/1']);
    expect(facts({ headers }, { ip_override: '198.51.100.0', user_agent: 'Theirs/2' })).toEqual([
      '198.51.100.0',
      'Theirs/2',
    ]);
  });

  it.each([
    ['broken JSON', '{', ['not JSON']],
    ['no events', { ...client }, ['no events']],
    ['a list', [], ['no events']],
    ['nobody', { events: [{ name: 'x' }] }, ['no userId and no anonymousId']],
    [
      'bad ones among good ones',
      { ...client, events: [{}, { name: {} }, 7, { name: 'x' }] },
      ['no event name', 'no event name', 'not an object'],
    ],
  ])('%s fails with a reason', (_name, body, expected) => {
    expect(reasons(decodeNow(message(body)))).toEqual(expected);
  });
});

describe('requests', () => {
  it.each([
    ['POST', '/g/collect?v=2&tid=G-1&en=x&cid=1'],
    ['GET', '/g/collect/?v=2&tid=G-1&en=x&cid=1'],
    ['POST', '/collect?v=2&en=x&cid=1'],
    ['POST', '/ag/g/c?v=2&en=x&cid=1'],
    ['POST', '/ga4/g/collect?v=2&en=x&cid=1'],
    ['POST', '/mp/collect?measurement_id=G-1&api_secret=s'],
  ])('%s %s is answered without a word, to any origin', async (method, url) => {
    const { call, records } = await startCollector({ keyOf });
    const reply = await call(method, url, page);
    expect([reply.status, reply.body]).toEqual([204, '']);
    expect(reply.headers['access-control-allow-origin']).toBe(page.origin);
    expect(records()).toHaveLength(1);
  });

  it('a measurement id may be a key, and a secret of ours is one; no secret is kept', async () => {
    const { call, records } = await startCollector({ keyOf });
    await call('POST', '/mp/collect?measurement_id=wk_one&api_secret=hidden', {}, '{}');
    await call('POST', '/mp/collect?measurement_id=G-1&api_secret=wk_two12', {}, '{}');
    await call('POST', '/g/collect?tid=wk_one,G-2&en=x', {}, '');
    await call('POST', '/mp/collect?measurement_id=G-1&api_secret=hidden', {}, '{}');
    expect(records().map(({ project, query }) => [project, query])).toEqual([
      ['one', 'measurement_id=wk_one'],
      ['two', 'measurement_id=G-1'],
      ['one', 'tid=wk_one,G-2&en=x'],
      ['default', 'measurement_id=G-1'],
    ]);
    expect((await call('POST', '/mp/collect?api_secret=wk_revoked', {}, '{}')).status).toBe(401);
  });

  it('a visitor of the day is made only of who has no client id', async () => {
    const { call, records } = await startCollector({ keyOf });
    await call('POST', '/g/collect?en=x&cid=1.2&gcs=G111');
    await call('POST', '/g/collect?en=x&cid=1.2&gcs=G110');
    await call('POST', '/g/collect?en=x');
    await call('POST', '/mp/collect', {}, '{}');
    expect(records().map(({ visitor }) => visitor)).toEqual(['', 'today’s visitor', 'today’s visitor', '']);
  });

  it('addresses are hidden before the disk, wherever they stand', async () => {
    const { call, records } = await startCollector({ keyOf });
    await call(
      'POST',
      '/g/collect?_uip=198.51.100.77&uip=198.51.100.78',
      {},
      'en=x&_uip=198.51.100.79\nuip=::ffff:198.51.100.7',
    );
    await call('POST', '/mp/collect', {}, '{"ip_override": "198.51.100.77","events":[]}');
    const kept = records().map(({ query, body }) => `${query} ${Buffer.from(body).toString()}`);
    expect(kept).toEqual([
      '_uip=198.51.100.0&uip=198.51.100.0 en=x&_uip=198.51.100.0\nuip=198.51.100.0',
      ' {"ip_override": "198.51.100.0","events":[]}',
    ]);
  });

  it('the debugging endpoint keeps nothing and says what is wrong', async () => {
    const { call, records } = await startCollector({ keyOf });
    const ask = async (body: unknown) =>
      JSON.parse(
        (await call('POST', '/debug/mp/collect?measurement_id=G-1', {}, JSON.stringify(body))).body,
      ) as unknown;
    expect(await ask({ ...client, events: [{ name: 'x' }] })).toEqual({ validationMessages: [] });
    expect(await ask({ ...client, events: [{}] })).toMatchObject({
      validationMessages: [
        { validationCode: 'VALUE_INVALID', description: expect.stringContaining('no event name') },
      ],
    });
    expect(records()).toEqual([]);
  });
});
