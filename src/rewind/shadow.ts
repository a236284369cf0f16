import { readRecords } from '../archive/archive.ts';
import type { Decoded } from '../contract/event.ts';
import type { EnrichBatch } from '../contract/pipeline.ts';
import type { LogRecord } from '../contract/request.ts';
import type { LogReader } from '../log/log.ts';
import type { Logger } from '../runtime/logger.ts';
import { retryForever } from '../runtime/retry.ts';
import {
  type Batch,
  type ClickHouseClient,
  confirmReplayed,
  hashId,
  Inserter,
  type PipelineState,
  type PrepareOptions,
  prepareBatch,
  RecentIds,
  type Refusal,
  type Refused,
  type Table,
  withRefusedLines,
} from '../warehouse/warehouse.ts';
import { rememberOutside, shadowConfirm } from './dedupe.ts';
import { type Scope, tableNames } from './tables.ts';

/** Offsets of a rewind: records of [warmFrom, coolTo) are read, rows are made of those in [first, end). */
export interface Offsets {
  readonly warmFrom: number;
  readonly first: number;
  readonly end: number;
  readonly coolTo: number;
}

export interface ShadowOptions {
  readonly id: string;
  readonly project: string;
  readonly database: string;
  readonly warehouse: ClickHouseClient;
  readonly log: Pick<LogReader, 'read' | 'head'>;
  readonly lake: string;
  /** What the shadow remembers of visitors, and how far it is: its own, empty at the start. */
  readonly state: PipelineState;
  readonly decode: (record: LogRecord) => Decoded | Promise<Decoded>;
  /** Over `state`. */
  readonly enrich: EnrichBatch;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Gives others their turn after a batch that took so long, milliseconds. */
  readonly rest: (elapsed: number) => Promise<void>;
  readonly onBatch: (done: {
    readonly next: number;
    readonly records: number;
    readonly events: number;
  }) => void;
}

const targetEvents = 10_000;
const maxRecords = 10_000;
const maxBytes = 16 * 2 ** 20;

/**
 * The pipeline over again, into the shadow's tables: as the live one, it writes down which range it is about to do, inserts under tokens
 * made of the range, and commits state and checkpoint together, so that it can be killed at any moment.
 */
export class Shadow {
  readonly #options: ShadowOptions;
  readonly #recent = new RecentIds();
  readonly #inserter: Inserter;
  readonly #prepare: PrepareOptions;
  #offsets: Offsets;
  #eventsPerRecord = 20;
  #isOpen = false;

