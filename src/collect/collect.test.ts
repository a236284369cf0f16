import { connect } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { LogWriter } from '../log/log.ts';
import { TributaryError } from '../runtime/errors.ts';
import { collectorTests, keyNamed } from './collector-under-test.ts';
import { decodeNow } from './decode-now.fixture.ts';

const startCollector = await collectorTests();

const basic = (key: string) => ({ authorization: `Basic ${btoa(`${key}:`)}` });
const event = '{"event":"E","userId":"u"}';

describe('Segment', () => {
  it('answers when the request is durable, and keeps it as it came', async () => {
    const { call, records, metrics } = await startCollector();
    const reply = await call(
      'POST',
      '/v1/track?x=1',
      {
        ...basic('wk_one'),
        'user-agent': 'A/1',
        cookie: 'session=secret',
        'x-forwarded-for': '203.0.113.77',
      },
      event,
    );
    expect([reply.status, reply.body]).toEqual([200, '{"success":true}']);
    expect(records()).toMatchObject([
      {
        receivedAt: 1_795_300_000_000,
        project: 'one',
        protocol: 'segment',
        method: 'POST',
        path: '/v1/track',
        query: 'x=1',
        address: '203.0.113.0',
      },
    ]);
    const [record] = records();
    expect(Buffer.from(record?.body ?? []).toString()).toBe(event);
    expect(record?.headers).toEqual({ 'user-agent': 'A/1' });
    expect(metrics.toString()).toContain(
      'tributary_collector_requests_total{protocol="segment",outcome="accepted"} 1',
    );
  });

  it.each([
    'track',
    'identify',
    'page',
    'screen',
    'group',
    'alias',
    'batch',
    'import',
    't',
    'i',
    'p',
    's',
    'g',
    'a',
    'b',
  ])('takes /v1/%s, with a slash at the end and under /segment too', async (name) => {
    const { call, records } = await startCollector();
    for (const path of [`/v1/${name}`, `/v1/${name}/`, `/segment/v1/${name}`]) {
      expect((await call('POST', path, basic('wk_one'), event)).status).toBe(200);
    }
    expect(records().map((record) => record.path)).toEqual([`/v1/${name}`, `/v1/${name}`, `/v1/${name}`]);
  });

  it.each([
    ['the body', '/v1/track', {}, '{"writeKey":"wk_one"}'],
    ['the first event of a batch', '/v1/batch', {}, '{"batch":[{"writeKey":"wk_one"}]}'],
    ['the query', '/v1/track?writeKey=wk_one&a=1', {}, event],
    ['Basic before the body', '/v1/track', basic('wk_one'), '{"writeKey":"other"}'],
  ])('finds the write key in %s', async (_name, path, headers, body) => {
    const { call, records } = await startCollector();
    expect((await call('POST', path, headers, body)).status).toBe(200);
    expect(records()[0]).toMatchObject({ project: 'one', query: path.includes('a=1') ? 'a=1' : '' });
  });

  it.each([
    ['unknown', basic('nobody'), event],
    ['missing', {}, event],
    ['missing, the body being broken', {}, '{'],
  ])('an %s key is 401 with the reason, CORS headers and nothing kept', async (_name, headers, body) => {
    const { call, records } = await startCollector();
    const reply = await call('POST', '/v1/track', { ...headers, origin: 'https://app.example' }, body);
    expect(reply.status).toBe(401);
    expect(JSON.parse(reply.body)).toMatchObject({
      success: false,
      error: { code: 'unknown-key', advice: expect.stringContaining('write key') },
    });
    expect(reply.headers['access-control-allow-origin']).toBe('https://app.example');
    expect(records()).toEqual([]);
  });

  it('tells the browser library where to send, by the address it was reached at', async () => {
    const { call } = await startCollector();
    const plain = await call('GET', '/v1/projects/wk_one/settings', { host: 'a.example:81' });
    expect(JSON.parse(plain.body)).toMatchObject({
      integrations: { 'Segment.io': { apiKey: 'wk_one', apiHost: 'a.example:81/v1', protocol: 'http' } },
    });
    const proxied = await call('GET', '/segment/v1/projects/wk_one/settings', {
      host: 'a.example',
      'x-forwarded-proto': 'https',
    });
    expect(JSON.parse(proxied.body)).toMatchObject({
      integrations: { 'Segment.io': { apiHost: 'a.example/segment/v1', protocol: 'https' } },
    });
    expect((await call('GET', '/v1/projects/nobody/settings')).status).toBe(404);
  });

  it('answers the library’s own metrics and keeps nothing of them', async () => {
    const { call, records } = await startCollector();
    expect((await call('POST', '/v1/m', {}, '{"series":[]}')).status).toBe(200);
    expect(records()).toEqual([]);
  });
});

