import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect, type EngineOptions, type RunningEngine, startEngine } from '../warehouse.ts';

let folder: string;
let options: EngineOptions;
let engine: RunningEngine;
let client: ClickHouseClient;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'engine-'));
  options = {
    dataPath: join(folder, 'data'),
    users: [
      { name: 'owner', password: 'o:o', access: 'full' },
      { name: 'reader', password: 'r', access: 'read' },
    ],
    limits: {
      full: { running: 16 },
      read: { running: 1, seconds: 1 },
      waiting: 1,
      waitSeconds: 20,
      bodyBytes: 64 * 1024 ** 2,
    },
  };
  engine = await startEngine(options);
  client = owner();
});

afterAll(async () => {
  await client?.close();
  await engine?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function owner(): ClickHouseClient {
  return connect({ url: engine.url, user: 'owner', password: 'o:o' });
}

function post(
  query: string,
  body: string | Uint8Array<ArrayBuffer> | null,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${engine.url}/?${query}`, {
    method: 'POST',
    body,
    headers: { 'X-ClickHouse-User': 'owner', 'X-ClickHouse-Key': 'o:o', ...headers },
  });
}

async function rows<T = Record<string, unknown>>(
  query: string,
  more: Record<string, unknown> = {},
): Promise<T[]> {
  return await (await client.query({ query, format: 'JSONEachRow', ...more })).json<T>();
}

async function failure(promise: Promise<unknown>): Promise<{ code: string; type: string; message: string }> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error as { code: string; type: string; message: string };
}

describe('results', () => {
  test('come in every kind of format, with header and footer', async () => {
    const query = 'SELECT number AS n, toString(number) AS s FROM numbers(70000)';
    const json = await (await client.query({ query, format: 'JSON' })).json<{ n: string }>();
    expect([json.meta, json.rows, json.data.at(-1)]).toEqual([
      [
        { name: 'n', type: 'UInt64' },
        { name: 's', type: 'String' },
      ],
      70000,
      { n: 69999, s: '69999' },
    ]);
    const csv = await (await client.query({ query, format: 'CSVWithNames' })).text();
    expect(csv.split('\n').length).toBe(70002);
    expect(csv.match(/"n","s"/g)).toHaveLength(1);
    for (const [format, start, end] of [
      ['Parquet', 'PAR1', 'PAR1'],
      ['Arrow', 'ARROW1', 'ARROW1'],
      ['XML', '<?xml', '</result>\n'],
    ] as const) {
      const bytes = Buffer.from(await (await post(`default_format=${format}`, query)).arrayBuffer()).toString(
        'latin1',
      );
      expect([format, bytes.startsWith(start), bytes.endsWith(end)]).toEqual([format, true, true]);
    }
    const native = Buffer.from(await (await post('', `${query} FORMAT Native`)).arrayBuffer());
    await client.command({ query: 'CREATE TABLE copy (n UInt64, s String) ENGINE = Memory' });
    await client.exec({
      query: 'INSERT INTO copy FORMAT Native',
      values: Readable.from([native], { objectMode: false }),
    });
    expect(await rows('SELECT count() AS c, sum(n) AS m FROM copy')).toEqual([
      { c: 70000, m: (69999 * 70000) / 2 },
    ]);
  });

  test('without rows still have their header', async () => {
    const answer = await post('', 'SELECT 1 AS a WHERE 0 FORMAT CSVWithNames');
    expect(await answer.text()).toBe('"a"\n');
  });

  test('of five million rows stream through a host whose memory stays bounded', async () => {
    const memory = (): number =>
      Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${engine.pid}/status`, 'utf8'))?.[1]) / 1024;
    const before = memory();
    const answer = await post(
      '',
      'SELECT number, toString(number) AS s FROM numbers(5000000) FORMAT JSONEachRow',
    );
    let bytes = 0;
    let lines = 0;
    for await (const chunk of answer.body ?? []) {
      bytes += chunk.length;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
    }
    expect(lines).toBe(5_000_000);
    expect(bytes).toBeGreaterThan(150e6);
    expect(memory() - before).toBeLessThan(140);
  }, 60_000);

  test('say what they are in X-ClickHouse headers', async () => {
    const answer = await post('query_id=mine', 'SELECT number FROM numbers(10) FORMAT TSV');
    const header = (name: string): string | null => answer.headers.get(`x-clickhouse-${name}`);
    expect([header('query-id'), header('format'), header('timezone'), header('server-display-name')]).toEqual(
      ['mine', 'TSV', 'UTC', 'tributary'],
    );
    expect(JSON.parse(header('summary') ?? '')).toMatchObject({ read_rows: '10' });
    expect(answer.headers.get('content-type')).toContain('tab-separated');
  });

  test('are compressed when the client asks for it', async () => {
    for (const codec of ['gzip', 'zstd', 'br'] as const) {
      const compressed = createClient({
        url: engine.url,
        username: 'owner',
        password: 'o:o',
        compression: { response: { codec }, request: { codec } },
        log: { level: ClickHouseLogLevel.OFF },
      });
      const result = await compressed.query({
        query: 'SELECT number FROM numbers(300000)',
        format: 'JSONEachRow',
      });
      expect(result.response_headers['content-encoding']).toBe(codec);
      expect((await result.json()).length).toBe(300_000);
      await compressed.command({ query: 'CREATE OR REPLACE TABLE packed (a UInt64) ENGINE = Memory' });
      await compressed.insert({ table: 'packed', values: [{ a: 1 }, { a: 2 }], format: 'JSONEachRow' });
      expect(await rows('SELECT sum(a) AS s FROM packed')).toEqual([{ s: 3 }]);
      await compressed.close();
    }
  });
});

