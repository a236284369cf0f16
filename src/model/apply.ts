import { randomBytes } from 'node:crypto';
import type { Clock } from '../runtime/clock.ts';
import { messageOf, TributaryError } from '../runtime/errors.ts';
import type { Model } from './definition.ts';
import type { Graph } from './graph.ts';
import type { Applying, Outcome } from './kind.ts';
import { kindOf } from './kinds.ts';
import { sweep } from './shadow.ts';
import { Slots } from './slots.ts';
import { lineOfMessage } from './sql.ts';
import { readState, time64 } from './state.ts';
import { engineMessage, isRefusal, type Statements } from './statements.ts';
import type { Plan, Step } from './step.ts';

/** How it went with one model. */
export interface StepReport {
  readonly step: Step;
  readonly state: 'done' | 'failed' | 'skipped';
  readonly rows: number;
  readonly milliseconds: number;
  /** Why it failed or was skipped. */
  readonly error: string;
}

export interface RunReport {
  readonly run: string;
  readonly steps: readonly StepReport[];
}

export interface ApplyOptions {
  readonly clock: Clock;
  readonly onStart?: (step: Step) => void;
  readonly onEnd?: (report: StepReport) => void;
}

/**
 * Carries a plan out, parents first. A model that fails keeps the table that it had; what is made of it is left as it is, and the
 * others go on. One run at a time: the caller sees to that.
 */
export async function applyPlan(
  plan: Plan,
  graph: Graph,
  statements: Statements,
  options: ApplyOptions,
): Promise<RunReport> {
  const { clock } = options;
  const { builds: state } = await readState(statements);
  const builds = new Map(Array.from(state, ([model, { id }]) => [model, id]));
  const run = randomBytes(6).toString('hex');
  const applying: Applying = { statements, graph, clock, run, now: plan.now, state, builds };
  await sweep(statements, builds);
  const progress = new Progress(applying, options);
  const slots = new Slots(atOnce);
  const ends = new Map<string, Promise<void>>();
  for (const step of plan.steps) {
    if (step.action === 'none') continue;
    const before = [...graph.ancestors(step.model)].flatMap((name) => ends.get(name) ?? []);
    // what is built as a whole may take all memory that there is, so it is built alone
    const weight = step.action === 'refresh' || step.action === 'test' ? 1 : atOnce;
    const end = Promise.all(before).then(() => slots.run(weight, () => progress.carryOut(step)));
    ends.set(step.model, end);
  }
  // when the warehouse is gone, what still runs is waited for; then it is said
  const ended = await Promise.allSettled(ends.values());
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
  return { run, steps: progress.reports(plan) };
}

/** Refreshes that run at the same time: most of their time is waiting for the disk. */
const atOnce = 4;

class Progress {
  readonly #applying: Applying;
  readonly #options: ApplyOptions;
  readonly #reports = new Map<string, StepReport>();
  readonly #changed = new Map<string, boolean>();

  constructor(applying: Applying, options: ApplyOptions) {
    this.#applying = applying;
    this.#options = options;
  }

  reports({ steps }: Plan): StepReport[] {
    return steps.map(({ model }) => this.#reports.get(model)).filter((report) => report !== undefined);
  }

  async carryOut(step: Step): Promise<void> {
    const { clock, graph } = this.#applying;
    const model = graph.get(step.model);
    if (!model) return;
    if (step.because.length > 0 && step.because.every((name) => this.#changed.get(name) === false)) {
      this.#changed.set(step.model, false);
      return;
    }
    this.#options.onStart?.(step);
    const started = clock.now();
    const report = (state: StepReport['state'], rows: number, error = ''): StepReport => ({
      step,
      state,
      rows,
      milliseconds: clock.now() - started,
      error,
    });
    const broken = [...graph.ancestors(step.model)].find(
      (name) => (this.#reports.get(name)?.state ?? 'done') !== 'done',
    );
    let done: StepReport;
    if (broken !== undefined) done = report('skipped', 0, `${broken} was not brought up to date`);
    else {
      const outcome = await attempt(model, step, this.#applying);
      done = typeof outcome === 'string' ? report('failed', 0, outcome) : report('done', outcome.rows);
      if (typeof outcome !== 'string') this.#changed.set(step.model, outcome.changed);
    }
    this.#reports.set(step.model, done);
    await record(this.#applying.statements, this.#applying, done, started);
    this.#options.onEnd?.(done);
  }
}

/** The outcome, or why it failed. Rejects when the warehouse does not answer: then nothing else can be done either. */
async function attempt(model: Model, step: Step, applying: Applying): Promise<Outcome | string> {
  try {
    return await kindOf(step.kind).apply(model, step, applying);
  } catch (error) {
    if (error instanceof TributaryError) return messageOf(error);
    if (!isRefusal(error)) throw error;
    const message = engineMessage(error);
    return `${model.file}:${lineOfMessage(model, message)}: ${message}`;
  }
}

async function record(
  statements: Statements,
  { run, builds, now }: Applying,
  { step, state, rows, milliseconds, error }: StepReport,
  started: number,
): Promise<void> {
  await statements.insert('mart_state.runs', [
    {
      run,
      model: step.model,
      build: builds.get(step.model) ?? '',
      action: step.action,
      reason: step.reasons.join('; '),
      nominal_time: now,
      started_at: time64(started),
      finished_at: time64(started + milliseconds),
      state,
      rows,
      error,
    },
  ]);
}
