import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Project, Role, User } from '../contract/endpoints.ts';
import { fakeClock } from '../runtime/clock.ts';
import { sourceConformance } from './sources.conformance.ts';
import { type Store, sessionLifetime } from './store.ts';

const start = Date.UTC(2026, 0, 5);
const hour = 3_600_000;

interface World {
  clock: ReturnType<typeof fakeClock>;
  store: Store;
}

/** What every implementation of the store must do. `open` gives an empty one. */
export function storeConformance(open: (clock: World['clock']) => Promise<Store>): void {
  const world = {} as World;
  beforeEach(async () => {
    world.clock = fakeClock(start);
    world.store = await open(world.clock);
  });
  afterEach(() => world.store.close());

  describe('projects', () => projects(world));
  describe('keys', () => keys(world));
  describe('sources', () => sourceConformance(world));
  describe('users', () => users(world));
  describe('sessions', () => sessions(world));
  describe('one-time links', () => links(world));
  describe('heartbeats', () => heartbeats(world));

  test('settings are kept and replaced', async () => {
    expect(await world.store.settings.get('a')).toBeUndefined();
    await world.store.settings.set('a', '1');
    await world.store.settings.set('a', '2');
    expect(await world.store.settings.get('a')).toBe('2');
  });
}

const newUser = ({ store }: World, email: string, role: Role = 'viewer'): Promise<User> =>
  store.users.create({ email, name: '', role });
const newProject = ({ store }: World, name: string): Promise<Project> =>
  store.projects.create({ name, timezone: 'UTC' });

function projects(world: World): void {
  test('get a readable, unique id from their name', async () => {
    const ids = [];
    for (const name of ['Mein Café & Co.', 'mein cafe co', '日本'])
      ids.push((await newProject(world, name)).id);
    expect(ids).toEqual(['mein-cafe-co', 'mein-cafe-co-2', 'project']);
  });

  test('are listed oldest first and changed by field', async () => {
    await newProject(world, 'One');
    world.clock.advance(1);
    await world.store.projects.create({ id: 'demo', name: 'Two', timezone: 'Europe/Berlin', demo: true });
    await world.store.projects.update('demo', { name: 'Second' });
    expect(await world.store.projects.list()).toEqual([
      { id: 'one', name: 'One', timezone: 'UTC', createdAt: start, demo: false },
      { id: 'demo', name: 'Second', timezone: 'Europe/Berlin', createdAt: start + 1, demo: true },
    ]);
  });

  test('take their keys with them and never give their id out again', async () => {
    await newProject(world, 'One');
    const { secret } = await world.store.keys.create({ project: 'one', kind: 'write', name: '' });
    await world.store.projects.delete('one');
    expect(await world.store.projects.get('one')).toBeUndefined();
    expect(await world.store.keys.use('write', secret)).toBeUndefined();
    expect((await newProject(world, 'One')).id).toBe('one-2');
    await expect(world.store.projects.create({ id: 'one', name: '', timezone: 'UTC' })).rejects.toMatchObject(
      {
        code: 'conflict',
      },
    );
    await expect(world.store.projects.delete('one')).rejects.toMatchObject({ code: 'not-found' });
  });
}

