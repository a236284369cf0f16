import type { ClickHouseClient } from '../../warehouse/warehouse.ts';
import { besideName, columnName, historyName, rawName, type TableColumn, type TableState } from '../table.ts';
import { declaredType } from './columns.ts';
import { historyColumns, historyView } from './history.ts';
import { quoteName, quoteText } from './sql.ts';

const settings =
  'fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 60';

/** Makes, changes and swaps the tables of the warehouse. Every method may be repeated. */
export class TargetTables {
  readonly #warehouse: ClickHouseClient;

  constructor(warehouse: ClickHouseClient) {
    this.#warehouse = warehouse;
  }

  /** Makes the table into which rows go now, and the one of the history. */
  async create(table: TableState): Promise<void> {
    const key = table.key.map((name) => quoteName(columnName(name))).join(', ');
    const columns = table.columns.map(declaration).join(', ');
    // one that was left by an earlier build has other rows, and perhaps other columns
    if (table.isBeside && (await this.#comment(rawName(table))) !== mark(table)) await this.dropBeside(table);
    await this.#run(
      `CREATE TABLE IF NOT EXISTS app_raw.${quoteName(rawName(table))} (${columns}, _version UInt128, _deleted UInt8)
       ENGINE = ReplacingMergeTree(_version, _deleted) ORDER BY (${key}) SETTINGS ${settings} COMMENT ${quoteText(mark(table))}`,
    );
    if (!table.history) return;
    await this.#run(
      `CREATE TABLE IF NOT EXISTS app_raw.${quoteName(historyName(table))} (${columns}, ${historyColumns})
       ENGINE = ReplacingMergeTree ORDER BY (${key}, _version) SETTINGS ${settings}`,
    );
  }

  /** Shows the table, and its history, under the names that people use. */
  async publish(table: TableState): Promise<void> {
    const names = table.columns.map(({ name }) => quoteName(columnName(name))).join(', ');
    await this.#run(
      `CREATE OR REPLACE VIEW app.${quoteName(table.target)} AS SELECT ${names} FROM app_raw.${quoteName(table.target)} FINAL`,
    );
    if (table.history)
      await this.#run(
        `CREATE OR REPLACE VIEW app_history.${quoteName(table.target)} AS ${historyView(table)}`,
      );
  }

  /** The table that was built beside takes the place of the served one. */
  async swap(table: TableState): Promise<void> {
    const served = `app_raw.${quoteName(table.target)}`;
    const beside = `app_raw.${quoteName(besideName(table))}`;
    if (await this.exists(table.target)) await this.#run(`EXCHANGE TABLES ${served} AND ${beside}`);
    else await this.#run(`RENAME TABLE ${beside} TO ${served}`);
  }

  async dropBeside(table: TableState): Promise<void> {
    await this.#run(`DROP TABLE IF EXISTS app_raw.${quoteName(besideName(table))} SYNC`);
  }

  async dropHistory(table: TableState): Promise<void> {
    await this.#run(`DROP VIEW IF EXISTS app_history.${quoteName(table.target)} SYNC`);
    await this.#run(`DROP TABLE IF EXISTS app_raw.${quoteName(historyName(table))} SYNC`);
  }

  /** Begins another history, for rows of another shape; the old one stays as a table of its own. */
  async setHistoryAside(table: Pick<TableState, 'target'>): Promise<void> {
    const name = historyName(table);
    if (!(await this.exists(name))) return;
    await this.#run(`DROP VIEW IF EXISTS app_history.${quoteName(table.target)} SYNC`);
    for (let number = 1; ; number++) {
      const aside = `${name}_${number}`;
      if (await this.exists(aside)) continue;
      await this.#run(`RENAME TABLE app_raw.${quoteName(name)} TO app_raw.${quoteName(aside)}`);
      return;
    }
  }

  /** Whether the table that was built beside has taken its place already. */
  async isSwapped(table: TableState): Promise<boolean> {
    return (await this.#comment(table.target)) === mark(table);
  }

  /** Whether the history has rows of before. */
  async isContinued(table: TableState): Promise<boolean> {
    const answer = await this.#warehouse.query({
      query: `SELECT 1 AS one FROM app_raw.${quoteName(historyName(table))} WHERE _operation IN ('snapshot', 'insert') LIMIT 1`,
      format: 'JSONEachRow',
    });
    return (await answer.json()).length > 0;
  }

  async exists(name: string): Promise<boolean> {
    return (await this.#comment(name)) !== undefined;
  }

  /** Lets a column take NULL. */
  async widen(table: TableState, names: readonly string[]): Promise<void> {
    const changes = table.columns
      .filter((column) => names.includes(columnName(column.name)))
      .map((column) => `MODIFY COLUMN ${declaration({ ...column, nullable: true })}`);
    await this.#alter(table, changes, { withHistory: true });
  }

  async addColumns(table: TableState, columns: readonly TableColumn[]): Promise<void> {
    const changes = columns.map((column) => `ADD COLUMN IF NOT EXISTS ${declaration(column)}`);
    await this.#alter(table, changes, { withHistory: true });
  }

  /** The history keeps what the columns held, under names that no column to come has. */
  async dropColumns(table: TableState, columns: readonly TableColumn[]): Promise<void> {
    const changes = columns.map(({ name }) => `DROP COLUMN IF EXISTS ${quoteName(columnName(name))}`);
    await this.#alter(table, changes, { withHistory: false });
    if (!table.history) return;
    for (const { name, id } of columns) {
      const change = `RENAME COLUMN IF EXISTS ${quoteName(columnName(name))} TO ${quoteName(`${name}__dropped_${id}`)}`;
      await this.#run(`ALTER TABLE app_raw.${quoteName(historyName(table))} ${change}`);
    }
  }

  async renameColumn(table: TableState, from: string, to: string): Promise<void> {
    const change = `RENAME COLUMN IF EXISTS ${quoteName(columnName(from))} TO ${quoteName(columnName(to))}`;
    await this.#alter(table, [change], { withHistory: true });
  }

  async changeTypes(table: TableState, columns: readonly TableColumn[]): Promise<void> {
    const changes = columns.map((column) => `MODIFY COLUMN ${declaration(column)}`);
    await this.#alter(table, changes, { withHistory: true });
  }

  async #alter(
    table: TableState,
    changes: readonly string[],
    { withHistory }: { withHistory: boolean },
  ): Promise<void> {
    if (changes.length === 0) return;
    const tables = [rawName(table), ...(withHistory && table.history ? [historyName(table)] : [])];
    for (const name of tables)
      await this.#run(`ALTER TABLE app_raw.${quoteName(name)} ${changes.join(', ')} SETTINGS alter_sync = 1`);
  }

  /** Says which build of a table this is; undefined when it is not there. */
  async #comment(name: string): Promise<string | undefined> {
    const answer = await this.#warehouse.query({
      query: `SELECT comment FROM system.tables WHERE database = 'app_raw' AND name = {name:String}`,
      query_params: { name },
      format: 'JSONEachRow',
    });
    return (await answer.json<{ comment: string }>())[0]?.comment;
  }

  async #run(query: string): Promise<void> {
    await this.#warehouse.command({ query });
  }
}

function mark({ id, generation }: TableState): string {
  return `${id}, generation ${generation}`;
}

function declaration({ name, type, nullable }: TableColumn): string {
  return `${quoteName(columnName(name))} ${declaredType(type, nullable)}`;
}