describe('Snowplow', () => {
  const tp2 = '/com.snowplowanalytics.snowplow/tp2';
  const payload =
    '{"schema":"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4","data":[{"e":"pv","aid":"wk_two12"}]}';

  it('answers a POST with "ok" and a cookie, a GET with the pixel', async () => {
    const { call, records } = await startCollector();
    const post = await call('POST', tp2, {}, payload);
    expect([post.status, post.body]).toEqual([200, 'ok']);
    expect(post.headers['set-cookie']?.[0]).toMatch(
      /^sp=[\w-]{36}; Max-Age=31536000; Path=\/; SameSite=Lax; HttpOnly$/,
    );
    const get = await call('GET', '/i?e=pv&aid=wk_two12', {
      cookie: 'a=b; sp=known-1; c=d',
      'x-forwarded-proto': 'https',
    });
    expect([get.status, get.headers['content-type'], get.body.length, get.body.slice(0, 6)]).toEqual([
      200,
      'image/gif',
      43,
      'GIF89a',
    ]);
    expect(get.headers['set-cookie']?.[0]).toContain(
      'sp=known-1; Max-Age=31536000; Path=/; SameSite=None; Secure',
    );
    const [first, second] = records();
    expect(post.headers['set-cookie']?.[0]).toContain(first?.headers.cookie);
    expect(second).toMatchObject({
      project: 'two',
      path: '/i',
      query: 'e=pv&aid=wk_two12',
      headers: { cookie: 'sp=known-1' },
    });
    expect((await call('HEAD', '/i?e=pv&aid=wk_two12')).body).toBe('');
    expect((await call('GET', '/ice.png?e=pv&aid=wk_two12')).status).toBe(200);
  });

  it('SP-Anonymous: no address, no cookie kept, the known cookie expired', async () => {
    const { call, records } = await startCollector();
    const reply = await call(
      'POST',
      tp2,
      { 'sp-anonymous': '*', cookie: 'sp=known-1' },
      payload.replace('"e"', '"ip":"203.0.113.7","e"'),
    );
    expect(reply.headers['set-cookie']?.[0]).toContain('sp=; Max-Age=0');
    expect(records()[0]).toMatchObject({ address: '', headers: { 'sp-anonymous': '*' } });
    expect(records()[0]?.headers.cookie).toBeUndefined();
    expect(Buffer.from(records()[0]?.body ?? []).toString()).toContain('"ip":""');
    expect((await call('POST', tp2, { 'sp-anonymous': '*' }, payload)).headers['set-cookie']).toBeUndefined();
  });

  it.each([
    ['the path', '/wk_two12/i?e=pv', 'two'],
    ['the path under /snowplow', '/snowplow/wk_two12/i?e=pv', 'two'],
    ['the query', '/i?e=pv&key=wk_two12', 'two'],
    ['the application id', '/i?e=pv&aid=wk_two12', 'two'],
    ['nothing: the default project', '/i?e=pv&aid=shop', 'default'],
  ])('finds its project by %s, and keeps no key in path and query', async (_name, url, project) => {
    const { call, records } = await startCollector({
      keyOf: (key) => Promise.resolve(keyNamed(key === undefined ? 'default' : { wk_two12: 'two' }[key])),
    });
    expect((await call('GET', url)).status).toBe(200);
    expect(records()[0]).toMatchObject({ project, path: '/i' });
    expect(records()[0]?.query).not.toContain('key=');
  });

  it.each(['/unknown-key/i?e=pv', '/i?e=pv&key=unknown', '/i?e=pv'])(
    '%s is 401 where no project takes it',
    async (url) => {
      const { call, records } = await startCollector();
      expect((await call('GET', url)).status).toBe(401);
      expect(records()).toEqual([]);
    },
  );
});

