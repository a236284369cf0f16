import type { ClickHouseClient } from '@clickhouse/client';
import type { FunnelQuery } from '../../contract/query.ts';
import type { FunnelResult } from '../../contract/result.ts';
import { ask, numberOr0 } from '../ask.ts';
import { expressionOf } from '../expression.ts';
import { Parameters } from '../parameters.ts';
import { propertiesOf } from '../profile.ts';
import { type Instants, instantsOf } from '../range.ts';
import { eventsShowing, eventsWhere, matchSql, type Ruled } from '../scope.ts';

type Group = FunnelResult['groups'][number];

interface Row {
  readonly value: string;
  /** People at least at step 1, 2, …; median seconds from the step before, from step 2 on; from the first to the last. */
  readonly people: readonly number[];
  readonly medians: readonly (number | null)[];
  readonly whole: number | null;
}

/**
 * How many people do the steps in this order, not necessarily one after the other, within the window counted from the
 * first step. The first step lies in the range; the later ones may come after it, as long as the window says.
 *
 * Per person (after identity resolution) the furthest way counts, of several the one that gets there first, and of
 * several first steps for it the latest. An event counts for one step at a time. Events of the same millisecond have no
 * order of their own and are taken in the order of the steps (by the first step, then the last step, they can be).
 * A breakdown takes the property of the event that is the first step of that way. Times are exact medians.
 */
export async function funnel(warehouse: ClickHouseClient, query: Ruled<FunnelQuery>): Promise<FunnelResult> {
  const parameters = new Parameters(query.project);
  const rows = await ask<Row>(warehouse, funnelSql(query, instantsOf(query.range), parameters), parameters);
  if (query.breakdown === undefined) return { groups: [groupOf(query, null, rows[0])] };
  return { groups: rows.map((row) => groupOf(query, row.value, row)) };
}

