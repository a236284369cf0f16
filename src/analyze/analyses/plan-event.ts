import type { ClickHouseClient } from '@clickhouse/client';
import { planReason } from '../../contract/plan.ts';
import type { PlanEventResult } from '../../contract/plan-endpoints.ts';
import type { Clock } from '../../runtime/clock.ts';
import { ask } from '../ask.ts';
import { Parameters } from '../parameters.ts';
import { dateOf, dayAt } from '../time-zone.ts';

const day = 86_400_000;
const days = 30;
const maxCauses = 50;

type Question = { readonly project: string; readonly event: string; readonly timezone: string };

/** Thirty days of one event by what the plan says, and what was wrong with it. */
export async function planEvent(
  warehouse: ClickHouseClient,
  clock: Clock,
  question: Question,
): Promise<Pick<PlanEventResult, 'days' | 'causes'>> {
  const today = dayAt(clock.now(), question.timezone);
  const dates = Array.from({ length: days }, (_, at) => dateOf(today - (days - 1 - at)));
  const [counts, refused, marked, quarantined] = await Promise.all([
    perDay(warehouse, clock, question),
    refusedPerDay(warehouse, clock, question),
    causesOf(warehouse, clock, question),
    refusedCauses(warehouse, clock, question),
  ]);
  const known = new Map(counts.map((one) => [one.day, one]));
  const gone = new Map(refused.map((one) => [one.day, one.count]));
  return {
    days: dates.map((at) => ({
      ...(known.get(at) ?? { day: at, valid: 0, unplanned: 0, violating: 0, unchecked: 0 }),
      quarantined: gone.get(at) ?? 0,
    })),
    causes: [
      ...marked.map((cause) => ({ ...cause, quarantined: false })),
      ...quarantined.map((cause) => ({ ...cause, quarantined: true })),
    ].toSorted((a, b) => b.count - a.count),
  };
}

const since = (clock: Clock, parameters: Parameters, column: string): string =>
  `${column} >= fromUnixTimestamp64Milli(${parameters.add('Int64', clock.now() - (days + 1) * day)})`;

function perDay(
  warehouse: ClickHouseClient,
  clock: Clock,
  { project, event, timezone }: Question,
): Promise<Omit<PlanEventResult['days'][number], 'quarantined'>[]> {
  const parameters = new Parameters(project);
  return ask(
    warehouse,
    `SELECT toString(toDate(timestamp, ${parameters.add('String', timezone)})) AS day, countIf(plan_status = 'valid') AS valid,
      countIf(plan_status = 'unplanned') AS unplanned, countIf(plan_status = 'violating') AS violating, countIf(plan_status = '') AS unchecked
    FROM tributary.events
    WHERE project = ${parameters.project} AND event = ${parameters.add('String', event)} AND ${since(clock, parameters, 'timestamp')}
    GROUP BY day`,
    parameters,
  );
}

function refusedPerDay(
  warehouse: ClickHouseClient,
  clock: Clock,
  { project, event, timezone }: Question,
): Promise<{ day: string; count: number }[]> {
  const parameters = new Parameters(project);
  return ask(
    warehouse,
    `SELECT toString(toDate(received_at, ${parameters.add('String', timezone)})) AS day, count() AS count
    FROM tributary.quarantine
    WHERE project = ${parameters.project} AND ${since(clock, parameters, 'received_at')} AND stage = 'enrich'
      AND reason = ${parameters.add('String', planReason + event)}
    GROUP BY day`,
    parameters,
  );
}

type Cause = Omit<PlanEventResult['causes'][number], 'quarantined'>;

function causesOf(warehouse: ClickHouseClient, clock: Clock, { project, event }: Question): Promise<Cause[]> {
  const parameters = new Parameters(project);
  return ask(
    warehouse,
    `SELECT cause, count() AS count, toUnixTimestamp64Milli(min(timestamp)) AS first, toUnixTimestamp64Milli(max(timestamp)) AS last,
      topK(1)(library)[1] AS library, topK(1)(key_id)[1] AS keyId
    FROM tributary.events ARRAY JOIN splitByChar('\\n', plan_errors) AS cause
    WHERE project = ${parameters.project} AND event = ${parameters.add('String', event)} AND plan_errors != '' AND ${since(clock, parameters, 'timestamp')}
    GROUP BY cause ORDER BY count DESC, cause LIMIT ${maxCauses}`,
    parameters,
  );
}

function refusedCauses(
  warehouse: ClickHouseClient,
  clock: Clock,
  { project, event }: Question,
): Promise<Cause[]> {
  const parameters = new Parameters(project);
  return ask(
    warehouse,
    `SELECT cause, count() AS count, toUnixTimestamp64Milli(min(received_at)) AS first, toUnixTimestamp64Milli(max(received_at)) AS last,
      '' AS library, topK(1)(key_id)[1] AS keyId
    FROM tributary.quarantine ARRAY JOIN splitByChar('\\n', detail) AS cause
    WHERE project = ${parameters.project} AND ${since(clock, parameters, 'received_at')} AND stage = 'enrich'
      AND reason = ${parameters.add('String', planReason + event)}
    GROUP BY cause ORDER BY count DESC, cause LIMIT ${maxCauses}`,
    parameters,
  );
}
