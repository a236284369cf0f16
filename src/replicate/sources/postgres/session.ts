import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { messageOf, TributaryError } from '../../../runtime/errors.ts';
import { copyTables } from '../../copier.ts';
import { type Base, TableKeeper } from '../../keeper.ts';
import type { SourceContext } from '../../source.ts';
import type { SourceFile } from '../../source-file.ts';
import { ReplicationState } from '../../state.ts';
import { TableLocks } from '../../table-locks.ts';
import { Sink } from '../../target/sink.ts';
import { TargetTables } from '../../target/tables.ts';
import { TableUpkeep } from '../../target/upkeep.ts';
import { Applier } from './applier.ts';
import { type CatalogTable, isChosen, obstacle, qualified, readTables } from './catalog.ts';
import { connectPostgres, placeOf } from './connect.ts';
import { Follower } from './follower.ts';
import { LogStream } from './log-stream.ts';
import { lossOf } from './loss.ts';
import { Monitor } from './monitor.ts';
import { originOf, publicationName, slotName } from './names.ts';
import { ensurePublication, type Publication, readPublication } from './publication.ts';
import { RelationKeeper } from './relation-keeper.ts';
import { createSlot, dropSlot, identifySystem, readSlot, type System } from './slot.ts';
import { snapshotReader } from './snapshot.ts';
import { readTypes } from './types.ts';
import { wantedTable } from './wanted.ts';
import { watchCatalog } from './watch-catalog.ts';

/** One life of the replication of a database: until something fails. */
export async function followPostgres(file: SourceFile, context: SourceContext): Promise<never> {
  const clients: pg.Client[] = [];
  const connect = async (kind: 'statements' | 'stream'): Promise<pg.Client> => {
    const client = await connectPostgres({ url: file.url, kind, name: `tributary ${file.name}` });
    clients.push(client);
    return client;
  };
  const stop = new AbortController();
  try {
    const signal = AbortSignal.any([context.signal, stop.signal]);
    const [sql, copy, log] = [
      await connect('statements'),
      await connect('statements'),
      await connect('stream'),
    ];
    return await new Session(file, { ...context, signal }, { sql, copy, log }).run();
  } finally {
    stop.abort(new Error('the session has ended'));
    await Promise.all(clients.map((client) => ending(client)));
  }
}

/** A server that does not answer must not keep us. */
async function ending(client: pg.Client): Promise<void> {
  await Promise.race([client.end().catch(() => {}), sleep(1_000)]);
}

interface Connections {
  readonly sql: pg.Client;
  readonly copy: pg.Client;
  readonly log: pg.Client;
}

class Session {
  readonly #file: SourceFile;
  readonly #context: SourceContext;
  readonly #clients: Connections;
  readonly #locks = new TableLocks();
  readonly #lost: Record<string, number> = {};

  constructor(file: SourceFile, context: SourceContext, clients: Connections) {
    this.#file = file;
    this.#context = context;
    this.#clients = clients;
  }

