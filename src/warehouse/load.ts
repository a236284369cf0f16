import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import type { Decoded } from '../contract/event.ts';
import type { EnrichBatch } from '../contract/pipeline.ts';
import { appendedAt, type LogRecord } from '../contract/request.ts';
import type { LogReader } from '../log/log.ts';
import type { Clock } from '../runtime/clock.ts';
import { messageOf, TributaryError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { retryForever } from '../runtime/retry.ts';
import { type Batch, type PrepareOptions, prepareBatch, type Refused, withRefusedLines } from './batch.ts';
import { confirmStored, type DedupeOptions, RecentIds, rememberStored } from './dedupe.ts';
import { DictionaryReload } from './dictionary-reload.ts';
import type { InFlight } from './duplicates.ts';
import { Inserter, type Refusal } from './insert.ts';
import { type PipelineProgress, Progress } from './progress.ts';
import { confirmReplayed } from './replays.ts';
import type { StagedState } from './staged-state.ts';
import { Trimmer } from './trim.ts';

export interface PipelineOptions {
  readonly log: LogReader;
  /** The same staged state that the enricher reads. */
  readonly state: StagedState;
  readonly decode: (record: LogRecord) => Decoded | Promise<Decoded>;
  readonly enrich: EnrichBatch;
  readonly warehouse: ClickHouseClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
  /** Days that processed records stay in the log. */
  readonly logDays: number;
  /** Records from this offset on stay in the log, however old: somebody else has still to read them. */
  readonly keepFrom?: () => number;
  /** While it says yes, no range is begun, and the pipeline resolves as soon as none is under way. */
  readonly isPaused?: () => boolean;
  readonly dedupe?: DedupeOptions;
  /** About once per second, and after each batch. */
  readonly onProgress: (progress: PipelineProgress) => void;
}

export type { PipelineProgress } from './progress.ts';

/**
 * Events per range under load: enough to make an insert cheap, few enough to stay in memory and in time. A quarter of it costs a third more
 * CPU per event here, since a visitor's state is written once per range; larger young generations of the heap gained nothing.
 */
const targetEvents = 20_000;
const maxRecords = 20_000;
const maxBytes = 32 * 2 ** 20;
/** How often an idle pipeline looks at the log, and the least time between two ranges that are small. */
const pollMs = 25;
const paceMs = 200;
/** A range of fewer events can wait for more to arrive. */
const smallEvents = 2_000;
const smallRecords = 200;

/** What the second one sends to the first must be there before. */
const repairDictionaries = ['session_range', 'session_repair'];

const logIdKey = 'load:log';
/** Offset of a record of which the warehouse refuses an event: its events are inserted one by one. */
const refusedKey = 'load:refused';

/**
 * Carries records from the log to the warehouse, each event exactly once, until the signal is aborted or it is paused; then resolves. Failures
 * that can pass are retried for as long as they last. Rejects only when log and checkpoint do not belong together.
 */
export async function startPipeline(options: PipelineOptions): Promise<void> {
  const pipeline = new Pipeline(options);
  const ticking = setInterval(() => pipeline.tick(), 1_000);
  try {
    await pipeline.run();
  } catch (error) {
    if (!options.signal.aborted) throw error;
  } finally {
    clearInterval(ticking);
  }
}

class Pipeline {
  readonly #options: PipelineOptions;
  readonly #progress: Progress;
  readonly #inserter: Inserter;
  readonly #recent: RecentIds;
  readonly #prepare: PrepareOptions;
  readonly #identities: DictionaryReload;
  readonly #sessionRepairs: DictionaryReload;
  #logId = '';
  #next = 1;
  /** The refused record, see refusedKey. */
  #refused = 0;
  /** Before anything is known: a first range that is too small costs little, one that is too large costs memory. */
  #eventsPerRecord = 20;
  readonly #trimmer: Trimmer;

  constructor(options: PipelineOptions) {
    const { warehouse, signal, clock, logger } = options;
    this.#options = options;
    this.#progress = new Progress(clock);
    this.#recent = new RecentIds(options.dedupe);
    this.#identities = new DictionaryReload(warehouse, clock, logger, ['identity']);
    this.#sessionRepairs = new DictionaryReload(warehouse, clock, logger, repairDictionaries);
    this.#trimmer = new Trimmer(options);
    this.#inserter = new Inserter({
      warehouse,
      signal,
      onFailure: (error, pause) => this.#failed('insert', error, pause),
    });
    this.#prepare = {
      decode: (record) => options.decode(record),
      enrich: options.enrich,
      recent: this.#recent,
      confirm: (suspects, before, table) =>
        this.#retry('confirm', () => confirmStored(warehouse, suspects, before, table)),
      confirmReplayed: (places, before) =>
        this.#retry('confirm', () => confirmReplayed(warehouse, places, before)),
    };
  }

  async run(): Promise<void> {
    let batch = await this.#recover();
    for (;;) {
      if (await this.#canPause()) return;
      batch ??= await this.#wait();
      if (batch) batch = await this.#load(batch);
    }
  }

  tick(): void {
    this.#progress.head(this.#options.log.head(), this.#next);
    this.#options.onProgress(this.#progress.snapshot());
    this.#identities.tick();
    this.#sessionRepairs.tick();
  }

  /** Reads the checkpoint, and the range that was being processed when the process ended. */
  async #recover(): Promise<Batch | undefined> {
    const { state, log, warehouse, logger } = this.#options;
    const { next, intentTo } = await this.#retry('state', () => state.checkpoint());
    this.#next = next;
    if (log.head() < next - 1) {
      throw new TributaryError(
        'internal',
        `The log ends at record ${log.head()}, but ${next - 1} are processed: log and state are not of one time. ` +
          'Restore both from one backup, or move the state away to process the log again.',
      );
    }
    const [logId, refused] = await this.#retry('state', () => state.fetch([logIdKey, refusedKey]));
    this.#refused = Number(refused ?? 0);
    this.#logId = logId ?? randomBytes(6).toString('hex');
    // Nothing can be under way before there is an id, so that clearing the intent is safe.
    if (logId === undefined)
      await this.#retry('state', () => state.commit(next, new Map([[logIdKey, this.#logId]])));
    const ids = await this.#retry('remember', () => rememberStored(warehouse, this.#recent, next));
    this.#identities.changed();
    this.#sessionRepairs.changed();
    logger.info('pipeline starts', { next, head: log.head(), ids });
    return intentTo === undefined || intentTo <= next || logId === undefined
      ? undefined
      : this.#prepareRange(this.#readExactly(next, intentTo), next, intentTo);
  }

  /** A range that is under way is ended first: its rows may be in the warehouse already. */
  async #canPause(): Promise<boolean> {
    const { isPaused, state } = this.#options;
    if (!isPaused?.()) return false;
    const { intentTo } = await this.#retry('state', () => state.checkpoint());
    return intentTo === undefined;
  }

  /** The next range as soon as there is one; undefined when the pipeline is paused meanwhile. */
  async #wait(): Promise<Batch | undefined> {
    const { log, signal, isPaused } = this.#options;
    for (;;) {
      signal.throwIfAborted();
      if (isPaused?.()) return undefined;
      if (log.head() >= this.#next) {
        const batch = await this.#ahead(this.#next);
        if (batch) return batch;
      }
      this.#identities.tick();
      this.#sessionRepairs.tick();
      await sleep(pollMs, undefined, { signal });
    }
  }

  async #ahead(from: number, inFlight?: InFlight): Promise<Batch | undefined> {
    const records = this.#read(from);
    const last = records.at(-1);
    return last && this.#prepareRange(records, from, last.offset + 1, inFlight);
  }

  #read(from: number): LogRecord[] {
    if (from === this.#refused) return this.#options.log.read(from, 1, maxBytes);
    const records = Math.min(maxRecords, Math.max(50, Math.ceil(targetEvents / this.#eventsPerRecord)));
    return this.#options.log.read(from, records, maxBytes);
  }

  #readExactly(from: number, to: number): LogRecord[] {
    const records: LogRecord[] = [];
    for (let at = from; at < to; ) {
      const some = this.#options.log.read(at, to - at, maxBytes).filter((record) => record.offset < to);
      const last = some.at(-1);
      if (!last) break;
      for (const record of some) records.push(record);
      at = last.offset + 1;
    }
    return records;
  }

  #prepareRange(
    records: LogRecord[],
    from: number,
    to: number,
    inFlight?: InFlight,
    refused?: Refused,
  ): Promise<Batch> {
    return this.#retry('enrich', () => prepareBatch(this.#prepare, { from, to, records }, inFlight, refused));
  }

  /** Inserts and commits a range, and meanwhile prepares the one after it when there is much to do. */
  async #load(batch: Batch): Promise<Batch | undefined> {
    const { state, log } = this.#options;
    const started = performance.now();
    const [first] = batch.records;
    if (first && first.offset === this.#refused && batch.records.length === 1)
      return this.#loadOneByOne(batch);
    await this.#retry('state', () => state.intend(batch.to));
    state.stage(batch.changes);
    const isBusy = log.head() - batch.to >= (0.25 * targetEvents) / this.#eventsPerRecord;
    const following = isBusy ? this.#ahead(batch.to, batch.ids) : undefined;
    // Its failure is met below; without this a failure during the insert would end the process.
    following?.catch(() => undefined);
    const refusal = await this.#inserter.insert('events', batch.rows.events, this.#token(batch, 'events'));
    if (refusal) {
      await following;
      state.unstage();
      return this.#narrow(batch, refusal);
    }
    await this.#finish(batch);
    const prepared = await following;
    if (!prepared && rowsOf(batch) < smallEvents) {
      const rest = paceMs - (performance.now() - started);
      if (rest > 0) await sleep(rest, undefined, { signal: this.#options.signal });
    }
    return prepared;
  }

  #token(batch: Batch, table: string, piece = ''): string {
    return `${this.#logId}:${batch.from}-${batch.to}:${table}${piece}`;
  }

  /** Everything but the events themselves. Log lines come first, since quarantine and ledger tell which of them were refused. */
  async #finish(prepared: Batch, changes = prepared.changes): Promise<void> {
    const { state, logger } = this.#options;
    const inserter = this.#inserter;
    const batch = withRefusedLines(
      prepared,
      await inserter.insertPieces('logs', prepared.rows.logs, this.#token(prepared, 'logs')),
    );
    const { rows } = batch;
    const pieces = await Promise.all([
      inserter.insertPieces('sessions', rows.sessions, this.#token(batch, 'sessions')),
      inserter.insertPieces('session_repairs', rows.session_repairs, this.#token(batch, 'session_repairs')),
      inserter.insertPieces('identities', rows.identities, this.#token(batch, 'identities')),
      inserter.insertPieces(
        'identity_history',
        rows.identity_history,
        this.#token(batch, 'identity_history'),
      ),
      inserter.insertPieces('profile_history', rows.profile_history, this.#token(batch, 'profile_history')),
      inserter.insertPieces('persons', rows.persons, this.#token(batch, 'persons')),
      inserter.insertPieces('accounts', rows.accounts, this.#token(batch, 'accounts')),
      this.#insertSurely('quarantine', batch),
      this.#insertSurely('quarantine_outcomes', batch),
      this.#insertSurely('ledger', batch),
    ]);
    for (const { row, refusal } of pieces.flat()) {
      this.#failed('row', new Error(`${refusal.reason}: ${refusal.detail}`), 0);
      logger.error('the warehouse refused a row', {
        from: batch.from,
        reason: refusal.reason,
        row: JSON.stringify(row, bigintAsText),
      });
    }
    await this.#retry('state', () => state.commit(batch.to, changes));
    state.unstage();
    this.#next = batch.to;
    if (rows.identities.length > 0) this.#identities.changed();
    if (rows.session_repairs.length > 0) this.#sessionRepairs.changed();
    for (const { hash, offset } of batch.ids.values()) this.#recent.add(hash[0], hash[1], offset);
    this.#account(batch);
    await this.#trimmer.trim(this.#next);
  }

  /** Tables of texts and counts, which the warehouse has no reason to refuse: if it does, somebody must look. */
  async #insertSurely<T extends 'quarantine' | 'quarantine_outcomes' | 'ledger'>(
    table: T,
    batch: Batch,
  ): Promise<never[]> {
    const token = this.#token(batch, table);
    await this.#retry('insert', async () => {
      const refusal = await this.#inserter.insert(table, batch.rows[table], token);
      if (refusal) throw new Error(`the warehouse refuses a row of ${table}: ${refusal.detail}`);
    });
    return [];
  }

  /**
   * The warehouse refuses an event of this range, and nothing of the range is in the warehouse yet: the range is halved until the record is
   * found. Each step is stored before anything is inserted under it, so that a crash finds the same way.
   */
  async #narrow(batch: Batch, refusal: Refusal): Promise<Batch | undefined> {
    const { state, logger } = this.#options;
    const [first] = batch.records;
    logger.warn('the warehouse refused events', {
      from: batch.from,
      to: batch.to,
      reason: refusal.reason,
      detail: refusal.detail,
    });
    if (!first) return undefined;
    if (batch.records.length > 1) {
      const records = batch.records.slice(0, batch.records.length >>> 1);
      const to = (records.at(-1)?.offset ?? first.offset) + 1;
      await this.#retry('state', () => state.intend(to));
      return this.#prepareRange(records, batch.from, to);
    }
    await this.#retry('state', () => state.commit(batch.from, new Map([[refusedKey, String(first.offset)]])));
    this.#refused = first.offset;
    return batch;
  }

  /** Events of the refused record, each under its own token; those that are refused go to quarantine and the rest is enriched without them. */
  async #loadOneByOne(batch: Batch): Promise<Batch | undefined> {
    const { state } = this.#options;
    await this.#retry('state', () => state.intend(batch.to));
    const refused = new Map<string, Refusal>();
    for (const [index, event] of batch.rows.events.entries()) {
      const refusal = await this.#inserter.insert(
        'events',
        [event],
        this.#token(batch, 'events', `:${index}`),
      );
      if (refusal) refused.set(event.event_id, refusal);
    }
    const rest = await this.#prepareRange([...batch.records], batch.from, batch.to, undefined, refused);
    await this.#finish(rest, new Map([...rest.changes, [refusedKey, undefined]]));
    this.#refused = 0;
    return undefined;
  }

  #account(batch: Batch): void {
    const { metrics, log, onProgress } = this.#options;
    const events = rowsOf(batch);
    if (batch.records.length > 0) {
      // A range of many records is a mean already; few records only nudge it.
      const share = Math.min(1, batch.records.length / smallRecords);
      const measured = events / batch.records.length;
      this.#eventsPerRecord = Math.max(0.1, (1 - share) * this.#eventsPerRecord + share * measured);
    }
    const newest = batch.records.at(-1);
    this.#progress.batch(batch.records.length, events, batch.to - 1, newest && appendedAt(newest));
    this.#progress.head(log.head(), this.#next);
    metrics.count('pipeline_records', 'Records of the log that were processed', {}, batch.records.length);
    for (const { hop, count } of batch.rows.ledger)
      metrics.count('pipeline_events', 'Events by what became of them', { hop }, count);
    metrics.gauge(
      'pipeline_lag_records',
      'Records of the log that wait',
      this.#progress.snapshot().lagRecords,
    );
    onProgress(this.#progress.snapshot());
  }

  #retry<T>(what: string, task: () => Promise<T>): Promise<T> {
    return retryForever(task, {
      signal: this.#options.signal,
      onFailure: (error, _, pause) => this.#failed(what, error, pause),
    });
  }

  #failed(what: string, error: unknown, pause: number): void {
    if (this.#options.signal.aborted) return;
    this.#progress.failed(messageOf(error));
    this.#options.metrics.count('pipeline_failures', 'Attempts of the pipeline that failed', { step: what });
    this.#options.logger.warn(`${what} failed`, { error, retryInMs: pause, from: this.#next });
  }
}

function rowsOf({ rows }: Batch): number {
  return rows.events.length + rows.logs.length;
}

const bigintAsText = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;
