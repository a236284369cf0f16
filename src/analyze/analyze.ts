import type { ClickHouseClient } from '@clickhouse/client';
import type { Output, ParsedInput } from '../contract/endpoints.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { breakdown } from './analyses/breakdown.ts';
import { funnel } from './analyses/funnel.ts';
import { overview } from './analyses/overview.ts';
import { planDrift } from './analyses/plan-drift.ts';
import { planEvent } from './analyses/plan-event.ts';
import { planEvents } from './analyses/plan-events.ts';
import { trend } from './analyses/trend.ts';
import { botReport } from './bot-report.ts';
import { eventNames, propertyNames, propertyValues } from './catalog.ts';
import { consentReport } from './consent-report.ts';
import type { CountingRules } from './counted.ts';
import { eventSamples } from './event-samples.ts';
import { live } from './live.ts';
import { changesOf, identityHistory } from './people/identity-history.ts';
import { person, personEvents, previewMerge } from './people/person.ts';
import { knownPerson } from './people/person-ids.ts';
import { searchPeople } from './people/search.ts';
import type { Ruled } from './scope.ts';
import { activityByKey } from './source-activity.ts';
import { sourceStatus } from './source-status.ts';
import { userQuery } from './user-query.ts';

export {
  activityByKey,
  changesOf,
  eventSamples,
  identityHistory,
  knownPerson,
  person,
  personEvents,
  planDrift,
  planEvent,
  planEvents,
  previewMerge,
  searchPeople,
  sourceStatus,
};

/** The endpoints that this folder answers. */
type AnalyzeEndpoint =
  | 'overview'
  | 'breakdown'
  | 'trend'
  | 'funnel'
  | 'live'
  | 'eventNames'
  | 'propertyNames'
  | 'propertyValues'
  | 'query'
  | 'bots'
  | 'consents';

export type AnalyzeHandlers = {
  readonly [Name in AnalyzeEndpoint]: (input: ParsedInput<Name>) => Promise<Output<Name>>;
};

export interface AnalyzeOptions {
  /** Client of the read-only user, for the SQL that people write themselves. */
  readonly reader: ClickHouseClient;
  /** What the project's owner lets count, as of now. */
  readonly rulesOf: (project: string) => Promise<CountingRules>;
  readonly clock?: Clock;
}

/**
 * Answers questions about events and sessions. Errors are TributaryErrors: `bad-request` (the question), `bad-query` (the
 * user's SQL), `query-too-expensive`, `overloaded`, `warehouse-unavailable`, `internal`.
 */
export function analyzeHandlers(warehouse: ClickHouseClient, options: AnalyzeOptions): AnalyzeHandlers {
  const { reader, rulesOf, clock = systemClock } = options;
  const ruled = async <Query extends { readonly project: string }>(query: Query): Promise<Ruled<Query>> => ({
    ...query,
    rules: await rulesOf(query.project),
  });
  return {
    overview: async (input) => overview(warehouse, clock, await ruled(input)),
    breakdown: async (input) => breakdown(warehouse, await ruled(input)),
    trend: async (input) => trend(warehouse, clock, await ruled(input)),
    funnel: async (input) => funnel(warehouse, await ruled(input)),
    live: (input) => live(warehouse, clock, input),
    eventNames: (input) => eventNames(warehouse, clock, input),
    propertyNames: (input) => propertyNames(warehouse, clock, input),
    propertyValues: (input) => propertyValues(warehouse, clock, input),
    query: (input) => userQuery(reader, input.sql),
    bots: async (input) => botReport(warehouse, clock, input, await rulesOf(input.project)),
    consents: (input) => consentReport(warehouse, clock, input),
  };
}
