import type { ClickHouseClient } from '@clickhouse/client';
import type { BreakdownQuery } from '../../contract/query.ts';
import type { BreakdownResult } from '../../contract/result.ts';
import { ask, numberOr0 } from '../ask.ts';
import { type Expression, expressionOf } from '../expression.ts';
import { Parameters } from '../parameters.ts';
import { personOf } from '../person.ts';
import { propertiesOf } from '../profile.ts';
import { type Instants, instantsOf } from '../range.ts';
import { eventsFrom, eventsWhere, type Ruled, sessionsAround, sessionsWhere } from '../scope.ts';
import { sessionMetrics } from '../session-metrics.ts';

interface ValueRow {
  readonly value: string;
  readonly visitors: number;
  readonly sessions: number;
  readonly pages: number;
  readonly distinct_values: number;
}

interface SessionMetricsRow {
  readonly value: string;
  readonly bounce_rate: number | null;
  readonly duration: number | null;
}

/**
 * The values of one column with the most visitors. Columns of sessions (source, country, entry page, …) are counted over
 * the sessions that started in the range; the others (page, event, properties) over events, and bounce rate and duration
 * are then those of the sessions with such an event. `total` is the number of distinct values that match the search.
 */
export async function breakdown(
  warehouse: ClickHouseClient,
  query: Ruled<BreakdownQuery>,
): Promise<BreakdownResult> {
  const expression = expressionOf(query.property);
  const range = instantsOf(query.range);
  return expression.inSessions
    ? await overSessions(warehouse, query, range, expression)
    : await overEvents(warehouse, query, range, expression);
}

async function overSessions(
  warehouse: ClickHouseClient,
  query: Ruled<BreakdownQuery>,
  range: Instants,
  expression: Expression,
): Promise<BreakdownResult> {
  const parameters = new Parameters(query.project);
  const rows = await ask<ValueRow & SessionMetricsRow>(
    warehouse,
    `SELECT ${expression.text} AS value, uniqExact(person_id) AS visitors, count() AS sessions,
      sum(page_views) AS pages, ${sessionMetrics}, count() OVER () AS distinct_values
    FROM tributary.sessions FINAL
    WHERE ${sessionsWhere(query, range, parameters)} AND ${searchSql(query, expression, parameters)}
    GROUP BY value ORDER BY visitors DESC, value LIMIT ${parameters.add('UInt32', query.limit)}`,
    parameters,
  );
  return resultOf(query, rows, rows);
}

/** How many more values than asked for are counted exactly: near values can change places then. */
const spare = 10;

/**
 * Three steps, since counting people and sessions of every value exactly (a shop has a million pages) costs a hundred
 * times as much: the likely top values by an estimate that is exact up to 65,536 people and within about 1 % beyond, then
 * for these the exact numbers of people and the sessions.
 */
async function overEvents(
  warehouse: ClickHouseClient,
  query: Ruled<BreakdownQuery>,
  range: Instants,
  expression: Expression,
): Promise<BreakdownResult> {
  const likely = await likelyValues(warehouse, query, range, expression);
  if (likely.length === 0) return { property: query.property, rows: [], total: 0 };
  const values = likely.map((row) => row.value);
  const [visitors, sessions] = await Promise.all([
    visitorsOfValues(warehouse, query, range, expression, values),
    sessionsOfValues(warehouse, query, range, expression, values),
  ]);
  const rows = likely.map((row) => ({
    ...row,
    visitors: visitors.get(row.value) ?? 0,
    sessions: sessions.get(row.value)?.sessions ?? 0,
  }));
  rows.sort((a, b) => b.visitors - a.visitors || compareText(a.value, b.value));
  return resultOf(query, rows.slice(0, query.limit), [...sessions.values()]);
}

async function likelyValues(
  warehouse: ClickHouseClient,
  query: Ruled<BreakdownQuery>,
  range: Instants,
  expression: Expression,
): Promise<Pick<ValueRow, 'value' | 'pages' | 'distinct_values'>[]> {
  const parameters = new Parameters(query.project);
  return await ask<Pick<ValueRow, 'value' | 'pages' | 'distinct_values'>>(
    warehouse,
    `SELECT ${expression.text} AS value, uniq(person_key) AS estimate, countIf(type = 'page') AS pages,
      count() OVER () AS distinct_values
    FROM ${eventsOf(query, range, parameters)}
    WHERE ${eventsWhere(query, range, parameters)} AND ${searchSql(query, expression, parameters)}
    GROUP BY value ORDER BY estimate DESC, value LIMIT ${parameters.add('UInt32', query.limit + spare)}`,
    parameters,
  );
}

