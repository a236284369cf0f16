import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres, type TestPostgres } from './postgres.fixture.ts';
import { type Replica, replicaWarehouse, type TestWarehouse } from './replica.fixture.ts';
import { type Scene, sceneIn } from './scene.fixture.ts';
import type { SourceFile } from './source-file.ts';
import { ReplicationState } from './state.ts';

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
const people = `CREATE TABLE people (id int PRIMARY KEY, name text);
  INSERT INTO people SELECT i, 'name ' || i FROM generate_series(1, 3000) i`;

/** How often each table was finished. */
const finished = (replica: Replica): number =>
  replica.said.filter((line) => line.includes('is replicated')).length;

/** The server frees a slot a moment after its reader is gone. */
async function dropSlot(one: Scene): Promise<void> {
  const name = `tributary_${one.name}`;
  const isActive = async (): Promise<number> =>
    (await server.rows(`SELECT 1 FROM pg_replication_slots WHERE slot_name = '${name}' AND active`)).length;
  await expect.poll(isActive).toBe(0);
  await one.run(`SELECT pg_drop_replication_slot('${name}')`);
}

test('a slot that was dropped is said loudly; all is copied again while the old rows are served, and the history bridges the gap', async () => {
  const one = await scene(people, { history: ['people'] });
  {
    await using replica = one.start();
    await replica.live();
  }
  await dropSlot(one);
  await one.run(
    `DELETE FROM people WHERE id <= 10; UPDATE people SET name = 'changed' WHERE id = 11; INSERT INTO people VALUES (5000, 'new')`,
  );
  const counts: number[] = [];
  await using replica = one.start();
  while (finished(replica) === 0) {
    const [row] = await one.rows<{ rows: number }>('SELECT count() AS rows FROM app.$people');
    counts.push(Number(row?.rows));
    await sleep(5);
  }
  expect(replica.said.find((line) => line.startsWith('error'))).toContain('is gone');
  // never a hole: the old rows, then the new ones
  expect(new Set(counts.filter((count) => count !== 2991))).toEqual(new Set([3000]));
  await one.same('people');
  const trail = await one.rows<{ id: number; operation: string; open: number }>(
    `SELECT id, operation, valid_to IS NULL AS open FROM app_history.$people WHERE id IN (5, 11, 12, 5000) ORDER BY id, valid_from`,
  );
  expect(trail.map(({ id, operation, open }) => [id, operation, Number(open)])).toEqual([
    [5, 'snapshot', 0],
    [5, 'delete', 0],
    [11, 'snapshot', 0],
    [11, 'snapshot', 1],
    [12, 'snapshot', 1],
    [5000, 'snapshot', 1],
  ]);
  await one.run(`UPDATE people SET name = 'after' WHERE id = 12`);
  await one.same('people');
});

test('a slot that is dropped, a publication that is dropped, and a warehouse that was restored are found out', async () => {
  const one = await scene(people);
  const breaks = [
    () => one.run(`DROP PUBLICATION tributary_${one.name}`),
    () => dropSlot(one),
    () =>
      warehouse.client.command({
        query: `INSERT INTO tributary.replication (source, key, value, version) VALUES ('${one.name}', 'position', '1', ${Date.now() * 1_000 + 1e9})`,
      }),
  ];
  for (const [place, spoil] of breaks.entries()) {
    {
      await using replica = one.start();
      await replica.live();
    }
    await spoil();
    await one.run(
      `DELETE FROM people WHERE id % 10 = ${place}; INSERT INTO people VALUES (${10_000 + place}, 'x')`,
    );
    await using replica = one.start();
    await replica.live();
    expect(replica.said.filter((line) => line.startsWith('error'))).toHaveLength(1);
    await one.same('people');
  }
});

test('a slot that is lost while it is followed is made again', async () => {
  const one = await scene(people);
  await using replica = one.start();
  await replica.live();
  const terminated = `SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots WHERE slot_name = 'tributary_${one.name}'`;
  await one.run(`${terminated}; SELECT pg_drop_replication_slot('tributary_${one.name}')`);
  await one.run('DELETE FROM people WHERE id < 100');
  await expect.poll(() => finished(replica), { timeout: 30_000 }).toBe(2);
  await one.same('people');
});

test('connections that are cut in the middle of a large transaction lose and double nothing, and memory stays bounded', async () => {
  const one = await scene('CREATE TABLE wide (id int PRIMARY KEY, body text, n int)');
  await using replica = one.start();
  await replica.live();
  const before = process.memoryUsage();
  let most = 0;
  const watch = setInterval(() => {
    const { external, heapUsed } = process.memoryUsage();
    most = Math.max(most, external + heapUsed - before.external - before.heapUsed);
  }, 20);
  await one.run(`BEGIN; INSERT INTO wide SELECT i, repeat(md5(i::text), 30), 0 FROM generate_series(1, 160000) i;
    UPDATE wide SET n = 1 WHERE id % 7 = 0; DELETE FROM wide WHERE id % 11 = 0; COMMIT`);
  for (let cut = 0; cut < 3; cut++) {
    await sleep(400);
    await one.run(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tributary ${one.name}'`,
    );
  }
  await expect
    .poll(() => one.rows('SELECT count() AS rows, sum(n) AS n FROM app.$wide'), {
      timeout: 60_000,
      interval: 200,
    })
    .toEqual([{ rows: 145_455, n: 20_780 }]);
  clearInterval(watch);
  // the transaction is 150 MB
  expect(most / 2 ** 20).toBeLessThan(120);
  expect(replica.status()?.failures).toBeGreaterThan(0);
});

