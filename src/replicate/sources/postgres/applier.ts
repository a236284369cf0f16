import type { Change, Operation } from '../../target/batch.ts';
import type { Sink } from '../../target/sink.ts';
import type { Begin, Changes, Relation } from './pgoutput.ts';
import { isNull, isText, isUnchanged, type Tuple } from './pgoutput.ts';
import { type DeferredRow, deferredRow } from './reread.ts';
import type { Route } from './route.ts';

/** What the applier leaves to others. */
export interface ApplierHooks {
  /** A relation was described; returns its route when it is known already, else sets it later by `setRoute`. */
  relation(relation: Relation): Route | null | undefined;
  /** Tables were emptied; `change` says where in the order. */
  truncate(routes: readonly Route[], change: Change): void;
  committed(end: bigint): void;
  alive(position: bigint, wantsReply: boolean): void;
}

/** Bytes of a row beside its values. */
const overhead = 32;

/**
 * Turns the messages of the log into rows. Every row gets a version from the place of its change in the log, which is the same whenever
 * the log is read again: commit position, and twice the number of the change in its transaction (a change of the key is two rows).
 */
export class Applier implements Changes {
  readonly #sink: Sink;
  readonly #hooks: ApplierHooks;
  readonly #routes = new Map<number, Route | null>();
  readonly change: Change = { positionHigh: 0, positionLow: 0, ordinal: 0, committedAt: 0, transaction: 0 };
  #deferred: DeferredRow[] = [];
  #deferredBytes = 0;
  inTransaction = false;
  /** Rows since the beginning. */
  rows = 0;

  constructor(sink: Sink, hooks: ApplierHooks) {
    this.#sink = sink;
    this.#hooks = hooks;
  }

  setRoute(relation: number, route: Route | null): void {
    this.#routes.set(relation, route);
  }

  /** About how many bytes are not written yet, of rows in the sink and of rows that are not whole. */
  get waiting(): number {
    return this.#sink.bytes + this.#deferredBytes;
  }

  /** Rows of which values must be read again before anything up to here is durable. Those that come later wait for the next call. */
  takeDeferred(): DeferredRow[] {
    const taken = this.#deferred;
    this.#deferred = [];
    this.#deferredBytes = 0;
    return taken;
  }

  begin({ positionHigh, positionLow, committedAt, transaction }: Begin): void {
    Object.assign(this.change, { positionHigh, positionLow, committedAt, transaction, ordinal: 0 });
    this.inTransaction = true;
  }

  commit(end: bigint): void {
    this.inTransaction = false;
    this.#hooks.committed(end);
  }

  alive(position: bigint, wantsReply: boolean): void {
    this.#hooks.alive(position, wantsReply);
  }

  relation(relation: Relation): void {
    const route = this.#hooks.relation(relation);
    if (route !== undefined) this.#routes.set(relation.id, route);
  }

  insert(relation: number, row: Tuple): void {
    const route = this.#next(relation);
    if (route) this.#put(route, row, undefined, 'insert');
  }

  update(relation: number, row: Tuple, old: Tuple | undefined, isWhole: boolean): void {
    const route = this.#next(relation);
    if (!route) return;
    if (old && !hasSameKey(route, row, old)) {
      this.#delete(route, old, isWhole);
      this.change.ordinal++;
    }
    this.#put(route, row, isWhole ? old : undefined, 'update');
  }

  remove(relation: number, old: Tuple, isWhole: boolean): void {
    const route = this.#next(relation);
    if (route) this.#delete(route, old, isWhole);
  }

