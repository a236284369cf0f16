import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { User } from '../contract/endpoints.ts';
import { TributaryError } from '../runtime/errors.ts';
import { cookieOf, type TestServer, testServer } from './test-server.fixture.ts';

const scope = { project: 'ours', range: { from: '2026-01-01', to: '2026-01-31' } };
let server: TestServer;
let admin: User;
let cookie: string;

async function start(...given: Parameters<typeof testServer>): Promise<void> {
  server = await testServer(...given);
  admin = await server.store.users.create({ email: 'admin@example.com', name: '', role: 'admin' });
  cookie = `tributary_session=${(await server.store.sessions.create(admin.id)).token}`;
  await server.store.projects.create({ id: 'ours', name: 'Ours', timezone: 'UTC' });
}
afterEach(() => server.close());

const post = (url: string, payload: string | object, headers: Record<string, string> = {}) =>
  server.app.inject({ method: 'POST', url, payload, headers: { cookie, ...headers } });

describe('a bad request', () => {
  beforeEach(() => start());
  const json = { 'content-type': 'application/json' };

  test.each<[string, string | object, Record<string, string>, number, string]>([
    ['broken JSON', '{"a":', json, 400, 'not valid JSON'],
    ['a body that is no object', '[1]', json, 400, 'must be a JSON object'],
    ['a form', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }, 400, 'Unsupported Media Type'],
    ['text', '{}', { 'content-type': 'text/plain' }, 400, 'Unsupported Media Type'],
    ['a missing field', { project: 'ours' }, {}, 400, '"range" is missing'],
    ['a wrong value', { ...scope, range: { from: 'yesterday', to: '2026-01-01' } }, {}, 400, '"range.from"'],
    ['an unknown field', { ...scope, filter: [] }, {}, 400, 'there is no field "filter"'],
    ['an inherited name as a field', { ...scope, toString: 1 }, {}, 400, 'there is no field "toString"'],
    ['a poisoned prototype', '{"__proto__":{"a":1}}', json, 400, 'not valid JSON'],
    ['a huge body', { ...scope, project: 'x'.repeat(1_100_000) }, {}, 413, 'too large'],
  ])('with %s is told what is wrong', async (_, payload, headers, status, message) => {
    const answer = await post('/api/overview', payload, headers);
    const { error } = answer.json<{ error: { code: string; message: string; advice: string } }>();
    expect([answer.statusCode, error.message]).toEqual([status, expect.stringContaining(message)]);
    expect(error.code).toBe(status === 413 ? 'too-large' : 'bad-request');
    expect(error.advice).not.toBe('');
  });

  test('that says one thing twice and differently is refused', async () => {
    const answer = await server.app.inject({
      method: 'PATCH',
      url: '/api/projects/ours',
      payload: { project: 'theirs', name: 'x' },
      headers: { cookie },
    });
    expect(answer.json()).toMatchObject({ error: { message: expect.stringContaining('given twice') } });
  });

  test('to an address that is not there is 404 in JSON', async () => {
    for (const url of ['/api', '/api/nothing', '/api/projects/ours/keys/x/y']) {
      const answer = await server.app.inject({ url, headers: { accept: 'text/html' } });
      expect([answer.statusCode, answer.json()]).toMatchObject([404, { error: { code: 'not-found' } }]);
    }
  });

  test('with the wrong method is 405 and names the right ones', async () => {
    const answer = await server.app.inject({ method: 'PUT', url: '/api/projects', payload: 'x' });
    expect(answer.statusCode).toBe(405);
    expect(answer.headers.allow).toBe('GET, POST');
    expect((await server.app.inject({ method: 'OPTIONS', url: '/api/me' })).headers).not.toHaveProperty(
      'access-control-allow-origin',
    );
  });
});

describe('an answer', () => {
  test('has a status and Retry-After from the error table', async () => {
    await start({
      trend: async () => {
        throw new TributaryError('warehouse-unavailable', 'restarting', { retryAfter: 1.2 });
      },
    });
    const answer = await post('/api/trend', { ...scope, series: [{ event: '*' }] });
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '2']);
    expect(answer.json()).toMatchObject({ error: { code: 'warehouse-unavailable', message: 'restarting' } });
  });

  test('does not tell what broke inside, the log does', async () => {
    const lines: unknown[] = [];
    const say = () => {};
    const logger = {
      debug: say,
      info: say,
      warn: say,
      error: (_: string, fields?: object) => lines.push(fields),
      with: () => logger,
    };
    const failing = async (): Promise<never> => {
      throw new Error('password of the database is hunter2');
    };
    await start({ demoStatus: failing }, { logger });
    const answer = await server.app.inject({ url: '/api/demo', headers: { cookie } });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('hunter2');
    expect(lines).toEqual([expect.objectContaining({ reason: expect.stringContaining('hunter2') })]);
  });

  test('that breaks its own contract is found in tests', async () => {
    await start({ demoStatus: async () => ({ progress: 'half' }) as never });
    expect((await server.app.inject({ url: '/api/demo', headers: { cookie } })).statusCode).toBe(500);
  });

  test('can carry another status: health is 503 before it is ready, for anybody', async () => {
    await start({
      health: async (_input, { answer }) => {
        answer.status(503);
        return { ready: false, version: '1', reasons: ['the warehouse is starting'] };
      },
    });
    const answer = await server.app.inject({
      url: '/api/health',
      headers: { authorization: 'Bearer wrong' },
    });
    expect([answer.statusCode, answer.json()]).toMatchObject([503, { ready: false }]);
  });

  test('is never cached, sniffed or framed', async () => {
    await start();
    for (const url of ['/api/auth/me', '/api/nothing', '/api/openapi.json']) {
      expect((await server.app.inject({ url })).headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
      });
    }
  });

  test('has the defaults of the contract in its input, and numbers from the query string', async () => {
    const seen: unknown[] = [];
    await start({
      live: async (input) => {
        seen.push(input);
        return { events: [], lastMinute: 0, peopleNow: 0 };
      },
    });
    for (const query of ['', '&limit=5&_=cachebuster']) {
      const answer = await server.app.inject({ url: `/api/live?project=ours${query}`, headers: { cookie } });
      expect(answer.statusCode).toBe(200);
    }
    expect(seen).toEqual([
      { project: 'ours', limit: 50 },
      { project: 'ours', limit: 5 },
    ]);
  });
});

