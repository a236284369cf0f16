import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Key, Project, User } from '../contract/endpoints.ts';
import type { Source } from '../contract/source.ts';
import { networkOf } from './attempt-limit.ts';
import { cookieOf, type TestServer, testServer } from './test-server.fixture.ts';

let server: TestServer;
let admin: User;
let adminCookie: string;
const deleted: string[] = [];
let failDeletion = false;

beforeEach(async () => {
  deleted.length = 0;
  failDeletion = false;
  server = await testServer(
    {},
    {
      deleteEvents: async (project) => {
        if (failDeletion) throw new Error('warehouse is down');
        deleted.push(project);
      },
    },
  );
  admin = await server.store.users.create({ email: 'admin@example.com', name: 'Admin', role: 'admin' });
  adminCookie = `tributary_session=${(await server.store.sessions.create(admin.id)).token}`;
});
afterEach(() => server.close());

interface Call {
  readonly cookie?: string;
  readonly key?: string;
  readonly address?: string;
  readonly headers?: Record<string, string>;
}

function call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object, how: Call = {}) {
  const { cookie = adminCookie, key, address = '192.0.2.1' } = how;
  return server.app.inject({
    method,
    url,
    remoteAddress: address,
    headers: { ...how.headers, ...(key === undefined ? { cookie } : { authorization: `Bearer ${key}` }) },
    ...(payload === undefined ? {} : { payload }),
  });
}

const signIn = (email: string, password: string, how: Call = {}) =>
  call('POST', '/api/auth/sign-in', { email, password }, { cookie: '', ...how });

