import type { ClickHouseClient } from '@clickhouse/client';
import type { BreakdownQuery } from '../../contract/query.ts';
import type { BreakdownResult } from '../../contract/result.ts';
import { ask, numberOr0 } from '../ask.ts';
import { type Expression, expressionOf } from '../expression.ts';
import { Parameters } from '../parameters.ts';
import { personOf } from '../person.ts';
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

type ExactRow = Omit<ValueRow & SessionMetricsRow, 'value'> & {
  /** In the list of values; -1: all other values together. */
  readonly position: number;
  readonly most_events: number;
};

/**
 * The values of one column with the most visitors. Columns of sessions (source, country, entry page, …) are counted over
 * the sessions that started in the range; the others (page, event, properties) over events, and bounce rate and duration
 * are then those of the sessions with such an event. `total` is the number of distinct values that match the search.
 */
export async function breakdown(
  warehouse: ClickHouseClient,
  query: BreakdownQuery,
): Promise<BreakdownResult> {
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

/** Values whose people and sessions are counted exactly in one pass: one bit of a UInt64 each. */
const bits = 64;
/** How many more values than asked for are counted exactly: near values can change places then. */
const spare = 10;
/** One of so many blocks of rows is read to learn which values are likely the top ones. */
const sampledBlocks = 16;

/**
 * Counting people and sessions of every value exactly costs a hundred times as much as of a few (a shop has a million
 * pages). So the likely top values come first, from a sample of the events; then one pass counts these exactly, and also
 * the events of every value. A value has no more people than events, which proves the sample right nearly always; else
 * an estimate over all events (exact up to 65,536 people and within about 1 % beyond) says the likely values.
 */
async function overEvents(
  warehouse: ClickHouseClient,
  query: BreakdownQuery,
  range: Instants,
  expression: Expression,
): Promise<BreakdownResult> {
  const sampled = await likelyValues(warehouse, query, range, expression, sampledBlocks);
  if (isTelling(sampled, query.limit)) {
    const guessed = await exactOf(warehouse, query, range, expression, sampled);
    if (isProven(guessed, query.limit))
      return resultOf(query, guessed.rows.slice(0, query.limit), guessed.rows);
  }
  const likely = await likelyValues(warehouse, query, range, expression, 1);
  if (likely.length === 0) return { property: query.property, rows: [], total: 0 };
  const { rows } = await exactOf(warehouse, query, range, expression, likely);
  return resultOf(query, rows.slice(0, query.limit), rows);
}

interface Likely {
  readonly value: string;
  readonly people: number;
}

/** Whether a sample is worth an exact count: many values, and those asked for not among the rare ones, where chance decides. */
function isTelling(sampled: readonly Likely[], limit: number): boolean {
  return limit + spare <= bits && sampled.length === bits && (sampled[limit - 1]?.people ?? 0) >= 100;
}

/** The values that seem to have the most people; a share of 1 / `every` of the blocks is read. */
async function likelyValues(
  warehouse: ClickHouseClient,
  query: BreakdownQuery,
  range: Instants,
  expression: Expression,
  every: number,
): Promise<Likely[]> {
  const parameters = new Parameters(query.project);
  const sample = every === 1 ? '1' : `intDiv(_part_offset, 8192) % ${every} = 0`;
  return await ask<Likely>(
    warehouse,
    `SELECT ${expression.text} AS value, uniq(person_key) AS people FROM tributary.events
    WHERE ${eventsWhere(query, range, parameters)} AND ${searchSql(query, expression, parameters)} AND ${sample}
    GROUP BY value ORDER BY people DESC, value
    LIMIT ${parameters.add('UInt32', Math.max(bits, query.limit + spare))}`,
    parameters,
  );
}

interface Exact {
  /** Of the asked values, most visitors first. */
  readonly rows: (ValueRow & SessionMetricsRow)[];
  /** The most events that any other value has. */
  readonly mostEventsOfOthers: number;
}

/** No value outside the counted ones can be among the first `limit`. */
function isProven({ rows, mostEventsOfOthers }: Exact, limit: number): boolean {
  return mostEventsOfOthers < (rows[limit - 1]?.visitors ?? 1);
}

/**
 * People, sessions and page views of these values from one read of the events. They are grouped three times at once: by
 * value, by person and by session; of a person and a session one bit per value says whether it has such an event, which
 * costs half of grouping by pairs. Sessions that are not (yet) in `sessions` do not count.
 */
async function exactOf(
  warehouse: ClickHouseClient,
  query: BreakdownQuery,
  range: Instants,
  expression: Expression,
  likely: readonly Likely[],
): Promise<Exact> {
  const parameters = new Parameters(query.project);
  const values = likely.map((row) => row.value);
  const list = parameters.add('Array(String)', values);
  const words = Array.from({ length: Math.ceil(values.length / bits) }, (_, word) => word);
  const masks = words.map(
    (word) =>
      `groupBitOr(if(intDiv(at, ${bits}) = ${word}, bitShiftLeft(toUInt64(1), at % ${bits}), 0)) AS mask${word}`,
  );
  const positions = words.map(
    (word) => `arrayMap(bit -> toInt16(bit + ${word * bits}), bitPositionsToArray(mask${word}))`,
  );
  const found = await ask<ExactRow>(
    warehouse,
    `SELECT position, uniqExactIf(person, of_person) AS visitors, sumIf(pages, of_value) AS pages,
      count(started_at) AS sessions, ${sessionMetrics},
      countIf(of_value) AS distinct_values, maxIf(events, of_value) AS most_events
    FROM (
      SELECT value, ${personOf('key')} AS person, session_id, grouping(value) = 0 AS of_value,
        grouping(key) = 0 AS of_person, count() AS events, countIf(type = 'page') AS pages, ${masks.join(', ')}
      FROM (
        SELECT ${expression.text} AS value, person_key AS key, session_id, type,
          toUInt16(transform(toString(value), ${list}, range(length(${list})), 65535)) AS at
        FROM tributary.events
        WHERE ${eventsWhere(query, range, parameters)} AND ${searchSql(query, expression, parameters)}
      )
      GROUP BY GROUPING SETS ((value), (key), (session_id))
    ) AS of_events
    LEFT JOIN (
      SELECT session_id, page_views, toNullable(started_at) AS started_at, ended_at FROM tributary.sessions FINAL
      WHERE ${sessionsAround(range, parameters)} AND session_id != 0
    ) AS of_session USING (session_id)
    ARRAY JOIN if(of_value AND ${words.map((word) => `mask${word} = 0`).join(' AND ')}, [toInt16(-1)],
      arrayConcat(${positions.join(', ')})) AS position
    GROUP BY position`,
    parameters,
  );
  const total = found.reduce((sum, row) => sum + row.distinct_values, 0);
  const rows = found
    .filter((row) => row.position >= 0)
    .map((row) => ({ ...row, value: values[row.position] ?? '', distinct_values: total }))
    .toSorted((a, b) => b.visitors - a.visitors || compareText(a.value, b.value));
  return { rows, mostEventsOfOthers: found.find((row) => row.position < 0)?.most_events ?? 0 };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
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
