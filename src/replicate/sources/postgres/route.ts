import type { TableState } from '../../table.ts';
import type { Sink } from '../../target/sink.ts';
import type { TableWriter } from '../../target/writer.ts';
import type { Relation } from './pgoutput.ts';
import { nameOfType, type TypeCatalog } from './types.ts';

/** Where the values of a relation of the log go. */
export interface Route {
  readonly table: TableState;
  readonly writer: TableWriter;
  /** By place in the relation: place in the table; -1 for what is not replicated. */
  readonly columns: Int16Array;
  /** Places in the relation of the table's key. */
  readonly key: readonly number[];
  /** Places in the table that the relation does not have: it is older than the table. */
  readonly absent: readonly number[];
  /** Places in the table that the source computes, which the log never has. */
  readonly computed: readonly number[];
}

/** A route for a relation as it is; what has no place in the table is left out, and what has another type there. */
export function routeOf(table: TableState, relation: Relation, sink: Sink, types: TypeCatalog): Route {
  const columns = new Int16Array(relation.columns.map((column) => placeOf(table, column, types)));
  return {
    table,
    writer: sink.writer(table),
    columns,
    key: table.key.map((name) => relation.columns.findIndex((column) => column.name === name)),
    absent: table.columns.flatMap(({ generated }, place) =>
      generated || columns.includes(place) ? [] : [place],
    ),
    computed: table.columns.flatMap(({ generated }, place) => (generated ? [place] : [])),
  };
}

function placeOf(
  table: TableState,
  { name, type, modifier }: Relation['columns'][number],
  types: TypeCatalog,
): number {
  return table.columns.findIndex(
    (column) =>
      column.name === name &&
      !column.generated &&
      // without its key a row cannot be told from another
      (table.key.includes(name) || column.source === nameOfType(types, type, modifier)),
  );
}

/** Whether a relation is what the table was made for: its columns, those left out by the file, and its key. */
export function isAsKnown(
  table: TableState,
  relation: Relation,
  types: TypeCatalog,
  leftOut: (column: string) => boolean,
): boolean {
  const known = table.columns.filter(({ generated }) => !generated);
  const there = relation.columns.filter(({ name }) => !leftOut(name));
  if (known.length !== there.length) return false;
  const sameColumns = there.every(({ name, type, modifier }) =>
    known.some((column) => column.name === name && column.source === nameOfType(types, type, modifier)),
  );
  return sameColumns && hasKey(table, relation);
}

/** With REPLICA IDENTITY FULL every column is marked as one of the key. */
function hasKey(table: TableState, relation: Relation): boolean {
  const marked = relation.columns.filter(({ isKey }) => isKey).map(({ name }) => name);
  if (relation.identity === 'f') return table.key.every((name) => marked.includes(name));
  return marked.length === table.key.length && table.key.every((name) => marked.includes(name));
}
