import type { ClickHouseClient } from '@clickhouse/client';
import type { Measure, Series, TrendQuery } from '../../contract/query.ts';
import type { SeriesResult } from '../../contract/result.ts';
import type { Clock } from '../../runtime/clock.ts';
import { ask, numberOr0 } from '../ask.ts';
import { type Axis, axisBefore, axisOf, type CurrentAxis } from '../axis.ts';
import { expressionOf } from '../expression.ts';
import { Parameters } from '../parameters.ts';
import { personOf } from '../person.ts';
import { propertiesOf } from '../profile.ts';
import { instantsOf, periodBefore } from '../range.ts';
import { eventsShowing, eventsWhere, matchSql, type Ruled } from '../scope.ts';

type Line = SeriesResult['lines'][number];

/** One measure over time and over the whole range. */
interface Values {
  readonly points: number[];
  total: number;
}

/**
 * Events over time: one line per series, or per series and value of the breakdown. Unique people are exact, and the
 * total of a line counts each of them once. The values that a breakdown shows are the largest by the measure over the
 * whole range; the others add up to one line where that means something (count, sum).
 */
export async function trend(
  warehouse: ClickHouseClient,
  clock: Clock,
  query: Ruled<TrendQuery>,
): Promise<SeriesResult> {
  const axis = axisOf(instantsOf(query.range), query.interval);
  const before = query.compare
    ? axisBefore(axis, periodBefore(axis.range, query.interval), query.interval)
    : undefined;
  const lines = await Promise.all(
    query.series.map((series, index) => linesOf(warehouse, query, series, index, axis, before)),
  );
  return { times: [...axis.times], lines: lines.flat(), incomplete: axis.end > clock.now() };
}

async function linesOf(
  warehouse: ClickHouseClient,
  query: Ruled<TrendQuery>,
  series: Series,
  index: number,
  axis: CurrentAxis,
  before: Axis | undefined,
): Promise<Line[]> {
  const top = query.breakdown === undefined ? undefined : await topValues(warehouse, query, series, axis);
  const size = axis.buckets.length;
  const [current, previous] = await Promise.all([
    valuesOf(warehouse, query, series, top, axis, size),
    before === undefined ? undefined : valuesOf(warehouse, query, series, top, before, size),
  ]);
  const line = (value: string | null, key: number): Line => {
    const now = current.get(key) ?? nothing(size);
    const then = previous && (previous.get(key) ?? nothing(size));
    return {
      series: index,
      event: series.event,
      value,
      points: now.points,
      total: now.total,
      ...(then && { previousPoints: then.points, previousTotal: then.total }),
    };
  };
  if (top === undefined) return [line(null, 0)];
  const lines = top.map((value, position) => line(value, position + 1));
  const hasOthers = current.has(0) || previous?.has(0);
  return hasOthers ? [...lines, { ...line('other', 0), other: true as const }] : lines;
}

/** The values with the largest measure over the whole range. */
async function topValues(
  warehouse: ClickHouseClient,
  query: Ruled<TrendQuery>,
  series: Series,
  axis: Axis,
): Promise<string[]> {
  const parameters = new Parameters(query.project);
  const rows = await ask<{ value: string }>(
    warehouse,
    `SELECT value, ${measureSql(series.measure)} AS measure
    FROM (${rowsSql(query, series, axis, parameters, { value: breakdownSql(query) })})
    GROUP BY value ORDER BY measure DESC, value LIMIT ${parameters.add('UInt32', query.limit)}`,
    parameters,
  );
  return rows.map((row) => row.value);
}

/** By position of the value in `top` counted from 1; 0 is everything else, or everything when there is no breakdown. */
async function valuesOf(
  warehouse: ClickHouseClient,
  query: Ruled<TrendQuery>,
  series: Series,
  top: readonly string[] | undefined,
  axis: Axis,
  size: number,
): Promise<Map<number, Values>> {
  const parameters = new Parameters(query.project);
  const position = top
    ? `indexOf(${parameters.add('Array(String)', top)}, toString(${breakdownSql(query)}))`
    : '0';
  const bucket = axis.keySql('timestamp', parameters);
  const rows = await ask<{
    position: number;
    bucket: string | number;
    whole: number;
    measure: number | null;
  }>(
    warehouse,
    `SELECT position, bucket, grouping(bucket) AS whole, ${measureSql(series.measure)} AS measure
    FROM (${rowsSql(query, series, axis, parameters, { position, bucket })})
    ${top && !isSummable(series.measure) ? 'WHERE position != 0' : ''}
    GROUP BY GROUPING SETS ((position, bucket), (position))`,
    parameters,
  );
  const values = new Map<number, Values>();
  for (const row of rows) {
    const entry = values.get(row.position) ?? nothing(size);
    values.set(row.position, entry);
    if (row.whole) entry.total = numberOr0(row.measure);
    else {
      const index = axis.indexOf(String(row.bucket));
      // added, because the hours of a zone that moves its clock by half an hour can share a bucket
      if (index >= 0) entry.points[index] = (entry.points[index] ?? 0) + numberOr0(row.measure);
    }
  }
  return values;
}

function nothing(size: number): Values {
  return { points: Array.from({ length: size }, () => 0), total: 0 };
}

function breakdownSql(query: Ruled<TrendQuery>): string {
  return query.breakdown === undefined ? `''` : expressionOf(query.breakdown).text;
}

/**
 * The events of a series with the named keys, and what the measure needs: `number`, or, where people are counted, one
 * row per person and keys with its number of events (a third of the time of counting people over all events).
 */
function rowsSql(
  query: Ruled<TrendQuery>,
  series: Series,
  axis: Axis,
  parameters: Parameters,
  keys: Readonly<Record<string, string>>,
): string {
  const columns = Object.entries(keys).map(([name, sql]) => `${sql} AS ${name}`);
  const { measure } = series;
  const byPerson = measure.kind === 'users' || measure.kind === 'per_user';
  if (byPerson) columns.push('person_key AS key', 'count() AS events');
  if ('property' in measure) columns.push(`${expressionOf(measure.property).number} AS number`);
  const used = propertiesOf(query.filters, series.filters);
  if ('property' in measure) used.push(measure.property);
  return `SELECT ${columns.join(', ')}
    FROM ${eventsShowing(query, query.breakdown, used, axis.range, parameters)}
    WHERE ${eventsWhere(query, axis.range, parameters)} AND ${matchSql(series, parameters)}
    ${byPerson ? `GROUP BY ${Object.keys(keys).join(', ')}, key` : ''}`;
}

/** Whether parts of the measure add up to the whole. */
function isSummable(measure: Measure): boolean {
  return measure.kind === 'count' || measure.kind === 'sum';
}

function measureSql(measure: Measure): string {
  switch (measure.kind) {
    case 'count':
      return 'count()';
    case 'users':
      return `uniqExact(${personOf('key')})`;
    case 'per_user':
      return `sum(events) / uniqExact(${personOf('key')})`;
    case 'sum':
    case 'avg':
    case 'min':
    case 'max':
      return `${measure.kind}(number)`;
    case 'p50':
    case 'p90':
    case 'p95':
    case 'p99':
      return `quantileExactInclusive(0.${measure.kind.slice(1)})(number)`;
  }
}
