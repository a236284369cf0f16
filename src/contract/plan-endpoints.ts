import { z } from 'zod';
import { planPolicySchema } from './plan.ts';

const project = z.string().min(1).max(64);
const event = z.string().min(1).max(300);
const timezone = z.string().min(1).max(64).default('UTC');

/** Where a schema is kept: a file of the workspace, or in the program, accepted in the interface. Files win. */
const origin = z.enum(['file', 'interface']);

/** Events of some time by what the plan says of them; `unchecked`: there was no plan when they were processed. */
export const planCounts = z.object({
  valid: z.number(),
  unplanned: z.number(),
  violating: z.number(),
  unchecked: z.number(),
  quarantined: z.number(),
});
export type PlanCounts = z.infer<typeof planCounts>;

export const plannedEvent = z.object({
  event: z.string(),
  /** `track`, `page`, …; '' when there never was one. */
  type: z.string(),
  /** `known`: nobody has to plan it, like page views and what libraries send by themselves. */
  kind: z.enum(['planned', 'unplanned', 'known']),
  origin: origin.nullable(),
  /** Below `schemas/`; '' when it is kept in the program. */
  file: z.string(),
  /** `vendor/name/version` of a self-describing schema, the newest; '' for others. */
  iglu: z.string(),
  description: z.string(),
  owner: z.string(),
  policy: planPolicySchema.nullable(),
  /** The last seven days. */
  week: planCounts,
  /** Events of each of the last seven days, in the project's time zone, today last. */
  days: z.array(z.number()),
  lastSeen: z.number().nullable(),
  /** Of all events of the project, ever. */
  events: z.number(),
  /** Bytes on disk, about: the share of the event's rows, weighed by a sample of their size. */
  bytes: z.number(),
});
export type PlannedEventFacts = z.infer<typeof plannedEvent>;

/** What came of one event, planned or not. */
export type EventVolume = Pick<
  PlannedEventFacts,
  'event' | 'type' | 'week' | 'days' | 'lastSeen' | 'events' | 'bytes'
>;

export const planResult = z.object({
  /** Files that cannot be used. */
  problems: z.array(z.object({ file: z.string(), message: z.string() })),
  /** Schemas of the project. */
  schemas: z.number(),
  /** The most frequent first, those that never came last. */
  events: z.array(plannedEvent),
  bytes: z.number(),
});
export type PlanResult = z.infer<typeof planResult>;

export const plannedProperty = z.object({
  /** `cart.total`, `items[].price`. */
  path: z.string(),
  type: z.string(),
  required: z.boolean(),
  description: z.string(),
  /** Allowed values, or examples. */
  values: z.array(z.string()),
  isEnum: z.boolean(),
  /** What kind of personal data it is; '' for none. */
  pii: z.string(),
});
export type PlannedProperty = z.infer<typeof plannedProperty>;

export const planEventResult = z.object({
  event: z.string(),
  origin: origin.nullable(),
  file: z.string(),
  /** The JSON text of the schema; '' without one. */
  schema: z.string(),
  properties: z.array(plannedProperty),
  /** Thirty days, today last. */
  days: z.array(planCounts.extend({ day: z.string() })),
  /** What is wrong with events, of those thirty days, the most frequent first. */
  causes: z.array(
    z.object({
      cause: z.string(),
      count: z.number(),
      first: z.number(),
      last: z.number(),
      library: z.string(),
      keyId: z.string(),
      /** Whether these went to quarantine. */
      quarantined: z.boolean(),
    }),
  ),
});
export type PlanEventResult = z.infer<typeof planEventResult>;

export const driftResult = z.object({
  /** Days that were looked at. */
  days: z.number(),
  changes: z.array(
    z.object({
      event: z.string(),
      property: z.string(),
      from: z.string(),
      to: z.string(),
      /** The first event with the new type. */
      at: z.number(),
      /** The last one with the old type. */
      lastBefore: z.number(),
      before: z.number(),
      after: z.number(),
      /** Who sent most of the new type. */
      library: z.string(),
      keyId: z.string(),
    }),
  ),
});
export type DriftResult = z.infer<typeof driftResult>;

/** The rows of the endpoint table about the tracking plan. */
export const planEndpoints = {
  plan: {
    method: 'GET',
    path: '/api/projects/:project/plan',
    access: 'viewer',
    scope: 'project',
    summary: 'The tracking plan beside what came: volume, violations, owners, disk',
    input: z.object({ project, timezone }),
    output: planResult,
  },
  planEvent: {
    method: 'GET',
    path: '/api/projects/:project/plan/event',
    access: 'viewer',
    scope: 'project',
    summary: 'One event: its schema, and what is wrong with what came',
    input: z.object({ project, event, timezone }),
    output: planEventResult,
  },
  planDrift: {
    method: 'GET',
    path: '/api/projects/:project/plan/drift',
    access: 'viewer',
    scope: 'project',
    summary: 'Properties that changed their type in the last 30 days',
    input: z.object({ project }),
    output: driftResult,
  },
  inferSchema: {
    method: 'POST',
    path: '/api/projects/:project/plan/infer',
    access: 'editor',
    scope: 'project',
    summary: 'A schema that the newest events fit, to look at before it is accepted',
    input: z.object({ project, event, days: z.number().int().min(1).max(90).default(14) }),
    output: z.object({ schema: z.string(), properties: z.array(plannedProperty), events: z.number() }),
  },
  savePlanSchema: {
    method: 'POST',
    path: '/api/projects/:project/plan/schemas',
    access: 'editor',
    scope: 'project',
    summary: 'Accept a schema (JSON text); it replaces the one of the same event that is kept in the program',
    input: z.object({ project, schema: z.string().min(2).max(262_144) }),
    output: z.object({ event: z.string() }),
  },
  removePlanSchema: {
    method: 'DELETE',
    path: '/api/projects/:project/plan/schemas',
    access: 'editor',
    scope: 'project',
    summary: 'Take a schema out of the plan that is kept in the program',
    input: z.object({ project, event }),
    output: z.object({ ok: z.literal(true) }),
  },
} as const;