test('a query is told when its caller goes away', async () => {
  let asked = (): void => {};
  let aborted = (): void => {};
  const wasAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const wasAborted = new Promise<void>((resolve) => {
    aborted = resolve;
  });
  await start({
    query: async (_input, { signal }) => {
      signal.addEventListener('abort', () => aborted());
      asked();
      await wasAborted;
      return { columns: [], rows: [], rowsRead: 0, elapsedMs: 0, truncated: false };
    },
  });
  const address = new URL(await server.app.listen({ port: 0, host: '127.0.0.1' }));
  const body = '{"sql":"SELECT sleep(3)"}';
  const socket = connect(Number(address.port), address.hostname);
  await once(socket, 'connect');
  socket.write(
    `POST /api/query HTTP/1.1\r\nhost: ${address.host}\r\ncookie: ${cookie}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  await wasAsked;
  socket.destroy();
  await wasAborted;
});

describe('another site cannot act for a signed-in user', () => {
  beforeEach(() => start());

  test.each<[string, Record<string, string>, number]>([
    ['the page itself', { 'sec-fetch-site': 'same-origin', origin: 'http://app.example' }, 200],
    [
      'the page itself, over plain http',
      { host: 'app.example:8080', origin: 'http://app.example:8080' },
      200,
    ],
    ['a page behind a proxy', { 'x-forwarded-host': 'app.example', origin: 'https://app.example' }, 200],
    ['a program', {}, 200],
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 403],
    ['a sibling of the site', { 'sec-fetch-site': 'same-site', origin: 'https://x.example' }, 403],
    ['another site in an old browser', { host: 'app.example', origin: 'https://evil.example' }, 403],
    ['another port of the host', { host: 'localhost:8080', origin: 'http://localhost:3000' }, 403],
    ['a sandboxed frame', { origin: 'null' }, 403],
  ])('when the request comes from %s', async (_, headers, status) => {
    const answer = await post('/api/projects', { name: 'New' }, headers);
    expect(answer.statusCode).toBe(status);
    expect(await server.store.projects.list()).toHaveLength(status === 200 ? 2 : 1);
  });

  test('nor sign a visitor in as somebody else', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', cookie: '' };
    const token = await server.store.links.create(admin.id, 'invite');
    const answer = await post('/api/auth/link', { token }, headers);
    expect([answer.statusCode, answer.headers['set-cookie']]).toEqual([403, undefined]);
  });

  test('while an API key may come from anywhere, since no browser sends it by itself', async () => {
    const { secret } = await server.store.keys.create({
      project: 'ours',
      kind: 'api',
      name: '',
      role: 'admin',
    });
    const answer = await server.app.inject({
      method: 'PATCH',
      url: '/api/projects/ours',
      payload: { name: 'Renamed' },
      headers: { authorization: `Bearer ${secret}`, 'sec-fetch-site': 'cross-site' },
    });
    expect(answer.statusCode).toBe(200);
  });
});

describe('/metrics', () => {
  beforeEach(() => start());
  const get = (remoteAddress: string, headers: Record<string, string> = {}) =>
    server.app.inject({ url: '/metrics', remoteAddress, headers: { host: 'localhost:8080', ...headers } });

  test('is open on the machine itself', async () => {
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
      const answer = await get(address);
      expect([answer.statusCode, answer.body]).toEqual([200, 'tributary_up 1\n']);
      expect(answer.headers['content-type']).toContain('version=0.0.4');
    }
  });

  test('needs a key elsewhere, behind a proxy, or under a foreign name', async () => {
    const { secret } = await server.store.keys.create({
      project: 'ours',
      kind: 'api',
      name: '',
      role: 'viewer',
    });
    const authorization = `Bearer ${secret}`;
    for (const [address, headers] of [
      ['10.0.0.7', {}],
      ['127.0.0.1', { 'x-forwarded-for': '127.0.0.1' }],
      ['127.0.0.1', { host: 'rebound.example:8080' }],
    ] as const) {
      expect((await get(address, headers)).statusCode).toBe(401);
      expect((await get(address, { ...headers, authorization })).statusCode).toBe(200);
    }
  });
});

test('the app that it joins keeps its own parsers, errors and headers', async () => {
  await start({}, {}, (app) => app.post('/v1/batch', async (request) => request.body));
  const answer = await post('/v1/batch', 'raw', { 'content-type': 'text/plain' });
  expect([answer.statusCode, answer.body]).toEqual([200, 'raw']);
  expect(answer.headers).not.toHaveProperty('content-security-policy');
});

test('a session in use keeps its cookie alive', async () => {
  await start();
  server.clock.advance(86_400_000);
  const answer = await server.app.inject({ url: '/api/auth/me', headers: { cookie } });
  expect(cookieOf(answer)).toBe(cookie);
  expect((await server.app.inject({ url: '/api/auth/me', headers: { cookie } })).headers).not.toHaveProperty(
    'set-cookie',
  );
});
