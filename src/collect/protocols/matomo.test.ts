import { describe, expect, it } from 'vitest';
import { collectorTests } from '../collector-under-test.ts';
import { decodeNow } from '../decode-now.fixture.ts';
import { keyOf, only, reasons, receivedAt, recordOf } from '../record.fixture.ts';

const startCollector = await collectorTests();
const agent = { 'user-agent': 'Mozilla/5.0 (X11)' };
const visitor = { idsite: '3', rec: '1', _id: 'a11ca4cb79b7ca37' };
const query = (fields: Record<string, string>) => new URLSearchParams(fields).toString();
const request = (fields: Record<string, string>, over = {}) =>
  recordOf('matomo', '/matomo.php', { query: query(fields), headers: agent, ...over });
const one = (fields: Record<string, string>, over = {}) => only(request({ ...visitor, ...fields }, over));
const bulk = (body: object, over = {}) =>
  recordOf('matomo', '/matomo.php', { body, headers: agent, ...over });

describe('what happened', () => {
  const at = { url: 'https://e.x/p' };
  it.each<[Record<string, string>, string, string, object]>([
    [{ ...at, action_name: 'Home' }, 'page', 'page', {}],
    [
      { ...at, e_c: 'c', e_a: 'Play', e_n: 'n', e_v: '2.5' },
      'track',
      'Play',
      { category: 'c', name: 'n', value: 2.5 },
    ],
    [{ ...at, e_c: 'c', e_a: 'Play', e_v: 'undefined' }, 'track', 'Play', { category: 'c' }],
    [
      { ...at, search: 'hat', search_cat: '', search_count: '0' },
      'track',
      'search',
      { search_term: 'hat', search_count: 0 },
    ],
    [{ ...at, link: 'https://o.x' }, 'track', '$outbound', { url: 'https://o.x' }],
    [{ ...at, download: 'https://e.x/a.pdf' }, 'track', '$download', { url: 'https://e.x/a.pdf' }],
    [{ ...at, ping: '1', action_name: 'Home' }, 'track', '$engagement', {}],
    [{ ...at, idgoal: '7' }, 'track', 'goal', { goal_id: '7' }],
    [{ ...at, idgoal: '0', revenue: '5' }, 'track', 'cart_update', { value: 5 }],
    [
      { ...at, idgoal: '0', ec_id: 'o1', ec_tx: '1.5', ec_st: 'undefined' },
      'track',
      'purchase',
      { tax: 1.5 },
    ],
    [
      { ...at, c_n: 'ad', c_p: 'img' },
      'track',
      'content_impression',
      { content_name: 'ad', content_piece: 'img' },
    ],
    [
      { ...at, c_n: 'ad', c_i: 'click' },
      'track',
      'content_interaction',
      { content_name: 'ad', content_interaction: 'click' },
    ],
    [
      { ...at, dimension1: 'a', dimension12: 'b', dimensionx: 'c', pf_net: '12', pf_srv: 'x', gt_ms: '3' },
      'page',
      'page',
      { dimension1: 'a', dimension12: 'b', pf_net: 12, gt_ms: 3 },
    ],
    [{ ...at, cvar: '{"1":["section","blog"],"2":"x"}' }, 'page', 'page', { section: 'blog' }],
    [{ ...at, cvar: '[' }, 'page', 'page', {}],
  ])('%j is %s %s %j', (fields, type, event, properties) => {
    const decoded = one(fields);
    expect([decoded.type, decoded.event, decoded.properties]).toEqual([type, event, properties]);
  });

  it('an order has its sum, its id and its products; a cart has no revenue', () => {
    const order = { idgoal: '0', revenue: '9.5', ec_items: '[["sku","Hat",["A","B"],"4.75",2]]' };
    const items = [{ id: 'sku', name: 'Hat', category: 'A', price: 4.75, quantity: 2 }];
    expect(one({ ...order, ec_id: 'o1' })).toMatchObject({ revenue: 9.5, orderId: 'o1', items });
    const cart = one(order);
    expect([cart.revenue, cart.orderId, cart.items]).toEqual([undefined, undefined, items]);
    expect(one({ idgoal: '2', revenue: '3' }).revenue).toBe(3);
  });

  it('a product that is looked at is on the view of its page', () => {
    const event = one({ url: 'https://e.x/hat', _pks: 'sku', _pkn: 'Hat', _pkc: '["A"]', _pkp: '9.5' });
    expect([event.type, event.items]).toEqual([
      'page',
      [{ id: 'sku', name: 'Hat', category: 'A', price: 9.5 }],
    ]);
  });

  it('variables of the visit are of the person', () => {
    expect(one({ url: '/', _cvar: '{"1":["gender","f"],"2":["age",30]}' }).person).toEqual({
      set: { gender: 'f', age: '30' },
    });
  });

  it.each([
    [
      'https://e.x/?mtm_campaign=spring%20sale&mtm_source=news&mtm_kwd=hat',
      { name: 'spring sale', source: 'news', term: 'hat' },
    ],
    ['https://e.x/?pk_campaign=old&pk_keyword=cap', { name: 'old', term: 'cap' }],
    ['https://e.x/#mtm_campaign=a&matomo_content=b', { name: 'a', content: 'b' }],
    ['https://e.x/?xmtm_campaign=a', undefined],
  ])('the campaign of %s is %j', (url, campaign) => {
    expect(one({ url }).campaign).toEqual(campaign);
  });

  it.each([
    ['nothing at all', '', ['empty query']],
    ['neither page nor event', 'idsite=3&rec=1', ['no event']],
    ['an event without action', 'e_c=c', ['no event name']],
    ['a name without end', `e_a=${'x'.repeat(201)}`, ['event name too long']],
    ['a visitor without end', `url=x&_id=${'x'.repeat(513)}`, ['identifier too long']],
  ])('%s fails with a reason', (_name, sent, expected) => {
    expect(reasons(decodeNow(recordOf('matomo', '/matomo.php', { query: sent })))).toEqual(expected);
  });

  it('bad requests of a bulk fail alone', () => {
    const requests = ['?idsite=3&rec=1&url=a&_id=x', 5, null, { url: 'b', _id: 'x', idsite: 3 }, 'rec=1', []];
    const decoded = decodeNow(bulk({ requests }));
    expect(decoded.events.map(({ url }) => url)).toEqual(['a', 'b']);
    expect(reasons(decoded)).toEqual(['not an object', 'not an object', 'no event', 'not an object']);
    expect(reasons(decodeNow(bulk({ requests: 7 })))).toEqual(['no requests']);
    expect(reasons(decodeNow(recordOf('matomo', '/matomo.php', { body: '{"requests":[' })))).toEqual([
      'not JSON',
    ]);
  });

  it('the same event, sent as a beacon and as an image, has one id', () => {
    const sent = { url: 'https://e.x', r: '123456', pv_id: 'abcdef' };
    expect(one({ ...sent, send_image: '0' }).id).toBe(one(sent).id);
    expect(one(sent).id).not.toBe(one({ ...sent, r: '123457' }).id);
    expect(one({ url: 'https://e.x' }).id).toBeUndefined();
  });

  it('query and form are one request, whatever the form is called', () => {
    const sent = recordOf('matomo', '/matomo.php', {
      query: 'idsite=3&rec=1&_id=x',
      body: 'url=https%3A%2F%2Fe.x%2F&action_name=A+B',
      headers: { 'content-type': 'text/plain' },
    });
    expect(only(sent)).toMatchObject({ url: 'https://e.x/', title: 'A B', anonymousId: 'x' });
  });
});

