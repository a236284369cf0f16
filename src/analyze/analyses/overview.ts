import type { ClickHouseClient } from '@clickhouse/client';
import type { OverviewQuery } from '../../contract/query.ts';
import type { OverviewMetrics, OverviewResult } from '../../contract/result.ts';
import type { Clock } from '../../runtime/clock.ts';
import { ask, numberOr0 } from '../ask.ts';
import { type Axis, axisBefore, axisOf } from '../axis.ts';
import { Parameters } from '../parameters.ts';
import { peopleNow } from '../people-now.ts';
import { personOf } from '../person.ts';
import { propertiesOf } from '../profile.ts';
import { instantsOf, periodBefore } from '../range.ts';
import { eventsFrom, eventsWhere, type Ruled, sessionsWhere } from '../scope.ts';
import { sessionMetrics } from '../session-metrics.ts';

interface Period {
  readonly total: OverviewMetrics;
  readonly points: OverviewMetrics[];
}

/**
 * The numbers of the first page. Visitors are people with any event (exact, each counted once in the total); page views
 * are events of type page; sessions, bounce and duration are of the sessions that started then. A bounce is a session
 * with at most one page view that lasted less than 10 seconds, engaged and by the clock; duration is the mean of end − start in seconds.
 */
export async function overview(
  warehouse: ClickHouseClient,
  clock: Clock,
  query: Ruled<OverviewQuery>,
): Promise<OverviewResult> {
  const axis = axisOf(instantsOf(query.range), query.interval);
  const size = axis.buckets.length;
  const before = query.compare
    ? axisBefore(axis, periodBefore(axis.range, query.interval), query.interval)
    : undefined;
  const [current, previous, people] = await Promise.all([
    periodOf(warehouse, query, axis, size),
    before && periodOf(warehouse, query, before, size),
    peopleNow(warehouse, clock, query.project, query),
  ]);
  const at = (points: readonly OverviewMetrics[]): OverviewResult['points'] =>
    points.map((point, index) => ({ at: axis.times[index] ?? 0, ...point }));
  return {
    total: current.total,
    previous: previous?.total ?? null,
    points: at(current.points),
    previousPoints: at(previous?.points ?? []),
    current: people,
  };
}

async function periodOf(
  warehouse: ClickHouseClient,
  query: Ruled<OverviewQuery>,
  axis: Axis,
  size: number,
): Promise<Period> {
  const [ofEvents, ofSessions] = await Promise.all([
    eventRows(warehouse, query, axis),
    sessionRows(warehouse, query, axis),
  ]);
  const total = none();
  const points = Array.from({ length: size }, none);
  const target = (row: {
    readonly bucket: string | number;
    readonly whole: number;
  }): OverviewMetrics | undefined => (row.whole ? total : points[axis.indexOf(String(row.bucket))]);
  for (const row of ofEvents) {
    Object.assign(target(row) ?? {}, { visitors: row.visitors, pageViews: row.page_views });
  }
  for (const row of ofSessions) {
    Object.assign(target(row) ?? {}, {
      sessions: row.sessions,
      bounceRate: numberOr0(row.bounce_rate),
      duration: numberOr0(row.duration),
    });
  }
  for (const metrics of [total, ...points]) {
    metrics.depth = metrics.sessions > 0 ? metrics.pageViews / metrics.sessions : 0;
  }
  return { total, points };
}

async function eventRows(warehouse: ClickHouseClient, query: Ruled<OverviewQuery>, axis: Axis) {
  const parameters = new Parameters(query.project);
  return await ask<{ bucket: string | number; whole: number; visitors: number; page_views: number }>(
    warehouse,
    // each person of a bucket once before people are counted: a third of the time of counting over all events
    `SELECT bucket, grouping(bucket) AS whole, uniqExact(${personOf('key')}) AS visitors, sum(pages) AS page_views
    FROM (
      SELECT ${axis.keySql('timestamp', parameters)} AS bucket, person_key AS key, countIf(type = 'page') AS pages
      FROM ${eventsFrom(propertiesOf(query.filters), axis.range, parameters)}
      WHERE ${eventsWhere(query, axis.range, parameters)}
      GROUP BY bucket, key
    )
    GROUP BY GROUPING SETS ((bucket), ())`,
    parameters,
  );
}

async function sessionRows(warehouse: ClickHouseClient, query: Ruled<OverviewQuery>, axis: Axis) {
  const parameters = new Parameters(query.project);
  return await ask<{
    bucket: string | number;
    whole: number;
    sessions: number;
    bounce_rate: number | null;
    duration: number | null;
  }>(
    warehouse,
    `SELECT ${axis.keySql('started_at', parameters)} AS bucket, grouping(bucket) AS whole,
      count() AS sessions, ${sessionMetrics}
    FROM tributary.sessions FINAL
    WHERE ${sessionsWhere(query, axis.range, parameters)}
    GROUP BY GROUPING SETS ((bucket), ())`,
    parameters,
  );
}

function none(): OverviewMetrics {
  return { visitors: 0, sessions: 0, pageViews: 0, bounceRate: 0, duration: 0, depth: 0 };
}
