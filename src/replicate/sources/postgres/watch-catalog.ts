import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { TableKeeper } from '../../keeper.ts';
import { planTable } from '../../reconcile.ts';
import type { SourceContext } from '../../source.ts';
import type { SourceFile } from '../../source-file.ts';
import type { ReplicationState } from '../../state.ts';
import type { Position, TableState } from '../../table.ts';
import { type CatalogTable, isChosen, obstacle, qualified, readTables, targetName } from './catalog.ts';
import type { Follower } from './follower.ts';
import { publicationName } from './names.ts';
import { ensurePublication } from './publication.ts';
import type { RelationKeeper } from './relation-keeper.ts';
import { endOfLog } from './slot.ts';
import { readTypes } from './types.ts';
import { wantedTable } from './wanted.ts';

export interface WatchOptions {
  readonly file: SourceFile;
  readonly client: pg.Client;
  readonly context: SourceContext;
  readonly state: ReplicationState;
  readonly keeper: TableKeeper;
  readonly relations: RelationKeeper;
  readonly follower: Follower;
}

/**
 * Sees what the log does not tell: new and dropped tables, changes of a table that nobody wrote to since, partitions that came or
 * went with their rows, tables whose copy the stream has passed, and what somebody asked for.
 */
export async function watchCatalog(options: WatchOptions): Promise<never> {
  const { pauses, signal } = options.context;
  const drifts = new Drifts(options);
  const rounds = Math.ceil(pauses.catalog / pauses.phases);
  for (let round = 0; ; round++) {
    finishTables(options);
    if (round % rounds === 0) await look(options, drifts);
    await sleep(pauses.phases, undefined, { signal });
  }
}

/** What differs from the source, and where the log ended when that was seen first. */
class Drifts {
  readonly #options: WatchOptions;
  readonly #seen = new Map<string, { readonly what: string; readonly end: Position }>();

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Whether the same was seen before, and the stream has passed the end of the log of then: it will not tell of it any more. */
  async isSettled(id: string, what: string): Promise<boolean> {
    const seen = this.#seen.get(id);
    if (seen?.what !== what) {
      this.#seen.set(id, { what, end: await endOfLog(this.#options.client) });
      return false;
    }
    if (this.#options.follower.position < seen.end) return false;
    this.#seen.delete(id);
    return true;
  }

  forget(id: string): void {
    this.#seen.delete(id);
  }
}

/** Tables whose copy is done are whole when the stream has passed the end of the log of then. */
function finishTables({ state, follower, keeper, relations, context }: WatchOptions): void {
  const done = [...state.tables.values()].filter(
    ({ phase, watermark }) => phase === 'catch up' && follower.position >= BigInt(watermark ?? 0),
  );
  if (done.length === 0) return;
  follower.atBoundary(async () => {
    for (const table of done) {
      await keeper.finish(table, context.clock.now() * 1_000);
      relations.reroute(table);
    }
  });
}

async function look(options: WatchOptions, drifts: Drifts): Promise<void> {
  const { file, client, state, context, keeper, follower, relations } = options;
  const all = (await readTables(client)).filter((table) => isChosen(file, table));
  context.report({
    skipped: all.flatMap((table) => {
      const reason = obstacle(table);
      return reason ? [{ table: qualified(table), ...reason }] : [];
    }),
  });
  const fit = all.filter((table) => !obstacle(table));
  if (fit.some(({ columns }) => columns.some(({ type }) => !relations.types.has(type))))
    relations.types = await readTypes(client);
  const fresh = fit.filter(({ id }) => !state.tables.has(id));
  if (fresh.length > 0) {
    if (file.publication === undefined) await ensurePublication(client, publicationName(file), fit);
    follower.atBoundary(async () => {
      for (const table of fresh) if (!state.tables.has(table.id)) await begin(options, table);
    });
  }
  for (const table of state.tables.values()) {
    const current = fit.find(({ id }) => id === table.id);
    if (!current) await forget(options, table, drifts);
    else await compare(options, table, current, drifts);
  }
  for (const name of await context.takeRequests())
    follower.atBoundary(async () => {
      for (const table of state.tables.values()) {
        const current = fit.find(({ id }) => id === table.id);
        if (!current || (name !== '*' && name !== table.name && name !== table.target)) continue;
        const wanted = wantedTable(file, current, relations.types);
        await keeper.rebuild(table, wanted, relations.baseNow(), {
          why: 'somebody asked for it',
          forget: false,
        });
        relations.reroute(table);
      }
    });
}

async function begin(
  { file, keeper, relations, state, context }: WatchOptions,
  table: CatalogTable,
): Promise<void> {
  const target = targetName(file, table);
  const rival = [...state.tables.values()].find((other) => other.target === target);
  if (rival) {
    // dropped and made again: the new one takes its place
    context.logger.warn(
      `${rival.name} was replaced at the source; the new table is copied, the old rows stay until that is done`,
    );
    await state.forgetTable(rival.id);
  }
  await keeper.begin(wantedTable(file, table, relations.types), relations.baseNow());
}

/** A table that is gone, when the stream has passed the point at which it was. */
async function forget(
  { state, follower, context }: WatchOptions,
  table: TableState,
  drifts: Drifts,
): Promise<void> {
  if (!(await drifts.isSettled(table.id, 'gone'))) return;
  follower.atBoundary(async () => {
    context.logger.warn(`${table.name} is not at the source any more; its rows stay as they are`);
    await state.forgetTable(table.id);
  });
}

async function compare(
  options: WatchOptions,
  table: TableState,
  current: CatalogTable,
  drifts: Drifts,
): Promise<void> {
  const { file, follower, keeper, relations, context } = options;
  const wanted = wantedTable(file, current, relations.types);
  if (wanted.history !== table.history)
    follower.atBoundary(async () => {
      await keeper.setHistory(table, wanted.history, context.clock.now() * 1_000);
      relations.reroute(table);
    });
  const plan = planTable(table, wanted);
  const parts = partChange(table, wanted.parts);
  if (!plan && !parts && table.holes === undefined) {
    drifts.forget(table.id);
    return;
  }
  if (!(await drifts.isSettled(table.id, JSON.stringify([plan, wanted.parts, table.holes])))) return;
  follower.atBoundary(async () => {
    await relations.reconcile(table, relations.baseNow());
    if (table.holes !== undefined) await mend(options, table, wanted.highest);
    if (!parts) return;
    table.parts = wanted.parts ?? [];
    if (parts === 'lost')
      await keeper.rebuild(table, wanted, relations.baseNow(), {
        why: 'a partition of it is gone',
        forget: false,
      });
    else await keeper.refill(table, relations.baseNow());
    relations.reroute(table);
  });
}

/** The log has gone past the time of the older columns: every row is read once more. */
async function mend(
  { context, keeper, relations }: WatchOptions,
  table: TableState,
  highest: number,
): Promise<void> {
  context.logger.info(`${table.name} changed while its log was behind; its rows are copied again`);
  Object.assign(table, { mended: table.holes, holes: undefined, highest });
  await keeper.refill(table, relations.baseNow());
  relations.reroute(table);
}

/** Partitions that came may have come with rows, of which the log says nothing; so do those that went. */
function partChange(table: TableState, parts: readonly string[] | undefined): 'lost' | 'gained' | undefined {
  const [before, now] = [new Set(table.parts), new Set(parts)];
  if ([...before].some((part) => !now.has(part))) return 'lost';
  return now.size > before.size ? 'gained' : undefined;
}
