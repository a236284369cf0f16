import type { BatchColumn } from './target/batch.ts';
import { type ColumnKind, createColumn } from './target/columns.ts';

/** A place in the source's log of changes, 64 bits; a later change has a higher one. */
export type Position = bigint;

/** A column of the source that is replicated. */
export interface TableColumn extends ColumnKind {
  readonly name: string;
  /** What names the column at the source through renames; no other column of the table ever has it. */
  readonly id: number;
  /** Type at the source, with its modifiers. */
  readonly source: string;
  readonly nullable: boolean;
  /** Computed by the source and absent from its log, so that it is read again with every change. */
  readonly generated?: boolean | undefined;
}

/**
 * `copy`: the snapshot runs. `catch up`: it is done, and the stream has not passed the point yet at which that was. `live`: what
 * is served is as the source was a moment ago.
 */
export type Phase = 'copy' | 'catch up' | 'live';

/** What is known of a replicated table, kept in the warehouse beside its rows. */
export interface TableState {
  /** What names the table at the source through renames. */
  readonly id: string;
  /** `schema.table`, or `table` in the schema that everybody uses. */
  name: string;
  /** Name in the databases `app`, `app_raw` and `app_history`. */
  readonly target: string;
  columns: TableColumn[];
  /** The highest id that a column of the table ever had. */
  highest: number;
  /** Columns that the log told of while the table had newer ones: its rows of then miss values until the copy is repeated. */
  holes?: string | undefined;
  /** The last such, after the copy was repeated: who tells of them still will do so for ever. */
  mended?: string | undefined;
  /** Names of the columns that name a row. */
  key: string[];
  history: boolean;
  phase: Phase;
  /** Which log the rows come from; rows of another one cannot be continued. */
  origin: string;
  /** The parts of a partitioned table, by their ids. */
  parts?: readonly string[];
  /** When the table was begun to be built, so that no two builds have the same: milliseconds since the epoch. */
  generation: number;
  /** Rows go into a table beside the one that is served, which takes its place when it is whole. */
  isBeside: boolean;
  /** People see rows of it. */
  isServed: boolean;
  /** Version of the snapshot's rows: below that of every change which they may not contain. */
  base: { readonly position: string; readonly ordinal: number };
  /** Key of the last row that was copied, as text. */
  copied: string[] | null;
  copiedRows: number;
  /** The position that the stream must pass before the snapshot is whole. */
  watermark: string | null;
}

/** Columns of ours beside those of the source; a column of the source that has such a name gets another. */
const reserved = new Set(['_version', '_deleted', '_operation', '_committed_at', '_transaction']);

/** Name of a column in the warehouse. */
export function columnName(name: string): string {
  return reserved.has(name) ? `${name}_` : name;
}

export function batchColumns(table: TableState, maskKey: string): BatchColumn[] {
  return table.columns.map((column) => ({
    name: columnName(column.name),
    column: createColumn(column, maskKey),
    nullable: column.nullable,
  }));
}

/** Where the rows of a table are written. */
export function rawName(table: TableState): string {
  return table.isBeside ? besideName(table) : table.target;
}

export function besideName({ target }: TableState): string {
  return `${target}__next`;
}

/** Where the history's rows are, below the view that shows them with their times. */
export function historyName({ target }: Pick<TableState, 'target'>): string {
  return `${target}__history`;
}
