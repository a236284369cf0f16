import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client';

/** Values of `{name:Type}`. */
export type Values = Readonly<Record<string, unknown>>;

/**
 * Models mean the same on every server: times are UTC, and what a LEFT JOIN does not find is NULL. By default it would be 0 or '', which
 * looks like a key that exists.
 */
const settings = {
  session_timezone: 'UTC',
  join_use_nulls: 1,
  max_partitions_per_insert_block: '0',
  output_format_json_quote_64bit_integers: 0,
  // a function of a column with few values has such a type: for the engine a matter of speed only
  allow_suspicious_low_cardinality_types: 1,
} as const;

/** The same for the query of a view, which runs with the settings of whoever reads it. */
export const viewSettings = `SETTINGS join_use_nulls = 1, session_timezone = 'UTC'`;

/** Runs statements with the rights of the models' owner. */
export class Statements {
  readonly #warehouse: ClickHouseClient;

  constructor(warehouse: ClickHouseClient) {
    this.#warehouse = warehouse;
  }

  async rows<Row>(query: string, values: Values = {}): Promise<Row[]> {
    const answer = await this.#warehouse.query({
      query,
      query_params: { ...values },
      format: 'JSONEachRow',
      clickhouse_settings: settings,
    });
    return answer.json<Row>();
  }

  async run(query: string, values: Values = {}): Promise<void> {
    await this.#warehouse.command({ query, query_params: { ...values }, clickhouse_settings: settings });
  }

  async insert(table: string, rows: readonly object[]): Promise<void> {
    if (rows.length === 0) return;
    await this.#warehouse.insert({
      table,
      values: rows,
      format: 'JSONEachRow',
      clickhouse_settings: { async_insert: 0, date_time_input_format: 'best_effort' },
    });
  }
}

/** A name as SQL. */
export function quoted(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``;
}

export function list(names: readonly string[]): string {
  return names.map(quoted).join(', ');
}

/** A text as SQL. */
export function literal(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n')}'`;
}

/** What the engine said, without what only repeats the query. */
export function engineMessage(thrown: unknown): string {
  if (!(thrown instanceof ClickHouseError)) return thrown instanceof Error ? thrown.message : String(thrown);
  return thrown.message
    .replace(/[:.]?\s*In scope [\s\S]*$/, '')
    .replace(/ in scope [\s\S]*?(?=\. Maybe you meant|$)/, '')
    .replace(/\. Expected one of: [\s\S]*$/, '')
    .trim();
}

/** Whether the engine answered at all: then it is about the statement, else about the connection. */
export function isRefusal(thrown: unknown): boolean {
  return thrown instanceof ClickHouseError;
}
