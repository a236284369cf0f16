import type { ClickHouseClient } from '@clickhouse/client';
import type { SourceStatus } from '../contract/source.ts';
import type { Clock } from '../runtime/clock.ts';
import { ask } from './ask.ts';
import { Parameters } from './parameters.ts';
import { addTo, arrivals, hourSql, hoursBefore, receivedSince, zeros } from './source-activity.ts';

const hour = 3_600_000;
const shown = 10;
/** Characters of what an event or a failure carried. */
const payloadLength = 4_000;

export interface SourceQuestion {
  readonly project: string;
  /** Id of the write key. */
  readonly source: string;
  readonly hours: number;
}

/** What one key brought in the last hours; what was turned away before the log is not known here. */
export async function sourceStatus(
  warehouse: ClickHouseClient,
  clock: Clock,
  { project, source, hours }: SourceQuestion,
): Promise<Omit<SourceStatus, 'refusals'>> {
  const since = hoursBefore(clock.now(), hours);
  const parameters = new Parameters(project);
  const where = `${receivedSince(parameters, since)} AND key_id = ${parameters.add('String', source)}`;
  const from = (sql: string): Promise<never[]> => ask(warehouse, sql, parameters);
  const [senders, names, perHour, reasons, latest, failed] = await Promise.all([
    from(sendersSql(where)) as Promise<SourceStatus['senders']>,
    from(namesSql(where)) as Promise<SourceStatus['names']>,
    from(perHourSql(where)) as Promise<{ hour: number; place: string; count: number }[]>,
    from(reasonsSql(where)) as Promise<SourceStatus['reasons']>,
    from(latestSql(where)) as Promise<SourceStatus['latest']>,
    from(failedSql(where)) as Promise<SourceStatus['failed']>,
  ]);
  const [events, quarantined] = [zeros(hours), zeros(hours)];
  for (const { hour: at, place, count } of perHour)
    addTo(place === 'quarantine' ? quarantined : events, (at - since) / hour, count);
  return {
    since,
    hours: events.map((count, index) => ({ events: count, quarantined: quarantined[index] ?? 0 })),
    events: sum(events),
    quarantined: sum(quarantined),
    lastEvent: senders.reduce((last, sender) => Math.max(last, sender.last), 0) || null,
    senders: senders.slice(0, 2 * shown),
    names,
    reasons,
    latest,
    failed,
  };
}

const lastSql = 'toUnixTimestamp64Milli(max(received_at)) AS last';

function perHourSql(where: string): string {
  return [...arrivals, 'quarantine']
    .map(
      (table) =>
        `SELECT ${hourSql} AS hour, '${table}' AS place, count() AS count FROM tributary.${table} WHERE ${where} GROUP BY hour`,
    )
    .join(' UNION ALL ');
}

function sendersSql(where: string): string {
  return `SELECT * FROM (
      SELECT protocol, library, count() AS events, ${lastSql} FROM tributary.events WHERE ${where} GROUP BY protocol, library
      UNION ALL
      SELECT protocol, '' AS library, count() AS events, ${lastSql} FROM tributary.logs WHERE ${where} GROUP BY protocol
    ) ORDER BY events DESC LIMIT 200`;
}

function namesSql(where: string): string {
  return `SELECT event, count() AS events FROM tributary.events WHERE ${where} GROUP BY event ORDER BY events DESC, event LIMIT 20`;
}

function reasonsSql(where: string): string {
  return `SELECT stage, reason, count() AS count, ${lastSql} FROM tributary.quarantine WHERE ${where}
    GROUP BY stage, reason ORDER BY count DESC, reason LIMIT 20`;
}

function latestSql(where: string): string {
  const receivedAt = 'toUnixTimestamp64Milli(received_at) AS receivedAt';
  const newest = `ORDER BY log_offset DESC LIMIT ${shown}`;
  return `SELECT event, type, receivedAt, user, protocol, payload FROM (
      SELECT event, type, ${receivedAt}, if(user_id = '', anonymous_id, user_id) AS user, protocol,
        leftUTF8(toString(properties), ${payloadLength}) AS payload, log_offset
      FROM tributary.events WHERE ${where} ${newest}
      UNION ALL
      SELECT service AS event, 'log' AS type, ${receivedAt}, if(user_id = '', anonymous_id, user_id) AS user, protocol,
        leftUTF8(body, ${payloadLength}) AS payload, log_offset
      FROM tributary.logs WHERE ${where} ${newest}
    ) ${newest}`;
}

function failedSql(where: string): string {
  return `SELECT toUnixTimestamp64Milli(received_at) AS receivedAt, stage, reason, leftUTF8(detail, 1000) AS detail, protocol,
      leftUTF8(if(payload = '', query, payload), ${payloadLength}) AS payload,
      if(payload = '', 'text', payload_encoding) AS encoding
    FROM tributary.quarantine WHERE ${where} ORDER BY log_offset DESC, item DESC LIMIT ${shown}`;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
