import type { Logger } from '../runtime/logger.ts';
import type { TablePlan, WantedTable } from './reconcile.ts';
import type { ReplicationState } from './state.ts';
import type { Position, TableState } from './table.ts';
import type { TableLocks } from './table-locks.ts';
import type { TargetTables } from './target/tables.ts';
import type { Moment, TableUpkeep } from './target/upkeep.ts';

export interface KeeperParts {
  readonly state: ReplicationState;
  readonly tables: TargetTables;
  readonly upkeep: TableUpkeep;
  readonly locks: TableLocks;
  readonly logger: Logger;
}

export interface Rebuild {
  readonly why: string;
  /** Nothing of before may be kept. */
  readonly forget: boolean;
}

/** Where the rows of a snapshot stand in the order of changes. */
export interface Base {
  readonly position: Position;
  readonly ordinal: number;
  /** Of the log. */
  readonly origin: string;
}

/**
 * Brings tables of the warehouse from one shape and phase to the next. The caller has written all rows that came before; a crash
 * between two steps repeats them.
 */
export class TableKeeper {
  readonly #parts: KeeperParts;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** A table that is not replicated yet; its rows are copied from the beginning. */
  async begin(wanted: WantedTable, base: Base): Promise<TableState> {
    const { tables } = this.#parts;
    // what an earlier table of this name left is served until the new one is whole
    const isBeside = await tables.exists(wanted.target);
    if (wanted.history) await tables.setHistoryAside(wanted);
    const table: TableState = {
      ...shapeOf(wanted),
      id: wanted.id,
      target: wanted.target,
      phase: 'copy',
      generation: Date.now(),
      isBeside,
      isServed: false,
      origin: base.origin,
      base: { position: String(base.position), ordinal: base.ordinal },
      copied: null,
      copiedRows: 0,
      watermark: null,
    };
    await this.#make(table);
    return table;
  }

  /** Builds a table anew beside the one that is served. */
  async rebuild(table: TableState, wanted: WantedTable, base: Base, { why, forget }: Rebuild): Promise<void> {
    const { locks, logger, tables } = this.#parts;
    await locks.during(table.id, async () => {
      locks.supersede(table.id);
      logger.warn(`${table.name} is copied again, because ${why}; what is served stays until that is done`);
      const keepsHistory = hasSameShape(table, wanted);
      if (table.history && forget) await tables.dropHistory(table);
      else if (table.history && !keepsHistory) await tables.setHistoryAside(table);
      Object.assign(table, shapeOf(wanted), {
        generation: Math.max(table.generation + 1, Date.now()),
        isBeside: true,
        origin: base.origin,
      });
      restart(table, base);
      await this.#make(table);
    });
  }

  /** Copies the rows of a table again, over those that are there. */
  async refill(table: TableState, base: Base): Promise<void> {
    const { locks, state } = this.#parts;
    await locks.during(table.id, async () => {
      locks.supersede(table.id);
      restart(table, base);
      await state.saveTable(table);
    });
  }

  /** Carries out a plan that does not rebuild. */
  async change(table: TableState, wanted: WantedTable, plan: TablePlan, base: Base): Promise<void> {
    const { locks, logger, state, tables } = this.#parts;
    logger.info(`${table.name} changed at the source: ${describe(plan)}`);
    await locks.during(table.id, async () => {
      locks.supersede(table.id);
      await tables.dropColumns(table, plan.drop);
      for (const { from, to } of plan.rename) await tables.renameColumn(table, from, to);
      await tables.changeTypes(table, plan.retype);
      await tables.addColumns(table, plan.add);
      const changed = new Map([...plan.add, ...plan.retype].map((column) => [column.id, column]));
      const known = new Map(table.columns.map((column) => [column.id, column]));
      Object.assign(table, shapeOf(wanted), {
        columns: wanted.columns.map((column) => ({
          ...column,
          nullable: changed.get(column.id)?.nullable ?? known.get(column.id)?.nullable ?? column.nullable,
        })),
      });
      // a snapshot that runs has read the columns of before
      if (plan.refill || table.phase === 'copy') restart(table, base);
      if (table.isServed && !table.isBeside) await tables.publish(table);
      await state.saveTable(table);
    });
  }