describe('parameters and settings', () => {
  test('of a query are bound as they are, whatever characters they have', async () => {
    const query_params = {
      s: "it's \\ a\tb\nc {x} \u{1f600}",
      n: null,
      list: ["a'b", 'c\\d'],
      map: { k: 'v' },
      b: true,
      d: new Date(0),
    };
    const query =
      'SELECT {s:String} AS s, {n:Nullable(String)} AS n, {list:Array(String)} AS list, {map:Map(String, String)} AS map, {b:Bool} AS b, {d:DateTime} AS d';
    const expected = [{ ...query_params, d: '1970-01-01 00:00:00' }];
    expect(await rows(query, { query_params })).toEqual(expected);
    expect(await rows(query, { query_params, use_multipart_params: true })).toEqual(expected);
  });

  test('may be larger than an address', async () => {
    const ids = Array.from({ length: 1_000 }, (_, index) => `dev-${index}-${"é\n\t\\ '&=".repeat(5)}`);
    const patterns = ids.map((_, index) => `(^|[^A-Za-z0-9_.-])dev-${index}($|[^A-Za-z0-9_-])`);
    expect(
      await rows(
        "SELECT {ids:Array(String)} AS ids, multiMatchAny('of dev-999 today', {patterns:Array(String)}) AS m",
        { query_params: { ids, patterns } },
      ),
    ).toEqual([{ ids, m: 1 }]);
  });

  test('never reach another query, also when both run at the same time', async () => {
    const ask = (value: number): Promise<unknown[]> =>
      rows("SELECT {x:UInt8} AS x, toUInt8(getSetting('max_threads')) AS t, sleepEachRow(0.01) AS s", {
        query_params: { x: value },
        clickhouse_settings: { max_threads: value },
      });
    const values = Array.from({ length: 12 }, (_, index) => index + 1);
    expect(await Promise.all(values.map(ask))).toEqual(values.map((value) => [{ x: value, t: value, s: 0 }]));
    expect(await failure(rows('SELECT {x:UInt8} AS x'))).toMatchObject({ code: '456' });
  });

  test('of limits can be lowered, not lifted', async () => {
    const query = "SELECT toUInt64(getSetting('max_execution_time')) AS s";
    expect(await rows(query, { clickhouse_settings: { max_execution_time: 5 } })).toEqual([{ s: 5 }]);
    expect(await rows(query, { clickhouse_settings: { max_execution_time: 5000 } })).toEqual([{ s: 600 }]);
    expect(await rows(query, { clickhouse_settings: { max_execution_time: 0 } })).toEqual([{ s: 600 }]);
  });

  test('name the database of unqualified tables', async () => {
    await client.command({ query: 'CREATE DATABASE `other one`' });
    await client.command({ query: 'CREATE TABLE `other one`.t (a UInt8) ENGINE = Memory' });
    const answer = await post('database=other%20one', 'INSERT INTO t VALUES (7)');
    expect(answer.status).toBe(200);
    expect(await (await post('database=other%20one&query=SELECT%20a%20FROM%20t', null)).text()).toBe('7\n');
    expect((await post('database=nowhere', 'SELECT 1')).status).toBe(404);
  });
});

