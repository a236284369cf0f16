import type { Model } from './definition.ts';
import type { HeaderOf } from './header.ts';
import { ceil, floor, intervalName, intervalsOf, join, next, type Range, type Unit } from './intervals.ts';
import type { DoneInterval } from './state.ts';

/** Models whose table is made interval by interval. */
export type SlicedModel = Model<HeaderOf<'incremental by time range'> | HeaderOf<'fact'>>;

export function isSliced(model: Model): model is SlicedModel {
  return model.header.kind === 'incremental by time range' || model.header.kind === 'fact';
}

/** A stretch to build; `settled`: the final columns of rows that are there keep their values. */
export interface Stretch extends Range {
  readonly settled: boolean;
}

export interface SliceFacts {
  /** Nominal time, seconds since the epoch. */
  readonly now: number;
  /** Every interval that the table should have. */
  readonly wanted: Range;
  readonly done: ReadonlyMap<number, DoneInterval>;
  /** Fingerprints of the sources by interval, of those that are looked at again. */
  readonly arrivals: ReadonlyMap<number, string>;
  /** Intervals of which a source changed that cannot be told by interval; empty when none did. */
  readonly unsure: readonly { readonly source: string; readonly range: Range }[];
  /** Sources that are other tables than those that were read last: what was built of them is of rows that may be gone. */
  readonly rewound: readonly string[];
  /** Stretches of parents: what this plan does, or what was done since (milliseconds). */
  readonly parents: readonly { readonly model: string; readonly range: Range; readonly changedAt: number }[];
  /** Asked for by name: built whatever is known. */
  readonly forced: Range | undefined;
  /** Whether final columns stay as they are: not in a restatement and what follows from one. */
  readonly keepSettled: boolean;
}

export interface SliceWork {
  readonly stretches: readonly Stretch[];
  readonly reasons: readonly string[];
}

/** Which intervals to build, and why. */
export function decideSlices({ header }: SlicedModel, facts: SliceFacts): SliceWork {
  const unit = header.interval;
  const due = new Map<number, string>();
  const mark = (starts: Iterable<number>, reason: string): void => {
    for (const start of starts) if (!due.has(start)) due.set(start, reason);
  };
  const wanted = intervalsOf(facts.wanted, unit);
  if (facts.forced) mark(intervalsOf(facts.forced, unit), 'asked for');
  mark(
    wanted.filter((start) => !facts.done.has(start)),
    'not built yet',
  );
  for (const { model, range, changedAt } of facts.parents)
    mark(
      touched(range, unit, facts.done).filter((start) => (facts.done.get(start)?.builtAt ?? 0) < changedAt),
      `${model} changed there`,
    );
  for (const source of facts.rewound) mark(facts.done.keys(), `${source} was rewound`);
  for (const [start, fingerprint] of facts.arrivals) {
    const known = facts.done.get(start);
    if (known && known.arrivals !== fingerprint) mark([start], 'rows came after it was built');
  }
  for (const { source, range } of facts.unsure)
    mark(touched(range, unit, facts.done), `${source} changed, and the header does not say by which column`);
  mark(recomputed({ header }, facts), 'columns that are not final are due');
  const groups = Map.groupBy(due, ([, reason]) => reason);
  return {
    stretches: stretchesOf({ header }, due, facts),
    reasons: Array.from(groups, ([reason, found]) =>
      describe(
        found.map(([start]) => start),
        unit,
        reason,
      ),
    ),
  };
}

function touched(range: Range, unit: Unit, done: ReadonlyMap<number, DoneInterval>): number[] {
  // of a range without an end only what is there is looked at
  return [...done.keys()].filter((start) => start < range.to && next(start, unit) > range.from);
}

type Headed = Pick<SlicedModel, 'header'>;

/** Intervals whose columns that stay open are due: once in every interval, for as long as the header says. */
function recomputed({ header }: Headed, { done, now }: SliceFacts): number[] {
  if (header.kind !== 'fact' || !header.settle?.recompute) return [];
  const { after, for: during = after } = header.settle;
  const current = floor(now, header.interval);
  return Array.from(done.entries())
    .filter(([start, { builtAt }]) => {
      const end = next(start, header.interval);
      return (
        end + during > now && end <= now && floor(Math.floor(builtAt / 1_000), header.interval) < current
      );
    })
    .map(([start]) => start);
}

function stretchesOf({ header }: Headed, due: ReadonlyMap<number, string>, facts: SliceFacts): Stretch[] {
  const unit = header.interval;
  const settled = new Set(
    [...due]
      .filter(
        ([start]) => facts.keepSettled && facts.done.has(start) && isSettled({ header }, start, facts.now),
      )
      .map(([start]) => start),
  );
  const open = [...due.keys()].filter((start) => !settled.has(start));
  return [
    ...join(open, unit).map((range) => ({ ...range, settled: false })),
    ...join(settled, unit).map((range) => ({ ...range, settled: true })),
  ].toSorted((a, b) => a.from - b.from);
}

function isSettled({ header }: Headed, start: number, now: number): boolean {
  if (header.kind !== 'fact' || !header.settle) return false;
  return next(start, header.interval) + header.settle.after <= now;
}

/** How far back late rows are looked for. */
export function lookbackOf({ header }: Headed): number {
  if (header.kind === 'fact' && header.settle) return header.settle.after;
  return header.lookback;
}

/** The end of the last interval that is to be there. */
export function wantedEnd({ header }: Headed, now: number): number {
  const until = now - header.delay;
  return header.partial ? ceil(until, header.interval) : floor(until, header.interval);
}

function describe(starts: readonly number[], unit: Unit, reason: string): string {
  const sorted = starts.toSorted((a, b) => a - b);
  const [first = 0] = sorted;
  const last = sorted.at(-1) ?? first;
  if (sorted.length === 1) return `${intervalName(first, unit)}: ${reason}`;
  return `${sorted.length} ${unit}s of ${intervalName(first, unit)} … ${intervalName(last, unit)}: ${reason}`;
}