  /** The table was emptied at the source. */
  async empty(table: TableState, at: Moment): Promise<void> {
    const { locks, upkeep, state } = this.#parts;
    await locks.during(table.id, async () => {
      await upkeep.empty(table, at);
      if (table.phase !== 'copy') return;
      // rows that were read before, and are not written yet, are gone
      locks.supersede(table.id);
      restart(table, { position: at.position, ordinal: at.ordinal + 1 });
      await state.saveTable(table);
    });
  }

  /** The snapshot is whole and the stream has passed it: from now on the table is served. `at`: microseconds since the epoch. */
  async finish(table: TableState, at: number): Promise<void> {
    const { locks, logger, state, tables, upkeep } = this.#parts;
    await locks.during(table.id, async () => {
      if (table.phase !== 'catch up') return;
      if (table.history) {
        if (table.isBeside && (await tables.exists(table.target)) && (await tables.isContinued(table)))
          await upkeep.bridgeHistory(table, at);
        else await upkeep.beginHistory(table, at);
      }
      if (table.isBeside) {
        await tables.swap(table);
        table.isBeside = false;
        // before anything else can fail: rows that come now are for the table that is served
        await state.saveTable(table);
      }
      table.isServed = true;
      table.phase = 'live';
      await tables.publish(table);
      await tables.dropBeside(table);
      await state.saveTable(table);
      logger.info(`${table.name} is replicated`, { rows: table.copiedRows, table: `app.${table.target}` });
    });
  }

  /** Keeps every version from now on, or no longer. */
  async setHistory(table: TableState, isWanted: boolean, at: number): Promise<void> {
    const { locks, state, tables, upkeep } = this.#parts;
    await locks.during(table.id, async () => {
      table.history = isWanted;
      if (isWanted) {
        await tables.create(table);
        await upkeep.beginHistory(table, at, { all: true });
        if (table.isServed && !table.isBeside) await tables.publish(table);
      } else await tables.setHistoryAside(table);
      await state.saveTable(table);
    });
  }

  /** Brings tables and state together again after a crash: a table is made after the state says so, and swapped before. */
  async ensure(table: TableState): Promise<void> {
    const { state, tables } = this.#parts;
    if (table.isBeside && (await tables.isSwapped(table))) {
      table.isBeside = false;
      await state.saveTable(table);
    }
    await tables.create(table);
  }

  /** A table of which the state does not know would be taken for one of somebody else's after a crash. */
  async #make(table: TableState): Promise<void> {
    await this.#parts.state.saveTable(table);
    await this.ensure(table);
  }
}

function shapeOf(
  wanted: WantedTable,
): Pick<TableState, 'name' | 'columns' | 'key' | 'history' | 'highest' | 'parts'> {
  return {
    name: wanted.name,
    columns: [...wanted.columns],
    key: [...wanted.key],
    history: wanted.history,
    highest: wanted.highest,
    ...(wanted.parts ? { parts: wanted.parts } : {}),
  };
}

function restart(table: TableState, { position, ordinal }: Pick<Base, 'position' | 'ordinal'>): void {
  table.phase = 'copy';
  table.base = { position: String(position), ordinal };
  table.copied = null;
  table.copiedRows = 0;
  table.watermark = null;
}

/** Whether rows of before and after can stand in one history. */
function hasSameShape(table: TableState, wanted: WantedTable): boolean {
  const shape = (columns: WantedTable['columns']): string =>
    JSON.stringify(columns.map(({ id, name, type, mask }) => [id, name, type, mask]));
  return shape(table.columns) === shape(wanted.columns) && table.key.join('\0') === wanted.key.join('\0');
}

function describe({ add, drop, rename, retype, refill }: TablePlan): string {
  const parts = [
    ...add.map(({ name }) => `column ${name} added`),
    ...drop.map(({ name }) => `column ${name} dropped`),
    ...rename.map(({ from, to }) => `column ${from} renamed to ${to}`),
    ...retype.map(({ name, source }) => `column ${name} is now ${source}`),
  ];
  return parts.join(', ') + (refill ? '; its rows are copied again' : '');
}
