import { GrowingBytes } from './bytes.ts';
import type { Column } from './column.ts';

/** What happened to a row, and where it stands in the order of everything that happened at the source. */
export interface Change {
  /** Upper and lower 32 bits of the position at which the transaction was committed. */
  positionHigh: number;
  positionLow: number;
  /** Place in the transaction. */
  ordinal: number;
  /** Microseconds since the epoch. */
  committedAt: number;
  /** The source's own number of the transaction; 0 for rows of a snapshot. */
  transaction: number;
}

export type Operation = 'insert' | 'update' | 'delete' | 'snapshot';
const operations: readonly Operation[] = ['insert', 'update', 'delete', 'snapshot'];

export interface BatchColumn {
  /** In the warehouse. */
  readonly name: string;
  readonly column: Column;
  nullable: boolean;
}

/** Rows as the warehouse takes them. */
export interface Block {
  readonly columns: readonly string[];
  readonly bytes: Buffer;
  readonly rows: number;
  /** Values by column that the warehouse cannot hold. */
  readonly lost: ReadonlyMap<string, number>;
}

/** Rows on their way into one table: columns, and beside them version and deletion, or what the history says of a change. */
export class Batch {
  readonly columns: readonly BatchColumn[];
  readonly #isHistory: boolean;
  readonly #versions = new GrowingBytes();
  readonly #flags = new GrowingBytes();
  readonly #times = new GrowingBytes();
  readonly #transactions = new GrowingBytes();
  rows = 0;

  constructor(columns: readonly BatchColumn[], { isHistory }: { readonly isHistory: boolean }) {
    this.columns = columns;
    this.#isHistory = isHistory;
  }

  /** Ends a row, after one value was appended to every column. */
  end(change: Change, operation: Operation): void {
    const versions = this.#versions;
    versions.int64(change.ordinal);
    versions.uint32(change.positionLow);
    versions.uint32(change.positionHigh);
    if (this.#isHistory) {
      this.#flags.uint8(operations.indexOf(operation) + 1);
      this.#times.int64(change.committedAt);
      this.#transactions.int64(change.transaction);
    } else this.#flags.uint8(operation === 'delete' ? 1 : 0);
    this.rows++;
  }

  /** Columns that have NULLs and do not admit them yet. */
  toWiden(): BatchColumn[] {
    return this.columns.filter(({ column, nullable }) => !nullable && column.hasNulls);
  }

  /** Everything as one block of the Native format; the batch is empty afterwards. */
  take(): Block {
    // as large as it will be, since growing would copy it
    const out = new GrowingBytes(
      this.columns.reduce((sum, { column }) => sum + column.size, 4_096 + this.rows * 48),
    );
    const lost = new Map<string, number>();
    const extras = this.#extras();
    out.varint(this.columns.length + extras.length);
    out.varint(this.rows);
    for (const { name, column, nullable } of this.columns) {
      out.text(name);
      out.text(column.typeOf(nullable));
      column.write(out, nullable);
      if (column.lost > 0) lost.set(name, column.lost);
      column.clear();
    }
    for (const { name, type, bytes } of extras) {
      out.text(name);
      out.text(type);
      out.copy(bytes.bytes, 0, bytes.at);
      bytes.clear();
    }
    const rows = this.rows;
    this.rows = 0;
    return {
      columns: [...this.columns, ...extras].map(({ name }) => name),
      bytes: out.bytes.subarray(0, out.at),
      rows,
      lost,
    };
  }

  #extras(): { readonly name: string; readonly type: string; readonly bytes: GrowingBytes }[] {
    const version = { name: '_version', type: 'UInt128', bytes: this.#versions };
    if (!this.#isHistory) return [version, { name: '_deleted', type: 'UInt8', bytes: this.#flags }];
    return [
      version,
      { name: '_operation', type: operationType, bytes: this.#flags },
      { name: '_committed_at', type: "DateTime64(6, 'UTC')", bytes: this.#times },
      { name: '_transaction', type: 'UInt64', bytes: this.#transactions },
    ];
  }
}

export const operationType = `Enum8(${operations.map((name, index) => `'${name}' = ${index + 1}`).join(', ')})`;
