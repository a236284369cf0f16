import type { PlanJudge, PlanReader, PlanSet } from '../contract/plan.ts';

const prefix = 'plan:';

/** Where the plan of a project is in state. */
export function planKey(project: string): string {
  return prefix + project;
}

/** The project whose plan a key of the state is of; undefined for other keys. */
export function projectOfPlan(key: string): string | undefined {
  return key.startsWith(prefix) ? key.slice(prefix.length) : undefined;
}

/** The tracking plans that are in force in one batch. */
export class Plans {
  /** Set before the batch; without one nothing is judged. */
  read: PlanReader | undefined;
  readonly #texts = new Map<string, string>();
  readonly #changed = new Map<string, string>();
  readonly #judges = new Map<string, PlanJudge>();

  take(project: string, text: string | undefined): void {
    if (text !== undefined) this.#texts.set(project, text);
  }

  change(project: string, plan: PlanSet): void {
    const text = JSON.stringify(plan);
    this.#texts.set(project, text);
    this.#changed.set(planKey(project), text);
    this.#judges.delete(project);
  }

  /** Undefined when the project has no plan. */
  judge(project: string): PlanJudge | undefined {
    const known = this.#judges.get(project);
    if (known !== undefined) return known;
    const text = this.#texts.get(project);
    if (text === undefined || this.read === undefined) return undefined;
    const judge = this.read(text);
    this.#judges.set(project, judge);
    return judge;
  }

  /** What to store with the checkpoint. */
  get changes(): ReadonlyMap<string, string> {
    return this.#changed;
  }
}
