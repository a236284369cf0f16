import { z } from 'zod';
import type { DecodedEvent, JsonObject } from './event.ts';

/**
 * What becomes of an event that does not fit its schema. `pass`: it is not looked at; `mark`: it is kept and says what is wrong with it;
 * `quarantine`: it goes to quarantine and counts nowhere.
 */
export const planPolicies = ['pass', 'mark', 'quarantine'] as const;
export type PlanPolicy = (typeof planPolicies)[number];

/** One schema of the tracking plan, as the pipeline needs it. */
export interface PlanSchema {
  /** Name of the event; of an Iglu schema its `self.name`. */
  readonly event: string;
  /** `vendor/name/version` of a self-describing schema. */
  readonly iglu?: string | undefined;
  readonly policy: PlanPolicy;
  /** JSON Schema of the properties. */
  readonly schema: JsonObject;
}

/** The plan of one project as a whole: what is in force from one place in the log to the next. */
export interface PlanSet {
  /** Of the schemas: equal plans have equal hashes. */
  readonly hash: string;
  readonly schemas: readonly PlanSchema[];
}

/** `''`: the project has no plan, or had none when the event was processed. */
export const planStatuses = ['', 'valid', 'unplanned', 'violating'] as const;
export type PlanStatus = (typeof planStatuses)[number];

/** What the plan says of one event. */
export interface PlanVerdict {
  readonly status: PlanStatus;
  /** One violation a line, `property: what is wrong`, without any value of the event; '' when nothing is. */
  readonly errors: string;
  /** Name of the schema that wants the event in quarantine; undefined when it may stay. */
  readonly refusedBy?: string | undefined;
}

/** Judges an event by its properties, as they are stored. */
export type PlanJudge = (event: DecodedEvent, properties: JsonObject) => PlanVerdict;

/** Reason of the failures in quarantine, with the name of the schema behind it. */
export const planReason = 'does not fit the plan: ';

/** The JSON text of a plan as a judge; cheap for a text that was seen before. */
export type PlanReader = (text: string) => PlanJudge;

export const planPolicySchema = z.enum(planPolicies);
