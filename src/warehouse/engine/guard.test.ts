import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect, type RunningEngine, startEngine } from '../warehouse.ts';
import { allowedTableFunctions } from './allowed.ts';
import { allowedAggregates, allowedScalars, refusedFunctions } from './functions.ts';
import { isAllowedFunction } from './guard.ts';

/**
 * Every function, table function and clause of this engine as the read-only user, beside canaries: a secret file, a
 * listener that must hear nothing, a table that must not change, a folder that must stay as it is, no new process.
 */
const secret = `canary-${createHash('sha256').update('secret').digest('hex')}`;
let folder: string;
let engine: RunningEngine;
let owner: ClickHouseClient;
let reader: ClickHouseClient;
let listener: Server;
let connections = 0;
let secretFile: string;
let url: string;
let functions: { name: string; aggregate: boolean }[];
let tableFunctions: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'guard-'));
  secretFile = join(folder, 'secret.csv');
  writeFileSync(secretFile, `${secret}\n`);
  listener = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/x.csv`;
  engine = await startEngine({
    dataPath: join(folder, 'data'),
    users: [
      { name: 'owner', password: 'o', access: 'full' },
      { name: 'reader', password: 'r', access: 'read' },
    ],
  });
  owner = connect({ url: engine.url, user: 'owner', password: 'o' });
  reader = connect({ url: engine.url, user: 'reader', password: 'r' });
  for (const query of [
    'CREATE DATABASE mart',
    'CREATE DATABASE vault',
    'CREATE TABLE mart.kept (a UInt64, b String, c Array(UInt8), j JSON) ENGINE = MergeTree ORDER BY a',
    "INSERT INTO mart.kept VALUES (1, 'x', [1, 2], '{\"y\":1}')",
    'CREATE TABLE vault.t (a String) ENGINE = MergeTree ORDER BY a',
    `INSERT INTO vault.t VALUES ('${secret}')`,
    `CREATE DICTIONARY vault.d (a String, b String) PRIMARY KEY a SOURCE(CLICKHOUSE(QUERY 'SELECT a, a AS b FROM vault.t')) LAYOUT(COMPLEX_KEY_HASHED()) LIFETIME(0)`,
    "CREATE DICTIONARY mart.d (a UInt64, b String) PRIMARY KEY a SOURCE(CLICKHOUSE(QUERY 'SELECT a, b FROM mart.kept')) LAYOUT(FLAT()) LIFETIME(0)",
    'CREATE TABLE vault.j (k String, v String) ENGINE = Join(ANY, LEFT, k)',
  ]) {
    await owner.command({ query });
  }
  const rows = await owner.query({
    query: 'SELECT name, is_aggregate FROM system.functions',
    format: 'JSONEachRow',
  });
  functions = (await rows.json<{ name: string; is_aggregate: number }>()).map((row) => ({
    name: row.name,
    aggregate: row.is_aggregate === 1,
  }));
  const names = await owner.query({
    query: 'SELECT name FROM system.table_functions',
    format: 'JSONEachRow',
  });
  tableFunctions = (await names.json<{ name: string }>()).map((row) => row.name);
});

afterAll(async () => {
  await reader?.close();
  await owner?.close();
  await engine?.stop();
  listener?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly query: string;
  readonly code: string;
  readonly text: string;
}

async function ask(query: string): Promise<Outcome> {
  try {
    const { stream } = await reader.exec({ query, query_params: { database: 'vault', table: 't' } });
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return { query, code: '0', text: Buffer.concat(chunks).toString('latin1') };
  } catch (error) {
    const { code = 'transport', message } = error as Error & { code?: string };
    return { query, code, text: message };
  }
}

async function askAll(queries: readonly string[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const rest = queries.values();
  const worker = async (): Promise<void> => {
    for (const query of rest) outcomes.push(await ask(query));
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  return outcomes;
}

function children(): string {
  return readdirSync(`/proc/${engine.pid}/task`)
    .map((task) => {
      try {
        return readFileSync(`/proc/${engine.pid}/task/${task}/children`, 'utf8');
      } catch {
        return '';
      }
    })
    .join('');
}

async function expectNothingHappened(outcomes: readonly Outcome[]): Promise<void> {
  expect(outcomes.filter(({ text }) => text.includes(secret)).map(({ query }) => query)).toEqual([]);
  expect(outcomes.filter(({ code }) => code === 'transport')).toEqual([]);
  expect(connections).toBe(0);
  expect(readdirSync(folder).sort()).toEqual(['data', 'data-tmp', 'secret.csv']);
  expect(readdirSync(join(folder, 'data-tmp')).filter((name) => !name.endsWith('.pipe'))).toEqual([
    'engine.xml',
  ]);
  expect(
    existsSync(join(folder, 'data', 'user_files')) ? readdirSync(join(folder, 'data', 'user_files')) : [],
  ).toEqual([]);
  if (process.platform === 'linux') expect(children()).toBe('');
  const state = await owner.query({
    query:
      "SELECT (SELECT groupArray(b) FROM mart.kept) AS kept, groupArray(database || '.' || name) AS tables FROM system.tables WHERE database IN ('mart', 'vault', 'default')",
    format: 'JSONEachRow',
  });
  const [row] = await state.json<{ kept: string[]; tables: string[] }>();
  expect(row?.kept).toEqual(['x']);
  expect(row?.tables.sort()).toEqual(['mart.d', 'mart.kept', 'vault.d', 'vault.j', 'vault.t']);
}

const refused = (outcomes: readonly Outcome[]) =>
  outcomes
    .filter(({ code }) => code !== '497')
    .map(({ query, code, text }) => `${query}: ${code} ${text.slice(0, 90)}`);

describe('functions', () => {
  test('every one of this engine has been read and put into one of the lists', () => {
    expect(functions.length).toBeGreaterThan(1500);
    const unknown = functions.filter(
      ({ name }) =>
        ![allowedScalars, allowedAggregates, refusedFunctions].some((list) => list.has(name.toLowerCase())),
    );
    expect(unknown).toEqual([]);
  });

  test('none is in two lists, also not as an aggregate with a combinator', () => {
    expect([...refusedFunctions].filter((name) => isAllowedFunction(name))).toEqual([]);
    expect(
      functions.filter(({ name }) => refusedFunctions.has(name.toLowerCase()) && isAllowedFunction(name)),
    ).toEqual([]);
  });

  test('that are not on the allow-list are refused however they are called', async () => {
    const names = functions.filter(({ name }) => !isAllowedFunction(name)).map(({ name }) => name);
    expect(names).toContain('file');
    const queries = names.flatMap((name) => [
      `SELECT \`${name}\`('${secretFile}', '${url}')`,
      `SELECT * APPLY \`${name}\` FROM mart.kept`,
    ]);
    const outcomes = await askAll(queries);
    expect(refused(outcomes)).toEqual([]);
    await expectNothingHappened(outcomes);
  });

  test('that are on it reach no file, network, process or other database, whatever they are given', async () => {
    const names = functions.filter(({ name }) => isAllowedFunction(name)).map(({ name }) => name);
    const outcomes = await askAll(names.map((name) => `SELECT ${name}('${secretFile}')`));
    expect(outcomes.filter(({ code }) => code === '0').length).toBeGreaterThan(200);
    // 35, 42: called with another number of arguments
    const more = outcomes.filter(({ code }) => ['35', '36', '42'].includes(code)).map(({ query }) => query);
    expect(more.length).toBeGreaterThan(200);
    outcomes.push(
      ...(await askAll(
        more.map((query) => query.replace(`'${secretFile}'`, `'${url}', '${secretFile}', 1`)),
      )),
    );
    await expectNothingHappened(outcomes);
  }, 180_000);
});

