import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres, type TestPostgres } from './postgres.fixture.ts';
import { replicaWarehouse, type TestWarehouse } from './replica.fixture.ts';
import { openSource } from './replicate.ts';
import { type Scene, sceneIn } from './scene.fixture.ts';
import type { Finding } from './source.ts';
import type { SourceFile } from './source-file.ts';

let server: TestPostgres;
let warehouse: TestWarehouse;

beforeAll(async () => {
  [server, warehouse] = await Promise.all([
    startPostgres(['timezone=UTC', 'max_replication_slots=60', 'max_wal_senders=60']),
    replicaWarehouse(),
  ]);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await warehouse.stop();
});

const scene = (sql: string, file?: Partial<SourceFile>): Promise<Scene> =>
  sceneIn(server, warehouse, sql, file);

/** Tables of the warehouse in which a text is. */
async function holding(text: string): Promise<string[]> {
  const tables = await warehouse.query<{ name: string }>(
    `SELECT concat(database, '.', name) AS name FROM system.tables WHERE database IN ('app_raw', 'app_history', 'app') OR (database = 'tributary' AND name = 'replication')`,
  );
  const found = [];
  for (const { name } of tables) {
    const [database, table] = name.split('.');
    const [row] = await warehouse.query<{ n: number }>(
      `SELECT count() AS n FROM ${database}.\`${table}\` WHERE position(toString(tuple(*)), '${text}') > 0`,
    );
    if (Number(row?.n) > 0) found.push(name);
  }
  return found;
}

test('masks are applied before anything is written, in rows, in the history and in what is remembered', async () => {
  const file: Partial<SourceFile> = {
    history: ['users', 'logins'],
    columns: { exclude: ['users.password', '*.internal'] },
    mask: {
      'users.email': { rule: 'domain' },
      'users.name': { rule: 'hash' },
      'public.users.phone': { rule: 'drop' },
      'users.note': { rule: 'truncate', length: 5 },
      'logins.login': { rule: 'hash' },
    },
  };
  const one = await scene(
    `CREATE TABLE users (id int PRIMARY KEY, email text, name varchar(50), phone text, note text, password text, internal text);
     CREATE TABLE logins (login text PRIMARY KEY, at timestamptz);
     ALTER TABLE users REPLICA IDENTITY FULL;
     INSERT INTO users SELECT i, 'secret' || i || '@Example.com', 'secret name', 'secret phone', 'éclair secret', 'secret', 'secret' FROM generate_series(1, 50) i;
     INSERT INTO logins VALUES ('secret-a', now()), ('secret-b', now())`,
    file,
  );
  await using replica = one.start();
  await replica.live();
  await one.run(`UPDATE users SET email = 'secret@other.org' WHERE id = 2; DELETE FROM users WHERE id = 3; UPDATE logins SET at = now() WHERE login = 'secret-a';
    UPDATE logins SET login = 'secret-c' WHERE login = 'secret-b'; INSERT INTO users (id, email) VALUES (99, 'secret without')`);
  await expect
    .poll(() => one.rows('SELECT id, email, note FROM app.$users WHERE id IN (1, 2, 3, 99) ORDER BY id'), {
      timeout: 20_000,
    })
    .toEqual([
      { id: 1, email: 'example.com', note: 'éclai' },
      { id: 2, email: 'other.org', note: 'éclai' },
      { id: 99, email: '', note: null },
    ]);
  const [row] = await one.rows<Record<string, unknown>>('SELECT * FROM app.$users WHERE id = 1');
  expect(Object.keys(row ?? {})).toEqual(['id', 'email', 'name', 'note']);
  const names = await one.rows<{ name: string }>(
    `SELECT DISTINCT name FROM app.$users WHERE name IS NOT NULL`,
  );
  expect(names).toEqual([{ name: expect.stringMatching(/^[\w-]{22}$/) }]);
  expect(await one.rows('SELECT uniqExact(login) AS logins FROM app.$logins')).toEqual([{ logins: 2 }]);
  expect(await holding('secret')).toEqual([]);
  expect(replica.said.join('\n')).not.toContain('secret');
});

test('a mask that is added later leaves nothing of before', async () => {
  const one = await scene(
    `CREATE TABLE users (id int PRIMARY KEY, email text); INSERT INTO users SELECT i, 'plain' || i || '@example.com' FROM generate_series(1, 20) i`,
    { history: ['users'] },
  );
  {
    await using replica = one.start();
    await replica.live();
    expect(await holding('plain1@')).toHaveLength(4);
  }
  await using replica = one.start({ mask: { 'users.email': { rule: 'domain' } } });
  await expect.poll(() => holding('plain1@'), { timeout: 30_000, interval: 300 }).toEqual([]);
  await replica.live();
  expect(await one.rows('SELECT DISTINCT email FROM app.$users')).toEqual([{ email: 'example.com' }]);
});

