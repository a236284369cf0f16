import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Database } from './sqlite/database.ts';
import { migrate } from './sqlite/migrate.ts';
import { storeConformance } from './store.conformance.ts';
import { ensureFirstStart, openStore, type Store } from './store.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'store-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the embedded store', () => {
  storeConformance(async (clock) => openStore({ url: 'embedded', data: folder, clock }));
});

describe('the file of the embedded store', () => {
  test('is readable by its owner only and holds no secret in clear', async () => {
    const store = openStore({ url: 'embedded', data: folder });
    const user = await store.users.create({
      email: 'a@b.c',
      name: '',
      role: 'admin',
      password: 'open sesame!',
    });
    await store.projects.create({ id: 'one', name: '', timezone: 'UTC' });
    const { secret } = await store.keys.create({ project: 'one', kind: 'api', name: '', role: 'admin' });
    await store.keys.create({ project: 'one', kind: 'write', name: '', secret: 'whsec_signing' });
    const { token } = await store.sessions.create(user.id);
    const link = await store.links.create(user.id, 'invite');
    const modes = ['store.db', 'store.db-wal'].map((name) => statSync(join(folder, name)).mode & 0o777);
    expect(modes).toEqual([0o600, 0o600]);
    await store.close();
    const bytes = readFileSync(join(folder, 'store.db')).toString('latin1');
    expect(bytes).toContain('a@b.c');
    for (const hidden of ['open sesame!', 'whsec_signing', secret, token, link])
      expect(bytes).not.toContain(hidden);
  });

  test('says so when the URL names something else', () => {
    expect(() => openStore({ url: 'postgres://db/x', data: folder })).toThrow('"embedded"');
  });

  test('is shared by several threads that start and write at the same moment', async () => {
    const module = join(import.meta.dirname, 'store.ts');
    const script = `
      const { workerData } = require('node:worker_threads');
      import(workerData.module).then(async ({ openStore }) => {
        const store = openStore({ url: 'embedded', data: workerData.folder });
        for (let i = 0; i < 20; i++) await store.projects.create({ name: 'Same name', timezone: 'UTC' });
        await store.close();
      });`;
    const ends = [1, 2, 3].map(
      () =>
        new Promise<number>((resolve, reject) => {
          const worker = new Worker(script, { eval: true, workerData: { module, folder } });
          worker.on('error', reject).on('exit', resolve);
        }),
    );
    expect(await Promise.all(ends)).toEqual([0, 0, 0]);
    const store = openStore({ url: 'embedded', data: folder });
    expect(new Set((await store.projects.list()).map((project) => project.id)).size).toBe(60);
    await store.close();
  });
});

describe('migrations', () => {
  const real = join(import.meta.dirname, 'migrations');
  let files: string;
  let database: Database;
  beforeEach(() => {
    files = join(folder, 'migrations');
    cpSync(real, files, { recursive: true });
    database = new Database(join(folder, 'store.db'));
    migrate(database, files);
  });
  afterEach(() => database.close());

  test('run once, and new ones later', () => {
    writeFileSync(join(files, '0099-more.sql'), 'CREATE TABLE more (a TEXT) STRICT;');
    migrate(database, files);
    migrate(database, files);
    expect(database.all("SELECT name FROM sqlite_master WHERE name = 'more'")).toHaveLength(1);
  });

  test('are refused when changed afterwards', () => {
    writeFileSync(join(files, '0001-metadata.sql'), 'SELECT 1;');
    expect(() => migrate(database, files)).toThrow('0001-metadata.sql was changed');
  });

  test('leave nothing behind when one fails', () => {
    writeFileSync(join(files, '0099-bad.sql'), 'CREATE TABLE half (a TEXT) STRICT; CREATE TABLE;');
    expect(() => migrate(database, files)).toThrow('syntax error');
    expect(database.all("SELECT name FROM sqlite_master WHERE name = 'half'")).toEqual([]);
  });

  test('of a newer version stop an older program', () => {
    database.run("INSERT INTO migrations VALUES ('0500-future.sql', '')");
    expect(() => migrate(database, files)).toThrow('newer version');
  });

  test('that cannot be found are an error, not an empty store', () => {
    expect(() => migrate(database, folder)).toThrow('no migrations');
  });
});

