import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClickHouseError } from '@clickhouse/client';
import type { ClickHouseClient } from '../../warehouse/warehouse.ts';
import { columnName, type TableState } from '../table.ts';
import type { Block } from './batch.ts';
import { quoteName } from './sql.ts';
import type { TargetTables } from './tables.ts';
import { TableWriter } from './writer.ts';

export interface SinkOptions {
  readonly warehouse: ClickHouseClient;
  readonly tables: TargetTables;
  readonly maskKey: string;
  readonly signal: AbortSignal;
  /** A column takes NULL from now on. */
  readonly onWiden: (table: TableState) => Promise<void>;
  /** Values that the warehouse could not hold, by `table.column`. */
  readonly onLost: (column: string, count: number) => void;
  /** The warehouse did not take rows; they are sent again after `pause` milliseconds. */
  readonly onFailure: (error: unknown, pause: number) => void;
}

/** Inserts at the same time; more would only wait for the same disk. */
const parallel = 4;
/** Of the warehouse: tables, columns or values are not what we think they are, and the same rows would be refused again. */
const hopeless = new Set(['6', '10', '16', '27', '47', '53', '60', '70', '117', '349']);

/** Collects rows of many tables and writes them together. */
export class Sink {
  readonly #options: SinkOptions;
  readonly #writers = new Map<string, TableWriter>();
  /** About how many bytes wait. */
  bytes = 0;

  constructor(options: SinkOptions) {
    this.#options = options;
  }

  writer(table: TableState): TableWriter {
    const known = this.#writers.get(table.id);
    if (known) return known;
    const writer = new TableWriter(table, this.#options.maskKey);
    this.#writers.set(table.id, writer);
    return writer;
  }

  /** To be called after a flush, before the columns of a table change. */
  forget(table: TableState): void {
    this.#writers.delete(table.id);
  }

  /** Resolves when everything that waits is durable. Rows that come meanwhile belong to the next flush. */
  async flush(): Promise<void> {
    const blocks: { readonly name: string; readonly block: Block }[] = [];
    this.bytes = 0;
    const writers = [...this.#writers.values()].filter((writer) => writer.rows.rows > 0);
    const widened = new Map<TableWriter, string[]>();
    for (const writer of writers) {
      const names = writer.rows.toWiden().map(({ name }) => name);
      if (names.length > 0) widened.set(writer, names);
      for (const { columns } of [writer.rows, ...(writer.history ? [writer.history] : [])])
        for (const column of columns) if (names.includes(column.name)) column.nullable = true;
      for (const { name, batch } of writer.batches()) blocks.push({ name, block: batch.take() });
      this.#countLost(writer.table, blocks.at(-1)?.block);
    }
    for (const [{ table }, names] of widened) await this.#widen(table, names);
    const rest = blocks.values();
    const work = async (): Promise<void> => {
      for (const { name, block } of rest) await this.#insert(name, block);
    };
    await Promise.all(Array.from({ length: Math.min(parallel, blocks.length) }, work));
  }

  #countLost(table: TableState, block: Block | undefined): void {
    for (const [column, count] of block?.lost ?? []) this.#options.onLost(`${table.target}.${column}`, count);
  }

  async #widen(table: TableState, names: readonly string[]): Promise<void> {
    await this.#repeat(() => this.#options.tables.widen(table, names));
    table.columns = table.columns.map((column) =>
      names.includes(columnName(column.name)) ? { ...column, nullable: true } : column,
    );
    await this.#repeat(() => this.#options.onWiden(table));
  }

  async #insert(name: string, { columns, bytes }: Block): Promise<void> {
    await this.#repeat(async () => {
      const { stream } = await this.#options.warehouse.exec({
        query: `INSERT INTO app_raw.${quoteName(name)} (${columns.map(quoteName).join(', ')}) FORMAT Native`,
        values: Readable.from([bytes], { objectMode: false }),
        clickhouse_settings: { async_insert: 0 },
      });
      // the connection is free for the next request when the answer is read to its end
      for await (const _ of stream);
    });
  }

  /** Until it succeeds, is pointless, or nobody waits any more. */
  async #repeat(task: () => Promise<void>): Promise<void> {
    const { signal, onFailure } = this.#options;
    for (let pause = 100; ; pause = Math.min(pause * 2, 5_000)) {
      signal.throwIfAborted();
      try {
        return await task();
      } catch (error) {
        if (error instanceof ClickHouseError && hopeless.has(error.code)) throw error;
        onFailure(error, pause);
        await sleep(pause, undefined, { signal });
      }
    }
  }
}