test('the history has each version with its time, operation, transaction and author', async () => {
  const one = await scene(
    `CREATE TABLE plans (id int PRIMARY KEY, price int, created_by text, "lastModifiedBy" text);
     INSERT INTO plans VALUES (1, 10, 'ada', NULL)`,
    { history: ['plans'] },
  );
  await using replica = one.start();
  await replica.live();
  await one.run(`UPDATE plans SET price = 20, "lastModifiedBy" = 'bob' WHERE id = 1`);
  await one.run(
    `BEGIN; UPDATE plans SET price = 30 WHERE id = 1; INSERT INTO plans VALUES (2, 5, 'eve', NULL); COMMIT`,
  );
  await one.run('DELETE FROM plans WHERE id = 1');
  const trail = (): Promise<Record<string, unknown>[]> =>
    one.rows(
      'SELECT id, price, operation, changed_by, valid_to IS NULL AS open, valid_from, valid_to, transaction_id FROM app_history.$plans ORDER BY id, valid_from, price',
    );
  await expect.poll(async () => (await trail()).length, { timeout: 20_000 }).toBe(5);
  const all = await trail();
  expect(
    all.map(({ id, price, operation, changed_by, open }) => [id, price, operation, changed_by, open]),
  ).toEqual([
    [1, 10, 'snapshot', 'ada', 0],
    [1, 20, 'update', 'bob', 0],
    [1, 30, 'update', 'bob', 0],
    [1, null, 'delete', null, 0],
    [2, 5, 'insert', 'eve', 1],
  ]);
  expect(all[2]?.transaction_id).toBe(all[4]?.transaction_id);
  // as it was between the first change and the second
  const at = `(SELECT valid_from FROM app_history.$plans WHERE price = 20)`;
  expect(
    await one.rows(
      `SELECT id, price FROM app_history.$plans WHERE valid_from <= ${at} AND (valid_to IS NULL OR ${at} < valid_to)`,
    ),
  ).toEqual([{ id: 1, price: 20 }]);
});

test('what is in the way is said in words, and nothing is changed by looking', async () => {
  const one = await scene(
    `CREATE TABLE good (id int PRIMARY KEY, email text); CREATE TABLE keyless (a int); CREATE TABLE silent (id int PRIMARY KEY);
     ALTER TABLE silent REPLICA IDENTITY NOTHING; CREATE TABLE hidden (id int PRIMARY KEY); ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
     CREATE ROLE reader_${process.pid} LOGIN; GRANT SELECT ON good, hidden TO reader_${process.pid}`,
  );
  const about = (findings: readonly Finding[], topic: string): string =>
    findings
      .filter((finding) => finding.about === topic)
      .map(({ verdict, says, remedy }) => `${verdict}: ${says} → ${remedy}`)
      .join('\n');
  const admin = await openSource(one.source).check();
  expect(admin.filter(({ verdict }) => verdict === 'wrong')).toEqual([]);
  expect(about(admin, 'Left out')).toContain('"public"."keyless": it has no primary key');
  expect(about(admin, 'Left out')).toContain('REPLICA IDENTITY DEFAULT');
  expect(about(admin, 'Personal?')).toContain('good.email: domain');
  expect(about(admin, 'Log kept')).toContain('max_slot_wal_keep_size');
  const reader = await openSource({
    ...one.source,
    url: server.url(one.name, `reader_${process.pid}`),
  }).check();
  expect(about(reader, 'Right')).toContain(`ALTER ROLE reader_${process.pid} REPLICATION`);
  expect(about(reader, 'Publication')).toContain('CREATE PUBLICATION');
  expect(about(reader, 'Left out')).toContain('"public"."hidden": row level security');
  expect(about(reader, 'Left out')).toContain('"public"."silent": it may not be read');
  const nobody = await openSource({ ...one.source, url: 'postgres://nobody@127.0.0.1:1/none' }).check();
  expect(nobody).toEqual([expect.objectContaining({ verdict: 'wrong', about: 'Connection' })]);
  expect(
    await server.rows(`SELECT slot_name FROM pg_replication_slots WHERE slot_name = 'tributary_${one.name}'`),
  ).toEqual([]);
  expect(await server.rows('SELECT pubname FROM pg_publication', one.name)).toEqual([]);

  await using plain = await startPostgres(['wal_level=replica']);
  const findings = await openSource({ ...one.source, url: plain.url() }).check();
  expect(about(findings, 'wal_level')).toContain('ALTER SYSTEM SET wal_level = logical');
});
