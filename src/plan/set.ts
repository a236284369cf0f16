import type { PlanSchema, PlanSet } from '../contract/plan.ts';
import { sha256 } from '../runtime/ids.ts';
import type { PlannedEvent } from './plan.ts';

/** What the pipeline needs of a plan: the same for the same schemas, however they are kept. */
export function planSetOf(events: readonly PlannedEvent[]): PlanSet {
  const schemas = events.map(
    ({ name, iglu, policy, schema }): PlanSchema => ({ event: name, iglu: iglu?.key, policy, schema }),
  );
  return { hash: sha256(JSON.stringify(schemas)), schemas };
}

export interface ProjectOfPlan {
  readonly id: string;
  readonly demo: boolean;
}

/**
 * The plan of one project: the files that are for it, and of what is kept in the program the events that no file has. A file that names no project is
 * for all of them but the demo.
 */
export function planOfProject(
  files: readonly PlannedEvent[],
  kept: readonly PlannedEvent[],
  { id, demo }: ProjectOfPlan,
): readonly PlannedEvent[] {
  const own = files.filter(({ projects }) => (projects === undefined ? !demo : projects.includes(id)));
  const taken = new Set(own.map(({ name, iglu }) => iglu?.key ?? name));
  return [...own, ...kept.filter(({ name, iglu }) => !taken.has(iglu?.key ?? name))];
}