  truncate(relations: readonly number[]): void {
    this.change.ordinal = (this.change.ordinal | 1) + 1;
    const routes = relations.map((id) => this.#routes.get(id)).filter((route) => !!route);
    if (routes.length > 0) this.#hooks.truncate(routes, this.change);
  }

  /** Adds rows whose missing values were read; what was not found is of rows that are gone, whose end is yet to come. */
  appendDeferred(
    { route, row, old, change, operation }: DeferredRow,
    found: readonly (string | null)[] | undefined,
  ): void {
    const { columns, writer } = route;
    for (let i = 0; i < row.count; i++) {
      const column = columns[i] as number;
      if (column < 0) continue;
      if (row.kinds[i] === isUnchanged && !(old && old.kinds[i] !== isUnchanged))
        appendFound(route, column, found?.[column]);
      else this.#value(route, column, i, row.kinds[i] === isUnchanged ? (old as Tuple) : row);
    }
    for (const column of route.computed) appendFound(route, column, found?.[column]);
    for (const column of route.absent) writer.appendUnknown(column);
    writer.end(change, operation);
    this.#sink.bytes += sizeOf(row);
  }

  /** Even numbers from 2, whether the table is replicated or not. */
  #next(relation: number): Route | null | undefined {
    this.change.ordinal = (this.change.ordinal | 1) + 1;
    return this.#routes.get(relation);
  }

  #put(route: Route, row: Tuple, old: Tuple | undefined, operation: Operation): void {
    const { columns, writer } = route;
    if (route.computed.length > 0 || misses(route, row, old)) {
      this.#deferred.push(deferredRow(route, row, old, this.change, operation));
      this.#deferredBytes += sizeOf(row);
      this.rows++;
      return;
    }
    for (let i = 0; i < row.count; i++) {
      const column = columns[i] as number;
      if (column >= 0) this.#value(route, column, i, row.kinds[i] === isUnchanged ? (old as Tuple) : row);
    }
    for (const column of route.absent) writer.appendUnknown(column);
    writer.end(this.change, operation);
    this.#count(row);
  }

  #value({ writer }: Route, column: number, place: number, row: Tuple): void {
    if (row.kinds[place] === isNull) writer.appendNull(column);
    else writer.append(column, row.bytes, row.starts[place] as number, row.ends[place] as number);
  }

  #delete(route: Route, old: Tuple, isWhole: boolean): void {
    const { columns, writer } = route;
    for (let i = 0; i < old.count; i++) {
      const column = columns[i] as number;
      if (column < 0) continue;
      // only the key is there, else everything
      if (old.kinds[i] === isText)
        writer.append(column, old.bytes, old.starts[i] as number, old.ends[i] as number);
      else if (isWhole && old.kinds[i] === isNull) writer.appendNull(column);
      else writer.appendUnknown(column);
    }
    for (const column of route.computed) writer.appendUnknown(column);
    for (const column of route.absent) writer.appendUnknown(column);
    writer.end(this.change, 'delete');
    this.#count(old);
  }

  #count(row: Tuple): void {
    this.#sink.bytes += sizeOf(row);
    this.rows++;
  }
}

function sizeOf(row: Tuple): number {
  return row.bytes.length + overhead;
}

/** Whether the log left a value out that the old row does not have either. */
function misses(route: Route, row: Tuple, old: Tuple | undefined): boolean {
  for (let i = 0; i < row.count; i++)
    if (
      row.kinds[i] === isUnchanged &&
      (route.columns[i] as number) >= 0 &&
      (!old || old.kinds[i] === isUnchanged)
    )
      return true;
  return false;
}

function hasSameKey({ key }: Route, row: Tuple, old: Tuple): boolean {
  for (const place of key) {
    if (row.kinds[place] === isUnchanged) continue;
    const start = row.starts[place] as number;
    const end = row.ends[place] as number;
    if (row.bytes.compare(old.bytes, old.starts[place], old.ends[place], start, end) !== 0) return false;
  }
  return true;
}

function appendFound({ writer }: Route, column: number, value: string | null | undefined): void {
  if (value === undefined) writer.appendUnknown(column);
  else if (value === null) writer.appendNull(column);
  else {
    const bytes = Buffer.from(value);
    writer.append(column, bytes, 0, bytes.length);
  }
}