function groupOf(query: Ruled<FunnelQuery>, value: string | null, row: Row | undefined): Group {
  const first = row?.people[0] ?? 0;
  return {
    value,
    steps: query.steps.map((step, index) => {
      const people = row?.people[index] ?? 0;
      const before = index === 0 ? first : (row?.people[index - 1] ?? 0);
      return {
        event: step.event,
        people,
        conversion: ratio(people, first),
        stepConversion: ratio(people, before),
        medianSeconds: index === 0 || people === 0 ? null : numberOr0(row?.medians[index - 1]),
      };
    }),
    medianSeconds: row?.people.at(-1) ? numberOr0(row.whole) : null,
  };
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/**
 * windowFunnel() would give the level but neither times nor the event that began the way, and counts an event for two
 * steps; so the ways are followed with array functions, which work on whole columns:
 *
 * - `events`: per person the matching events in order, each packed into one number (see `packedSql`).
 * - `starts_k`: for each of these events that can be step k of a way, the time of that way's first step, else 0. From
 *   `starts_(k−1)` the last way before the event is carried forward by arrayFill; ways only get later, so that the last
 *   one has the latest first step and leaves the most of the window.
 * - `at_k`: the position of step k on the chosen way, found backwards from the first event at the highest level.
 */
function funnelSql(query: Ruled<FunnelQuery>, range: Instants, parameters: Parameters): string {
  const steps = query.steps.map((_, index) => index + 1);
  const windowMs = query.windowSeconds * 1_000;
  const span = { start: range.start, end: range.end + windowMs };
  const conditions = query.steps.map((step) => `(${matchSql(step, parameters)})`);
  const value = query.breakdown === undefined ? undefined : expressionOf(query.breakdown).text;
  const last = steps.length;
  const used = propertiesOf(query.filters, ...query.steps.map(({ filters }) => filters));
  return `SELECT value,
    [${steps.map((step) => `countIf(at_${step} > 0)`).join(', ')}] AS people,
    [${steps
      .slice(1)
      .map((step) => medianSql(step - 1, step))
      .join(', ')}] AS medians,
    ${medianSql(1, last)} AS whole
  FROM (
    SELECT ${value ? 'arrayFirst(first -> first.1 = events[at_1], firsts).2' : `''`} AS value,
      ${steps.map((step) => `bitShiftRight(events[at_${step}], ${timeShift}) AS time_${step}`).join(', ')},
      ${[...steps]
        .reverse()
        .map((step) => positionSql(step, last))
        .join(', ')}
    FROM (
      SELECT events, ${value ? 'firsts, ' : ''}${steps.map((step) => startsSql(step, range, windowMs)).join(',\n        ')}
      FROM (
        SELECT arraySort(groupArray(packed)) AS events
          ${value ? `, arraySort(groupArrayIf((packed, value), bitTest(packed, 0))) AS firsts` : ''}
        FROM (
          SELECT person_id AS person, ${packedSql(query, conditions)} AS packed ${value ? `, toString(${value}) AS value` : ''}
          FROM ${eventsShowing(query, query.breakdown, used, span, parameters)}
          WHERE ${eventsWhere(query, span, parameters)} AND (${conditions.join(' OR ')})
        )
        GROUP BY person
        HAVING bitTest(groupBitOr(packed), 0)
      )
    )
    WHERE at_1 > 0
  )
  GROUP BY value
  ORDER BY people[1] DESC, value
  LIMIT ${parameters.add('UInt32', query.limit)}`;
}

const maskBits = 10;
const timeShift = maskBits + 8;

/**
 * Milliseconds, then the first and the last step the event can be (so that sorting puts events of one millisecond into
 * the order of the steps), then one bit per step it can be: 64 bits in all.
 */
function packedSql(query: Ruled<FunnelQuery>, conditions: readonly string[]): string {
  const mask = conditions.map((condition, index) => `bitShiftLeft(toUInt64(${condition}), ${index})`);
  const parts = [`bitShiftLeft(toUInt64(toUnixTimestamp64Milli(timestamp)), ${timeShift})`, ...mask];
  const first = conditions.map((condition, index) => `${condition}, ${index}`).join(', ');
  parts.push(`bitShiftLeft(toUInt64(multiIf(${first}, 0)), ${maskBits + 4})`);
  if (canOverlap(query)) {
    const reversed = conditions
      .map((condition, index) => `${condition}, ${index}`)
      .reverse()
      .join(', ');
    parts.push(`bitShiftLeft(toUInt64(multiIf(${reversed}, 0)), ${maskBits})`);
  }
  return parts.join(' + ');
}

/** Whether one event can be several steps. */
function canOverlap(query: Ruled<FunnelQuery>): boolean {
  const events = query.steps.map((step) => step.event);
  return events.includes('*') || new Set(events).size < events.length;
}

function startsSql(step: number, range: Instants, windowMs: number): string {
  const time = `bitShiftRight(packed, ${timeShift})`;
  if (step === 1) {
    return `arrayMap(packed -> if(bitTest(packed, 0) AND ${time} < ${range.end}, ${time}, 0), events) AS starts_1`;
  }
  // strictly before the event: the carried column moves by one
  const carried = `arrayPopBack(arrayPushFront(arrayFill(start -> start > 0, starts_${step - 1}), 0))`;
  return `arrayMap((packed, start) -> if(bitTest(packed, ${step - 1}) AND start > 0 AND ${time} - start <= ${windowMs}, start, 0), events, ${carried}) AS starts_${step}`;
}

function positionSql(step: number, last: number): string {
  const first = `arrayFirstIndex(start -> start > 0, starts_${step})`;
  if (step === last) return `${first} AS at_${step}`;
  const before = `arrayLastIndex(start -> start > 0, arraySlice(starts_${step}, 1, at_${step + 1} - 1))`;
  return `if(at_${step + 1} > 0, ${before}, ${first}) AS at_${step}`;
}

function medianSql(from: number, to: number): string {
  return `quantileExactInclusiveIf(0.5)((time_${to} - time_${from}) / 1000, at_${to} > 0)`;
}
