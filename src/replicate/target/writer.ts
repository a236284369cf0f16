import { batchColumns, historyName, rawName, type TableState } from '../table.ts';
import { Batch, type Change, type Operation } from './batch.ts';

/** Takes the rows of one table, as it is now: when its columns change, the next rows need another writer. */
export class TableWriter {
  readonly table: TableState;
  readonly rows: Batch;
  readonly history: Batch | undefined;
  /** Whether each column is part of the key, in the order of the columns. */
  readonly isKey: readonly boolean[];

  constructor(table: TableState, maskKey: string) {
    this.table = table;
    this.rows = new Batch(batchColumns(table, maskKey), { isHistory: false });
    this.history = table.history ? new Batch(batchColumns(table, maskKey), { isHistory: true }) : undefined;
    this.isKey = table.columns.map(({ name }) => table.key.includes(name));
  }

  append(column: number, bytes: Uint8Array, start: number, end: number): void {
    this.rows.columns[column]?.column.append(bytes, start, end);
    this.history?.columns[column]?.column.append(bytes, start, end);
  }

  appendNull(column: number): void {
    this.rows.columns[column]?.column.appendNull();
    this.history?.columns[column]?.column.appendNull();
  }

  /** A value that is not known: of a row that is deleted, or was before it could be read again. */
  appendUnknown(column: number): void {
    for (const one of [this.rows.columns[column], this.history?.columns[column]]) {
      if (one?.nullable) one.column.appendNull();
      else one?.column.appendBlank();
    }
  }

  end(change: Change, operation: Operation): void {
    this.rows.end(change, operation);
    this.history?.end(change, operation);
  }

  /** What waits to be written, and where to. */
  batches(): { readonly name: string; readonly batch: Batch }[] {
    const all = [{ name: rawName(this.table), batch: this.rows }];
    if (this.history) all.push({ name: historyName(this.table), batch: this.history });
    return all.filter(({ batch }) => batch.rows > 0);
  }
}
