/** What the tests of rewinding share: log, archive, state and store on disk, a warehouse, and a pipeline that decodes as it is told. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDecoder } from '../collect/collect.ts';
import type { Decoded } from '../contract/event.ts';
import type { AcceptedRequest, LogRecord } from '../contract/request.ts';
import type { RewindJob, RewindRange } from '../contract/rewind.ts';
import { createEnricher, openState } from '../enrich/enrich.ts';
import { openLogReader, openLogWriter } from '../log/log.ts';
import { Rewinder, type RewindPorts } from '../rewind/rewind.ts';
import { systemClock } from '../runtime/clock.ts';
import { createLogger } from '../runtime/logger.ts';
import { Metrics } from '../runtime/metrics.ts';
import { openStore } from '../store/store.ts';
import { startPipeline } from '../warehouse/load.ts';
import { stagedState } from '../warehouse/staged-state.ts';
import { connect, migrate, startEngine, tableColumns } from '../warehouse/warehouse.ts';
import { PipelineGate } from './pipeline-gate.ts';
import type { Places } from './places.ts';
import { RewindDesk } from './rewind-desk.ts';
import { rewindPorts } from './rewind-ports.ts';

export type Decode = (record: LogRecord) => Decoded | Promise<Decoded>;

/** As the program decodes today. */
export const rightly: Decode = createDecoder(async () => undefined);

export async function rewindScene() {
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
  const writer = await openLogWriter(places.log);
  const log = openLogReader(places.log);
  const store = openStore({ url: 'embedded', data: folder });
  const logger = createLogger('rewind', 'error');
  const desk = new RewindDesk({ settings: store.settings, warehouse, log, places, clock: systemClock });

  const pipelines: { stop(): Promise<void> }[] = [];
  const scene = {
    folder,
    places,
    warehouse,
    log,
    writer,
    desk,
    rows: async <Row>(query: string): Promise<Row[]> =>
      (await warehouse.query({ query, format: 'JSONEachRow' })).json<Row>(),

    /** Runs the live pipeline until it is stopped. */
    pipeline(decode: Decode) {
      const stopping = new AbortController();
      const { signal } = stopping;
      const gate = new PipelineGate(places);
      const run = async (): Promise<void> => {
        for (;;) {
          const lock = await gate.enter(signal, () => {});
          if (!lock) return;
          const state = stagedState(openState(places.state));
          await startPipeline({
            log,
            state,
            decode,
            enrich: createEnricher({ state }).enrich,
            warehouse,
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
      };
      const ended = run();
      const running = {
        async stop() {
          stopping.abort(new Error('stopped'));
          await ended;
        },
      };
      pipelines.push(running);
      return running;
    },

    /** Resolves when the live pipeline has passed everything in the log. */
    async caughtUp(): Promise<void> {
      while ((await desk.liveNext()) <= log.head()) await sleep(20);
    },

    async process(decode: Decode): Promise<void> {
      const pipeline = scene.pipeline(decode);
      await scene.caughtUp();
      await pipeline.stop();
    },

    ports(decode: Decode, over: Partial<RewindPorts> = {}): RewindPorts {
      const ports = rewindPorts({
        warehouse,
        log,
        lake: places.lake,
        clock: systemClock,
        logger,
        places,
        desk,
        decode,
        enrichOver: (state) => createEnricher({ state }).enrich,
        liveLag: async () => 0,
      });
      return { ...ports, rest: async () => {}, ...over };
    },

    async begin(range: Partial<RewindRange> = {}): Promise<RewindJob> {
      return desk.start('p1', { from: null, to: null, ...range }, 'tests');
    },

    /** A rewinder over what the job has become. */
    async rewinder(decode: Decode, over: Partial<RewindPorts> = {}, signal = new AbortController().signal) {
      const job = await desk.job('p1');
      if (!job) throw new Error('nothing was begun');
      return new Rewinder(scene.ports(decode, over), job, signal);
    },

    /** Every row of every table as a text, without what depends on how the log was cut into ranges. */
    async dump(): Promise<Record<string, string[]>> {
      const dumped: Record<string, string[]> = {};
      for (const [table, columns] of Object.entries(tableColumns)) {
        const names = Object.keys(columns).filter((name) => !/^(version)$/.test(name));
        const final = await isReplacing(table);
        const source =
          table === 'ledger'
            ? `(SELECT project, minute, protocol, hop, reason, sum(count) AS count FROM tributary.ledger GROUP BY ALL HAVING count > 0)`
            : `tributary.${table}${final ? ' FINAL' : ''}`;
        const rows = await scene.rows<object>(
          `SELECT ${names.map((name) => `\`${name}\``).join(', ')} FROM ${source} ORDER BY ALL`,
        );
        dumped[table] = rows.map((row) => JSON.stringify(row)).toSorted();
      }
      return dumped;
    },

    async [Symbol.asyncDispose]() {
      await Promise.all(pipelines.map((one) => one.stop()));
      await writer.close();
      log.close();
      await Promise.all([warehouse.close(), store.close()]);
      await engine.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const isReplacing = async (table: string): Promise<boolean> =>
    (
      await scene.rows(
        `SELECT 1 FROM system.tables WHERE database = 'tributary' AND name = '${table}' AND engine LIKE 'Replacing%'`,
      )
    ).length > 0;
  return scene;
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
