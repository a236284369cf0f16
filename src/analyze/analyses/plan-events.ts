import type { ClickHouseClient } from '@clickhouse/client';
import { planReason } from '../../contract/plan.ts';
import type { EventVolume, PlanCounts } from '../../contract/plan-endpoints.ts';
import type { Clock } from '../../runtime/clock.ts';
import { ask } from '../ask.ts';
import { Parameters } from '../parameters.ts';
import { runsOf } from '../sample.ts';
import { dateOf, dayAt } from '../time-zone.ts';

const day = 86_400_000;
const week = 7;
/** Names beyond that are nobody's events but somebody's mistake, like an id in a name. */
const maxEvents = 1_000;
/** Rows whose size is looked at. */
const weighed = 20_000;

/**
 * Volume and size of the project's events, the most frequent of the last seven days first, among them all that are `named`. Bots count: they fill
 * the disk and break the plan like others.
 */
export async function planEvents(
  warehouse: ClickHouseClient,
  clock: Clock,
  { project, timezone, named }: { project: string; timezone: string; named: readonly string[] },
): Promise<EventVolume[]> {
  const [recent, refused, ever, disk] = await Promise.all([
    recentEvents(warehouse, clock, project, timezone),
    refusedEvents(warehouse, clock, project),
    allEvents(warehouse, project),
    bytesOnDisk(warehouse, project),
  ]);
  const sizes = await rowSizes(
    warehouse,
    project,
    ever.reduce((sum, { count }) => sum + count, 0),
  );
  const known = new Map(ever.map((one) => [one.event, one]));
  const mean = meanOf([...sizes.values()]);
  const weights = new Map(ever.map(({ event, count }) => [event, count * (sizes.get(event) ?? mean)]));
  const weight = [...weights.values()].reduce((sum, one) => sum + one, 0);
  const names = new Set([
    ...recent.keys(),
    ...refused.keys(),
    ...named.filter((name) => known.has(name)),
    // what nobody sends any more and what still fills the disk
    ...ever
      .toSorted((a, b) => (weights.get(b.event) ?? 0) - (weights.get(a.event) ?? 0))
      .slice(0, 100)
      .map(({ event }) => event),
  ]);
  return [...names].map((event) => {
    const seen = recent.get(event);
    const always = known.get(event);
    return {
      event,
      type: always?.type ?? '',
      week: { ...(seen?.week ?? nothing), quarantined: refused.get(event) ?? 0 },
      days: seen?.days ?? Array.from({ length: week }, () => 0),
      lastSeen: always?.last ?? null,
      events: always?.count ?? 0,
      bytes: weight === 0 ? 0 : Math.round((disk * (weights.get(event) ?? 0)) / weight),
    };
  });
}

const nothing: PlanCounts = { valid: 0, unplanned: 0, violating: 0, unchecked: 0, quarantined: 0 };

interface Recent {
  readonly week: PlanCounts;
  readonly days: number[];
}

async function recentEvents(
  warehouse: ClickHouseClient,
  clock: Clock,
  project: string,
  timezone: string,
): Promise<Map<string, Recent>> {
  const parameters = new Parameters(project);
  const zone = parameters.add('String', timezone);
  const today = `toDate(${parameters.add('String', dateOf(dayAt(clock.now(), timezone)))})`;
  const rows = await ask<Omit<PlanCounts, 'quarantined'> & { event: string; perDay: [number, number][] }>(
    warehouse,
    `SELECT event, sum(of_valid) AS valid, sum(of_unplanned) AS unplanned, sum(of_violating) AS violating, sum(of_none) AS unchecked,
      groupArray((age, count)) AS perDay
    FROM (
      SELECT event, dateDiff('day', toDate(timestamp, ${zone}), ${today}) AS age, count() AS count, countIf(plan_status = 'valid') AS of_valid,
        countIf(plan_status = 'unplanned') AS of_unplanned, countIf(plan_status = 'violating') AS of_violating, countIf(plan_status = '') AS of_none
      FROM tributary.events
      WHERE project = ${parameters.project} AND timestamp >= fromUnixTimestamp64Milli(${parameters.add('Int64', clock.now() - (week + 1) * day)})
        AND toDate(timestamp, ${zone}) > ${today} - ${week}
      GROUP BY event, age
    ) GROUP BY event ORDER BY sum(count) DESC, event LIMIT ${maxEvents}`,
    parameters,
  );
  return new Map(
    rows.map(({ event, perDay, ...counts }) => {
      const days = Array.from({ length: week }, () => 0);
      // a client's clock may be a little ahead
      for (const [age, count] of perDay) {
        const at = Math.min(week - 1, week - 1 - age);
        if (at >= 0) days[at] = (days[at] ?? 0) + count;
      }
      return [event, { week: { ...counts, quarantined: 0 }, days }];
    }),
  );
}

async function refusedEvents(
  warehouse: ClickHouseClient,
  clock: Clock,
  project: string,
): Promise<Map<string, number>> {
  const parameters = new Parameters(project);
  const rows = await ask<{ event: string; count: number }>(
    warehouse,
    `SELECT substring(reason, ${planReason.length + 1}) AS event, count() AS count FROM tributary.quarantine
    WHERE project = ${parameters.project} AND stage = 'enrich' AND startsWith(reason, ${parameters.add('String', planReason)})
      AND received_at >= fromUnixTimestamp64Milli(${parameters.add('Int64', clock.now() - week * day)})
    GROUP BY event ORDER BY count DESC LIMIT ${maxEvents}`,
    parameters,
  );
  return new Map(rows.map(({ event, count }) => [event, count]));
}

async function allEvents(
  warehouse: ClickHouseClient,
  project: string,
): Promise<{ event: string; type: string; count: number; last: number }[]> {
  const parameters = new Parameters(project);
  return ask(
    warehouse,
    `SELECT event, any(type) AS type, count() AS count, toUnixTimestamp64Milli(max(timestamp)) AS last FROM tributary.events
    WHERE project = ${parameters.project} GROUP BY event ORDER BY count DESC, event LIMIT ${5 * maxEvents}`,
    parameters,
  );
}

/** The project's share of the table, by rows. */
async function bytesOnDisk(warehouse: ClickHouseClient, project: string): Promise<number> {
  const parameters = new Parameters(project);
  const [row] = await ask<{ bytes: number }>(
    warehouse,
    `SELECT (SELECT sum(bytes_on_disk) FROM system.parts WHERE database = 'tributary' AND table = 'events' AND active)
      * countIf(project = ${parameters.project}) / greatest(count(), 1) AS bytes FROM tributary.events`,
    parameters,
  );
  return Number(row?.bytes ?? 0);
}

/** Mean size of an event's rows before compression: what differs between events is mostly their properties. */
async function rowSizes(
  warehouse: ClickHouseClient,
  project: string,
  count: number,
): Promise<Map<string, number>> {
  const parameters = new Parameters(project);
  const rows = await ask<{ event: string; size: number }>(
    warehouse,
    `SELECT event, avg(length(toString(properties)) + length(url) + length(title) + length(referrer) + 100) AS size FROM tributary.events
    WHERE project = ${parameters.project} AND ${runsOf(count, weighed).sql} GROUP BY event LIMIT ${5 * maxEvents}`,
    parameters,
  );
  return new Map(rows.map(({ event, size }) => [event, size]));
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 1 : values.reduce((sum, one) => sum + one, 0) / values.length;
}
