import type { ClickHouseClient, Table } from '../warehouse/warehouse.ts';
import {
  columnsOf,
  command,
  inRange,
  parametersOf,
  rowsOf,
  type Scope,
  tableNames,
  treatmentOf,
} from './tables.ts';
import { rememberVisits, shadowKeys, shadowVisits } from './visits.ts';

export interface SwapOptions {
  readonly warehouse: ClickHouseClient;
  readonly id: string;
  readonly database: string;
  readonly mode: 'whole' | 'part';
  readonly scope: Scope;
  /** Offset behind the last record that the shadow has seen. */
  readonly coolTo: number;
  /** Range of receipt, milliseconds; null: without end. */
  readonly from: number | null;
  readonly to: number | null;
  /** Called between two steps; what it throws ends the swap there. For tests. */
  readonly onStep?: ((step: string) => void) | undefined;
}

const listed = (table: Table): string =>
  columnsOf(table)
    .map((column) => `\`${column}\``)
    .join(', ');

/**
 * Puts the shadow's rows in place of those of the range. The pipeline must be paused, so that nothing is inserted meanwhile.
 *
 * Of each table a new one is built beside it: all parts are linked in (no byte is copied), the range's rows are masked, the shadow's come in; then the
 * two change places in one step of the engine. A query sees the one or the other, across all partitions. A table that has changed places says so in
 * its comment, so that a swap that was killed goes on with the tables that are left; those are built again, since the pipeline may have
 * run in between.
 */
export async function swapTables(options: SwapOptions): Promise<Table[]> {
  const { warehouse, database, mode } = options;
  if (mode === 'part') {
    await rememberVisits(warehouse, database, options.scope);
    await removeReplayedLater(warehouse, database, options.scope);
  }
  const swapped: Table[] = [];
  for (const table of tableNames) {
    if (await isDone(options, table)) continue;
    if (mode === 'part' && !(await concerns(options, table))) continue;
    await swapTable(options, table);
    swapped.push(table);
  }
  await reloadDictionaries(warehouse);
  return swapped;
}

async function swapTable(options: SwapOptions, table: Table): Promise<void> {
  const { warehouse, database, onStep } = options;
  const fresh = `${database}.new_${table}`;
  for (let attempt = 0; ; attempt++) {
    const before = await mutationsOf(warehouse, table);
    await command(warehouse, `DROP TABLE IF EXISTS ${fresh} SYNC`);
    await command(warehouse, `CREATE TABLE ${fresh} AS tributary.${table}`);
    await command(warehouse, `ALTER TABLE ${fresh} ATTACH PARTITION ALL FROM tributary.${table}`);
    onStep?.(`${table} linked`);
    await maskOld(options, table, fresh);
    onStep?.(`${table} masked`);
    await addNew(options, table, fresh);
    await command(warehouse, `ALTER TABLE ${fresh} MODIFY COMMENT '${markOf(options)}'`);
    onStep?.(`${table} built`);
    // somebody deleted rows since the parts were linked: what was built has them still
    if ((await mutationsOf(warehouse, table)) === before) break;
    if (attempt === 5) throw new Error(`rows of ${table} are being deleted all the time; try again later`);
  }
  await command(warehouse, `EXCHANGE TABLES ${fresh} AND tributary.${table}`);
  onStep?.(`${table} exchanged`);
  await command(warehouse, `DROP TABLE ${fresh} SYNC`);
}

/** Also names how far the shadow is: after more was processed, a table that changed places before does so again. */
function markOf({ id, coolTo }: SwapOptions): string {
  return `rewind ${id} to ${coolTo}`;
}

async function isDone(options: SwapOptions, table: Table): Promise<boolean> {
  const [row] = await rowsOf<{ comment: string }>(
    options.warehouse,
    `SELECT comment FROM system.tables WHERE database = 'tributary' AND name = {table:String}`,
    { table },
  );
  return row?.comment === markOf(options);
}

async function mutationsOf(warehouse: ClickHouseClient, table: Table): Promise<string> {
  const [row] = await rowsOf<{ ids: string }>(
    warehouse,
    `SELECT arrayStringConcat(arraySort(groupArray(mutation_id)), ' ') AS ids FROM system.mutations
     WHERE database = 'tributary' AND table = {table:String}`,
    { table },
  );
  return row?.ids ?? '';
}

/** A part of the past says nothing new about tables of which neither side has a row of it. */
async function concerns({ warehouse, database, scope }: SwapOptions, table: Table): Promise<boolean> {
  const treatment = treatmentOf(table);
  const shadow = await any(warehouse, `${database}.${table} WHERE 1`);
  if (shadow || treatment.kind === 'latest')
    return shadow && (treatment.kind !== 'latest' || (await isReplacing(warehouse, table)));
  if (treatment.kind !== 'offsets') return true;
  return any(warehouse, `tributary.${table} WHERE ${inRange(treatment.column)}`, parametersOf(scope));
}

async function any(
  warehouse: ClickHouseClient,
  source: string,
  parameters: Record<string, unknown> = {},
): Promise<boolean> {
  return (await rowsOf(warehouse, `SELECT 1 FROM ${source} LIMIT 1`, parameters)).length > 0;
}