describe('signing in', () => {
  // hashing takes long by design: only the tests that need the password pay for it
  const givePassword = () => server.store.users.setPassword(admin.id, 'correct horse');

  test('sets a cookie that scripts cannot read and that ends with signing out', async () => {
    await givePassword();
    const answer = await signIn('ADMIN@example.com', 'correct horse');
    expect(answer.json()).toMatchObject({
      user: { id: admin.id, lastSignInAt: server.clock.now() },
      role: 'admin',
    });
    const header = String(answer.headers['set-cookie']);
    expect(header).toMatch(
      /^tributary_session=ss_[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=2592000$/,
    );

    const cookie = cookieOf(answer);
    expect((await call('GET', '/api/auth/me', undefined, { cookie })).statusCode).toBe(200);
    const out = await call('POST', '/api/auth/sign-out', {}, { cookie });
    expect(String(out.headers['set-cookie'])).toContain('Max-Age=0');
    expect((await call('GET', '/api/auth/me', undefined, { cookie })).statusCode).toBe(401);
  });

  test('marks the cookie Secure when a trusted proxy says https', async () => {
    const headers = { 'x-forwarded-proto': 'https' };
    const token = () => server.store.links.create(admin.id, 'start');
    const byLink = async (how: Call) =>
      call('POST', '/api/auth/link', { token: await token() }, { cookie: '', headers, ...how });
    const trusted = await byLink({ address: '127.0.0.1' });
    expect(trusted.headers['set-cookie']).toContain('; Secure');
    const untrusted = await byLink({});
    expect(untrusted.headers['set-cookie']).not.toContain('; Secure');
  });

  test('fails alike for a wrong password and an unknown e-mail', async () => {
    await givePassword();
    const [wrong, unknown] = [
      await signIn('admin@example.com', 'wrong horse'),
      await signIn('nobody@example.com', 'correct horse'),
    ];
    expect(wrong.statusCode).toBe(401);
    expect(unknown.body).toBe(wrong.body);
    expect(unknown.headers).toMatchObject({ 'www-authenticate': 'Bearer' });
  });

  test('gets slower with every failure from one network, and the right password never waits long', async () => {
    server.store.users.checkPassword = async (email, password) =>
      email === 'admin@example.com' && password === 'correct horse' ? admin : undefined;
    const guess = () => signIn('admin@example.com', 'guess');
    for (let i = 0; i < 5; i++) expect((await guess()).statusCode).toBe(401);
    const waits: unknown[] = [];
    for (let i = 0; i < 7; i++) {
      const refused = await signIn('Admin@Example.com ', 'correct horse');
      expect([refused.statusCode, refused.json()]).toMatchObject([
        429,
        { error: { code: 'too-many-requests' } },
      ]);
      waits.push(refused.headers['retry-after']);
      server.clock.advance(Number(refused.headers['retry-after']) * 1_000);
      expect((await guess()).statusCode).toBe(401);
    }
    expect(waits).toEqual(['1', '2', '4', '8', '16', '30', '30']);
    expect((await signIn('admin@example.com', 'correct horse', { address: '192.0.2.2' })).statusCode).toBe(
      200,
    );
    server.clock.advance(30_000);
    expect((await signIn('admin@example.com', 'correct horse')).statusCode).toBe(200);
    // who got in starts anew
    for (let i = 0; i < 5; i++) expect((await guess()).statusCode).toBe(401);
    server.clock.advance(15 * 60_000);
    for (let i = 0; i < 5; i++) expect((await guess()).statusCode).toBe(401);
  });

  test('with many e-mails from one network gets slower too', async () => {
    server.store.users.checkPassword = async () => undefined;
    const statuses: number[] = [];
    for (let i = 0; i < 51; i++) {
      statuses.push(
        (await signIn(`user${i}@example.com`, 'x', { address: `2001:db8::${i.toString(16)}` })).statusCode,
      );
    }
    expect(statuses.filter((status) => status === 401)).toHaveLength(50);
    expect(statuses[50]).toBe(429);
    server.clock.advance(1_000);
    expect((await signIn('user51@example.com', 'x', { address: '2001:db8::1' })).statusCode).toBe(401);
  });

  test('by link works once', async () => {
    const token = await server.store.links.create(admin.id, 'start');
    const first = await call('POST', '/api/auth/link', { token }, { cookie: '' });
    expect(first.json()).toMatchObject({ user: { email: 'admin@example.com' } });
    expect((await call('GET', '/api/auth/me', undefined, { cookie: cookieOf(first) })).statusCode).toBe(200);
    expect((await call('POST', '/api/auth/link', { token }, { cookie: '' })).statusCode).toBe(401);
  });

  test('elsewhere ends when the password changes, here it goes on', async () => {
    await givePassword();
    const other = cookieOf(await signIn('admin@example.com', 'correct horse'));
    expect((await call('POST', '/api/auth/password', { password: 'short' })).statusCode).toBe(400);
    expect((await call('POST', '/api/auth/password', { password: 'battery staple' })).statusCode).toBe(200);
    expect((await call('GET', '/api/auth/me', undefined, { cookie: other })).statusCode).toBe(401);
    expect((await call('GET', '/api/auth/me')).statusCode).toBe(200);
    expect(await server.store.users.checkPassword(admin.email, 'battery staple')).toBeDefined();
  });
});

describe('projects', () => {
  test('come with a write key, and can be changed', async () => {
    const created = (await call('POST', '/api/projects', { name: 'Web shop' })).json<{
      project: Project;
      writeKey: string;
    }>();
    expect(created.project).toMatchObject({ id: 'web-shop', timezone: 'UTC', demo: false });
    expect(await server.store.keys.use('write', created.writeKey)).toMatchObject({ project: 'web-shop' });
    const changed = await call('PATCH', '/api/projects/web-shop', { timezone: 'Asia/Tokyo' });
    expect(changed.json()).toMatchObject({ name: 'Web shop', timezone: 'Asia/Tokyo' });
    for (const timezone of ['Middle/Earth', '+02:00']) {
      expect((await call('PATCH', '/api/projects/web-shop', { timezone })).statusCode).toBe(400);
    }
  });

  test('go with their events, and stay when the events cannot go', async () => {
    await server.store.projects.create({ id: 'ours', name: '', timezone: 'UTC' });
    failDeletion = true;
    expect((await call('DELETE', '/api/projects/ours')).statusCode).toBe(500);
    expect(await server.store.projects.get('ours')).toBeDefined();
    failDeletion = false;
    expect((await call('DELETE', '/api/projects/ours')).statusCode).toBe(200);
    expect([deleted, await server.store.projects.list()]).toEqual([['ours'], []]);
    expect((await call('DELETE', '/api/projects/ours')).statusCode).toBe(404);
  });

  test('are all listed for people, one for a key', async () => {
    for (const id of ['one', 'two']) await server.store.projects.create({ id, name: id, timezone: 'UTC' });
    const { secret } = await server.store.keys.create({
      project: 'two',
      kind: 'api',
      name: '',
      role: 'viewer',
    });
    const listed = async (how?: Call) =>
      (await call('GET', '/api/projects', undefined, how))
        .json<{ projects: Project[] }>()
        .projects.map((project) => project.id);
    expect(await listed()).toEqual(['one', 'two']);
    expect(await listed({ key: secret })).toEqual(['two']);
  });
});

describe('keys', () => {
  const url = '/api/projects/ours/keys';
  beforeEach(async () => {
    await server.store.projects.create({ id: 'ours', name: '', timezone: 'UTC' });
    await server.store.projects.create({ id: 'theirs', name: '', timezone: 'UTC' });
  });

  test('of the API act with their role in their project until revoked', async () => {
    const { key, secret } = (await call('POST', url, { name: 'BI' })).json<{
      key: Key;
      secret: string;
    }>();
    expect(key).toMatchObject({ project: 'ours', role: 'viewer' });
    const me = await call('GET', '/api/auth/me', undefined, { key: secret });
    expect(me.json()).toEqual({ user: null, project: 'ours', role: 'viewer' });
    expect((await call('GET', url)).json<{ keys: Key[] }>().keys).toMatchObject([
      { id: key.id, lastUsedAt: server.clock.now() },
    ]);
    expect((await call('GET', url)).body).not.toContain(secret);
    expect(
      (await call('POST', '/api/auth/password', { password: 'long enough' }, { key: secret })).statusCode,
    ).toBe(403);
    expect((await call('DELETE', `/api/projects/theirs/keys/${key.id}`)).statusCode).toBe(404);
    expect((await call('DELETE', `${url}/${key.id}`)).statusCode).toBe(200);
    expect((await call('GET', '/api/auth/me', undefined, { key: secret })).statusCode).toBe(401);
  });

  test('are not write keys', async () => {
    const { key, secret } = await server.store.keys.create({ project: 'ours', kind: 'write', name: 'Web' });
    expect((await call('GET', '/api/auth/me', undefined, { key: secret })).statusCode).toBe(401);
    expect((await call('GET', url)).json()).toEqual({ keys: [] });
    expect((await call('DELETE', `${url}/${key.id}`)).statusCode).toBe(404);
  });
});

describe('sources', () => {
  const url = '/api/projects/ours/sources';
  beforeEach(async () => {
    for (const id of ['ours', 'theirs'])
      await server.store.projects.create({ id, name: '', timezone: 'UTC' });
  });
  const create = async (source: object) => (await call('POST', url, source)).json<Source>();

  test('can keep the key that clients have already, once', async () => {
    const made = await create({ name: 'Site', key: 'G-ABC123' });
    expect(made).toMatchObject({ key: 'G-ABC123', door: 'tracker', signed: false });
    expect((await call('POST', url, { name: 'Site', key: 'G-ABC123' })).statusCode).toBe(409);
    expect((await call('POST', url, { name: 'Site', key: 'with space' })).statusCode).toBe(400);
    expect((await create({ name: 'Other' })).key).toMatch(/^wk_/);
    expect((await call('GET', url)).json<{ sources: Source[] }>().sources).toHaveLength(2);
  });

  test('tell that they have a secret, never the secret', async () => {
    const { id } = await create({ name: 'Stripe', door: 'stripe', secret: 'whsec_x' });
    const listed = await call('GET', url);
    expect(listed.json()).toMatchObject({ sources: [{ id, signed: true }] });
    expect(listed.body).not.toContain('whsec_x');
  });

  test('are limited to origins and events that can be meant', async () => {
    const { id } = await create({ name: 'Web' });
    const change = (changes: object) => call('PATCH', `${url}/${id}`, changes);
    const limits = {
      origins: ['https://*.example.com', 'http://localhost:*'],
      events: ['Paid'],
      requestsPerSecond: 5,
    };
    expect((await change(limits)).json()).toMatchObject(limits);
    for (const origin of [
      'example.com',
      'https://a.b/path',
      'https://*',
      'https://a.*.b',
      'HTTPS://A.B',
      '*',
    ])
      expect([origin, (await change({ origins: [origin] })).statusCode]).toEqual([origin, 400]);
    for (const requestsPerSecond of [0, -1, 1.5])
      expect((await change({ requestsPerSecond })).statusCode).toBe(400);
    expect((await change({ requestsPerSecond: null, origins: [] })).json()).toMatchObject({
      requestsPerSecond: null,
      origins: [],
      events: ['Paid'],
    });
  });

  test('rotate with the old key valid for a while, and end when revoked', async () => {
    const { id, key } = await create({ name: 'Web' });
    const rotated = (await call('POST', `${url}/${id}/rotate`, { keepHours: 2 })).json<Source>();
    expect(rotated.previous).toEqual([{ key, validUntil: server.clock.now() + 7_200_000 }]);
    expect((await call('DELETE', `/api/projects/theirs/sources/${id}`)).statusCode).toBe(404);
    expect(await server.store.keys.sender(key)).toMatchObject({ id });
    expect((await call('DELETE', `${url}/${id}`)).statusCode).toBe(200);
    for (const value of [key, rotated.key]) expect(await server.store.keys.sender(value)).toBeUndefined();
  });
});

describe('users', () => {
  test('are invited with a link that works once', async () => {
    const { user, link } = (
      await call(
        'POST',
        '/api/users',
        { email: 'New@Example.com', role: 'editor' },
        { headers: { host: 'app.example' } },
      )
    ).json<{ user: User; link: string }>();
    expect(user).toMatchObject({ email: 'new@example.com', role: 'editor', name: '' });
    expect(link).toMatch(/^http:\/\/app\.example\/sign-in\?token=sl_[\w-]+$/);
    const token = new URL(link).searchParams.get('token') ?? '';
    const entered = await call('POST', '/api/auth/link', { token }, { cookie: '' });
    expect(entered.json()).toMatchObject({ user: { id: user.id }, role: 'editor' });
    expect((await call('POST', '/api/users', { email: 'new@example.com', role: 'viewer' })).statusCode).toBe(
      409,
    );
  });

  test('lose what they had when their role changes or they are removed', async () => {
    const user = await server.store.users.create({ email: 'a@example.com', name: '', role: 'editor' });
    await server.store.projects.create({ id: 'ours', name: '', timezone: 'UTC' });
    const cookie = `tributary_session=${(await server.store.sessions.create(user.id)).token}`;
    const rename = () => call('PATCH', '/api/projects/ours', { name: 'X' }, { cookie });
    expect((await rename()).statusCode).toBe(200);
    await call('PATCH', `/api/users/${user.id}`, { role: 'viewer' });
    expect((await rename()).statusCode).toBe(403);
    await call('DELETE', `/api/users/${user.id}`);
    expect((await rename()).statusCode).toBe(401);
  });

  test('include an administrator, always', async () => {
    for (const answer of [
      await call('DELETE', `/api/users/${admin.id}`),
      await call('PATCH', `/api/users/${admin.id}`, { role: 'viewer' }),
    ]) {
      expect(answer.statusCode).toBe(409);
      expect(answer.json()).toMatchObject({
        error: { message: expect.stringContaining('last administrator') },
      });
    }
    expect((await call('GET', '/api/users')).json()).toMatchObject({ users: [{ role: 'admin' }] });
  });
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:0db8:0001:0002::1', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
])('%s belongs to the network %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