describe('inserts', () => {
  const row = (id: number): Buffer => {
    const fixed = Buffer.alloc(8);
    fixed.writeBigUInt64LE(BigInt(id));
    const text = Buffer.from(`\n\n${id}`);
    return Buffer.concat([fixed, Buffer.from([text.length]), text]);
  };

  test('take rows inline, as an array, as a stream, and from a query', async () => {
    await client.command({ query: 'CREATE TABLE taken (a UInt64, s String) ENGINE = MergeTree ORDER BY a' });
    await client.command({ query: "INSERT INTO taken VALUES (1, 'x;y'), (2, 'z')" });
    await client.command({ query: 'INSERT INTO taken FORMAT JSONEachRow {"a":3,"s":"b"}\n{"a":4}' });
    await client.command({ query: "INSERT INTO taken SELECT 5, 'q'" });
    const { summary } = await client.insert({
      table: 'taken',
      columns: ['s', 'a'],
      values: [{ a: 6, s: 'f\n\ng' }],
      format: 'JSONEachRow',
    });
    expect(summary?.written_rows).toBe('1');
    const stream = Readable.from([
      { a: 7, s: 'h' },
      { a: 8, s: 'i' },
    ]);
    await client.insert({ table: 'taken', values: stream, format: 'JSONEachRow' });
    await client.insert({ table: 'taken', values: [], format: 'JSONEachRow' });
    expect(await rows('SELECT groupArray(s) AS s FROM (SELECT s FROM taken ORDER BY a)')).toEqual([
      { s: ['x;y', 'z', 'b', '', 'q', 'f\n\ng', 'h', 'i'] },
    ]);
  });

  test('of a binary body of 100,000 rows are one block under one deduplication token', async () => {
    await client.command({
      query:
        'CREATE TABLE once (a UInt64, s String) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100, fsync_after_insert = 1',
    });
    const body = Buffer.concat(Array.from({ length: 100_000 }, (_, id) => row(id)));
    const insert = (token: string, data: Buffer, format: string): Promise<Response> =>
      post(
        `query=${encodeURIComponent(`INSERT INTO once (a, s) FORMAT ${format}`)}&insert_deduplication_token=${token}`,
        new Uint8Array(data),
      );
    for (const token of ['one', 'one', 'two', 'one'])
      expect((await insert(token, body, 'RowBinary')).status).toBe(200);
    const state =
      'SELECT count() AS n, uniqExact(a) AS u, countIf(s != concat(char(10, 10), toString(a))) AS wrong FROM once';
    expect(await rows(state)).toEqual([{ n: 200_000, u: 100_000, wrong: 0 }]);
    expect(await rows("SELECT max(rows) AS m FROM system.parts WHERE table = 'once' AND level = 0")).toEqual([
      { m: 100_000 },
    ]);
    const native = Buffer.from(
      await (
        await post('max_block_size=30000', 'SELECT a, s FROM once WHERE a < 50000 FORMAT Native')
      ).arrayBuffer(),
    );
    for (const token of ['three', 'three']) expect((await insert(token, native, 'Native')).status).toBe(200);
    expect(await rows(state)).toEqual([{ n: 300_000, u: 100_000, wrong: 0 }]);
  });

  test('that break off, are malformed or too large insert nothing', async () => {
    await client.command({ query: 'CREATE TABLE whole (a UInt64) ENGINE = MergeTree ORDER BY a' });
    const gone = new AbortController();
    const half = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from('{"a":1}\n'.repeat(100_000)));
        controller.enqueue(Buffer.from('{"a":1}\n'));
      },
      pull: () => gone.abort(),
    });
    const query = `query=${encodeURIComponent('INSERT INTO whole FORMAT JSONEachRow')}`;
    const headers = { 'X-ClickHouse-User': 'owner', 'X-ClickHouse-Key': 'o:o' };
    const request = new Request(`${engine.url}/?${query}`, {
      method: 'POST',
      body: half,
      headers,
      signal: gone.signal,
      duplex: 'half',
    } as RequestInit);
    await expect(fetch(request)).rejects.toThrow();
    const malformed = await post(query, '{"a":1}\n{"a":"x"}\n');
    expect([malformed.status, malformed.headers.get('x-clickhouse-exception-code')]).toEqual([400, '27']);
    const broken = await post(query, new Uint8Array(gzipSync('{"a":1}\n'.repeat(1000)).subarray(0, 40)), {
      'Content-Encoding': 'gzip',
    });
    expect([broken.status, broken.headers.get('x-clickhouse-exception-code')]).toEqual([400, '354']);
    const bomb = await post(query, new Uint8Array(gzipSync(Buffer.alloc(65 * 1024 ** 2, '{"a":1}\n'))), {
      'Content-Encoding': 'gzip',
    });
    expect(bomb.status).toBe(413);
    expect(await rows('SELECT count() AS n FROM whole')).toEqual([{ n: 0 }]);
  });
});