test('a copy goes on after its process was stopped in the middle, while rows change', async () => {
  const one = await scene(`CREATE TABLE many (a int, b int, body text, PRIMARY KEY (a, b));
    INSERT INTO many SELECT i % 500, i, repeat('x', 1500) FROM generate_series(1, 25000) i`);
  const [copied, isOver] = [
    (replica: Replica): number => replica.status()?.tables[0]?.copiedRows ?? 0,
    (replica: Replica): boolean => (replica.status()?.tables[0]?.phase ?? 'copy') !== 'copy',
  ];
  let stopped = 0;
  for (let stop = 0; stop < 5; stop++) {
    await using replica = one.start();
    await expect.poll(() => copied(replica) > stopped || isOver(replica), { interval: 5 }).toBe(true);
    if (isOver(replica)) break;
    await one.run(`UPDATE many SET body = 'changed ${stop}' WHERE a % 50 = ${stop}; DELETE FROM many WHERE b % 97 = ${stop};
      UPDATE many SET b = b + 1000000 WHERE b % 89 = ${stop} AND b < 1000000`);
    stopped = copied(replica);
    await replica.stop();
  }
  // at least one stop was in the middle of it
  expect(stopped).toBeGreaterThan(0);
  await using replica = one.start();
  await replica.live();
  await one.same('many');
  expect(replica.said.some((line) => line.includes('goes on')) || finished(replica) === 0).toBe(true);
});

test('a table that was changed before its log was read has the values which the log of before does not have', async () => {
  const one = await scene(people, { history: ['people'] });
  {
    await using replica = one.start();
    await replica.live();
  }
  // as if it had been killed between making its slot and knowing its tables
  const state = await ReplicationState.load(warehouse.client, one.name);
  for (const id of state.tables.keys()) await state.forgetTable(id);
  await one.run(
    `UPDATE people SET name = 'old' WHERE id % 3 = 0; ALTER TABLE people ADD COLUMN channel text`,
  );
  await one.run(`UPDATE people SET channel = 'text' WHERE id % 5 = 0; ALTER TABLE people DROP COLUMN channel;
    ALTER TABLE people ADD COLUMN channel int DEFAULT 3`);
  await using replica = one.start();
  await replica.live();
  await one.same('people');
  await one.run('UPDATE people SET channel = 4 WHERE id = 6');
  await one.same('people');
  expect(replica.said.filter((line) => line.includes('behind'))).toHaveLength(1);
  // a text of before is no number of now
  const values = await one.rows<{ channel: number | null }>(
    'SELECT DISTINCT channel FROM app_history.$people ORDER BY channel',
  );
  expect(values.map(({ channel }) => channel)).toEqual([3, 4, null]);
});

test('what is written while values are read again, which the log leaves out, is not taken for written', async () => {
  const one =
    await scene(`CREATE TABLE first (id int PRIMARY KEY, n int, twice int GENERATED ALWAYS AS (n * 2) STORED);
    CREATE TABLE second (LIKE first INCLUDING ALL)`);
  await using replica = one.start();
  await replica.live();
  const [writer, lock] = [await server.connect(one.name), await server.connect(one.name)];
  await using ends = new AsyncDisposableStack();
  for (const client of [writer, lock]) ends.defer(() => client.end());
  await writer.query('BEGIN; INSERT INTO first (id, n) VALUES (1, 1)');
  // granted at the commit, before anybody can read the row
  const locked = lock.query('BEGIN; LOCK TABLE first IN ACCESS EXCLUSIVE MODE');
  const waiting = async (): Promise<number> =>
    (await server.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")).length;
  await expect.poll(waiting).toBe(1);
  await writer.query('COMMIT');
  await locked;
  await expect.poll(waiting).toBe(1);
  await one.run('INSERT INTO second (id, n) VALUES (2, 2)');
  const [end] = await server.rows('SELECT pg_current_wal_flush_lsn() AS end');
  const sent = (): Promise<object[]> =>
    server.rows(
      `SELECT 1 FROM pg_stat_replication WHERE application_name = 'tributary ${one.name}' AND sent_lsn >= '${end?.end}'`,
    );
  await expect.poll(sent).toHaveLength(1);
  await lock.query('COMMIT');
  await one.same('first');
  await one.same('second');
});

test('a source that nobody writes to does not hold the log of the others', async () => {
  const one = await scene(people);
  await using replica = one.start();
  await replica.live();
  await server.run(
    'CREATE TABLE other (a text); INSERT INTO other SELECT repeat(md5(i::text), 50) FROM generate_series(1, 20000) i; CHECKPOINT',
  );
  const confirmed = async (): Promise<number> => {
    const [row] = await server.rows(
      `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn) AS behind FROM pg_replication_slots WHERE slot_name = 'tributary_${one.name}'`,
    );
    return Number(row?.behind);
  };
  await expect.poll(confirmed, { timeout: 30_000, interval: 200 }).toBeLessThan(2 ** 20);
});

test('new tables are taken in, dropped ones stay as they were, and one that is made again takes the place of the old', async () => {
  const one = await scene(people);
  await using replica = one.start();
  await replica.live();
  await one.run(
    `CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TABLE later (id int PRIMARY KEY, m mood); INSERT INTO later VALUES (1, 'a')`,
  );
  await one.same('later');
  await one.run(
    `INSERT INTO later VALUES (2, 'b'); DROP TABLE people; CREATE TABLE people (id text PRIMARY KEY, v int); INSERT INTO people VALUES ('x', 1)`,
  );
  await one.same('later');
  await one.same('people');
});
