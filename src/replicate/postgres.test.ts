import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres, type TestPostgres } from './postgres.fixture.ts';
import { replicaWarehouse, type TestWarehouse } from './replica.fixture.ts';
import { type Scene, sceneIn } from './scene.fixture.ts';

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

const scene = (sql: string): Promise<Scene> => sceneIn(server, warehouse, sql);

test('rows of before and changes of after the start are in app, row for row', async () => {
  const one = await scene(`CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL, age int);
    INSERT INTO users SELECT i, 'user ' || i, i % 90 FROM generate_series(1, 5000) i`);
  await using replica = one.start();
  await one.run(`UPDATE users SET age = age + 1 WHERE id <= 100; DELETE FROM users WHERE id > 4900`);
  await replica.live();
  await one.same('users');
  await one.run(`INSERT INTO users VALUES (9001, E'tab\\t, line\\n, \\\\N and "quotes"', NULL);
    UPDATE users SET id = id + 10000 WHERE id BETWEEN 50 AND 60; DELETE FROM users WHERE id = 9; INSERT INTO users VALUES (9, 'again', 9)`);
  await one.same('users');
});

test('every type keeps its values', async () => {
  const one = await scene(`
    CREATE TYPE mood AS ENUM ('sad', 'ok, "so"', 'happy');
    CREATE DOMAIN positive AS numeric(12,3) CHECK (VALUE > 0);
    CREATE TYPE pair AS (a int, b text);
    CREATE TABLE kinds (id bigint PRIMARY KEY, b bool, i2 int2, i4 int4, i8 int8, o oid, f4 float4, f8 float8, n numeric, n9 numeric(9,2), n18 numeric(18,6),
      n38 numeric(38,10), n76 numeric(76,20), n80 numeric(80,4), neg numeric(3,-2), small numeric(2,5), money money, t text, v varchar(20), c char(6), by bytea,
      d date, ts timestamp, tz timestamptz, tm time, ttz timetz, iv interval, u uuid, j json, jb jsonb, x xml, m mood, p positive, pr pair, r int4range, tr tstzrange,
      mr int4multirange, pt point, pg polygon, ip inet, mac macaddr, bits bit(5), vb bit varying, ia int[], ta text[], na numeric(10,2)[], ma mood[], da date[],
      tza timestamptz[], ba bool[], ua uuid[], two int[][], boxes box[], ts_v tsvector, "Quoted ""Name""" int, _version int)`);
  await using replica = one.start();
  await replica.live();
  const values = `true, -32768, 2147483647, -9223372036854775808, 4294967295, 1.5e-10, 'NaN', 123456789012345678901234567890.123456789, -1234567.89, 123456789012.123456,
    -1234567890123456789012345678.0123456789, 12345678901234567890123456789012345678901234567890123456.01234567890123456789, 1.5, 12345, 0.00012, '$1,234.50', E'é\\t\\n\\\\ 😀', 'v', 'ab', '\\x00ff10',
    '2024-02-29', '2024-02-29 23:59:59.999999', '1901-12-13 20:45:52+02', '24:00:00', '04:05:06.789-08', '1 year 2 days 03:04:05.678', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    '{"a" : [1, null]}', '{"b":1.50,"a":"x"}', '<a>1</a>', 'ok, "so"', 1.001, ROW(1,'x,y'), '[1,10)', '[2024-01-01 00:00+00,)', '{[1,3),[5,8)}', '(1.5,-2)', '((0,0),(1,1),(1,0))', '10.0.0.0/8',
    '08:00:2b:01:02:03', B'10101', B'101', '{1,NULL,-3}', ARRAY['a',NULL,'','NULL','q"\\',E'\\t'], '{1.50,NULL}', '{happy,"ok, \\"so\\""}', '{2024-01-01,NULL}', '{"2024-01-01 10:00:00+00"}', '{t,f,NULL}',
    '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}', '{{1,2},{3,4}}', NULL, 'fat cat', 7, 8`;
  await one.run(`INSERT INTO kinds VALUES (1, ${values}); INSERT INTO kinds (id) VALUES (2);
    INSERT INTO kinds (id, f4, f8, n, n9, d, ts, tz) VALUES (3, 'Infinity', '-Infinity', 'NaN', 'NaN', 'infinity', '-infinity', 'infinity'),
      (4, 0.1, 1e308, 1e40, 0.05, '1970-01-01', '1969-12-31 23:59:59.5', '2299-12-31 23:59:59.999999+00'), (5, -0.0, 5e-324, 0, -0.01, '2200-06-01', '1900-01-01', '2262-04-11 23:47:16.854775807+00')`);
  const without = ['_version', 'boxes', 'tza', 'ma'];
  await one.same('kinds', without);
  const [first] = await one.rows<Record<string, unknown>>(
    'SELECT _version_, boxes, tza, ma, ts, tz, b FROM app.$kinds WHERE id = 1',
  );
  expect(first).toEqual({
    _version_: 8,
    boxes: [],
    tza: ['2024-01-01 10:00:00.000000'],
    ma: ['happy', 'ok, "so"'],
    ts: '2024-02-29 23:59:59.999999',
    tz: '1901-12-13 18:45:52.000000',
    b: true,
  });
  // the same rows by a copy are the same rows
  replica.request('*');
  await expect
    .poll(() => replica.said.filter((line) => line.includes('is replicated')).length, { timeout: 20_000 })
    .toBe(2);
  await one.same('kinds', without);
  expect(replica.status()?.lost).toMatchObject({ [`${one.name}_kinds.d`]: expect.any(Number) });
});

