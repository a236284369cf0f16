import { describe, expect, it, test } from 'vitest';
import { type EmailLink, linkTarget, readEmailToken, signEmailLink } from '../../contract/email-link.ts';
import { TributaryError } from '../../runtime/errors.ts';
import type { CollectorOptions } from '../collect.ts';
import { collectorTests } from '../collector-under-test.ts';
import { decodeNow } from '../decode-now.fixture.ts';
import { prefetcherOf } from '../email/prefetchers.ts';

const startCollector = await collectorTests();
const secret = 'es_secret';
const browser =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';
const link = (url = '', over: Partial<EmailLink> = {}): EmailLink => ({
  key: 'wk_mail',
  message: 'welcome',
  user: 'u-1',
  recipient: '',
  url,
  ...over,
});
const pixelOf = (over: Partial<EmailLink> = {}, by = secret): string =>
  `/email/o/${signEmailLink(link('', over), by)}.gif`;
const clickOf = (url: string, over: Partial<EmailLink> = {}, by = secret): string =>
  `/email/c/${signEmailLink(link(url, over), by)}`;

function collector(over: Partial<CollectorOptions> = {}) {
  return startCollector({
    keyOf: (key) => {
      if (key === 'wk_mail') return { id: 'mail', project: 'p', door: 'email', secret };
      return key === 'wk_other' ? { id: 'other', project: 'p', door: 'tracker' } : undefined;
    },
    ...over,
  });
}

const gif = { status: 200, headers: { 'content-type': 'image/gif' } };

describe('a pixel', () => {
  test.each(['GET', 'HEAD'])('is an image that nobody keeps, and counts once for each %s', async (method) => {
    const { call, records } = await collector();
    for (let time = 0; time < 2; time++) {
      const reply = await call(method, pixelOf(), { 'user-agent': browser });
      expect(reply).toMatchObject(gif);
      expect(reply.headers['cache-control']).toContain('no-store');
      expect(reply.headers['content-length']).toBe('42');
      expect(reply.body.slice(0, 6)).toBe(method === 'GET' ? 'GIF89a' : '');
    }
    expect(records()).toHaveLength(2);
    expect(records()).toMatchObject([{ key: 'mail', project: 'p', protocol: 'email', query: '' }, {}]);
  });

  test.each([
    ['with another signature', pixelOf({}, 'another secret')],
    ['with a link’s token', clickOf('https://example.com/').replace('/c/', '/o/')],
    ['of a source that is not there', pixelOf({ key: 'wk_gone' })],
    ['of a source for something else', pixelOf({ key: 'wk_other' })],
    ['that is cut', pixelOf().slice(0, -9)],
    ['that is no token', '/email/o/whatever-this-is.gif'],
  ])('%s is an image all the same, and counts nothing', async (_what, path) => {
    const { call, records } = await collector();
    expect(await call('GET', path)).toMatchObject(gif);
    expect(records()).toEqual([]);
  });
});

describe('a link', () => {
  const target = 'https://example.com/start?a=1&b=%20#top';

  test.each(['GET', 'HEAD'])('leads by %s to the address that was signed', async (method) => {
    const { call, records } = await collector();
    const reply = await call(method, clickOf(target), { 'user-agent': browser });
    expect(reply).toMatchObject({
      status: 302,
      headers: { location: target, 'referrer-policy': 'no-referrer' },
    });
    expect(reply.headers['cache-control']).toContain('no-store');
    expect(records()).toHaveLength(1);
  });

  test.each([
    ['with another signature', clickOf(target, {}, 'another secret')],
    ['with a pixel’s token', pixelOf().replace('/o/', '/c/').replace('.gif', '')],
    ['of a source that is not there', clickOf(target, { key: 'wk_gone' })],
    ['of a source for something else', clickOf(target, { key: 'wk_other' })],
    ['that is no token', '/email/c/whatever-this-is'],
    ['to a script', clickOf('javascript:alert(1)')],
    ['to a file', clickOf('file:///etc/passwd')],
    ['to no address', clickOf('//example.com')],
  ])('%s is a page that says so', async (_what, path) => {
    const { call, records } = await collector();
    const reply = await call('GET', path);
    expect(reply.status).toBe(404);
    expect(reply.headers.location).toBeUndefined();
    expect(reply.body).toContain('This link is not valid');
    expect(records()).toEqual([]);
  });

  it('leads on when the disk is full: the click is lost, the person is not', async () => {
    const full = new TributaryError('disk-full', 'no space', { retryAfter: 30 });
    const { call, metrics } = await collector({
      log: { append: () => Promise.reject(full), close: () => Promise.resolve() },
    });
    expect(await call('GET', clickOf(target))).toMatchObject({ status: 302, headers: { location: target } });
    expect(await call('GET', pixelOf())).toMatchObject(gif);
    expect(metrics.toString()).toMatch(/outcome="lost"[^}]*\} 2/);
  });

  it('cannot carry a second header', () => {
    expect(linkTarget('https://example.com/\r\nset-cookie: a=1')).toBe(
      'https://example.com/set-cookie:%20a=1',
    );
    expect(linkTarget(`https://example.com/${'a'.repeat(2_000)}`)).toBeUndefined();
  });
});