function keys(world: World): void {
  beforeEach(async () => {
    await newProject(world, 'One');
  });

  test('of kind write are found by value and shown whole', async () => {
    const { key, secret } = await world.store.keys.create({ project: 'one', kind: 'write', name: 'Web' });
    expect(secret).toMatch(/^wk_/);
    expect(key).toMatchObject({
      project: 'one',
      kind: 'write',
      role: null,
      shown: secret,
      lastUsedAt: null,
    });
    expect(await world.store.keys.use('write', secret)).toMatchObject({ id: key.id });
    expect(await world.store.keys.use('api', secret)).toBeUndefined();
  });

  test('of kind api show only their first characters again', async () => {
    const { key, secret } = await world.store.keys.create({
      project: 'one',
      kind: 'api',
      name: 'BI',
      role: 'editor',
    });
    expect(secret).toMatch(/^ak_/);
    expect(key.shown.length).toBeLessThan(12);
    expect(await world.store.keys.list('one')).toEqual([key]);
    expect(await world.store.keys.use('api', secret)).toMatchObject({ id: key.id, role: 'editor' });
    expect(await world.store.keys.use('write', secret)).toBeUndefined();
  });

  test('remember their use by the minute', async () => {
    const { secret } = await world.store.keys.create({ project: 'one', kind: 'write', name: '' });
    const uses = [];
    for (const pause of [0, 59_999, 1]) {
      world.clock.advance(pause);
      await world.store.keys.use('write', secret);
      uses.push((await world.store.keys.list('one'))[0]?.lastUsedAt);
    }
    expect(uses).toEqual([start, start, start + 60_000]);
  });

  test('can be chosen by the operator, once', async () => {
    const chosen = { project: 'one', kind: 'write', name: '', value: 'my-own-key' } as const;
    expect((await world.store.keys.create(chosen)).secret).toBe('my-own-key');
    await expect(world.store.keys.create(chosen)).rejects.toMatchObject({ code: 'conflict' });
  });

  test('stop working when revoked, which only their own project can do', async () => {
    const { key, secret } = await world.store.keys.create({
      project: 'one',
      kind: 'api',
      name: '',
      role: 'viewer',
    });
    await expect(world.store.keys.revoke('other', 'api', key.id)).rejects.toMatchObject({
      code: 'not-found',
    });
    expect(await world.store.keys.use('api', secret)).toBeDefined();
    await world.store.keys.revoke('one', 'api', key.id);
    expect(await world.store.keys.use('api', secret)).toBeUndefined();
  });

  test('cannot be made for a project that is not there', async () => {
    await expect(world.store.keys.create({ project: 'no', kind: 'write', name: '' })).rejects.toMatchObject({
      code: 'not-found',
    });
  });
}

function users(world: World): void {
  test('are one per e-mail, however it is written', async () => {
    await newUser(world, 'Ada@Example.com');
    await expect(newUser(world, ' ada@example.COM ')).rejects.toMatchObject({ code: 'conflict' });
    expect(await world.store.users.list()).toMatchObject([{ email: 'ada@example.com', lastSignInAt: null }]);
  });

  test('are known by their password only', async () => {
    const ada = await world.store.users.create({
      email: 'ada@example.com',
      name: 'Ada',
      role: 'viewer',
      password: 'analytical engine',
    });
    await newUser(world, 'invited@example.com');
    const check = world.store.users.checkPassword.bind(world.store.users);
    expect(await check('ADA@example.com', 'analytical engine')).toEqual(ada);
    expect(await check('ada@example.com', 'analytical engin')).toBeUndefined();
    expect(await check('invited@example.com', '')).toBeUndefined();
    await world.store.users.setPassword(ada.id, 'difference engine');
    expect(await check('ada@example.com', 'difference engine')).toEqual(ada);
  });

  test('always have an administrator among them', async () => {
    const first = await newUser(world, 'first@example.com', 'admin');
    await expect(world.store.users.delete(first.id)).rejects.toMatchObject({ code: 'conflict' });
    await expect(world.store.users.update(first.id, { role: 'editor' })).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await world.store.users.update(first.id, { name: 'First' })).toMatchObject({ role: 'admin' });
    const second = await newUser(world, 'second@example.com', 'admin');
    await world.store.users.update(first.id, { role: 'viewer' });
    await expect(world.store.users.delete(second.id)).rejects.toMatchObject({ code: 'conflict' });
    await world.store.users.delete(first.id);
    expect(await world.store.users.list()).toMatchObject([{ id: second.id }]);
  });

  test('that do not exist cannot be changed', async () => {
    const refused = { code: 'not-found' };
    await expect(world.store.users.update('no', { name: '' })).rejects.toMatchObject(refused);
    await expect(world.store.users.delete('no')).rejects.toMatchObject(refused);
    await expect(world.store.users.setPassword('no', 'a long password')).rejects.toMatchObject(refused);
  });
}