test('unchanged large values, truncation, partitions and computed columns', async () => {
  const one = await scene(`CREATE TABLE docs (id int PRIMARY KEY, title text, body text);
    ALTER TABLE docs ALTER COLUMN body SET STORAGE EXTERNAL;
    CREATE TABLE full_docs (LIKE docs INCLUDING ALL); ALTER TABLE full_docs REPLICA IDENTITY FULL;
    CREATE TABLE payments (id int, at date NOT NULL, amount numeric(8,2), PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    CREATE TABLE payments_1 PARTITION OF payments FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
    CREATE TABLE payments_2 PARTITION OF payments FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
    CREATE TABLE boxes (id int PRIMARY KEY, w int, h int, area int GENERATED ALWAYS AS (w * h) STORED);
    CREATE TABLE logs (a int, b int, note text, PRIMARY KEY (b, a));
    INSERT INTO docs SELECT i, 'title', repeat(md5(i::text), 200) FROM generate_series(1, 50) i; INSERT INTO full_docs SELECT * FROM docs;
    INSERT INTO payments SELECT i, '2024-01-01'::date + i % 59, i FROM generate_series(1, 300) i;
    INSERT INTO boxes SELECT i, i, 2 FROM generate_series(1, 20) i; INSERT INTO logs SELECT i, i % 7, 'x' FROM generate_series(1, 200) i`);
  await using replica = one.start();
  await replica.live();
  for (const table of ['docs', 'full_docs', 'payments', 'boxes', 'logs']) await one.same(table);
  await one.run(`UPDATE docs SET title = 'changed ' || id WHERE id % 2 = 0; UPDATE docs SET id = id + 1000 WHERE id % 5 = 0; DELETE FROM docs WHERE id = 4;
    UPDATE full_docs SET title = 'changed ' || id; UPDATE full_docs SET id = id + 1000 WHERE id > 40; DELETE FROM full_docs WHERE id = 4;
    UPDATE payments SET at = at + 20 WHERE id % 3 = 0 AND at < '2024-02-05'; DELETE FROM payments WHERE id % 11 = 0;
    UPDATE boxes SET h = 3 WHERE id > 10; INSERT INTO boxes VALUES (100, 7, 7); UPDATE logs SET a = -a WHERE b = 3`);
  for (const table of ['docs', 'full_docs', 'payments', 'boxes', 'logs']) await one.same(table);
  await one.run(`BEGIN; INSERT INTO logs VALUES (9000, 1, 'before'); TRUNCATE logs, boxes; INSERT INTO logs VALUES (1, 1, 'after'), (9000, 1, 'after'); COMMIT; TRUNCATE payments;
    INSERT INTO payments VALUES (1, '2024-01-05', 5)`);
  for (const table of ['payments', 'boxes', 'logs']) await one.same(table);
  // a partition that comes with rows, and one that goes with its rows, are not in the log
  await one.run(`CREATE TABLE payments_3 (LIKE payments INCLUDING ALL); INSERT INTO payments_3 SELECT i, '2024-03-05', i FROM generate_series(1, 40) i;
    ALTER TABLE payments ATTACH PARTITION payments_3 FOR VALUES FROM ('2024-03-01') TO ('2024-04-01')`);
  await one.same('payments');
  await one.run('ALTER TABLE payments DETACH PARTITION payments_1; DROP TABLE payments_1');
  await one.same('payments');
});

test('columns that are added, dropped, renamed and retyped while it runs', async () => {
  const one = await scene(`CREATE TABLE people (id int PRIMARY KEY, name text, age int, note varchar(40));
    INSERT INTO people SELECT i, 'name ' || i, i, 'note' FROM generate_series(1, 1000) i`);
  await using replica = one.start();
  await replica.live();
  const steps = [
    "ALTER TABLE people ADD COLUMN city text; UPDATE people SET city = 'Rome' WHERE id < 10",
    "ALTER TABLE people ADD COLUMN plan text NOT NULL DEFAULT 'free'; INSERT INTO people (id, name, plan) VALUES (2001, 'y', 'pro')",
    'ALTER TABLE people ADD COLUMN token uuid DEFAULT gen_random_uuid()',
    "ALTER TABLE people RENAME COLUMN note TO remark; UPDATE people SET remark = 'renamed' WHERE id = 5",
    'ALTER TABLE people DROP COLUMN city; DELETE FROM people WHERE id = 7',
    'ALTER TABLE people ALTER COLUMN age TYPE bigint; UPDATE people SET age = 5000000000 WHERE id = 8',
    "ALTER TABLE people ALTER COLUMN age TYPE text USING 'aged ' || age",
    "ALTER TABLE people ALTER COLUMN age TYPE int USING length(age); INSERT INTO people (id, name, age) VALUES (2002, 'x', 3)",
    "ALTER TABLE people ADD COLUMN city int; UPDATE people SET city = 1 WHERE id = 9; ALTER TABLE people DROP COLUMN city; ALTER TABLE people ADD COLUMN city date; UPDATE people SET city = '2024-01-01' WHERE id = 10",
    'ALTER TABLE people ALTER COLUMN name SET NOT NULL',
    "ALTER TABLE people RENAME COLUMN remark TO a; ALTER TABLE people RENAME COLUMN a TO b; UPDATE people SET b = 'twice' WHERE id = 11",
    'ALTER TABLE people ALTER COLUMN plan DROP NOT NULL; UPDATE people SET plan = NULL WHERE id = 12',
    "ALTER TABLE people RENAME COLUMN id TO number; INSERT INTO people (number, name) VALUES (2003, 'key')",
    'ALTER TABLE people DROP CONSTRAINT people_pkey; ALTER TABLE people ADD PRIMARY KEY (name, number); DELETE FROM people WHERE number = 20',
  ];
  for (const step of steps) {
    await one.run(step);
    await one.same('people');
  }
});
