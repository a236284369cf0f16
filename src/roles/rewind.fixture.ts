/** What the tests of rewinding share: log, archive, state and store on disk, a warehouse, and a pipeline that decodes as it is told. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Archiver } from '../archive/archive.ts';
import { createDecoder } from '../collect/collect.ts';
import type { Decoded } from '../contract/event.ts';
import type { AcceptedRequest, LogRecord } from '../contract/request.ts';
import type { RewindJob, RewindRange } from '../contract/rewind.ts';
import { createEnricher, openState } from '../enrich/enrich.ts';
import { type LogReader, type LogWriter, openLogReader, openLogWriter } from '../log/log.ts';
import { Rewinder, type RewindPorts } from '../rewind/rewind.ts';
import { systemClock } from '../runtime/clock.ts';
import { createLogger } from '../runtime/logger.ts';
import { Metrics } from '../runtime/metrics.ts';
import { openStore, type Store } from '../store/store.ts';
import { startPipeline } from '../warehouse/load.ts';
import { stagedState } from '../warehouse/staged-state.ts';
import {
  type ClickHouseClient,
  connect,
  migrate,
  type RunningEngine,
  startEngine,
  tableColumns,
} from '../warehouse/warehouse.ts';
import { PipelineGate } from './pipeline-gate.ts';
import type { Places } from './places.ts';
import { RewindDesk } from './rewind-desk.ts';
import { rewindPorts } from './rewind-ports.ts';

export type Decode = (record: LogRecord) => Decoded | Promise<Decoded>;

/** As the program decodes today. */
export const rightly: Decode = createDecoder(async () => undefined);

const logger = createLogger('rewind', 'error');

export class RewindScene {
  readonly places: Places;
  readonly warehouse: ClickHouseClient;
  readonly log: LogReader;
  readonly writer: LogWriter;
  readonly desk: RewindDesk;
  readonly #folder: string;
  readonly #engine: RunningEngine;
  readonly store: Store;
  readonly #pipelines: { stop(): Promise<void> }[] = [];

  constructor(
    folder: string,
    places: Places,
    engine: RunningEngine,
    warehouse: ClickHouseClient,
    writer: LogWriter,
  ) {
    this.#folder = folder;
    this.#engine = engine;
    this.places = places;
    this.warehouse = warehouse;
    this.writer = writer;
    this.log = openLogReader(places.log);
    this.store = openStore({ url: 'embedded', data: folder });
    const { store } = this;
    this.desk = new RewindDesk({ store, warehouse, log: this.log, places, clock: systemClock });
  }

  async rows<Row>(query: string): Promise<Row[]> {
    return (await this.warehouse.query({ query, format: 'JSONEachRow' })).json<Row>();
  }

  /** Runs the live pipeline until it is stopped. */
  pipeline(decode: Decode): { stop(): Promise<void> } {
    const stopping = new AbortController();
    const ended = this.#keepLoading(decode, stopping.signal);
    const running = {
      async stop() {
        stopping.abort(new Error('stopped'));
        await ended;
      },
    };
    this.#pipelines.push(running);
    return running;
  }

