import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeClock } from '../runtime/clock.ts';
import { type ClickHouseClient, connect, migrate, startEngine } from '../warehouse/warehouse.ts';
import { Models, type Plan, type PlanRequest, parseTime, type RunReport } from './model.ts';

/** A real engine and a workspace whose files the test writes. */
export interface TestWorkspace {
  readonly warehouse: ClickHouseClient;
  readonly reader: ClickHouseClient;
  readonly url: string;
  readonly folder: string;
  /** Writes `models/<name>.sql`. */
  write(name: string, text: string): void;
  remove(name: string): void;
  /** Forgets all models, their tables and what is known about them. */
  clear(): Promise<void>;
  /** Events of users; `at` is their time, properties as they are. They arrive in the order of the calls. */
  track(...events: readonly TestEvent[]): Promise<void>;
  command(sql: string): Promise<void>;
  rows<Row = Record<string, unknown>>(sql: string): Promise<Row[]>;
  plan(request?: Request): Promise<Plan>;
  run(request?: Request): Promise<RunReport>;
  stop(): Promise<void>;
}

export interface TestEvent {
  readonly at: string;
  readonly user: string;
  readonly event?: string;
  readonly account?: string;
  readonly project?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly revenue?: number;
  readonly currency?: string;
}

/** `at` is the nominal time; all models when none is named. */
export type Request = Partial<Omit<PlanRequest, 'now' | 'range'>> & {
  readonly at?: string;
  readonly from?: string;
  readonly to?: string;
};

export async function startWorkspace(): Promise<TestWorkspace> {
  const folder = mkdtempSync(join(tmpdir(), 'models-'));
  const engine = await startEngine({
    dataPath: join(folder, 'warehouse'),
    users: [
      { name: 'tributary', password: 'all of it', access: 'full' },
      { name: 'reader', password: 'look only', access: 'read' },
    ],
  });
  const warehouse = connect({ url: engine.url, user: 'tributary', password: 'all of it' });
  const reader = connect({ url: engine.url, user: 'reader', password: 'look only' });
  await migrate(warehouse);
  mkdirSync(join(folder, 'models'));
  // moves with every look, as time does: what is done later has a later time
  let clock = fakeClock(Date.UTC(2026, 0, 1));
  const ticking = {
    now: () => {
      clock.advance(1);
      return clock.now();
    },
  };
  const read = (): Promise<Models> => Models.read({ folder, warehouse, reader });
  let offset = 0;
  const workspace: TestWorkspace = {
    warehouse,
    reader,
    url: engine.url,
    folder,
    write: (name, text) => writeFileSync(join(folder, 'models', `${name}.sql`), text),
    remove: (name) => rmSync(join(folder, 'models', `${name}.sql`)),
    track: async (...events) => {
      const rows = events.map((event, index) => eventRow(event, offset + index + 1));
      offset += rows.length;
      await warehouse.insert({ table: 'tributary.events', values: rows, format: 'JSONEachRow' });
    },
    command: async (sql) => {
      await warehouse.command({ query: sql });
    },
    rows: async <Row>(sql: string) => {
      const answer = await reader.query({
        query: sql,
        format: 'JSONEachRow',
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      });
      return answer.json<Row>();
    },
    plan: async (request = {}) => (await read()).plan(requestOf(request)),
    run: async (request = {}) => {
      const models = await read();
      const time = requestOf(request);
      clock.advance(Math.max(0, time.now * 1_000 - clock.now()));
      return models.apply(await models.plan(time), { clock: ticking });
    },
    clear: async () => {
      clock = fakeClock(Date.UTC(2026, 0, 1));
      rmSync(join(folder, 'models'), { recursive: true });
      mkdirSync(join(folder, 'models'));
      await clearWarehouse(warehouse);
    },
    stop: async () => {
      await Promise.all([warehouse.close(), reader.close()]);
      await engine.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return workspace;
}

function eventRow(said: TestEvent, offset: number): object {
  const { at, user, event = 'Tested', account = '', project = 'main', properties = {}, ...money } = said;
  return {
    project,
    event_id: `event-${offset}`,
    type: 'track',
    event,
    timestamp: at,
    received_at: at,
    log_offset: offset,
    user_id: user,
    account_id: account,
    properties,
    ...money,
  };
}

/** Drops every table of models and imports, and empties those of the pipeline. */
async function clearWarehouse(warehouse: ClickHouseClient): Promise<void> {
  const tables = await warehouse.query({
    query: `SELECT concat(database, '.', name) AS name FROM system.tables WHERE database IN ('mart', 'mart_build', 'mart_data', 'raw')`,
    format: 'JSONEachRow',
  });
  for (const { name } of await tables.json<{ name: string }>())
    await warehouse.command({ query: `DROP TABLE ${name} SYNC` });
  for (const table of ['events', 'sessions', 'persons', 'accounts'])
    await warehouse.command({ query: `TRUNCATE TABLE tributary.${table}` });
}

function requestOf({ at = '2026-01-31 12:00', from, to, words = [], task = 'run' }: Request): PlanRequest {
  const now = parseTime(at) ?? 0;
  const range =
    from === undefined ? {} : { range: { from: parseTime(from) ?? 0, to: parseTime(to ?? at) ?? 0 } };
  return { now, words, task, ...range };
}