describe('a token', () => {
  it('gives back what was signed', () => {
    const given = link('https://example.com/', { recipient: 'ädа@example.com', message: 'Hallo "Welt" 🎉' });
    expect(readEmailToken(signEmailLink(given, secret))?.link).toEqual(given);
  });

  test.each([
    '',
    '.',
    'a.b',
    `${'a'.repeat(9_000)}.AAAAAAAAAAAAAAAAAAAAAA`,
    `${Buffer.from('[1,2,3,4,5]').toString('base64url')}.AAAAAAAAAAAAAAAAAAAAAA`,
    `${Buffer.from('{}').toString('base64url')}.AAAAAAAAAAAAAAAAAAAAAA`,
  ])('%j is none', (text) => expect(readEmailToken(text)).toBeUndefined());

  it('decodes to an event with the names that it carries', async () => {
    const { call, records } = await collector();
    await call('GET', clickOf('https://example.com/', { recipient: 'Ada@example.com' }), {
      'user-agent': browser,
    });
    await call('GET', pixelOf({ user: '', recipient: 'bob@example.com' }), {
      'user-agent': browser,
      'sec-purpose': 'prefetch',
    });
    const events = records().flatMap((record) => decodeNow(record).events);
    expect(events).toMatchObject([
      {
        event: 'email clicked',
        userId: 'u-1',
        anonymousId: 'email:ada@example.com',
        userAgent: browser,
        address: '127.0.0.0',
      },
      {
        event: 'email opened',
        userId: undefined,
        anonymousId: 'email:bob@example.com',
        userAgent: undefined,
        properties: { prefetcher: 'browser prefetch' },
      },
    ]);
  });
});

describe('prefetchers', () => {
  test.each([
    [{ userAgent: 'Mozilla/5.0' }, 'Apple Mail Privacy Protection'],
    [{ userAgent: browser, address: '17.58.101.0' }, 'Apple Mail Privacy Protection'],
    [
      {
        userAgent:
          'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)',
      },
      'Gmail image proxy',
    ],
    [
      { userAgent: 'YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html' },
      'Yahoo Mail proxy',
    ],
    [{ userAgent: browser, address: '40.94.31.0' }, 'Microsoft Safe Links'],
    [{ userAgent: browser, address: '2a01:111:f400::' }, 'Microsoft Safe Links'],
    [{ userAgent: 'Mozilla/5.0 (compatible; BarracudaCentral)' }, 'Barracuda'],
    [{ userAgent: browser, address: '207.211.30.0' }, 'Mimecast'],
    [{ userAgent: browser, address: '148.163.130.0' }, 'Proofpoint'],
    [{ userAgent: 'Slackbot-LinkExpanding 1.0' }, 'link preview'],
    [{ userAgent: 'python-requests/2.32' }, 'program'],
    [{ userAgent: browser, purpose: 'prefetch;prerender' }, 'browser prefetch'],
    [{ userAgent: browser, method: 'HEAD' }, 'link checker'],
    [{ userAgent: browser, method: 'GET', address: '203.0.113.0' }, undefined],
    [{ userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15' }, undefined],
    [{}, undefined],
  ])('%j: %s', (fetched, name) => expect(prefetcherOf(fetched)).toBe(name));
});
