/** What the tests of replication share: a warehouse, the replication of one source into it, and the comparison of tables. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../runtime/clock.ts';
import { createLogger, type Logger, silentLogger } from '../runtime/logger.ts';
import { type ClickHouseClient, connect, migrate, startEngine } from '../warehouse/warehouse.ts';
import { keepFollowing } from './keep-following.ts';
import { openSource } from './replicate.ts';
import type { SourceStatus } from './source.ts';
import type { SourceFile } from './source-file.ts';

export interface TestWarehouse {
  readonly client: ClickHouseClient;
  query<Row>(sql: string): Promise<Row[]>;
  stop(): Promise<void>;
}

export async function replicaWarehouse(): Promise<TestWarehouse> {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-replica-'));
  const password = 'test';
  const engine = await startEngine({
    dataPath: join(folder, 'warehouse'),
    users: [{ name: 'tributary', password, access: 'full' }],
  });
  const client = connect({ url: engine.url, user: 'tributary', password });
  await migrate(client);
  return {
    client,
    query: async <Row>(query: string): Promise<Row[]> =>
      (await client.query({ query, format: 'JSONEachRow' })).json<Row>(),
    async stop() {
      await client.close();
      await engine.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface Replica extends AsyncDisposable {
  status(): SourceStatus | undefined;
  /** Lines of its log. */
  readonly said: string[];
  request(table: string): void;
  /** Waits until everything is copied and the stream has nothing to bring. */
  live(seconds?: number): Promise<void>;
  stop(): Promise<void>;
}

export function sourceFile(file: Partial<SourceFile> & Pick<SourceFile, 'kind' | 'url'>): SourceFile {
  return {
    name: 'app',
    tables: { include: ['*'], exclude: [] },
    columns: { exclude: [] },
    mask: {},
    history: [],
    prefix: '',
    ...file,
  };
}

export function startReplica(warehouse: TestWarehouse, file: SourceFile): Replica {
  const stopping = new AbortController();
  let status: SourceStatus | undefined;
  let requests: string[] = [];
  const said: string[] = [];
  const ended = keepFollowing(openSource(file), {
    warehouse: warehouse.client,
    maskKey: 'key of the tests',
    clock: systemClock,
    logger: listening(said),
    signal: stopping.signal,
    pauses: { status: 100, catalog: 300, phases: 30, copies: 50 },
    takeRequests: async () => {
      const taken = requests;
      requests = [];
      return taken;
    },
    onStatus: (next) => {
      status = next;
    },
  });
  const stop = async (): Promise<void> => {
    stopping.abort(new Error('the test stops it'));
    await ended;
  };
  return {
    said,
    status: () => status,
    request: (table) => requests.push(table),
    live: async (seconds = 60) => {
      const deadline = Date.now() + seconds * 1_000;
      while (Date.now() < deadline) {
        if (status?.state === 'live' && status.lagBytes === 0) return;
        await sleep(50);
      }
      throw new Error(`not live after ${seconds} s: ${JSON.stringify(status)}\n${said.join('\n')}`);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function listening(said: string[]): Logger {
  const shown = process.env.TRIBUTARY_TEST_LOG ? createLogger('replicate', 'debug') : silentLogger;
  const level =
    (name: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields?: Record<string, unknown>): void => {
      said.push(`${name} ${message} ${JSON.stringify(fields ?? {})}`);
      shown[name](message, fields);
    };
  const logger: Logger = {
    debug: level('debug'),
    info: level('info'),
    warn: level('warn'),
    error: level('error'),
    with: () => logger,
  };
  return logger;
}

/** A column as both sides are asked for it, and how their answers become the same text. */
export interface ComparedColumn {
  readonly name: string;
  /** Expression for the source; its answer is text. */
  readonly source: string;
  readonly warehouse: string;
  readonly same: (text: string) => string | null;
}

export type SourceRows = (sql: string) => Promise<Record<string, string | null>[]>;

/** What the two sides have of a table; equal when every row is, whatever the order. */
export async function compareTable(
  source: SourceRows,
  warehouse: TestWarehouse,
  table: { readonly from: string; readonly target: string; readonly columns: readonly ComparedColumn[] },
): Promise<string> {
  const { columns, from, target } = table;
  const asked = columns.map(({ source: sql }, index) => `${sql} AS c${index}`).join(', ');
  const there = await source(`SELECT ${asked} FROM ${from}`);
  const found = await warehouse.client.query({
    query: `SELECT ${columns.map(({ warehouse: sql }) => sql).join(', ')} FROM app.\`${target}\``,
    format: 'JSONCompactEachRow',
    clickhouse_settings: {
      output_format_json_quote_64bit_integers: 1,
      output_format_json_quote_decimals: 1,
      output_format_json_quote_denormals: 1,
    },
  });
  const here = await found.json<(string | number | boolean | null | object)[]>();
  const expected = there.map((row) =>
    columns.map(({ same }, index) => sameOf(same, row[`c${index}`] ?? null)).join(' | '),
  );
  const actual = here.map((row) =>
    columns.map(({ same }, index) => sameOf(same, textOf(row[index] ?? null))).join(' | '),
  );
  return differences(expected.toSorted(), actual.toSorted(), target);
}

function sameOf(same: ComparedColumn['same'], text: string | null): string {
  return (text === null ? null : same(text)) ?? 'NULL';
}

function textOf(value: string | number | boolean | object | null): string | null {
  if (value === null || typeof value === 'string') return value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Empty when the checksums are equal. */
function differences(expected: readonly string[], actual: readonly string[], target: string): string {
  const sum = (rows: readonly string[]): string => createHash('sha256').update(rows.join('\n')).digest('hex');
  if (sum(expected) === sum(actual)) return '';
  const [there, here] = [new Set(expected), new Set(actual)];
  const missing = expected.filter((row) => !here.has(row));
  const extra = actual.filter((row) => !there.has(row));
  return `${target}: ${expected.length} rows at the source, ${actual.length} here; ${missing.length} differ\n- ${missing.slice(0, 3).join('\n- ')}\n+ ${extra.slice(0, 3).join('\n+ ')}`;
}
