import { randomBytes } from 'node:crypto';
import type { Clock } from '../runtime/clock.ts';
import { messageOf, TributaryError } from '../runtime/errors.ts';
import type { Model } from './definition.ts';
import type { Graph } from './graph.ts';
import type { Applying, Outcome } from './kind.ts';
import { kindOf } from './kinds.ts';
import { sweep } from './shadow.ts';
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
  const reports = new Map<string, StepReport>();
  const changed = new Map<string, boolean>();
  for (const step of plan.steps) {
    const model = graph.get(step.model);
    if (!model || step.action === 'none') continue;
    options.onStart?.(step);
    const started = clock.now();
    const report = (state: StepReport['state'], rows: number, error = ''): StepReport => ({
      step,
      state,
      rows,
      milliseconds: clock.now() - started,
      error,
    });
    const broken = graph.before(step.model).find((name) => (reports.get(name)?.state ?? 'done') !== 'done');
    let done: StepReport;
    if (broken !== undefined) done = report('skipped', 0, `${broken} was not brought up to date`);
    else if (step.because.length > 0 && step.because.every((name) => changed.get(name) === false)) {
      changed.set(step.model, false);
      continue;
    } else {
      const outcome = await attempt(model, step, applying);
      done = typeof outcome === 'string' ? report('failed', 0, outcome) : report('done', outcome.rows);
      if (typeof outcome !== 'string') changed.set(step.model, outcome.changed);
    }
    reports.set(step.model, done);
    await record(statements, applying, done, started);
    options.onEnd?.(done);
  }
  return { run, steps: [...reports.values()] };
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
