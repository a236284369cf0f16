import type pg from 'pg';
import type { TableState } from '../../table.ts';
import type { Change, Operation } from '../../target/batch.ts';
import { qualified, readTables } from './catalog.ts';
import { identifier, literal, rowsOf } from './connect.ts';
import { isText, isUnchanged, Tuple } from './pgoutput.ts';
import type { Route } from './route.ts';

/** A row of the log that waits for values which the log does not have. */
export interface DeferredRow {
  readonly route: Route;
  readonly row: Tuple;
  readonly old: Tuple | undefined;
  readonly change: Change;
  readonly operation: Operation;
  /** Key as text, as it was in this change. */
  readonly key: readonly string[];
}

/** Copies what is valid during a call only. */
export function deferredRow(
  route: Route,
  row: Tuple,
  old: Tuple | undefined,
  change: Change,
  operation: Operation,
): DeferredRow {
  const bytes = Buffer.from(row.bytes);
  const kept = copyOf(row, bytes);
  return {
    route,
    row: kept,
    old: old && copyOf(old, bytes),
    change: { ...change },
    operation,
    key: route.key.map((place) => {
      // a key that is unchanged and out of line is in the old row
      const from = kept.kinds[place] === isText ? kept : old;
      return from ? from.bytes.toString('utf8', from.starts[place], from.ends[place]) : '';
    }),
  };
}

/** The tuples of one message share its bytes. */
function copyOf(tuple: Tuple, bytes: Buffer): Tuple {
  const copy = new Tuple();
  copy.count = tuple.count;
  copy.bytes = bytes;
  copy.kinds = tuple.kinds.slice(0, tuple.count);
  copy.starts = tuple.starts.slice(0, tuple.count);
  copy.ends = tuple.ends.slice(0, tuple.count);
  return copy;
}

/** Keys in one statement. */
const keysAtOnce = 500;

/** Values by place in the table, of one row each; rows that are gone are absent. The key is the one of `keyText`. */
export type FoundRows = ReadonlyMap<string, readonly (string | null)[]>;

/**
 * Reads what the log left out from the table as it is now. It may be newer than the change: then a later change brings the same
 * values again, and wins.
 */
export async function readMissing(
  client: pg.Client,
  table: TableState,
  rows: readonly DeferredRow[],
): Promise<FoundRows> {
  const found = new Map<string, (string | null)[]>();
  // the names of now: columns may have been renamed since the log was written
  const [current] = await readTables(client, [table.id]);
  const nameOf = (id: number | undefined): string | undefined =>
    current?.columns.find((column) => column.id === id)?.name;
  const key = table.key.map((name) => nameOf(table.columns.find((column) => column.name === name)?.id));
  const places = missingPlaces(rows).filter((place) => nameOf(table.columns[place]?.id) !== undefined);
  if (!current || !key.every((name) => name !== undefined)) return found;
  const wanted = [...key, ...places.map((place) => nameOf(table.columns[place]?.id) ?? '')];
  const columns = wanted.map((name, index) => `${identifier(name)} AS c${index}`).join(', ');
  const keys = [...new Map(rows.map((row) => [keyText(row.key), row.key])).values()];
  for (let from = 0; from < keys.length; from += keysAtOnce) {
    const some = keys.slice(from, from + keysAtOnce);
    const list = some.map((values) => `(${values.map(literal).join(', ')})`).join(', ');
    const answer = await rowsOf(
      client,
      `SELECT ${columns} FROM ${qualified(current)} WHERE (${key.map(identifier).join(', ')}) IN (${list})`,
    );
    for (const row of answer) {
      const values: (string | null)[] = [];
      for (const [index, place] of places.entries()) values[place] = row[`c${key.length + index}`] ?? null;
      found.set(keyText(key.map((_, index) => row[`c${index}`] ?? '')), values);
    }
  }
  return found;
}

export function keyText(key: readonly string[]): string {
  return key.length === 1 ? (key[0] ?? '') : JSON.stringify(key);
}

function missingPlaces(rows: readonly DeferredRow[]): number[] {
  const places = new Set<number>();
  for (const { route, row } of rows) {
    for (const place of route.computed) places.add(place);
    for (let i = 0; i < row.count; i++)
      if (row.kinds[i] === isUnchanged && (route.columns[i] as number) >= 0)
        places.add(route.columns[i] as number);
  }
  return [...places];
}
