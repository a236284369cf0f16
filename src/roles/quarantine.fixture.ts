import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { createDecoder } from '../collect/collect.ts';
import { requestOfItem } from '../collect/replay/request-of-item.ts';
import { Mapper } from '../collect/webhook/mapping.ts';
import type { AcceptedRequest } from '../contract/request.ts';
import { createEnricher } from '../enrich/enrich.ts';
import { openSqliteState } from '../enrich/state/sqlite.ts';
import type { StateStore } from '../enrich/state/state.ts';
import { type LogReader, type LogWriter, openLogReader, openLogWriter } from '../log/log.ts';
import { DryRuns, keepReplaying } from '../quarantine/quarantine.ts';
import { systemClock } from '../runtime/clock.ts';
import { silentLogger } from '../runtime/logger.ts';
import { Metrics } from '../runtime/metrics.ts';
import { openStore, type Store, type StoredReplay } from '../store/store.ts';
import { dying } from '../warehouse/dying.fixture.ts';
import { type PipelineProgress, startPipeline } from '../warehouse/load.ts';
import type { TestWarehouse } from '../warehouse/pipeline-fixture.ts';
import { stagedState } from '../warehouse/staged-state.ts';
import { startReplay } from './quarantine.ts';

export const minute = 60_000;
/** When the requests of the scene came. */
export const receivedAt = Math.floor(Date.now() / minute) * minute - 10 * minute;

/** A log, a store and a state of one project, and the two processes that work on them, each of which can be killed. */
export async function scene(warehouse: TestWarehouse): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-quarantine-'));
  const log = join(folder, 'log.db');
  const store = openStore({ url: 'embedded', data: folder });
  const project = (await store.projects.create({ name: `Shop ${folder.slice(-6)}`, timezone: 'UTC' })).id;
  const state = openSqliteState(join(folder, 'state.db'));
  const reader = openLogReader(log);
  const writer = await openLogWriter(log);
  const mapper = new Mapper();
  const decode = createDecoder();
  onTestFinished(async () => {
    reader.close();
    await Promise.all([writer.close(), store.close(), state.close()]);
    rmSync(folder, { recursive: true, force: true });
  });
  const fixParts = {
    evaluate: mapper.evaluate.bind(mapper),
    requestOfItem,
    original: () => undefined,
    decode,
    warehouse: warehouse.client,
    clock: systemClock,
    logger: silentLogger,
  };
  const enrich = createEnricher({ state }).enrich;
  const one: Scene = {
    project,
    store,
    reader,
    progress: undefined,
    append: (request) => writer.append(request),
    process: (kill) =>
      processLog({ warehouse, reader, state, decode }, kill, (progress) => {
        one.progress = progress;
      }),
    replay: (killAt) => replayAll({ store, writer, fixParts }, killAt),
    start: (transform, causes, name = 'mended') =>
      startReplay(
        { store, warehouse: warehouse.client, clock: systemClock },
        { project, transform, name, causes: [...causes] },
        'Ada',
      ),
    dryRun: (transform, causes) =>
      finished(new DryRuns({ ...fixParts, enrich }), {
        project,
        transform,
        selection: { causes: [...causes] },
      }),
  };
  return one;
}

interface Pipeline {
  readonly warehouse: TestWarehouse;
  readonly reader: LogReader;
  readonly state: StateStore;
  readonly decode: ReturnType<typeof createDecoder>;
}

/** Processes what the log has, until it is done or killed. */
async function processLog(
  { warehouse, reader, state, decode }: Pipeline,
  kill: Parameters<Scene['process']>[0],
  tell: (progress: PipelineProgress) => void,
): Promise<void> {
  const done = new AbortController();
  const staged = stagedState(state);
  const until = reader.head();
  const client = kill ? dying(warehouse.client, kill.step, kill.when, () => done.abort()) : warehouse.client;
  await startPipeline({
    log: reader,
    state: staged,
    decode,
    enrich: createEnricher({ state: staged }).enrich,
    warehouse: client,
    clock: systemClock,
    logger: silentLogger,
    metrics: new Metrics(),
    signal: done.signal,
    logDays: 7,
    onProgress: (progress) => {
      tell(progress);
      if (progress.lastOffset >= until) done.abort();
    },
  });
}

