import type { EnrichBatch } from '../contract/pipeline.ts';
import type { PlanReader } from '../contract/plan.ts';
import { type AllowedEvents, runBatch } from './batch.ts';
import { botStep } from './bot/bot.ts';
import { type Geo, openGeo } from './geo/geo.ts';
import { cachedState } from './state/cached.ts';
import { openSqliteState } from './state/sqlite.ts';
import type { StateStore } from './state/state.ts';
import type { Step } from './step.ts';
import { campaignStep } from './steps/campaign.ts';
import { clockStep } from './steps/clock.ts';
import { geoStep } from './steps/geo.ts';
import { identityStep } from './steps/identity.ts';
import { localeStep } from './steps/locale.ts';
import { pageStep } from './steps/page.ts';
import { planStep } from './steps/plan.ts';
import { profileStep } from './steps/profile.ts';
import { propertiesStep } from './steps/properties.ts';
import { revenueStep } from './steps/revenue.ts';
import { sessionStep } from './steps/session.ts';
import { sourceStep } from './steps/source.ts';
import { userAgentStep } from './steps/user-agent.ts';
import { visitorStep } from './steps/visitor.ts';

export type { Checkpoint, StateStore } from './state/state.ts';
// biome-ignore lint/performance/noBarrelFile: the face of this folder; nothing outside imports past it
export { stateOfProject, takeOverState } from './state/take-over.ts';

/**
 * THE list: what happens to an event between the log and the warehouse, in this order. The first step dates the events; the others
 * see the events of a batch in order of time.
 */
export function enrichmentSteps(geo: Geo): readonly Step[] {
  return [
    clockStep,
    sourceStep,
    planStep,
    pageStep,
    userAgentStep,
    botStep,
    geoStep(geo),
    localeStep,
    campaignStep,
    revenueStep,
    visitorStep,
    propertiesStep,
    identityStep,
    sessionStep,
    profileStep,
  ];
}

/** The state store of one machine: a SQLite file, with the recently used values in memory. */
export function openState(file: string): StateStore {
  return cachedState(openSqliteState(file));
}

/**
 * Enriches batches: the same items over the same state give the same rows, whenever and however often. State is only read;
 * the caller commits `changes` together with its checkpoint.
 */
export function createEnricher({
  state,
  geo = openGeo(),
  allowedEvents,
  readPlan,
}: {
  readonly state: StateStore;
  readonly geo?: Geo;
  readonly allowedEvents?: AllowedEvents;
  readonly readPlan?: PlanReader;
}): {
  readonly enrich: EnrichBatch;
} {
  const parts = { steps: enrichmentSteps(geo), state, allowedEvents, readPlan };
  return { enrich: (items, lines, commands) => runBatch(parts, items, lines, commands) };
}