describe('who and when', () => {
  it.each([
    [{ _id: 'a', cid: 'b' }, 'a', undefined],
    [{ cid: 'b', uid: 'u' }, 'b', 'u'],
    [{ uid: 'u' }, undefined, 'u'],
    [{}, 'today', undefined],
  ])('of %j the visitor is %s and the user %s', (ids, anonymousId, userId) => {
    const event = only(request({ url: 'x', ...ids } as Record<string, string>, { visitor: 'today' }));
    expect([event.anonymousId, event.userId]).toEqual([anonymousId, userId]);
  });

  it('a server that has no ids but says who its user is tells its users apart for the day', () => {
    const id = (ua: string) => only(request({ url: 'x', ua }, { visitor: 'today' })).anonymousId;
    expect(id('A')).toBe(id('A'));
    expect(new Set([id('A'), id('B'), 'today']).size).toBe(3);
  });

  it.each([
    ['a page', {}, { origin: 'https://e.x', 'user-agent': 'Agent/1' }, '', '203.0.113.0', 'Agent/1'],
    ['a browser’s image', {}, agent, '', '203.0.113.0', agent['user-agent']],
    ['a server', {}, { 'user-agent': 'python-requests/2' }, '', undefined, undefined],
    [
      'a server that names its user, without a key',
      { cip: '198.51.100.0', ua: 'Theirs/2' },
      agent,
      '',
      undefined,
      'Theirs/2',
    ],
    [
      'a server that names its user, with a key',
      { cip: '198.51.100.0', ua: 'Theirs/2' },
      {},
      'k',
      '198.51.100.0',
      'Theirs/2',
    ],
  ])('%s', (_name, fields, headers, key, address, userAgent) => {
    const event = one({ url: 'x', ...fields } as Record<string, string>, { headers, key });
    expect([event.address, event.userAgent]).toEqual([address, userAgent]);
  });

  const hour = 3_600_000;
  it.each<[Record<string, string>, string, number | undefined]>([
    [{ cdt: `${(receivedAt - hour) / 1_000}` }, '', receivedAt - hour],
    [
      { cdt: new Date(receivedAt - hour).toISOString().slice(0, 19).replace('T', ' ') },
      '',
      receivedAt - hour,
    ],
    [{ cdo: '3600' }, '', receivedAt - hour],
    [{ cdt: `${(receivedAt + hour) / 1_000}` }, '', undefined],
    [{ cdt: 'undefined' }, '', undefined],
    [{ cdo: '-5' }, '', undefined],
    [{ cdt: `${(receivedAt - 48 * hour) / 1_000}` }, 'key', receivedAt - 48 * hour],
  ])('the time of %j with key "%s" is %s', (fields, key, occurredAt) => {
    expect(one({ url: 'x', ...fields }, { key }).occurredAt).toBe(occurredAt);
  });

  it('an old time from anybody is kept in quarantine: dated today it would be wrong, dated then it could be anybody’s', () => {
    const old = request({ ...visitor, url: 'x', cdt: `${(receivedAt - 48 * hour) / 1_000}` });
    expect(reasons(decodeNow(old))).toEqual(['time needs a key']);
  });

  it('language, screen and client hints', () => {
    const uadata = JSON.stringify({
      brands: [{ brand: 'Chromium', version: '142' }],
      mobile: true,
      platform: 'Android',
    });
    const headers = { ...agent, 'accept-language': 'de-DE,de;q=0.9' };
    expect(one({ url: 'x', res: '1280x720', uadata }, { headers })).toMatchObject({
      locale: 'de-DE,de;q=0.9',
      screen: '1280x720',
      clientHints: { mobile: true, platform: 'Android' },
    });
    const odd = one({ url: 'x', res: '0x0', uadata: '{', lang: 'fr' });
    expect([odd.screen, odd.clientHints, odd.locale]).toEqual([undefined, undefined, 'fr']);
  });
});

