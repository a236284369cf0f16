import type pg from 'pg';
import type { Base, TableKeeper } from '../../keeper.ts';
import { planTable, type WantedTable } from '../../reconcile.ts';
import type { SourceFile } from '../../source-file.ts';
import type { ReplicationState } from '../../state.ts';
import type { TableState } from '../../table.ts';
import type { Change } from '../../target/batch.ts';
import type { Sink } from '../../target/sink.ts';
import type { Applier, ApplierHooks } from './applier.ts';
import { isLeftOut, obstacle, readTables } from './catalog.ts';
import type { Follower } from './follower.ts';
import { originOf } from './names.ts';
import type { Relation } from './pgoutput.ts';
import { type DeferredRow, keyText, readMissing } from './reread.ts';
import { isAsKnown, type Route, routeOf } from './route.ts';
import { readTypes, type TypeCatalog } from './types.ts';
import { wantedTable } from './wanted.ts';

export interface RelationKeeperOptions {
  readonly file: SourceFile;
  readonly client: pg.Client;
  readonly types: TypeCatalog;
  readonly state: ReplicationState;
  readonly keeper: TableKeeper;
  readonly sink: Sink;
  readonly follower: () => Follower;
  readonly applier: () => Applier;
}

/** Keeps tables and routes in step with what the log says of the source's tables. */
export class RelationKeeper {
  readonly #options: RelationKeeperOptions;
  readonly #relations = new Map<string, Relation>();
  types: TypeCatalog;

  constructor(options: RelationKeeperOptions) {
    this.#options = options;
    this.types = options.types;
  }

  hooks(): ApplierHooks {
    const { follower } = this.#options;
    return {
      relation: (relation) => this.#describe(relation),
      truncate: (routes, change) => this.#truncate(routes, change),
      committed: (end) => follower().committed(end),
      alive: (position) => follower().alive(position),
    };
  }

  /** Brings a table to what the source has now; for the time between two transactions, or for a change that the log tells. */
  async reconcile(table: TableState, base: Base): Promise<void> {
    const { keeper } = this.#options;
    const wanted = await this.#wanted(table);
    const plan = wanted && planTable(table, wanted);
    if (!wanted || !plan) return;
    await this.#options.follower().save();
    table.mended = undefined;
    if (plan.rebuild) await keeper.rebuild(table, wanted, base, { why: plan.rebuild, forget: plan.forget });
    else await keeper.change(table, wanted, plan, base);
    this.reroute(table);
  }

  /** To be called when a table was changed, after its rows were written. */
  reroute(table: TableState): void {
    const { sink, applier } = this.#options;
    sink.forget(table);
    const relation = this.#relations.get(table.id);
    if (relation) applier().setRoute(relation.id, routeOf(table, relation, sink, this.types));
  }

  /** Where a snapshot stands that begins now, between two transactions. */
  baseNow(): Base {
    const { state, follower } = this.#options;
    return { position: follower().position, ordinal: 1, origin: originOf(state.facts) };
  }

  /** Reads what the log left out, and adds the rows. */
  async complete(rows: readonly DeferredRow[]): Promise<void> {
    const byTable = Map.groupBy(rows, ({ route }) => route.table);
    for (const [table, some] of byTable) {
      const found = await readMissing(this.#options.client, table, some);
      for (const row of some) this.#options.applier().appendDeferred(row, found.get(keyText(row.key)));
    }
  }

  async #wanted(table: TableState): Promise<WantedTable | undefined> {
    const { client, file } = this.#options;
    this.types = await readTypes(client);
    const [current] = await readTables(client, [table.id]);
    return current && !obstacle(current) ? wantedTable(file, current, this.types) : undefined;
  }

  #describe(relation: Relation): Route | null | undefined {
    const { state, sink, follower, file } = this.#options;
    const table = state.tables.get(String(relation.id));
    if (!table) return null;
    this.#relations.set(table.id, relation);
    const leftOut = (column: string): boolean => isLeftOut(file, relation, column);
    if (isAsKnown(table, relation, this.types, leftOut)) return routeOf(table, relation, sink, this.types);
    follower().hold(() => this.#catchUp(table, relation, leftOut));
    return undefined;
  }

  /**
   * The relation is not what we know. When it is what the source has now, the table becomes that; when the source has changed once
   * more since, what is known by name is taken, and the rest comes when the copy is repeated, for which `watchCatalog` waits.
   */
  async #catchUp(table: TableState, relation: Relation, leftOut: (column: string) => boolean): Promise<void> {
    const { applier, state } = this.#options;
    const { change } = applier();
    const wanted = await this.#wanted(table);
    const isCurrent =
      wanted !== undefined &&
      isAsKnown(
        { ...table, columns: [...wanted.columns], key: [...wanted.key] },
        relation,
        this.types,
        leftOut,
      );
    if (isCurrent) {
      const position = (BigInt(change.positionHigh) << 32n) | BigInt(change.positionLow);
      await this.reconcile(table, { position, ordinal: change.ordinal + 1, origin: originOf(state.facts) });
    } else {
      // whatever is added next is copied again
      table.highest = Number.MAX_SAFE_INTEGER;
      const told = relation.columns.map(({ name, type, modifier }) => `${name} ${type} ${modifier}`).join();
      if (told !== table.mended) table.holes = told;
      await state.saveTable(table);
    }
    this.reroute(table);
  }

  #truncate(routes: readonly Route[], change: Change): void {
    const { keeper, follower } = this.#options;
    const { ordinal, committedAt, transaction } = change;
    const position = (BigInt(change.positionHigh) << 32n) | BigInt(change.positionLow);
    follower().hold(async () => {
      for (const { table } of routes)
        await keeper.empty(table, { position, ordinal, committedAt, transaction });
    });
  }
}