  async run(): Promise<never> {
    const { warehouse, logger, pauses, signal, report } = this.#context;
    const { sql, copy, log } = this.#clients;
    report({ state: 'connecting', message: '' });
    const state = await ReplicationState.load(warehouse, this.#file.name);
    const tables = new TargetTables(warehouse);
    const upkeep = new TableUpkeep(warehouse);
    const keeper = new TableKeeper({ state, tables, upkeep, locks: this.#locks, logger });
    const began = await this.#prepare(state, keeper);

    const newSink = (): Sink => this.#sink(state, tables);
    const sink = newSink();
    const stream = new LogStream(log);
    const relations = new RelationKeeper({
      file: this.#file,
      client: sql,
      types: await readTypes(sql),
      state,
      keeper,
      sink,
      follower: () => follower,
      applier: () => applier,
    });
    const applier: Applier = new Applier(sink, relations.hooks());
    const follower: Follower = new Follower({
      stream,
      sink,
      applier: () => applier,
      from: state.position ?? began,
      complete: () => relations.complete(applier.takeDeferred()),
      save: (position) => state.savePosition(position),
    });
    const pause = (milliseconds: number): Promise<void> => sleep(milliseconds, undefined, { signal });
    const monitor = new Monitor({
      client: sql,
      slot: slotName(this.#file),
      follower,
      applier,
      state,
      lost: this.#lost,
      ...this.#context,
    });
    const reader = snapshotReader({
      client: copy,
      file: this.#file,
      types: () => relations.types,
      began,
      pause: () => pause(200),
    });
    return await Promise.race([
      follower.run(slotName(this.#file), publicationName(this.#file)),
      copyTables({
        reader,
        state,
        locks: this.#locks,
        newSink,
        logger,
        signal,
        pause: () => pause(pauses.copies),
      }),
      monitor.run(),
      watchCatalog({
        file: this.#file,
        client: sql,
        context: this.#context,
        state,
        keeper,
        relations,
        follower,
      }),
      aborted(signal),
    ]);
  }

  #sink(state: ReplicationState, tables: TargetTables): Sink {
    const { warehouse, maskKey, signal, logger } = this.#context;
    return new Sink({
      warehouse,
      tables,
      maskKey,
      signal,
      onWiden: async (table) => {
        if (table.isServed && !table.isBeside) await tables.publish(table);
        await state.saveTable(table);
      },
      onLost: (column, count) => {
        this.#lost[column] = (this.#lost[column] ?? 0) + count;
      },
      onFailure: (error, pause) =>
        logger.warn('the warehouse did not take rows; they are sent again', {
          error: messageOf(error),
          pause,
        }),
    });
  }

  /** Publication, slot and tables as the file wants them; returns where the slot's changes began. */
  async #prepare(state: ReplicationState, keeper: TableKeeper): Promise<bigint> {
    const { sql, log } = this.#clients;
    const wanted = await this.#wantedTables();
    const name = slotName(this.#file);
    const system = await identifySystem(log);
    const [slot, known] = [
      await readSlot(sql, name),
      await readPublication(sql, publicationName(this.#file)),
    ];
    const database = sql.database ?? '';
    const loss =
      state.facts &&
      lossOf(state.facts, state.position, { system, database, slotName: name, slot, publication: known });
    if (loss)
      this.#context.logger.error(
        `${loss}; all tables are copied again, what is served stays until that is done`,
      );
    const publication = await this.#publication(wanted, known);
    if (!state.facts || loss) await this.#beginLog(state, system, publication, slot !== undefined);
    const began = BigInt(state.facts?.began ?? 0);
    await this.#prepareTables(state, keeper, wanted, loss);
    return began;
  }

  /** Makes a slot: what is written from now on is kept for us until we have it. */
  async #beginLog(
    state: ReplicationState,
    system: System,
    publication: Publication,
    hasSlot: boolean,
  ): Promise<void> {
    const { sql, log } = this.#clients;
    const name = slotName(this.#file);
    if (hasSlot) await dropSlot(sql, name);
    this.#context.report({ message: 'waiting for the transactions that are open at the source' });
    const began = await createSlot(log, name);
    this.#context.report({ message: '' });
    // versions come from positions: in a log that begins earlier those of before would win
    if (state.position !== undefined && began < state.position)
      for (const table of state.tables.values())
        await new TargetTables(this.#context.warehouse).setHistoryAside(table);
    await state.saveOrigin(
      {
        system: system.id,
        timeline: system.timeline,
        database: sql.database ?? '',
        slot: name,
        publication: publication.id,
        began: String(began),
      },
      began,
    );
  }

  async #prepareTables(
    state: ReplicationState,
    keeper: TableKeeper,
    wanted: readonly CatalogTable[],
    loss: string | undefined,
  ): Promise<void> {
    const { facts, position = 0n } = state;
    const types = await readTypes(this.#clients.sql);
    const origin = originOf(facts);
    const began = BigInt(facts?.began ?? 0);
    // the slot waited for everything that was open when it was made; a table that is published later is waited for
    const first: Base = { position: began, ordinal: 0, origin };
    const later: Base = { position, ordinal: 1, origin };
    for (const table of wanted) {
      const known = state.tables.get(table.id);
      const shape = wantedTable(this.#file, table, types);
      if (!known) await keeper.begin(shape, position === began ? first : later);
      else if (known.origin === origin) await keeper.ensure(known);
      else
        await keeper.rebuild(known, shape, first, { why: loss ?? 'its log is another one', forget: false });
    }
    for (const table of state.tables.values())
      if (!wanted.some(({ id }) => id === table.id)) {
        this.#context.logger.warn(`${table.name} is not replicated any more; its rows stay as they are`);
        await state.forgetTable(table.id);
      }
  }

  async #publication(wanted: readonly CatalogTable[], known: Publication | undefined): Promise<Publication> {
    if (this.#file.publication === undefined)
      return await ensurePublication(this.#clients.sql, publicationName(this.#file), wanted);
    if (known) return known;
    throw new TributaryError(
      'source-invalid',
      `sources/${this.#file.name}: there is no publication ${this.#file.publication} in ${placeOf(this.#file.url)}`,
    );
  }

  /** Tables that are asked for and can be replicated; the others are reported. */
  async #wantedTables(): Promise<CatalogTable[]> {
    const all = (await readTables(this.#clients.sql)).filter((table) => isChosen(this.#file, table));
    const skipped = all.flatMap((table) => {
      const reason = obstacle(table);
      return reason ? [{ table: qualified(table), ...reason }] : [];
    });
    this.#context.report({ skipped });
    return all.filter((table) => !obstacle(table));
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    else signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