test('a store of the first version keeps its keys, which become sources of trackers', async () => {
  const old = join(folder, 'old-migrations');
  const [first = ''] = readdirSync(join(import.meta.dirname, 'migrations')).toSorted();
  cpSync(join(import.meta.dirname, 'migrations', first), join(old, first));
  const database = new Database(join(folder, 'store.db'));
  migrate(database, old);
  database.script(`INSERT INTO projects VALUES ('one', 'One', 'UTC', 0, 1, NULL);
    INSERT INTO keys VALUES ('k', 'one', 'write', 'Web', NULL, 'wk_old', 'wk_old', 1, 2)`);
  database.close();
  const store = openStore({ url: 'embedded', data: folder });
  expect(await store.keys.sources('one')).toMatchObject([
    { id: 'k', key: 'wk_old', door: 'tracker', lastUsedAt: 2, origins: [], requestsPerSecond: null },
  ]);
  expect(await store.keys.sender('wk_old')).toMatchObject({ id: 'k', project: 'one', door: 'tracker' });
  await store.close();
});

test('a full disk is told as such', () => {
  const database = new Database(join(folder, 'full.db'));
  database.script('CREATE TABLE big (a BLOB)');
  database.script('PRAGMA max_page_count = 3');
  expect(() => database.run('INSERT INTO big VALUES (zeroblob(100000))')).toThrow(
    expect.objectContaining({ code: 'disk-full' }),
  );
  database.close();
});

test('a transaction that throws leaves nothing and the next one works', () => {
  const database = new Database(join(folder, 'roll.db'));
  database.script('CREATE TABLE t (a INTEGER)');
  expect(() =>
    database.transaction(() => {
      database.run('INSERT INTO t VALUES (1)');
      throw new Error('no');
    }),
  ).toThrow('no');
  database.transaction(() => database.run('INSERT INTO t VALUES (2)'));
  database.close();
  const reopened = new DatabaseSync(join(folder, 'roll.db'));
  expect(reopened.prepare('SELECT a FROM t').all()).toEqual([{ a: 2 }]);
  reopened.close();
});

describe('the first start', () => {
  const nothing = { adminEmail: '', adminPassword: '', writeKey: '', demo: true };
  let store: Store;
  beforeEach(() => {
    store = openStore({ url: 'embedded', data: folder });
  });
  afterEach(() => store.close());

  test('creates an administrator, a product and the demo, and tells the secrets', async () => {
    const facts = await ensureFirstStart(store, nothing);
    expect(facts).toMatchObject({ first: true, email: 'admin@localhost' });
    expect(facts.product).toEqual({ project: 'main', writeKey: expect.stringMatching(/^wk_/) });
    expect(facts.demo).toEqual({ project: 'demo', writeKey: expect.stringMatching(/^wk_/) });
    expect(await store.users.checkPassword('admin@localhost', facts.password ?? '')).toMatchObject({
      role: 'admin',
    });
    expect(await store.links.consume(facts.signInToken)).toMatchObject({ email: 'admin@localhost' });
  });

  test('honours what the operator chose, and only then', async () => {
    const chosen = {
      adminEmail: 'Me@Example.com',
      adminPassword: 'chosen by me',
      writeKey: 'chosen-key',
      demo: false,
    };
    const first = await ensureFirstStart(store, chosen);
    expect(first).toMatchObject({ email: 'me@example.com', password: undefined, demo: undefined });
    expect(first.product).toEqual({ project: 'main', writeKey: 'chosen-key' });

    const later = { adminEmail: 'x@y.z', adminPassword: 'something else', writeKey: 'other-key', demo: true };
    const second = await ensureFirstStart(store, later);
    expect(second).toMatchObject({ first: false, email: 'me@example.com', demo: undefined });
    expect(second.product).toEqual(first.product);
    expect(second.signInToken).not.toBe(first.signInToken);
    expect(await store.users.list()).toHaveLength(1);
  });

  test('brings nothing back that was deleted', async () => {
    await ensureFirstStart(store, nothing);
    await store.projects.delete('demo');
    await store.projects.delete('main');
    const facts = await ensureFirstStart(store, nothing);
    expect([facts.product, facts.demo]).toEqual([undefined, undefined]);
  });

  test('continues after a crash in the middle', async () => {
    await store.users.create({ email: 'admin@localhost', name: '', role: 'admin' });
    const facts = await ensureFirstStart(store, nothing);
    expect(await store.users.checkPassword('admin@localhost', facts.password ?? '')).toBeDefined();
    expect(facts.product?.project).toBe('main');
  });

  test.each([
    [{ ...nothing, adminPassword: 'short' }, 'admin-password'],
    [{ ...nothing, writeKey: 'no spaces please' }, 'write-key'],
  ])('refuses an unusable choice before it creates anything', async (options, name) => {
    await expect(ensureFirstStart(store, options)).rejects.toThrow(name);
    expect(await store.users.list()).toEqual([]);
  });
});