  constructor(options: ShadowOptions, offsets: Offsets) {
    const { warehouse, database, signal, logger, decode, enrich } = options;
    this.#options = options;
    this.#offsets = offsets;
    this.#inserter = new Inserter({
      warehouse,
      database,
      signal,
      onFailure: (error, pause) => logger.warn('insert failed', { error, retryInMs: pause }),
    });
    const confirm = shadowConfirm(warehouse, database, () => this.#scope());
    this.#prepare = {
      decode,
      enrich,
      recent: this.#recent,
      confirm: (suspects, before, table) => this.#retry(() => confirm(suspects, before, table)),
      confirmReplayed: (places, before) =>
        this.#retry(() => confirmReplayed(warehouse, places, before, database)),
    };
  }

  /** Processes what is left of the offsets; they may have grown since the last call. */
  async run(offsets: Offsets = this.#offsets): Promise<void> {
    this.#offsets = offsets;
    const { state, signal } = this.#options;
    const { next, intentTo } = await state.checkpoint();
    if (!this.#isOpen)
      await this.#retry(() =>
        rememberOutside(this.#options.warehouse, this.#options.database, this.#recent, this.#scope(), next),
      );
    this.#isOpen = true;
    let at = next;
    if (intentTo !== undefined && intentTo > next) {
      await this.#load(await this.#exactly(next, intentTo), next, intentTo);
      at = intentTo;
    }
    for await (const { records, to } of this.#batches(at)) {
      signal.throwIfAborted();
      const started = performance.now();
      await state.intend(to);
      await this.#load(records, at, to);
      at = to;
      await this.#options.rest(performance.now() - started);
    }
    if (at < offsets.coolTo) await state.commit(offsets.coolTo, new Map());
  }

  #scope(): Scope {
    const { first, end } = this.#offsets;
    return { project: this.#options.project, first, end };
  }

  #read(fromOffset: number, toOffset: number): AsyncGenerator<LogRecord> {
    const { log, lake, project } = this.#options;
    return readRecords({ log, lake, project, fromOffset, toOffset });
  }

  async #exactly(from: number, to: number): Promise<LogRecord[]> {
    const records: LogRecord[] = [];
    for await (const record of this.#read(from, to)) records.push(record);
    return records;
  }

  /**
   * Portions of the records, with the offset behind each. None reaches over an end of the range, and what was replayed does not share one with
   * what failed first: whether a replay repeats it, the tables must tell.
   */
  async *#batches(from: number): AsyncGenerator<{ records: LogRecord[]; to: number }> {
    const { first, end, coolTo } = this.#offsets;
    let records: LogRecord[] = [];
    let bytes = 0;
    for await (const record of this.#read(from, coolTo)) {
      const last = records.at(-1);
      const border = [first, end].find((at) => last && last.offset < at && record.offset >= at);
      const limit = Math.min(maxRecords, Math.max(50, targetEvents / this.#eventsPerRecord));
      const other = last && (last.replay === undefined) !== (record.replay === undefined);
      if (last && (border !== undefined || other || records.length >= limit || bytes > maxBytes)) {
        yield { records, to: border ?? last.offset + 1 };
        records = [];
        bytes = 0;
      }
      records.push(record);
      bytes += record.body.length;
    }
    const last = records.at(-1);
    if (last) yield { records, to: last.offset + 1 };
  }

  async #load(records: readonly LogRecord[], from: number, to: number): Promise<void> {
    const batch = await this.#prepared(records, from, to);
    const [first] = records;
    const isInside =
      first !== undefined && first.offset >= this.#offsets.first && first.offset < this.#offsets.end;
    const refusal = isInside ? await this.#insert('events', batch, batch.rows.events) : undefined;
    if (!refusal) return this.#finish(batch, isInside);
    if (records.length > 1) return this.#halves(records, from, to);
    return this.#oneByOne(batch);
  }

  /** The warehouse refuses an event, and nothing of the range is there yet: as in the live pipeline, the range is halved. */
  async #halves(records: readonly LogRecord[], from: number, to: number): Promise<void> {
    const half = records.slice(0, records.length >>> 1);
    const middle = (half.at(-1)?.offset ?? from) + 1;
    await this.#options.state.intend(middle);
    await this.#load(half, from, middle);
    await this.#options.state.intend(to);
    await this.#load(records.slice(half.length), middle, to);
  }

  /** Events of the refused record, each under its own token; those that are refused go to quarantine. */
  async #oneByOne(batch: Batch): Promise<void> {
    const refused = new Map<string, Refusal>();
    for (const [index, event] of batch.rows.events.entries()) {
      const refusal = await this.#insert('events', batch, [event], `:${index}`);
      if (refusal) refused.set(event.event_id, refusal);
    }
    await this.#finish(await this.#prepared(batch.records, batch.from, batch.to, refused), true);
  }

  #prepared(records: readonly LogRecord[], from: number, to: number, refused?: Refused): Promise<Batch> {
    return this.#retry(() => prepareBatch(this.#prepare, { from, to, records }, undefined, refused));
  }

  #insert<T extends Table>(
    table: T,
    batch: Batch,
    rows: Batch['rows'][T],
    piece = '',
  ): Promise<Refusal | undefined> {
    return this.#inserter.insert(table, rows, this.#token(table, batch, piece));
  }

  #token(table: Table, { from, to }: Batch, piece = ''): string {
    return `${this.#options.id}:${from}-${to}:${table}${piece}`;
  }

  /** Everything but the events. Around the range only visits are told, since they may reach into it. */
  async #finish(prepared: Batch, isInside: boolean): Promise<void> {
    const { state, project, onBatch } = this.#options;
    let batch = prepared;
    if (isInside) {
      const lines = await this.#inserter.insertPieces(
        'logs',
        prepared.rows.logs,
        this.#token('logs', prepared),
      );
      batch = withRefusedLines(prepared, lines);
    }
    const others = isInside ? tableNames : visits;
    for (const table of others)
      if (table !== 'events' && table !== 'logs') await this.#insertRows(table, batch);
    await this.#retry(() => state.commit(batch.to, batch.changes));
    // those that no client gave too: a replay of what failed once has the id of its first arrival
    for (const { event_id, log_offset } of batch.rows.events)
      this.#recent.add(...hashId(project, event_id), log_offset);
    for (const { hash, offset } of batch.ids.values()) this.#recent.add(hash[0], hash[1], offset);
    const events = batch.rows.events.length + batch.rows.logs.length;
    if (batch.records.length > 0)
      this.#eventsPerRecord = Math.max(0.1, (this.#eventsPerRecord + events / batch.records.length) / 2);
    onBatch({ next: batch.to, records: batch.records.length, events });
  }

  async #insertRows<T extends Table>(table: T, batch: Batch): Promise<void> {
    const refused = await this.#inserter.insertPieces(table, batch.rows[table], this.#token(table, batch));
    for (const { refusal } of refused)
      this.#options.logger.error('the warehouse refused a row of a rewind', {
        table,
        reason: refusal.reason,
      });
  }

  #retry<T>(task: () => Promise<T>): Promise<T> {
    const { signal, logger } = this.#options;
    return retryForever(task, {
      signal,
      onFailure: (error, _, pause) => logger.warn('the rewind waits', { error, retryInMs: pause }),
    });
  }
}

/** Tables whose rows tell of visits. */
const visits = tableNames.filter((table) => table.startsWith('session'));