  async #keepLoading(decode: Decode, signal: AbortSignal): Promise<void> {
    const gate = new PipelineGate(this.places);
    for (;;) {
      const lock = await gate.enter(signal, () => {});
      if (!lock) return;
      const state = stagedState(openState(this.places.state));
      await startPipeline({
        log: this.log,
        state,
        decode,
        enrich: createEnricher({ state }).enrich,
        warehouse: this.warehouse,
        clock: systemClock,
        logger,
        metrics: new Metrics(),
        signal,
        logDays: 7,
        isPaused: () => gate.isPauseWanted(),
        onProgress: () => {},
      });
      await state.close();
      lock[Symbol.dispose]();
    }
  }

  /** Resolves when the live pipeline has passed everything in the log. */
  async caughtUp(): Promise<void> {
    while ((await this.desk.liveNext()) <= this.log.head()) await sleep(20);
  }

  async process(decode: Decode): Promise<void> {
    const pipeline = this.pipeline(decode);
    await this.caughtUp();
    await pipeline.stop();
  }

  /** Archives everything that is in the log. */
  async archive(): Promise<void> {
    const { log, places } = this;
    const { signal } = new AbortController();
    const options = { log, lake: places.lake, days: 36_500, clock: systemClock, logger, signal };
    await new Archiver({ ...options, delay: 0 }).turn();
  }

  begin(range: Partial<RewindRange> = {}): Promise<RewindJob> {
    return this.desk.start('p1', { from: null, to: null, ...range }, 'tests');
  }

  /** A rewinder over what the job has become. */
  async rewinder(
    decode: Decode,
    over: Partial<RewindPorts> = {},
    signal = new AbortController().signal,
  ): Promise<Rewinder> {
    const job = await this.desk.job('p1');
    if (!job) throw new Error('nothing was begun');
    const { places, warehouse, log, desk } = this;
    const ports = rewindPorts({
      warehouse,
      log,
      lake: places.lake,
      clock: systemClock,
      logger,
      places,
      desk,
      decoder: async () => decode,
      enrichOver: (state) => createEnricher({ state }).enrich,
      liveLag: async () => 0,
    });
    return new Rewinder({ ...ports, rest: async () => {}, ...over }, job, signal);
  }

  /**
   * Every row of every table as a text, without what depends on how the log was cut into ranges: when somebody was last told of, and whether a
   * visitor was before they had a name.
   */
  async dump(): Promise<Record<string, string[]>> {
    const dumped: Record<string, string[]> = {};
    for (const [table, columns] of Object.entries(tableColumns)) {
      const names = Object.keys(columns).filter((name) => !/^(version|last_seen)$/.test(name));
      const rows = await this.rows<object>(
        `SELECT ${names.map((name) => `\`${name}\``).join(', ')} FROM ${await this.#source(table)} ORDER BY ALL`,
      );
      dumped[table] = rows.map((row) => JSON.stringify(row)).toSorted();
    }
    return dumped;
  }

  async #source(table: string): Promise<string> {
    if (table === 'ledger')
      return `(SELECT project, minute, protocol, hop, reason, sum(count) AS count FROM tributary.ledger GROUP BY ALL HAVING count > 0)`;
    const replacing = await this.rows(
      `SELECT 1 FROM system.tables WHERE database = 'tributary' AND name = '${table}' AND engine LIKE 'Replacing%'`,
    );
    const final = replacing.length > 0 ? ' FINAL' : '';
    return `tributary.${table}${final}${table === 'persons' ? ` WHERE user_id != ''` : ''}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#pipelines.map((one) => one.stop()));
    await this.writer.close();
    this.log.close();
    await Promise.all([this.warehouse.close(), this.store.close()]);
    await this.#engine.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export async function rewindScene(): Promise<RewindScene> {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-rewind-'));
  const at = (name: string): string => join(folder, name);
  const places = {
    log: at('log'),
    state: at('state.db'),
    lake: at('lake'),
    rewind: at('rewind'),
    pipelineLock: at('pipeline.lock.db'),
    pipelinePause: at('pipeline.pause'),
  } as Places;
  mkdirSync(places.lake);
  const engine = await startEngine({
    dataPath: at('warehouse'),
    users: [{ name: 'tributary', password: 'test', access: 'full' }],
  });
  const warehouse = connect({ url: engine.url, user: 'tributary', password: 'test' });
  await migrate(warehouse);
  return new RewindScene(folder, places, engine, warehouse, await openLogWriter(places.log));
}

/** A request of Segment's batch call, received then. */
export function requestOf(receivedAt: number, events: readonly object[], project = 'p1'): AcceptedRequest {
  return {
    receivedAt,
    project,
    key: 'k1',
    visitor: '',
    protocol: 'segment',
    method: 'POST',
    path: '/v1/batch',
    query: '',
    headers: { 'content-type': 'application/json' },
    address: '192.0.2.0',
    body: Buffer.from(JSON.stringify({ batch: events, sentAt: new Date(receivedAt).toISOString() })),
  };
}
