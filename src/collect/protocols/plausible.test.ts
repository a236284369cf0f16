import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../contract/event.ts';
import { collectorTests } from '../collector-under-test.ts';
import { decodeNow } from '../decode-now.fixture.ts';
import { keyOf, only, reasons, recordOf } from '../record.fixture.ts';

const startCollector = await collectorTests();
const headers = { 'user-agent': 'Agent/1', 'accept-language': 'de' };
const sent = (body: unknown) => recordOf('plausible', '/api/event', { body, headers, visitor: 'today' });
const one = (event: JsonObject) => only(sent({ n: 'pageview', u: 'https://e.x/p', d: 'e.x', ...event }));

describe('events', () => {
  it.each([
    ['pageview', 'page', 'page'],
    ['engagement', 'track', '$engagement'],
    ['Outbound Link: Click', 'track', 'Outbound Link: Click'],
  ])('%s is %s %s', (n, type, event) => {
    expect(one({ n })).toMatchObject({ type, event, anonymousId: 'today', url: 'https://e.x/p' });
  });

  it('short and long names mean the same', () => {
    const short = {
      n: 'Buy',
      u: 'https://e.x/',
      d: 'e.x',
      r: 'https://r.x',
      p: { a: 1 },
      i: false,
      $: { amount: 1, currency: 'EUR' },
    };
    const long = {
      name: 'Buy',
      url: 'https://e.x/',
      domain: 'e.x',
      referrer: 'https://r.x',
      props: { a: 1 },
      interactive: false,
      revenue: { amount: 1, currency: 'EUR' },
    };
    expect(only(sent(long))).toEqual(only(sent(short)));
    expect(only(sent({ ...long, props: undefined, meta: '{"a":1}' }))).toEqual(only(sent(short)));
    expect(only(sent({ ...short, $: '{"amount":"1","currency":"eur"}' }))).toMatchObject({
      revenue: 1,
      currency: 'EUR',
    });
  });

  it.each<[JsonObject, object]>([
    [
      { n: 'engagement', e: 15_300.4, sd: 72 },
      { engaged_ms: 15_300, scroll_depth: 72 },
    ],
    [{ n: 'engagement', e: 100, sd: 255 }, { engaged_ms: 100 }],
    [{ n: 'engagement', e: 'x', sd: -1, p: { a: 'b' } }, { a: 'b' }],
    [{ n: 'Buy', e: 100, sd: 5 }, {}],
    [{ w: 1024 }, { screen_width: 1_024 }],
    [{ p: 'no JSON' }, {}],
    [{ p: ['a'] }, {}],
    [{ $: { amount: 'lots', currency: 'EUR' } }, {}],
  ])('the properties of %j are %j', (event, properties) => {
    expect(one(event).properties).toEqual(properties);
  });

  it('agent, address and language are those of the connection', () => {
    expect(one({ v: 36 })).toMatchObject({
      userAgent: 'Agent/1',
      address: '203.0.113.0',
      locale: 'de',
      library: 'plausible/36',
    });
  });

  it.each<[string, unknown, string]>([
    ['broken JSON', '{', 'not JSON'],
    ['an empty body', '', 'empty body'],
    ['a list', [], 'not an object'],
    ['no name', { u: 'https://e.x' }, 'no event name'],
    ['a name that is an object', { n: {}, u: 'https://e.x' }, 'no event name'],
    ['no page', { n: 'pageview', u: '' }, 'no url'],
    ['a name without end', { n: 'x'.repeat(201), u: '/' }, 'event name too long'],
  ])('%s fails with a reason', (_name, body, reason) => {
    expect(reasons(decodeNow(recordOf('plausible', '/api/event', { body, method: 'POST' })))).toEqual([
      reason,
    ]);
  });
});

describe('requests', () => {
  it.each([
    ['/api/event', 'text/plain'],
    ['/api/event/', 'application/json'],
    ['/plausible/api/event', 'application/x-www-form-urlencoded'],
  ])('%s as %s is answered as the script needs it', async (path, type) => {
    const { call, records } = await startCollector({ keyOf });
    const reply = await call(
      'POST',
      path,
      { 'content-type': type, origin: 'https://e.x' },
      '{"n":"pageview","u":"https://e.x/","d":"e.x"}',
    );
    expect([reply.status, reply.body, reply.headers['access-control-allow-origin']]).toEqual([
      202,
      'ok',
      'https://e.x',
    ]);
    expect(records()).toMatchObject([{ path: '/api/event', visitor: 'today’s visitor', project: 'default' }]);
  });

  it('a domain may be a key; of a list the first counts', async () => {
    const { call, records } = await startCollector({ keyOf });
    for (const body of [
      '{"props":{"d":"wk_two12"},"d":"wk_one"}',
      '{"domain": "wk_two12, e.x"}',
      '{"n":"x"}',
      '{"d":7}',
      '',
    ]) {
      await call('POST', '/api/event', {}, body);
    }
    expect(records().map(({ project }) => project)).toEqual(['one', 'two', 'default', 'default', 'default']);
    const revoked = await call('POST', '/api/event', {}, '{"d":"wk_revoked"}');
    expect([revoked.status, JSON.parse(revoked.body)]).toMatchObject([
      401,
      { error: expect.stringContaining('key') },
    ]);
  });
});