describe('errors', () => {
  test.each([
    ['SELECT * FROM nowhere', 404, '60', 'UNKNOWN_TABLE'],
    ['SELECT nofunction()', 404, '46', 'UNKNOWN_FUNCTION'],
    ['selec 1', 400, '62', 'SYNTAX_ERROR'],
    ['SELECT 1 SETTINGS max_thread = 1', 404, '115', 'UNKNOWN_SETTING'],
    ["SELECT throwIf(1, 'no')", 500, '395', 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO'],
  ])('of %j have the status and code of a ClickHouse server', async (query, status, code, type) => {
    expect(await failure(client.query({ query }))).toMatchObject({ code, type });
    const answer = await post('', query);
    expect([answer.status, answer.headers.get('x-clickhouse-exception-code')]).toEqual([status, code]);
    expect(await answer.text()).toMatch(
      new RegExp(`^Code: ${code}\\. DB::Exception: [^]* \\(${type}\\) \\(version 26\\.`),
    );
  });

  test('in the middle of a streamed result reach the client as errors', async () => {
    const query =
      "SELECT number, repeat('x', 100) AS s, throwIf(number = 300000, 'late') FROM numbers(400000)";
    const result = await client.query({ query, format: 'JSONEachRow' });
    expect(await failure(result.json())).toMatchObject({
      code: '395',
      type: 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO',
    });
  });

  test('of too much memory end the query and not the process', async () => {
    const query = 'SELECT groupArray(number) FROM numbers(1000000000)';
    const failed = await failure(
      client.query({ query, clickhouse_settings: { max_memory_usage: '300000000' } }),
    );
    expect(failed).toMatchObject({ code: '241', type: 'MEMORY_LIMIT_EXCEEDED' });
    expect(await rows('SELECT 1 AS a')).toEqual([{ a: 1 }]);
  });
});

describe('users', () => {
  test.each([
    ['a wrong password', { 'X-ClickHouse-User': 'owner', 'X-ClickHouse-Key': 'x' }],
    ['an unknown name', { 'X-ClickHouse-User': 'nobody', 'X-ClickHouse-Key': 'o:o' }],
    ['a wrong Basic password', { Authorization: `Basic ${btoa('owner:o')}` }],
    ['nothing', {}],
  ])('with %s are turned away', async (_, headers) => {
    const answer = await fetch(engine.url, { method: 'POST', body: 'SELECT 1', headers });
    expect([answer.status, answer.headers.get('x-clickhouse-exception-code')]).toEqual([403, '516']);
    expect(await answer.text()).toContain('(AUTHENTICATION_FAILED)');
  });

  test('are known by headers, Basic authentication and URL alike', async () => {
    for (const [path, headers] of [
      ['/', { 'X-ClickHouse-User': 'owner', 'X-ClickHouse-Key': 'o:o' }],
      ['/', { Authorization: `Basic ${btoa('owner:o:o')}` }],
      ['/?user=owner&password=o:o', {}],
    ] as const) {
      const answer = await fetch(`${engine.url}${path}`, { method: 'POST', body: 'SELECT 1', headers });
      expect(await answer.text()).toBe('1\n');
    }
  });

  test('need no password to see that the server is there', async () => {
    for (const path of ['/ping', '/', '/replicas_status']) {
      expect(await (await fetch(`${engine.url}${path}`)).text()).toBe('Ok.\n');
    }
    expect(await client.ping()).toEqual({ success: true });
    expect(await client.ping({ select: true })).toEqual({ success: true });
  });

  test('who ask by GET change nothing', async () => {
    const get = (query: string): Promise<Response> =>
      fetch(`${engine.url}/?user=owner&password=o:o&query=${encodeURIComponent(query)}`);
    expect(await (await get('SELECT 2')).text()).toBe('2\n');
    expect((await get('CREATE TABLE linked (a UInt8) ENGINE = Memory')).status).toBe(403);
    expect((await get("INSERT INTO taken VALUES (9, 'j')")).status).toBe(403);
  });
});
