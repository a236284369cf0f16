import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Endpoint, type EndpointName, endpoints, type Role, roles } from '../contract/endpoints.ts';
import { sha256 } from '../runtime/ids.ts';
import { openStore, type Store } from '../store/store.ts';
import { exampleOf } from './example.fixture.ts';
import type { DataHandlers, Handlers } from './handler.ts';
import { addRoutes } from './routes.ts';
import { temporaryFolder } from './test-server.fixture.ts';

/**
 * The gate alone, before every endpoint: the handlers here only say that they were reached, so that what they do
 * (deleting the project, signing out) cannot hide a decision.
 */
const reached = { reached: true };
const names = Object.keys(endpoints) as EndpointName[];
const handlers = Object.fromEntries(names.map((name) => [name, async () => reached])) as unknown as Handlers;

const callers = [
  'anonymous',
  ...roles.map((role) => `user ${role}` as const),
  ...roles.map((role) => `key ${role}` as const),
  'key of another project',
  'revoked key',
  'ended session',
] as const;
type CallerName = (typeof callers)[number];

const headers = new Map<CallerName, Record<string, string>>();
let app: FastifyInstance;
let store: Store;
const folder = temporaryFolder();

beforeAll(async () => {
  store = openStore({ url: 'embedded', data: folder.path });
  await store.projects.create({ id: 'ours', name: 'Ours', timezone: 'UTC' });
  await store.projects.create({ id: 'theirs', name: 'Theirs', timezone: 'UTC' });
  for (const role of roles) {
    headers.set(`user ${role}`, await sessionOf(role));
    headers.set(`key ${role}`, (await keyOf('ours', role)).headers);
  }
  headers.set('key of another project', (await keyOf('theirs', 'admin')).headers);
  const revoked = await keyOf('ours', 'admin');
  await store.keys.revoke('ours', 'api', revoked.id);
  headers.set('revoked key', revoked.headers);
  const ended = await sessionOf('admin');
  await store.sessions.end(sha256(ended.cookie?.split('=')[1] ?? ''));
  headers.set('ended session', ended);
  headers.set('anonymous', {});

  app = fastify();
  addRoutes(app, { store, handlers, publicUrl: '', checkOutput: false });
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await store.close();
  folder.remove();
});

async function sessionOf(role: Role): Promise<Record<string, string>> {
  const email = `${role}-${Math.random()}@example.com`;
  const user = await store.users.create({ email, name: '', role });
  const { token } = await store.sessions.create(user.id);
  return { cookie: `tributary_session=${token}` };
}

async function keyOf(project: string, role: Role): Promise<{ id: string; headers: Record<string, string> }> {
  const { key, secret } = await store.keys.create({ project, kind: 'api', name: '', role });
  return { id: key.id, headers: { authorization: `Bearer ${secret}` } };
}

async function call(name: EndpointName, caller: CallerName, project = 'ours'): Promise<number | 'reached'> {
  const endpoint: Endpoint = endpoints[name];
  const input: Record<string, unknown> = {
    ...exampleOf(endpoint.input),
    ...('project' in endpoint.input.shape ? { project } : {}),
  };
  const url = endpoint.path.replace(/:(\w+)/g, (_, field: string) => {
    const value = String(input[field]);
    delete input[field];
    return encodeURIComponent(value);
  });
  const inQuery = endpoint.method === 'GET' || endpoint.method === 'DELETE';
  const answer = await app.inject({
    method: endpoint.method,
    url,
    headers: headers.get(caller) ?? {},
    ...(inQuery ? { query: input as Record<string, string> } : { payload: input }),
  });
  return answer.statusCode === 200 && answer.json<typeof reached>().reached ? 'reached' : answer.statusCode;
}

/** The rule, said again without the code under test. */
function expected({ access, scope }: Endpoint, caller: CallerName): number | 'reached' {
  if (access === 'public') return 'reached';
  if (['anonymous', 'revoked key', 'ended session'].includes(caller)) return 401;
  const strength = { viewer: 1, editor: 2, admin: 3 };
  const role = caller === 'key of another project' ? 'admin' : (caller.split(' ')[1] as Role);
  if (strength[role] < strength[access]) return 403;
  if (caller.startsWith('key') && scope === 'workspace') return 403;
  if (caller === 'key of another project' && scope === 'project') return 403;
  return 'reached';
}

describe('every endpoint admits exactly whom the table says', () => {
  test('and there are endpoints to look at', () => {
    expect(names.length).toBeGreaterThan(25);
  });

  test.each(callers)('when called as %s', async (caller) => {
    const wanted: Record<string, number | 'reached'> = {};
    const found: Record<string, number | 'reached'> = {};
    for (const name of names) {
      wanted[name] = expected(endpoints[name], caller);
      found[name] = await call(name, caller);
    }
    expect(found).toEqual(wanted);
  });

  test('and the two most dangerous lists are these', async () => {
    const open = async (caller: CallerName): Promise<EndpointName[]> => {
      const found = await Promise.all(names.map((name) => call(name, caller)));
      return names.filter((_, index) => found[index] === 'reached');
    };
    const publicOnes = ['health', 'signIn', 'signInByLink'];
    expect(await open('anonymous')).toEqual(publicOnes);
    expect(await open('key of another project')).toEqual([
      ...publicOnes,
      'signOut',
      'me',
      'changePassword',
      'listProjects',
    ]);
  });

  test('and a project that is not there is 404 for users, the same 403 as ever for keys', async () => {
    for (const name of names.filter((one) => endpoints[one].scope === 'project')) {
      expect([name, await call(name, 'user admin', 'nowhere')]).toEqual([name, 404]);
      expect([name, await call(name, 'key admin', 'nowhere')]).toEqual([name, 403]);
      expect([name, await call(name, 'key admin', 'theirs')]).toEqual([name, 403]);
    }
  });

  test('and every parameter of a path, and the project of a project endpoint, is in its input', () => {
    for (const endpoint of Object.values<Endpoint>(endpoints)) {
      const fields = Object.keys(endpoint.input.shape);
      const inPath = [...endpoint.path.matchAll(/:(\w+)/g)].map((match) => match[1]);
      expect(fields).toEqual(expect.arrayContaining(inPath));
      if (endpoint.scope === 'project') expect(fields).toContain('project');
      expect(endpoint.path).toMatch(/^\/api\//);
    }
  });
});

describe('it does not compile', () => {
  test('to leave out a handler or an access decision', () => {
    const all = {} as DataHandlers;
    const { query: _query, ...rest } = all;
    // @ts-expect-error: a missing handler
    const incomplete: DataHandlers = rest;
    // @ts-expect-error: a route without an access decision
    const undecided: Endpoint = {
      method: 'GET',
      path: '/api/x',
      scope: 'self',
      summary: '',
      input: z.object({}),
      output: z.object({}),
    };
    expect([incomplete, undecided]).toHaveLength(2);
  });
});
