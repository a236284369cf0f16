import type { FunnelResult } from '../../src/contract/result.ts';

export type FunnelGroup = FunnelResult['groups'][number];

/** The group without a value is everybody together. */
export function groupName(group: FunnelGroup, name: (value: string) => string): string {
  return group.value === null ? 'Everybody' : name(group.value);
}

/** People who reached the step before but not this one. */
export function dropOff(group: FunnelGroup, step: number): number {
  const before = group.steps[step - 1];
  const here = group.steps[step];
  return before && here ? Math.max(0, before.people - here.people) : 0;
}