interface Replayer {
  readonly store: Store;
  readonly writer: LogWriter;
  readonly fixParts: Omit<
    Parameters<typeof keepReplaying>[0],
    'signal' | 'append' | 'waiting' | 'running' | 'progress'
  >;
}

/** Carries out the replays that were started, until they are done or it is killed. */
async function replayAll(
  { store, writer, fixParts }: Replayer,
  killAt: Parameters<Scene['replay']>[0],
): Promise<void> {
  const done = new AbortController();
  const step = stepsUntil(killAt, () => done.abort());
  await keepReplaying({
    ...fixParts,
    signal: done.signal,
    append: (request) => step(() => writer.append(request), 'append'),
    waiting: async () => 0,
    running: async () => {
      const running = await store.replays.running();
      if (running.length === 0) done.abort();
      return running;
    },
    progress: async (id, progress) => {
      let goesOn = false;
      await step(async () => {
        goesOn = await store.replays.progress(id, progress);
      }, 'progress');
      return goesOn;
    },
  });
}

type Kill = { readonly before: 'append' | 'progress'; readonly step: number };

/** Does work until the process is killed before a step of its kind. */
function stepsUntil(
  killAt: Kill | undefined,
  die: () => void,
): (work: () => Promise<void>, name: Kill['before']) => Promise<void> {
  let steps = 0;
  return async (work, name) => {
    if (killAt?.before === name && ++steps === killAt.step) {
      die();
      throw new Error('killed');
    }
    await work();
  };
}

async function finished(
  runs: DryRuns,
  task: Parameters<DryRuns['start']>[0],
): Promise<ReturnType<DryRuns['get']>> {
  const { id } = await runs.start(task);
  for (;;) {
    const result = runs.get(task.project, id);
    if (result.state !== 'running') return result;
    await sleep(5);
  }
}

export interface Scene {
  readonly project: string;
  readonly store: Store;
  readonly reader: LogReader;
  progress: PipelineProgress | undefined;
  readonly append: (request: AcceptedRequest) => Promise<void>;
  process(kill?: { readonly step: number; readonly when: 'before' | 'after' }): Promise<void>;
  replay(killAt?: Kill): Promise<void>;
  start(transform: string | null, causes: readonly string[], name?: string): Promise<StoredReplay>;
  dryRun(transform: string | null, causes: readonly string[]): Promise<ReturnType<DryRuns['get']>>;
}

export const segment = (
  project: string,
  body: unknown,
  over: Partial<AcceptedRequest> = {},
): AcceptedRequest => ({
  receivedAt,
  project,
  key: '',
  protocol: 'segment',
  method: 'POST',
  path: '/v1/batch',
  query: '',
  headers: {},
  address: '',
  visitor: '',
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  ...over,
});

/** Ten requests: each with a good event, one of an unknown type without an id, and one with an id; the clock of their client is an hour late. */
export async function broken({ project, append }: Scene): Promise<void> {
  const sentAt = receivedAt - 60 * minute;
  for (let n = 0; n < 10; n++) {
    const event = (more: object): object => ({
      type: 'track',
      event: 'Paid',
      userId: `u${n}`,
      timestamp: new Date(sentAt - 1_000).toISOString(),
      properties: { n },
      ...more,
    });
    const batch = [
      event({ event: 'Seen' }),
      event({ type: 'purchase' }),
      event({ type: 'purchase', messageId: `m${n}` }),
    ];
    await append(segment(project, { batch, sentAt: new Date(sentAt).toISOString() }));
  }
}
