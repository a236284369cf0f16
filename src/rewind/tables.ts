import type { ClickHouseClient } from '../warehouse/warehouse.ts';
import { type Table, tableColumns } from '../warehouse/warehouse.ts';

/**
 * How the rows of a table belong to a range of the log.
 * `offsets`: each row names the record it was made of, in that column; the rows of the range are replaced.
 * `sessions`, `repairs`: a visit belongs to the range when one of its events does, and so does what was learnt of it later.
 * `minutes`: counts by minute of receipt.
 * `latest`: what is known of somebody today, made of everything before; replaced only when everything is made anew.
 */
export type Treatment =
  | { readonly kind: 'offsets'; readonly column: string }
  | { readonly kind: 'sessions' | 'repairs' | 'minutes' | 'latest' };

export const tableNames = Object.keys(tableColumns) as Table[];

export function treatmentOf(table: Table): Treatment {
  const columns = columnsOf(table);
  if (table === 'sessions') return { kind: 'sessions' };
  if (table === 'session_repairs') return { kind: 'repairs' };
  if (columns.includes('minute')) return { kind: 'minutes' };
  // what became of a row of quarantine belongs to the record that replayed it
  if (columns.includes('replay_offset')) return { kind: 'offsets', column: 'replay_offset' };
  if (columns.includes('log_offset')) return { kind: 'offsets', column: 'log_offset' };
  if (columns.includes('version')) return { kind: 'latest' };
  throw new Error(`nobody has decided what a rewind does with the table ${table}`);
}

export function columnsOf(table: Table): string[] {
  return Object.keys(tableColumns[table]);
}

/** Offsets and conditions of what a rewind makes again. */
export interface Scope {
  readonly project: string;
  readonly first: number;
  readonly end: number;
}

/** Rows of the range; the parameters are those of `parametersOf`. */
export const inRange = (column = 'log_offset'): string =>
  `project = {project:String} AND ${column} >= {first:UInt64} AND ${column} < {end:UInt64}`;

export function parametersOf({ project, first, end }: Scope): Record<string, unknown> {
  return { project, first, end };
}

/** Settings of everything that a rewind asks of the warehouse: charts and the pipeline come first. */
export const gently = {
  max_threads: 1,
  max_insert_threads: '1',
  max_partitions_per_insert_block: '0',
  lightweight_deletes_sync: '2',
  mutations_sync: '2',
  wait_end_of_query: 1,
} as const;

export async function command(
  warehouse: ClickHouseClient,
  query: string,
  parameters: Record<string, unknown> = {},
): Promise<void> {
  await warehouse.command({ query, query_params: parameters, clickhouse_settings: { ...gently } });
}

export async function rowsOf<Row>(
  warehouse: ClickHouseClient,
  query: string,
  parameters: Record<string, unknown> = {},
): Promise<Row[]> {
  const result = await warehouse.query({
    query,
    query_params: parameters,
    format: 'JSONEachRow',
    clickhouse_settings: { max_threads: 1, output_format_json_quote_64bit_integers: 0 },
  });
  return result.json<Row>();
}

/** The shadow's tables are those of `tributary` in a database of the rewind's own. */
export async function createShadow(warehouse: ClickHouseClient, database: string): Promise<void> {
  await command(warehouse, `CREATE DATABASE IF NOT EXISTS ${database}`);
  for (const table of tableNames)
    await command(warehouse, `CREATE TABLE IF NOT EXISTS ${database}.${table} AS tributary.${table}`);
}

export async function dropShadow(warehouse: ClickHouseClient, database: string): Promise<void> {
  await command(warehouse, `DROP DATABASE IF EXISTS ${database} SYNC`);
}
