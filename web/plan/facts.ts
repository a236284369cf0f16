import type { PlanCounts, PlannedEventFacts } from '../../src/contract/plan-endpoints.ts';

export function totalOf({ valid, unplanned, violating, unchecked, quarantined }: PlanCounts): number {
  return valid + unplanned + violating + unchecked + quarantined;
}

/** Events that do not fit their schema, marked or in quarantine. */
export function wrongOf({ violating, quarantined }: PlanCounts): number {
  return violating + quarantined;
}

/** What the list can be cut down to. */
export const shows = [
  { value: 'all', label: 'All', test: () => true },
  { value: 'wrong', label: 'Do not fit', test: ({ week }: PlannedEventFacts) => wrongOf(week) > 0 },
  { value: 'unplanned', label: 'Unplanned', test: isUnplanned },
  { value: 'unused', label: 'Unused', test: isUnused },
] as const;

/** It comes, and nobody has planned it. */
function isUnplanned({ kind, week }: PlannedEventFacts): boolean {
  return kind === 'unplanned' && totalOf(week) > 0;
}

/** Planned, and nobody has sent it for a week; or nobody plans nor sends it, and it fills the disk. */
export function isUnused({ week, kind }: PlannedEventFacts): boolean {
  return totalOf(week) === 0 && kind !== 'known';
}

export interface PlanSums {
  readonly events: number;
  readonly wrong: number;
  readonly unplannedNames: number;
  readonly unplannedBytes: number;
  readonly unusedNames: number;
  readonly unusedBytes: number;
}

export function sumsOf(events: readonly PlannedEventFacts[]): PlanSums {
  const sum = (of: readonly PlannedEventFacts[], value: (one: PlannedEventFacts) => number): number =>
    of.reduce((total, one) => total + value(one), 0);
  const unplanned = events.filter(isUnplanned);
  const unused = events.filter(isUnused);
  return {
    events: sum(events, ({ week }) => totalOf(week)),
    wrong: sum(events, ({ week }) => wrongOf(week)),
    unplannedNames: unplanned.length,
    unplannedBytes: sum(unplanned, ({ bytes }) => bytes),
    unusedNames: unused.length,
    unusedBytes: sum(unused, ({ bytes }) => bytes),
  };
}
