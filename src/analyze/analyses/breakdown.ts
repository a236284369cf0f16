import type { ClickHouseClient } from '@clickhouse/client';
import type { BreakdownQuery } from '../../contract/query.ts';
import type { BreakdownResult } from '../../contract/result.ts';
import { ask, numberOr0 } from '../ask.ts';
import { type Expression, expressionOf } from '../expression.ts';
import { Parameters } from '../parameters.ts';
import { type Instants, instantsOf } from '../range.ts';
import { eventsWhere, sessionsAround, sessionsWhere } from '../scope.ts';
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
export async function breakdown(warehouse: ClickHouseClient, query: BreakdownQuery): Promise<BreakdownResult> {
  const expression = expressionOf(query.property);
  const range = instantsOf(query.range);
  return expression.inSessions
    ? await overSessions(warehouse, query, range, expression)
    : await overEvents(warehouse, query, range, expression);
}

async function overSessions(
  warehouse: ClickHouseClient,
  query: BreakdownQuery,
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

async function overEvents(
  warehouse: ClickHouseClient,
  query: BreakdownQuery,
  range: Instants,
  expression: Expression,
): Promise<BreakdownResult> {
  const parameters = new Parameters(query.project);
  const rows = await ask<ValueRow>(
    warehouse,
    `SELECT ${expression.text} AS value, uniqExact(person_id) AS visitors, uniqExactIf(session_id, session_id != 0) AS sessions,
      countIf(type = 'page') AS pages, count() OVER () AS distinct_values
    FROM tributary.events
    WHERE ${eventsWhere(query, range, parameters)} AND ${searchSql(query, expression, parameters)}
    GROUP BY value ORDER BY visitors DESC, value LIMIT ${parameters.add('UInt32', query.limit)}`,
    parameters,
  );
  const values = rows.map((row) => row.value);
  return resultOf(query, rows, await sessionsOfValues(warehouse, query, range, expression, values));
}

/** Bounce rate and duration of the sessions that have an event with the value, whenever they started. */
async function sessionsOfValues(
  warehouse: ClickHouseClient,
  query: BreakdownQuery,
  range: Instants,
  expression: Expression,
  values: readonly string[],
): Promise<SessionMetricsRow[]> {
  if (values.length === 0) return [];
  const parameters = new Parameters(query.project);
  return await ask<SessionMetricsRow>(
    warehouse,
    `SELECT value, ${sessionMetrics}
    FROM (
      SELECT DISTINCT ${expression.text} AS value, session_id FROM tributary.events
      WHERE ${eventsWhere(query, range, parameters)} AND session_id != 0
        AND value IN ${parameters.add('Array(String)', values)}
    ) AS seen
    INNER JOIN (
      SELECT session_id, page_views, started_at, ended_at FROM tributary.sessions FINAL
      WHERE ${sessionsAround(range, parameters)}
    ) AS of_session USING (session_id)
    GROUP BY value`,
    parameters,
  );
}

function searchSql(query: BreakdownQuery, expression: Expression, parameters: Parameters): string {
  if (query.search === '') return '1';
  return `positionCaseInsensitiveUTF8(${expression.text}, ${parameters.add('String', query.search)}) > 0`;
}

function resultOf(
  query: BreakdownQuery,
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