describe('table functions', () => {
  // its arguments are a query, so that a call with strings does not even parse
  const viewCalls = [`SELECT * FROM viewIfPermitted(SELECT a FROM vault.t ELSE null('a String'))`];
  const calls = (name: string): string[] =>
    name === 'viewIfPermitted'
      ? viewCalls
      : [
          `SELECT * FROM ${name}('${secretFile}')`,
          `SELECT * FROM ${name}('${url}', 'CSV', 'a String')`,
          `DESCRIBE TABLE ${name}('${url}')`,
          `SELECT * FROM ${name}('127.0.0.1:${new URL(url).port}', 'vault', 't', 'u', 'p')`,
          `SELECT * FROM ${name}(vault, t)`,
          `SELECT 1 IN (SELECT * FROM ${name}('${secretFile}', 'CSV'))`,
        ];

  test('that are not on the allow-list are refused', async () => {
    const names = tableFunctions.filter((name) => !allowedTableFunctions.has(name.toLowerCase()));
    expect(names).toEqual(
      expect.arrayContaining(['file', 'url', 's3', 'remote', 'executable', 'eval', 'merge']),
    );
    const outcomes = await askAll(names.flatMap(calls));
    expect(refused(outcomes)).toEqual([]);
    await expectNothingHappened(outcomes);
  });

  test('that are on it do no harm', async () => {
    const names = tableFunctions.filter((name) => allowedTableFunctions.has(name.toLowerCase()));
    await expectNothingHappened(await askAll(names.flatMap(calls)));
  });
});