async function isReplacing(warehouse: ClickHouseClient, table: Table): Promise<boolean> {
  return any(
    warehouse,
    `system.tables WHERE database = 'tributary' AND name = {table:String} AND engine LIKE 'Replacing%'`,
    { table },
  );
}

/** Takes the rows out that the shadow has made again. */
async function maskOld(options: SwapOptions, table: Table, fresh: string): Promise<void> {
  const { warehouse, database, mode, scope, coolTo } = options;
  const treatment = treatmentOf(table);
  const parameters = { ...parametersOf(scope), coolTo };
  const mask = (condition: string, more: Record<string, unknown> = {}): Promise<void> =>
    command(warehouse, `DELETE FROM ${fresh} WHERE ${condition}`, { ...parameters, ...more });
  if (treatment.kind === 'offsets') return mask(inRange(treatment.column));
  if (mode === 'whole') return mask('project = {project:String}');
  const earlier = 'project = {project:String} AND version < {coolTo:UInt64}';
  if (treatment.kind === 'sessions')
    return mask(`${earlier} AND session_id IN (SELECT visit FROM ${database}.visits)`);
  if (treatment.kind === 'repairs') return mask(`${earlier} AND session_key IN (${shadowKeys(database)})`);
  if (treatment.kind === 'minutes') return mask(inMinutes, minutesOf(options));
}

/** Only minutes that lie in the range as a whole. */
const inMinutes =
  'project = {project:String} AND minute >= {fromMinute:UInt32} AND minute < {toMinute:UInt32}';

function minutesOf({ from, to }: SwapOptions): Record<string, unknown> {
  const second = 1_000;
  return {
    fromMinute: Math.ceil((from ?? 0) / (60 * second)) * 60,
    toMinute: to === null ? 2 ** 32 - 1 : Math.floor(to / (60 * second)) * 60,
  };
}

async function addNew(options: SwapOptions, table: Table, fresh: string): Promise<void> {
  const { warehouse, database, mode, scope } = options;
  const treatment = treatmentOf(table);
  const source = `${database}.${table}`;
  const insert = (from: string, more: Record<string, unknown> = {}): Promise<void> =>
    command(warehouse, `INSERT INTO ${fresh} (${listed(table)}) SELECT ${listed(table)} FROM ${from}`, {
      ...parametersOf(scope),
      ...more,
    });
  if (treatment.kind === 'offsets' && treatment.column !== 'log_offset')
    return insert(`${source} WHERE ${inRange(treatment.column)}`);
  if (mode === 'whole' || treatment.kind === 'offsets')
    return command(warehouse, `ALTER TABLE ${fresh} ATTACH PARTITION ALL FROM ${source}`);
  if (treatment.kind === 'sessions')
    return insert(`${source} FINAL WHERE session_id IN (${shadowVisits(database)})`);
  if (treatment.kind === 'repairs')
    return insert(`${source} FINAL WHERE session_key IN (${shadowKeys(database)})`);
  if (treatment.kind === 'minutes') return insert(`${source} WHERE ${inMinutes}`, minutesOf(options));
  return addUnknown(options, table, fresh);
}

/** Of what is known of somebody, a part of the past adds only those of whom nothing is known: it does not know what came before it. */
async function addUnknown(options: SwapOptions, table: Table, fresh: string): Promise<void> {
  const { warehouse, database, scope } = options;
  const [row] = await rowsOf<{ key: string }>(
    warehouse,
    `SELECT sorting_key AS key FROM system.tables WHERE database = 'tributary' AND name = {table:String}`,
    { table },
  );
  const key = `(${row?.key})`;
  await command(
    warehouse,
    `INSERT INTO ${fresh} (${listed(table)}) SELECT ${listed(table)} FROM ${database}.${table} FINAL
     WHERE ${key} NOT IN (SELECT ${key} FROM tributary.${table} WHERE project = {project:String})`,
    parametersOf(scope),
  );
}

/** What failed in the range and was replayed after it is in the tables under the same id: the shadow must not have it once more. */
export async function removeReplayedLater(
  warehouse: ClickHouseClient,
  database: string,
  scope: Scope,
): Promise<void> {
  const later = `SELECT event_id FROM tributary.events WHERE project = {project:String} AND log_offset >= {end:UInt64}
    AND received_at <= (SELECT max(received_at) FROM ${database}.events)`;
  const condition = `event_id IN (${later})`;
  if (await any(warehouse, `${database}.events WHERE ${condition}`, parametersOf(scope)))
    await command(warehouse, `DELETE FROM ${database}.events WHERE ${condition}`, parametersOf(scope));
}

/** Lookups read tables by their names: what they hold is what the tables were before. */
async function reloadDictionaries(warehouse: ClickHouseClient): Promise<void> {
  const dictionaries = await rowsOf<{ name: string }>(
    warehouse,
    `SELECT name FROM system.dictionaries WHERE database = 'tributary'`,
  );
  for (const { name } of dictionaries) await command(warehouse, `SYSTEM RELOAD DICTIONARY tributary.${name}`);
}