describe('any protocol', () => {
  it('preflights are 200 and mirror what is asked for, and answers echo the origin', async () => {
    const { call } = await startCollector();
    const origin = 'https://app.example';
    for (const path of [
      '/v1/t',
      '/v1/projects/x/settings',
      '/com.snowplowanalytics.snowplow/tp2',
      '/i',
      '/v1/m',
    ]) {
      const reply = await call('OPTIONS', path, {
        origin,
        'access-control-request-headers': 'AnonymousId, baggage',
      });
      expect(reply.status).toBe(200);
      expect(reply.headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        'access-control-allow-headers': 'AnonymousId, baggage',
        vary: 'origin',
      });
    }
    expect(
      (await call('POST', '/v1/t', { ...basic('wk_one'), origin }, event)).headers[
        'access-control-allow-origin'
      ],
    ).toBe(origin);
    expect((await call('GET', '/v1/t', { origin })).status).toBe(405);
  });

  it('leaves paths alone that are no tracker’s', async () => {
    const { call } = await startCollector();
    for (const path of [
      '/',
      '/api/health',
      '/v1',
      '/v1/trackers',
      '/i/x',
      '/assets/i',
      '/constructor',
      '/v1/__proto__',
    ]) {
      expect((await call('GET', path)).status).toBe(404);
    }
  });

  it.each([
    ['gzip that says so', gzipSync(event), { 'content-encoding': 'gzip' }],
    ['gzip that says nothing', gzipSync(event), { 'content-type': 'text/plain' }],
    ['a header that lies', Buffer.from(event), { 'content-encoding': 'gzip' }],
    ['deflate', deflateSync(event), { 'content-encoding': 'deflate' }],
    ['raw deflate', deflateRawSync(event), { 'content-encoding': 'deflate' }],
    ['brotli', brotliCompressSync(event), { 'content-encoding': 'br' }],
    ['zstd', zstdCompressSync(event), { 'content-encoding': 'zstd' }],
  ])('unpacks %s', async (_name, body, headers) => {
    const { call, records } = await startCollector();
    expect((await call('POST', '/v1/track', { ...basic('wk_one'), ...headers }, body)).status).toBe(200);
    expect(Buffer.from(records()[0]?.body ?? []).toString()).toBe(event);
  });

  it.each([
    ['a body over the limit', Buffer.alloc(5 * 1024 * 1024, 'x')],
    ['a gzip bomb', gzipSync(Buffer.alloc(30 * 1024 * 1024))],
    ['a bomb that stays under the absolute limit', gzipSync(Buffer.alloc(8 * 1024 * 1024))],
  ])('%s gets the status that makes each client drop it', async (_name, body) => {
    const { call, records } = await startCollector();
    expect((await call('POST', '/v1/track', basic('wk_one'), body)).status).toBe(413);
    expect((await call('POST', '/com.snowplowanalytics.snowplow/tp2', {}, body)).status).toBe(400);
    expect(records()).toEqual([]);
  });

  it('truncated gzip is 400', async () => {
    const { call } = await startCollector();
    const cut = gzipSync(event.repeat(100)).subarray(0, 40);
    expect((await call('POST', '/v1/track', basic('wk_one'), cut)).status).toBe(400);
  });

  it('what is not JSON is accepted and left to quarantine', async () => {
    const { call, records } = await startCollector();
    const bytes = Buffer.from([0, 255, 254, 123]);
    expect((await call('POST', '/v1/track', basic('wk_one'), bytes)).status).toBe(200);
    const [record] = records();
    expect(Buffer.from(record?.body ?? [])).toEqual(bytes);
    expect(record && decodeNow(record).failures.map(({ reason }) => reason)).toEqual(['not UTF-8']);
  });

  it.each([
    [new TributaryError('disk-full', 'full', { retryAfter: 5 }), '5', 'disk-full'],
    [new TributaryError('overloaded', 'much', { retryAfter: 1 }), '1', 'overloaded'],
    [new Error('bug'), '1', 'overloaded'],
  ])(
    'when the log refuses (%s) the answer is 503 with Retry-After and CORS headers',
    async (error, retryAfter, code) => {
      const log: LogWriter = { append: () => Promise.reject(error), close: () => Promise.resolve() };
      const { call } = await startCollector({ log });
      const reply = await call(
        'POST',
        '/v1/track',
        { ...basic('wk_one'), origin: 'https://app.example' },
        event,
      );
      expect([reply.status, reply.headers['retry-after']]).toEqual([503, retryAfter]);
      expect(JSON.parse(reply.body)).toMatchObject({ error: { code } });
      expect(reply.headers['access-control-allow-origin']).toBe('https://app.example');
    },
  );

  it('a client that hangs up in the middle is forgotten', async () => {
    const { call, records, port } = await startCollector();
    const socket = connect(port, '127.0.0.1', () => {
      socket.write('POST /v1/track HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"a"', () =>
        socket.destroy(),
      );
    });
    await new Promise((resolve) => socket.once('close', resolve));
    expect((await call('POST', '/v1/track', basic('wk_one'), event)).status).toBe(200);
    expect(records()).toHaveLength(1);
  });
});
