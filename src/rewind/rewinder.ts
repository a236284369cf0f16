import type { Decoded } from '../contract/event.ts';
import type { EnrichBatch } from '../contract/pipeline.ts';
import type { LogRecord } from '../contract/request.ts';
import type { RewindDifference, RewindJob, RewindPlan } from '../contract/rewind.ts';
import type { LogReader } from '../log/log.ts';
import type { Clock } from '../runtime/clock.ts';
import { sha256 } from '../runtime/ids.ts';
import type { Logger } from '../runtime/logger.ts';
import type { ClickHouseClient, PipelineState } from '../warehouse/warehouse.ts';
import { compare } from './compare.ts';
import { Shadow } from './shadow.ts';
import { swapTables } from './swap.ts';
import { createShadow, dropShadow } from './tables.ts';

/** What a rewind needs of the program around it. */
export interface RewindPorts {
  readonly warehouse: ClickHouseClient;
  readonly log: LogReader;
  readonly lake: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How records are decoded from now on. */
  readonly decoder: () => Promise<(record: LogRecord) => Decoded | Promise<Decoded>>;
  readonly enrichOver: (state: PipelineState) => EnrichBatch;
  /** The state of a shadow, empty when it is new. */
  readonly openState: (project: string) => PipelineState;
  readonly removeState: (project: string) => void;
  /** What holds for the project as a whole today (settings, plan), as it is in the live state. */
  readonly stateOfToday: (project: string) => Promise<ReadonlyMap<string, string>>;
  /** Puts what the shadow remembers of the project in place of what the live state does; the pipeline is paused. */
  readonly takeOverState: (project: string) => Promise<void>;
  /** The next offset of the live pipeline. */
  readonly liveNext: () => Promise<number>;
  /** Resolves when the pipeline stands still between two ranges; the answer lets it go on. */
  readonly pausePipeline: (signal: AbortSignal) => Promise<() => Promise<void>>;
  readonly save: (job: RewindJob) => Promise<void>;
  readonly saveDifference: (project: string, difference: RewindDifference | null) => Promise<void>;
  /** See `restOf`. */
  readonly rest: (elapsed: number) => Promise<void>;
  readonly onSwapStep?: ((step: string) => void) | undefined;
}

/** The database of a project's shadow: ids of projects are not always names of databases. */
export function shadowDatabase(project: string): string {
  return `tributary_rewind_${sha256(project).slice(0, 12)}`;
}

export function newJob(
  { mode, from, to, warmFrom, first, end, coolTo }: RewindPlan,
  about: Pick<RewindJob, 'id' | 'project' | 'by' | 'startedAt'>,
): RewindJob {
  return {
    ...about,
    mode,
    from,
    to,
    warmFrom,
    first,
    end,
    coolTo,
    state: 'waiting',
    next: warmFrom,
    records: 0,
    events: 0,
    progress: 0,
    eta: null,
    endedAt: null,
    problem: null,
  };
}

const saveEveryMs = 1_000;

/** Carries out one rewind; every step can be killed and called again. */
export class Rewinder {
  readonly #ports: RewindPorts;
  readonly #state: PipelineState;
  readonly #database: string;
  readonly #signal: AbortSignal;
  #job: RewindJob;
  #shadow: Shadow | undefined;
  #savedAt = 0;
  #isClosed = false;

  constructor(ports: RewindPorts, job: RewindJob, signal: AbortSignal) {
    this.#ports = ports;
    this.#job = job;
    this.#signal = signal;
    this.#database = shadowDatabase(job.project);
    this.#state = ports.openState(job.project);
  }

  get job(): RewindJob {
    return this.#job;
  }

  /** Fills the shadow's tables and says what they change. */
  async run(): Promise<void> {
    const { warehouse, saveDifference, clock } = this.#ports;
    const { project } = this.#job;
    await this.#prepare();
    await this.#save({ state: 'running', problem: null });
    await this.#catchUp(await this.#endNow());
    await this.#save({ state: 'comparing', progress: 1, eta: null });
    const difference = await compare({
      warehouse,
      database: this.#database,
      scope: this.#job,
      now: clock.now(),
      signal: this.#signal,
    });
    await saveDifference(project, difference);
    await this.#save({ state: 'ready' });
  }

