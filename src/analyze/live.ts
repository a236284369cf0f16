import type { ClickHouseClient } from '@clickhouse/client';
import { explained } from '../contract/bots.ts';
import type { ParsedInput } from '../contract/endpoints.ts';
import type { LiveEvent, LiveResult } from '../contract/result.ts';
import type { Clock } from '../runtime/clock.ts';
import { TributaryError } from '../runtime/errors.ts';
import { ask } from './ask.ts';
import { everything } from './counted.ts';
import { Parameters } from './parameters.ts';
import { peopleNow } from './people-now.ts';

const minute = 60_000;
/** How far back to look for the newest events: most often the first is enough and reads next to nothing. */
const horizons = [10 * minute, 24 * 60 * minute, 32 * 24 * 60 * minute, Number.POSITIVE_INFINITY];

/** Where the list stands: the request in the log, and the event within it (a hash of its id gives them an order). */
interface Position {
  readonly offset: string;
  readonly tie: string;
}

/**
 * The newest events in the order they were accepted, newest first; with `after`, only those past that cursor (the
 * newest, when more came than fit). Bots are shown: this is what arrives.
 */
export async function live(
  warehouse: ClickHouseClient,
  clock: Clock,
  input: ParsedInput<'live'>,
): Promise<LiveResult> {
  const after = input.after === undefined || input.after === '' ? undefined : positionOf(input.after);
  const [events, lastMinute, people] = await Promise.all([
    newest(warehouse, clock, input, after),
    receivedSince(warehouse, input.project, clock.now() - minute),
    peopleNow(warehouse, clock, input.project, { filters: [], includeBots: true, rules: everything }),
  ]);
  return { events, lastMinute, peopleNow: people };
}

async function newest(
  warehouse: ClickHouseClient,
  clock: Clock,
  input: ParsedInput<'live'>,
  after: Position | undefined,
): Promise<LiveEvent[]> {
  // past a cursor there is mostly nothing, and looking further back would not change that: the offset alone decides
  const tried = after === undefined ? horizons : [Number.POSITIVE_INFINITY];
  let rows: Row[] = [];
  for (const horizon of tried) {
    rows = await page(warehouse, input, after, clock.now() - horizon);
    if (rows.length >= input.limit) break;
  }
  return rows.map(eventOf);
}

interface Row extends Omit<LiveEvent, 'cursor' | 'properties' | 'bots'> {
  readonly botLayers: number;
  readonly botReason: string;
  readonly offset: string;
  readonly tie: string;
  readonly properties: string;
}

async function page(
  warehouse: ClickHouseClient,
  input: ParsedInput<'live'>,
  after: Position | undefined,
  since: number,
): Promise<Row[]> {
  const parameters = new Parameters(input.project);
  const conditions = [`project = ${parameters.project}`];
  if (Number.isFinite(since)) {
    conditions.push(`received_at >= fromUnixTimestamp64Milli(${parameters.add('Int64', since)}, 'UTC')`);
  }
  if (input.event !== undefined && input.event !== '') {
    conditions.push(`event = ${parameters.add('String', input.event)}`);
  }
  if (after) {
    const offset = parameters.add('UInt64', after.offset);
    conditions.push(`log_offset >= ${offset}`);
    conditions.push(`(log_offset, ${tieSql}) > (${offset}, ${parameters.add('UInt64', after.tie)})`);
  }
  const where = conditions.join(' AND ');
  if (!after) {
    // the offset of the last row of the page first, from one narrow column: the wide ones are then read for these rows only
    conditions.push(
      `log_offset >= (SELECT min(log_offset) FROM (SELECT log_offset FROM tributary.events WHERE ${where} ORDER BY log_offset DESC LIMIT ${parameters.add('UInt32', input.limit)}))`,
    );
  }
  return await ask<Row>(
    warehouse,
    `SELECT toString(log_offset) AS offset, toString(${tieSql}) AS tie, event_id AS eventId, type, event,
      toUnixTimestamp64Milli(timestamp) AS timestamp, toUnixTimestamp64Milli(received_at) AS receivedAt,
      toString(person_id) AS personId, user_id AS userId, anonymous_id AS anonymousId, account_id AS accountId,
      path, url, source, country, city, browser, os, device_type AS deviceType, library, protocol,
      bot_score AS botScore, bot_layers AS botLayers, bot_reason AS botReason, consent, toString(properties) AS properties
    FROM tributary.events
    WHERE ${conditions.join(' AND ')}
    ORDER BY log_offset DESC, ${tieSql} DESC LIMIT ${parameters.add('UInt32', input.limit)}`,
    parameters,
  );
}

const tieSql = 'sipHash64(event_id)';

async function receivedSince(warehouse: ClickHouseClient, project: string, since: number): Promise<number> {
  const parameters = new Parameters(project);
  const rows = await ask<{ events: number }>(
    warehouse,
    `SELECT count() AS events FROM tributary.events
    WHERE project = ${parameters.project} AND received_at >= fromUnixTimestamp64Milli(${parameters.add('Int64', since)}, 'UTC')`,
    parameters,
  );
  return rows[0]?.events ?? 0;
}

function eventOf({ botLayers, botReason, offset, tie, properties, ...row }: Row): LiveEvent {
  const bots = explained(botLayers, botReason);
  return { cursor: `${offset}.${tie}`, ...row, bots, properties: JSON.parse(properties || '{}') };
}

/** A cursor is two decimal numbers; at most 16 + 1 + 20 characters. */
function positionOf(cursor: string): Position {
  const match = /^(\d{1,20})\.(\d{1,20})$/.exec(cursor);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new TributaryError('bad-request', `"${cursor}" is not a cursor that this list has given`);
  }
  return { offset: match[1], tie: match[2] };
}
