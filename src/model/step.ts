import type { Change } from './change.ts';
import type { Column } from './definition.ts';
import type { KindName } from './header.ts';
import type { Range } from './intervals.ts';
import type { Stretch } from './slices.ts';

/**
 * create: there is no table yet. rebuild: the table is built anew beside the one that is there. refresh: what is new goes into the table
 * that is there. test: a view is tested against what it reads now. none: nothing is to be done.
 */
export type Action = 'create' | 'rebuild' | 'refresh' | 'test' | 'none';

/** What is to be done with one model, and why: plain data, made by `plan.ts`, carried out by `apply.ts`, told by `explain.ts`. */
export interface Step {
  readonly model: string;
  readonly kind: KindName;
  readonly action: Action;
  readonly reasons: readonly string[];
  readonly change: Change['kind'];
  /** Values that only the old table has (fixed attributes, settled columns) are not taken over. */
  readonly wipe: boolean;
  /** Columns of its query, when what it reads is as it will be. */
  readonly columns: readonly Column[] | undefined;
  /** Intervals to build, of models that are made interval by interval. */
  readonly stretches: readonly Stretch[];
  /** All intervals that the table is to have; what a rebuild that turns out to be necessary takes. */
  readonly wanted: Range | undefined;
  /** What a model by key is asked for: `{start:DateTime}` and `{end:DateTime}`. */
  readonly window: Range | undefined;
  /** Asked for by name: children that are made interval by interval follow. */
  readonly asked: boolean;
  /** Fingerprints of the sources by the beginning of the interval, as they were when the plan was made. */
  readonly arrivals: ReadonlyMap<number, string>;
  /** Versions of source tables when the plan was made. */
  readonly sources: Readonly<Record<string, string>>;
  /** When only parents made it necessary: it is left out when none of them had a change. */
  readonly because: readonly string[];
}

export interface Plan {
  /** Nominal time: what a model sees as `{now:DateTime}`; seconds since the epoch. */
  readonly now: number;
  readonly steps: readonly Step[];
  /** Tables in `mart` whose model is no longer in the workspace. */
  readonly orphans: readonly string[];
}

export function isChange({ action }: Step): boolean {
  return action !== 'none' && action !== 'test';
}

export interface PlanRequest {
  /** Nominal time, seconds since the epoch: the end of what is asked for, the same whenever it is run. */
  readonly now: number;
  /** Models by name, as `selectModels` reads them; none: all. */
  readonly words: readonly string[];
  /**
   * run: what is new. backfill: also missing intervals of `range`. restate: the models named again, within `range`, and what is made of
   * them. wipe: the models named again from nothing, and what is made of them.
   */
  readonly task: 'run' | 'backfill' | 'restate' | 'wipe';
  readonly range?: Range;
}
