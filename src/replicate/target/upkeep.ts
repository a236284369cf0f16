import type { ClickHouseClient } from '../../warehouse/warehouse.ts';
import { besideName, columnName, historyName, rawName, type TableState } from '../table.ts';
import { quoteName } from './sql.ts';

/** A version as the warehouse takes it. */
export function versionSql(position: bigint, ordinal: number): string {
  return `toUInt128('${(position << 64n) | BigInt(ordinal)}')`;
}

export interface Moment {
  readonly position: bigint;
  readonly ordinal: number;
  /** Microseconds since the epoch. */
  readonly committedAt: number;
  readonly transaction: number;
}

/** Work on whole tables that the warehouse does by itself. Every statement may be repeated: what is there already stays as it is. */
export class TableUpkeep {
  readonly #warehouse: ClickHouseClient;

  constructor(warehouse: ClickHouseClient) {
    this.#warehouse = warehouse;
  }

  /** Deletes every row of before. */
  async empty(table: TableState, at: Moment): Promise<void> {
    const key = keyOf(table);
    const raw = quoteName(rawName(table));
    const version = versionSql(at.position, at.ordinal);
    if (table.history)
      await this.#run(
        `INSERT INTO app_raw.${quoteName(historyName(table))} (${key}, _version, _operation, _committed_at, _transaction)
         SELECT ${key}, ${version}, 'delete', ${timeSql(at.committedAt)}, ${at.transaction}
         FROM app_raw.${raw} FINAL WHERE _version < ${version}`,
      );
    await this.#run(
      `INSERT INTO app_raw.${raw} (${key}, _version, _deleted) SELECT ${key}, ${version}, 1 FROM app_raw.${raw} FINAL WHERE _version < ${version}`,
    );
  }

  /** Begins the history of a table with the rows of its first snapshot; those that changed while it ran begin with that change. */
  async beginHistory(table: TableState, at: number, { all = false } = {}): Promise<void> {
    const columns = columnsOf(table);
    const version = versionSql(BigInt(table.base.position), table.base.ordinal);
    await this.#run(
      `INSERT INTO app_raw.${quoteName(historyName(table))} (${columns}, _version, _operation, _committed_at, _transaction)
       SELECT ${columns}, _version, 'snapshot', ${timeSql(at)}, 0 FROM app_raw.${quoteName(rawName(table))} FINAL
       WHERE ${all ? 'true' : `_version = ${version}`}`,
    );
  }

  /** Writes down what a new snapshot found to be different from what was served: changed, new and deleted rows. */
  async bridgeHistory(table: TableState, at: number): Promise<void> {
    const [key, columns] = [keyOf(table), columnsOf(table)];
    const served = `app_raw.${quoteName(table.target)}`;
    const beside = `app_raw.${quoteName(besideName(table))}`;
    const version = versionSql(BigInt(table.base.position), table.base.ordinal);
    const into = `INSERT INTO app_raw.${quoteName(historyName(table))}`;
    await this.#run(
      `${into} (${columns}, _version, _operation, _committed_at, _transaction)
       SELECT ${columns}, _version, 'snapshot', ${timeSql(at)}, 0 FROM ${beside} FINAL
       WHERE _version = ${version} AND sipHash128(toString(tuple(${columns}))) NOT IN (SELECT sipHash128(toString(tuple(${columns}))) FROM ${served} FINAL)`,
    );
    await this.#run(
      `${into} (${key}, _version, _operation, _committed_at, _transaction)
       SELECT ${key}, ${version}, 'delete', ${timeSql(at)}, 0 FROM ${served} FINAL WHERE (${key}) NOT IN (SELECT ${key} FROM ${beside})`,
    );
  }

  async #run(query: string): Promise<void> {
    await this.#warehouse.command({ query, clickhouse_settings: { async_insert: 0 } });
  }
}

function keyOf(table: TableState): string {
  return table.key.map((name) => quoteName(columnName(name))).join(', ');
}

function columnsOf(table: TableState): string {
  return table.columns.map(({ name }) => quoteName(columnName(name))).join(', ');
}

function timeSql(micros: number): string {
  return `fromUnixTimestamp64Micro(toInt64(${micros}), 'UTC')`;
}