function sessions(world: World): void {
  test('live thirty days after their last use', async () => {
    const user = await newUser(world, 'ada@example.com');
    const { token, session } = await world.store.sessions.create(user.id);
    expect(session.user.lastSignInAt).toBe(start);
    expect(await world.store.sessions.use(token)).toMatchObject({ id: session.id, renewed: false });
    world.clock.advance(sessionLifetime - 1);
    expect(await world.store.sessions.use(token)).toMatchObject({
      renewed: true,
      expiresAt: world.clock.now() + sessionLifetime,
    });
    world.clock.advance(sessionLifetime - 1);
    expect(await world.store.sessions.use(token)).toBeDefined();
    world.clock.advance(sessionLifetime);
    expect(await world.store.sessions.use(token)).toBeUndefined();
  });

  test('end one by one, all but one, and with their user', async () => {
    const user = await newUser(world, 'ada@example.com');
    const [a, b, c] = await Promise.all([1, 2, 3].map(() => world.store.sessions.create(user.id)));
    const alive = async () =>
      (await Promise.all([a, b, c].map((one) => world.store.sessions.use(one!.token)))).map(
        (one) => one !== undefined,
      );
    await world.store.sessions.end(a!.session.id);
    expect(await alive()).toEqual([false, true, true]);
    await world.store.sessions.endAll(user.id, b!.session.id);
    expect(await alive()).toEqual([false, true, false]);
    await world.store.users.delete(user.id);
    expect(await alive()).toEqual([false, false, false]);
  });

  test('show a changed role at once', async () => {
    await newUser(world, 'admin@example.com', 'admin');
    const user = await newUser(world, 'ada@example.com', 'editor');
    const { token } = await world.store.sessions.create(user.id);
    await world.store.users.update(user.id, { role: 'viewer' });
    expect((await world.store.sessions.use(token))?.user.role).toBe('viewer');
  });
}

function links(world: World): void {
  test('work once, even for callers at the same moment', async () => {
    const user = await newUser(world, 'ada@example.com');
    const token = await world.store.links.create(user.id, 'invite');
    const answers = await Promise.all([1, 2, 3].map(() => world.store.links.consume(token)));
    expect(answers.filter((answer) => answer !== undefined)).toEqual([user]);
  });

  test('expire: an hour in the terminal, seven days in a mail', async () => {
    const user = await newUser(world, 'ada@example.com');
    const [a, b] = [
      await world.store.links.create(user.id, 'start'),
      await world.store.links.create(user.id, 'start'),
    ];
    const [c, d] = [
      await world.store.links.create(user.id, 'invite'),
      await world.store.links.create(user.id, 'invite'),
    ];
    world.clock.advance(hour - 1);
    expect(await world.store.links.consume(a)).toBeDefined();
    world.clock.advance(1);
    expect(await world.store.links.consume(b)).toBeUndefined();
    world.clock.advance(7 * 24 * hour - hour - 1);
    expect(await world.store.links.consume(c)).toBeDefined();
    world.clock.advance(1);
    expect(await world.store.links.consume(d)).toBeUndefined();
  });
}

function heartbeats(world: World): void {
  test('keep the newest of each process and forget the silent', async () => {
    await world.store.heartbeats.beat('web', 'a', { ready: false });
    world.clock.advance(1_000);
    await world.store.heartbeats.beat('web', 'a', { ready: true });
    await world.store.heartbeats.beat('worker', 'b', undefined);
    const now = start + 1_000;
    expect(await world.store.heartbeats.list(now)).toEqual([
      { role: 'web', instance: 'a', at: now, detail: { ready: true } },
      { role: 'worker', instance: 'b', at: now, detail: null },
    ]);
    expect(await world.store.heartbeats.list(now + 1)).toEqual([]);
    world.clock.advance(25 * hour);
    await world.store.heartbeats.beat('web', 'c', {});
    expect((await world.store.heartbeats.list(0)).map((beat) => beat.instance)).toEqual(['c']);
  });
}