describe('requests', () => {
  const sent = 'idsite=3&rec=1&url=x&_id=y';

  it.each(['/matomo.php', '/piwik.php', '/js/tracker.php', '/matomo/matomo.php'])(
    '%s answers as its clients need it',
    async (path) => {
      const { call, records } = await startCollector({ keyOf });
      const image = await call('GET', `${path}?${sent}`);
      expect([image.status, image.headers['content-type'], image.headers['cache-control']]).toEqual([
        200,
        'image/gif',
        'no-store',
      ]);
      expect(image.body.startsWith('GIF89a')).toBe(true);
      const beacon = await call('POST', `${path}?${sent}&send_image=0`, { origin: 'https://e.x' });
      expect([beacon.status, beacon.body]).toEqual([204, '']);
      expect(beacon.headers['access-control-allow-credentials']).toBe('true');
      const form = await call(
        'POST',
        path,
        { 'content-type': 'application/x-www-form-urlencoded' },
        `${sent}&send_image=0`,
      );
      expect(form.status).toBe(204);
      const many = await call('POST', path, {}, JSON.stringify({ requests: [`?${sent}`, `?${sent}`] }));
      expect([many.status, JSON.parse(many.body)]).toEqual([
        200,
        { status: 'success', tracked: 2, invalid: 0 },
      ]);
      const silent = await call('POST', path, {}, JSON.stringify({ requests: [`?${sent}`], send_image: 0 }));
      expect(silent.status).toBe(204);
      expect((await call('POST', path)).status).toBe(400);
      expect(records().map(({ path: kept }) => kept)).toEqual(Array.from({ length: 5 }, () => '/matomo.php'));
    },
  );

  it('a site may be a key, in query, form and bulk; of others the default project takes it', async () => {
    const { call, records } = await startCollector({ keyOf });
    await call('GET', '/matomo.php?idsite=wk_one&rec=1&url=x');
    await call('POST', '/matomo.php', {}, 'idsite=wk_two12&rec=1&url=x');
    await call('POST', '/matomo.php', {}, '{"requests":["?idsite=wk_one&rec=1"]}');
    await call('POST', '/matomo.php', {}, '{"requests":[{"idsite":"wk_two12"}]}');
    await call('GET', '/matomo.php?idsite=3&rec=1&url=x');
    const many = `{"requests":["?idsite=wk_one&rec=1"${',"?rec=1"'.repeat(150_000)}]}`;
    const reply = await call('POST', '/matomo.php', {}, many);
    expect(JSON.parse(reply.body)).toEqual({ status: 'success', invalid: 0 });
    expect(records().map(({ project }) => project)).toEqual(['one', 'two', 'one', 'two', 'default', 'one']);
  });

  it('a visitor of the day is made only of who has no id', async () => {
    const { call, records } = await startCollector({ keyOf });
    await call('GET', '/matomo.php?idsite=3&rec=1&url=x');
    await call('GET', `/matomo.php?${sent}`);
    await call('GET', '/matomo.php?idsite=3&uid=u&url=x');
    await call('POST', '/matomo.php', {}, '{"requests":["?_id=x","?url=x"]}');
    await call('POST', '/matomo.php', {}, '{"requests":["?_id=x","?cid=y"]}');
    expect(records().map(({ visitor: made }) => made !== '')).toEqual([true, false, false, true, false]);
  });

  it('no token and no whole address reaches the disk, wherever it stands', async () => {
    const { call, records } = await startCollector({ keyOf });
    await call('GET', '/matomo.php?idsite=3&token_auth=secret1&cip=198.51.100.77&url=x');
    await call(
      'POST',
      '/matomo.php',
      {},
      'idsite=3&token_auth=secret2&cip=2001%3Adb8%3Aabcd%3A12%3A%3A4&url=x',
    );
    await call(
      'POST',
      '/matomo.php',
      {},
      '{"requests":["?idsite=3&cip=198.51.100.77&token_auth=secret3","?a=1\\u0026cip=198.51.100.78\\u0026b=2",{"cip": "198.51.100.79"}],"token_auth" : "secret\\"4"}',
    );
    const kept = records().map(({ query: text, body }) => text + Buffer.from(body).toString());
    expect(kept).toEqual([
      'idsite=3&cip=198.51.100.0&url=x',
      'idsite=3&token_auth=&cip=2001%3Adb8%3Aabcd%3A%3A&url=x',
      '{"requests":["?idsite=3&cip=198.51.100.0&token_auth=","?a=1\\u0026cip=198.51.100.0\\u0026b=2",{"cip": "198.51.100.0"}],"token_auth" : ""}',
    ]);
  });

  it.each([
    ['names', 'cip='.repeat(250_000)],
    ['fields', '"cip":"'.repeat(140_000)],
    ['tokens', '"token_auth":"'.repeat(70_000)],
    ['escapes', `"token_auth":"${'\\a'.repeat(500_000)}`],
    ['spaces', `"cip"${' '.repeat(1_000_000)}`],
  ])('a megabyte of %s is gone through in linear time', async (_name, body) => {
    const { call } = await startCollector({ keyOf });
    expect((await call('POST', '/matomo.php', {}, body)).status).toBe(200);
  });
});