function eventsOf(query: Ruled<BreakdownQuery>, range: Instants, parameters: Parameters): string {
  return eventsFrom([query.property, ...propertiesOf(query.filters)], range, parameters);
}

async function visitorsOfValues(
  warehouse: ClickHouseClient,
  query: Ruled<BreakdownQuery>,
  range: Instants,
  expression: Expression,
  values: readonly string[],
): Promise<Map<string, number>> {
  const parameters = new Parameters(query.project);
  const rows = await ask<{ position: number; visitors: number }>(
    warehouse,
    `SELECT position, uniqExact(${personOf('key')}) AS visitors
    FROM (
      SELECT ${positionSql(expression, values, parameters)} AS position, person_key AS key FROM ${eventsOf(query, range, parameters)}
      WHERE ${eventsWhere(query, range, parameters)} AND position != 0
      GROUP BY position, key
    )
    GROUP BY position`,
    parameters,
  );
  return new Map(rows.map((row) => [values[row.position - 1] ?? '', row.visitors]));
}

/** The sessions that have an event with the value. The values are collected per session first: the smaller table by far. */
async function sessionsOfValues(
  warehouse: ClickHouseClient,
  query: Ruled<BreakdownQuery>,
  range: Instants,
  expression: Expression,
  values: readonly string[],
): Promise<Map<string, SessionMetricsRow & { readonly sessions: number }>> {
  const parameters = new Parameters(query.project);
  const rows = await ask<Omit<SessionMetricsRow, 'value'> & { position: number; sessions: number }>(
    warehouse,
    `SELECT position, count() AS sessions, ${sessionMetrics}
    FROM (
      SELECT session_id, groupUniqArray(${positionSql(expression, values, parameters)} AS at) AS seen FROM ${eventsOf(query, range, parameters)}
      WHERE ${eventsWhere(query, range, parameters)} AND session_id != 0 AND at != 0
      GROUP BY session_id
    ) AS of_events
    INNER JOIN (
      SELECT session_id, page_views, engaged_seconds, started_at, ended_at FROM tributary.sessions FINAL
      WHERE ${sessionsAround(query, range, parameters)}
    ) AS of_session USING (session_id)
    ARRAY JOIN seen AS position
    GROUP BY position`,
    parameters,
  );
  return new Map(
    rows.map(({ position, ...row }): [string, SessionMetricsRow & { sessions: number }] => {
      const value = values[position - 1] ?? '';
      return [value, { value, ...row }];
    }),
  );
}

/** Position of the value in the list from 1, else 0: grouping by small numbers is much faster than by texts. */
function positionSql(expression: Expression, values: readonly string[], parameters: Parameters): string {
  const list = parameters.add('Array(String)', values);
  return `toUInt16(transform(toString(${expression.text}), ${list}, arrayEnumerate(${list}), 0))`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function searchSql(query: Ruled<BreakdownQuery>, expression: Expression, parameters: Parameters): string {
  if (query.search === '') return '1';
  return `positionCaseInsensitiveUTF8(${expression.text}, ${parameters.add('String', query.search)}) > 0`;
}

function resultOf(
  query: Ruled<BreakdownQuery>,
  rows: readonly ValueRow[],
  sessions: readonly SessionMetricsRow[],
): BreakdownResult {
  const ofValue = new Map(sessions.map((row) => [row.value, row]));
  return {
    property: query.property,
    rows: rows.map((row) => ({
      value: row.value,
      visitors: row.visitors,
      sessions: row.sessions,
      pageViews: row.pages,
      bounceRate: numberOr0(ofValue.get(row.value)?.bounce_rate),
      duration: numberOr0(ofValue.get(row.value)?.duration),
    })),
    total: rows[0]?.distinct_values ?? 0,
  };
}
