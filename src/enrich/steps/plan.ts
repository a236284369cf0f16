import { planReason } from '../../contract/plan.ts';
import type { Memory } from '../memory.ts';
import { shownProperties } from '../shown-properties.ts';
import { cut, type Draft, limit, type Step, type Verdict } from '../step.ts';

/** What the project's tracking plan says of the event: marked on it, or its end where the schema wants that. */
export const planStep: Step = { name: 'plan', run: judge };

function judge({ event, row }: Draft, memory: Memory): Verdict | undefined {
  const verdict = memory.plans.judge(row.project)?.(event, shownProperties(event));
  if (verdict === undefined) return undefined;
  if (verdict.refusedBy !== undefined)
    return { fail: planReason + cut(verdict.refusedBy, limit.name), detail: verdict.errors };
  row.plan_status = verdict.status;
  row.plan_errors = verdict.errors;
  return undefined;
}