describe('statements and clauses', () => {
  const out = (): string => join(folder, 'out.csv');

  test('that change data, the server or the session, or reach outside, are refused', async () => {
    const file = `file('${secretFile}')`;
    const queries = [
      // statements
      "INSERT INTO mart.kept VALUES (2, 'y', [], '{}')",
      'INSERT INTO mart.kept (a) SELECT 2',
      `INSERT INTO FUNCTION file('${out()}', 'CSV') SELECT 1`,
      `INSERT INTO FUNCTION url('${url}', 'CSV', 'a UInt8') SELECT 1`,
      `INSERT INTO mart.kept FROM INFILE '${secretFile}' FORMAT CSV`,
      'CREATE TABLE mart.n (a UInt8) ENGINE = Memory',
      'CREATE TEMPORARY TABLE n (a UInt8)',
      'CREATE DATABASE n',
      'CREATE VIEW mart.v AS SELECT 1',
      'CREATE MATERIALIZED VIEW mart.v ENGINE = Memory AS SELECT 1',
      `CREATE DICTIONARY mart.n (a UInt8) PRIMARY KEY a SOURCE(FILE(path '${secretFile}' format 'CSV')) LAYOUT(FLAT()) LIFETIME(0)`,
      'CREATE FUNCTION n AS x -> x',
      "CREATE NAMED COLLECTION n AS a = 'b'",
      'CREATE USER n',
      'CREATE ROLE n',
      'GRANT ALL ON *.* TO default',
      'REVOKE ALL ON *.* FROM default',
      'ALTER TABLE mart.kept DELETE WHERE 1',
      "ALTER TABLE mart.kept UPDATE b = 'z' WHERE 1",
      'DELETE FROM mart.kept WHERE 1',
      "UPDATE mart.kept SET b = 'z' WHERE 1",
      'TRUNCATE TABLE mart.kept',
      'DROP TABLE mart.kept',
      'DROP DATABASE mart',
      'DETACH TABLE mart.kept',
      'ATTACH TABLE mart.kept',
      'RENAME TABLE mart.kept TO mart.n',
      'EXCHANGE TABLES mart.kept AND vault.t',
      'OPTIMIZE TABLE mart.kept FINAL',
      'CHECK TABLE mart.kept',
      `BACKUP TABLE mart.kept TO File('${out()}')`,
      `RESTORE TABLE mart.kept FROM File('${out()}')`,
      'KILL QUERY WHERE 1',
      'KILL MUTATION WHERE 1',
      'SYSTEM SHUTDOWN',
      'SYSTEM STOP MERGES',
      'SYSTEM FLUSH LOGS',
      'SET readonly = 0',
      'SET max_threads = 1',
      'SET ROLE DEFAULT',
      'USE vault',
      'BEGIN TRANSACTION',
      'COMMIT',
      'EXECUTE AS default SELECT 1',
      'SELECT 1 PARALLEL WITH SELECT 2',
      'WATCH mart.kept',
      'SHOW PROCESSLIST',
      'SHOW GRANTS',
      'SHOW ACCESS',
      'SHOW USERS',
      'SHOW CREATE TABLE vault.t',
      'DESCRIBE TABLE vault.t',
      'EXPLAIN INSERT INTO mart.kept SELECT * FROM mart.kept',
      "EXPLAIN TABLE OVERRIDE mysql('127.0.0.1', 'a', 'b', 'c') COLUMNS (a Int8)",
      'EXPLAIN CURRENT TRANSACTION',
      `EXPLAIN SELECT * FROM ${file}`,
      `EXPLAIN AST SELECT 1 INTO OUTFILE '${out()}'`,
      'SELECT * FROM (EXPLAIN SELECT * FROM vault.t)',
      `SELECT 1 INTO OUTFILE '${out()}'`,
      `SELECT 1 INTO OUTFILE '${out()}' APPEND FORMAT CSV`,
      `(SELECT 1) UNION ALL (SELECT 2) INTO OUTFILE '${out()}'`,
      // other databases, in every place that can name one
      'SELECT * FROM vault.t',
      'SELECT * FROM `vault`.`t`',
      'SELECT * FROM "vault"."t"',
      'SELECT * FROM {database:Identifier}.{table:Identifier}',
      'SELECT * FROM mart.kept AS k JOIN vault.t ON 1',
      'SELECT 1 IN vault.t',
      "SELECT 'x' NOT IN (vault.t)",
      "SELECT in('x', vault.t)",
      'SELECT (SELECT any(a) FROM vault.t)',
      'WITH x AS (SELECT * FROM vault.t) SELECT * FROM x',
      'SELECT * FROM view(SELECT * FROM vault.t)',
      'SELECT EXISTS(SELECT * FROM vault.t)',
      'SELECT 1 UNION ALL SELECT a FROM vault.t',
      'SELECT 1 EXCEPT SELECT a FROM vault.t',
      'SELECT a FROM mart.kept ORDER BY (SELECT any(a) FROM vault.t)',
      "SELECT dictGet('vault.d', 'b', 'x')",
      "SELECT dictGet(vault.d, 'b', 'x')",
      "SELECT dictGet(concat('vault', '.d'), 'b', 'x')",
      "SELECT * APPLY(x -> dictGet('vault.d', 'b', x)) FROM mart.kept",
      'SELECT * APPLY(x -> (SELECT any(a) FROM vault.t)) FROM mart.kept',
      "SELECT joinGet('vault.j', 'v', 'x')",
      "SELECT * FROM dictionary('vault.d')",
      'SELECT * FROM vault.d',
      'SELECT query FROM system.processes',
      'SELECT query FROM `system`.processes',
      'SELECT 1 IN (system.processes)',
      'SELECT * FROM system.stack_trace',
      'SELECT * FROM system.named_collections',
      'SELECT * FROM system.server_settings',
      'SELECT * FROM system.disks',
      // functions in every clause
      `WITH ${file} AS x SELECT x`,
      `SELECT 1 WHERE ${file} != ''`,
      `SELECT a FROM mart.kept PREWHERE ${file} != ''`,
      `SELECT 1 ORDER BY ${file}`,
      `SELECT count() GROUP BY ${file}`,
      `SELECT count() HAVING ${file} != ''`,
      `SELECT a FROM mart.kept QUALIFY ${file} != ''`,
      `SELECT 1 LIMIT length(${file})`,
      `SELECT a FROM mart.kept LIMIT 1 BY ${file}`,
      `SELECT a FROM mart.kept LIMIT 1 OFFSET length(${file})`,
      `SELECT x ARRAY JOIN [${file}] AS x`,
      `SELECT sum(a) OVER (PARTITION BY ${file}) FROM mart.kept`,
      `SELECT sum(a) OVER w FROM mart.kept WINDOW w AS (ORDER BY ${file})`,
      `SELECT sum(a) OVER (ORDER BY a ROWS BETWEEN length(${file}) PRECEDING AND CURRENT ROW) FROM mart.kept`,
      `SELECT a, b FROM mart.kept ORDER BY a WITH FILL FROM 1 TO length(${file})`,
      `SELECT a, b FROM mart.kept ORDER BY a WITH FILL INTERPOLATE (b AS ${file})`,
      `SELECT * REPLACE (${file} AS b) FROM mart.kept`,
      'SELECT * APPLY file FROM mart.kept',
      'SELECT * APPLY(file) FROM mart.kept',
      'SELECT COLUMNS(b) APPLY(x -> file(x)) FROM mart.kept',
      `SELECT arrayMap(x -> file(x), ['${secretFile}'])`,
      `SELECT sumIf(a, ${file} != '') FROM mart.kept`,
      `SELECT 1 FROM mart.kept AS k JOIN mart.kept AS l ON ${file} != ''`,
      `SELECT CASE WHEN 1 THEN ${file} END`,
      `SELECT ${file}::String`,
      `SELECT \`file\`('${secretFile}')`,
      `SELECT "file"('${secretFile}')`,
      `SELECT /**/file/**/('${secretFile}')`,
      // settings and formats
      'SELECT 1 SETTINGS readonly = 0',
      `SELECT 1 SETTINGS additional_table_filters = {'t': '1'}`,
      `SELECT 1 SETTINGS output_format_schema = '${out()}'`,
      `SELECT 1 FORMAT JSON SETTINGS format_schema_path = '${folder}'`,
      'SELECT 1 FORMAT Template',
      'SELECT 1 FORMAT Protobuf',
    ];
    const outcomes = await askAll(queries);
    // what the parser of this version does not know cannot run either
    expect(refused(outcomes.filter(({ code }) => code !== '62'))).toEqual([]);
    expect(outcomes.filter(({ code }) => code === '62').length).toBeLessThan(12);
    await expectNothingHappened(outcomes);
  });

  test('more than one of them in a request runs none', async () => {
    const outcomes = await askAll([
      'SELECT 1; DROP TABLE mart.kept',
      "SELECT ';'; DROP TABLE mart.kept",
      'SELECT $$a$$; DROP TABLE mart.kept',
      'SELECT 1 -- \n; DROP TABLE mart.kept',
      "SELECT '\\''; DROP TABLE mart.kept --'",
      "SELECT 1 /* '*/ ; DROP TABLE mart.kept -- '",
      'SELECT `a\\`; DROP TABLE mart.kept -- `',
    ]);
    expect(outcomes.filter(({ code }) => !['62', '497'].includes(code))).toEqual([]);
    await expectNothingHappened(outcomes);
  });

  test('limits cannot be lifted by a SETTINGS clause or a URL', async () => {
    const outcomes = await askAll([
      'SELECT 1 SETTINGS max_memory_usage = 0',
      'SELECT 1 SETTINGS max_execution_time = 100000',
    ]);
    expect(outcomes.map(({ code }) => code)).toEqual(['164', '164']);
    for (const query of ['readonly=0', 'format_schema_path=/', 'allow_ddl=1']) {
      const answer = await fetch(`${engine.url}/?user=reader&password=r&${query}`, {
        method: 'POST',
        body: 'SELECT 1',
      });
      expect([query, answer.status]).toEqual([query, 403]);
    }
    const memory = await fetch(`${engine.url}/?user=reader&password=r&max_memory_usage=99999999999999`, {
      method: 'POST',
      body: "SELECT value FROM system.settings WHERE name = 'max_memory_usage'",
    });
    expect(Number(await memory.text())).toBeLessThan(99999999999999);
  });
});