  /** Puts the shadow's rows in place. Meanwhile the pipeline stands still and the log grows. */
  async swap(): Promise<void> {
    const { warehouse, pausePipeline, takeOverState, onSwapStep } = this.#ports;
    const { id, mode, project } = this.#job;
    await this.#save({ state: 'swapping', problem: null });
    // most of what has come since is done while the pipeline still runs
    await this.#catchUp(await this.#endNow());
    const goOn = await pausePipeline(this.#signal);
    try {
      await this.#catchUp(await this.#endNow());
      const { coolTo, from, to } = this.#job;
      await swapTables({
        warehouse,
        id,
        database: this.#database,
        mode,
        scope: this.#job,
        coolTo,
        from,
        to,
        onStep: onSwapStep,
      });
      if (mode === 'whole') await takeOverState(project);
      onSwapStep?.('state taken over');
    } finally {
      await goOn();
    }
    await this.#save({ state: 'swapped', endedAt: this.#ports.clock.now() });
    await this.#tidy();
  }

  async discard(): Promise<void> {
    await this.#tidy();
    await this.#ports.saveDifference(this.#job.project, null);
    await this.#save({ state: 'discarded', endedAt: this.#ports.clock.now(), eta: null });
  }

  fail(problem: string): Promise<void> {
    return this.#save({ state: 'failed', problem, eta: null });
  }

  /** Says what is in the way; it goes on afterwards. */
  stumble(problem: string): Promise<void> {
    return this.#save({ problem });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#state.close();
  }

  /** Removes the shadow. */
  async #tidy(): Promise<void> {
    await this.close();
    await dropShadow(this.#ports.warehouse, this.#database);
    this.#ports.removeState(this.#job.project);
  }

  /** Begins with nothing, unless it has begun before. */
  async #prepare(): Promise<void> {
    const { warehouse, stateOfToday } = this.#ports;
    const { project, warmFrom, id } = this.#job;
    const [begun] = await this.#state.fetch([beginKey]);
    if (begun === id) return;
    await dropShadow(warehouse, this.#database);
    await createShadow(warehouse, this.#database);
    const today = await stateOfToday(project);
    await this.#state.commit(warmFrom, new Map([...today, [beginKey, id]]));
  }

  /** Everything up to now, where the range has no end. */
  async #endNow(): Promise<RewindJob> {
    if (this.#job.mode === 'part') return this.#job;
    const live = await this.#ports.liveNext();
    const end = Math.max(this.#job.end, live);
    this.#job = { ...this.#job, end, coolTo: end };
    return this.#job;
  }

  async #catchUp(job: RewindJob): Promise<void> {
    const { warehouse, log, lake, logger, decoder, enrichOver, rest } = this.#ports;
    const started = this.#ports.clock.now();
    const startedAt = (await this.#state.checkpoint()).next;
    this.#shadow ??= new Shadow(
      {
        id: job.id,
        project: job.project,
        database: this.#database,
        warehouse,
        log,
        lake,
        state: this.#state,
        decode: await decoder(),
        enrich: enrichOver(this.#state),
        logger,
        signal: this.#signal,
        rest: async (elapsed) => {
          await this.#tell(started, startedAt);
          if (job.state === 'running') await rest(elapsed);
        },
        onBatch: ({ next, records, events }) => {
          this.#job = {
            ...this.#job,
            next,
            records: this.#job.records + records,
            events: this.#job.events + events,
          };
        },
      },
      job,
    );
    await this.#shadow.run(job);
  }

  /** Says how far it is, about once a second. */
  async #tell(started: number, startedAt: number): Promise<void> {
    const now = this.#ports.clock.now();
    if (now - this.#savedAt < saveEveryMs) return;
    const { next, warmFrom, coolTo } = this.#job;
    const done = next - startedAt;
    const left = Math.max(0, coolTo - next);
    const eta = done > 0 ? Math.round((((now - started) / done) * left) / 1_000) : null;
    await this.#save({ progress: (next - warmFrom) / Math.max(1, coolTo - warmFrom), eta });
  }

  async #save(changes: Partial<RewindJob>): Promise<void> {
    this.#job = { ...this.#job, ...changes };
    this.#savedAt = this.#ports.clock.now();
    await this.#ports.save(this.#job);
  }
}

/** Under this key the shadow's state says whose it is. */
const beginKey = 'rewind:id';