test('what analysts and BI tools ask for is answered', async () => {
  const outcomes = await askAll([
    'SELECT a, b FROM mart.kept ORDER BY a FORMAT JSONCompact',
    "SELECT quantile(0.5)(a), uniqExactIf(a, a > 0), sum(a) FILTER (WHERE b = 'x'), groupArrayIf(b, a > 0) FROM mart.kept",
    'WITH x AS (SELECT 1 AS q) SELECT * FROM x JOIN (SELECT 1 AS q) AS y USING q ORDER BY q LIMIT 1 BY q',
    'SELECT sum(a) OVER (PARTITION BY b ORDER BY a ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM mart.kept',
    "SELECT CASE WHEN a > 0 THEN 'p' ELSE 'n' END, a IN (1, 2), c[1], b LIKE '%', j.y, toStartOfMonth(now()) FROM mart.kept",
    'SELECT a FROM mart.kept UNION ALL SELECT number FROM numbers(3)',
    'SELECT * APPLY(toString) FROM mart.kept',
    "SELECT dictGet('mart.d', 'b', toUInt64(1))",
    'SELECT 1 SETTINGS join_use_nulls = 1, max_threads = 1 FORMAT JSON',
    "SELECT 'it''s; -- fine' -- a comment",
    'SHOW DATABASES',
    'SHOW TABLES FROM mart',
    'SHOW CREATE TABLE mart.kept',
    'DESCRIBE TABLE mart.kept',
    'EXISTS TABLE mart.kept',
    'EXPLAIN indexes = 1 SELECT * FROM mart.kept WHERE a = 1',
    'SELECT name FROM system.tables',
    'SELECT table_name FROM information_schema.tables',
    'SELECT version(), timezone(), currentUser(), currentDatabase()',
  ]);
  expect(outcomes.filter(({ code }) => code !== '0')).toEqual([]);
});
