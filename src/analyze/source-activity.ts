import type { ClickHouseClient } from '@clickhouse/client';
import type { Clock } from '../runtime/clock.ts';
import { ask } from './ask.ts';
import { Parameters } from './parameters.ts';

const hour = 3_600_000;
const hoursShown = 24;

export interface KeyActivity {
  /** Empty for requests without a key. */
  readonly key: string;
  readonly last: number | null;
  readonly hours: readonly number[];
  readonly quarantined: number;
}

/** What came with each key of a project in the last 24 hours; events and log lines count alike. Keys that sent nothing are absent. */
export async function activityByKey(
  warehouse: ClickHouseClient,
  clock: Clock,
  project: string,
): Promise<{ readonly since: number; readonly keys: readonly KeyActivity[] }> {
  const since = hoursBefore(clock.now(), hoursShown);
  const parameters = new Parameters(project);
  const where = receivedSince(parameters, since);
  const perHour = (table: string): string =>
    `SELECT key_id AS key, ${hourSql} AS hour, count() AS count, toUnixTimestamp64Milli(max(received_at)) AS last,
      '${table}' AS place FROM tributary.${table} WHERE ${where} GROUP BY key, hour`;
  const rows = await ask<{ key: string; hour: number; count: number; last: number; place: string }>(
    warehouse,
    [...arrivals, 'quarantine'].map(perHour).join(' UNION ALL '),
    parameters,
  );
  const keys = new Map<string, { key: string; last: number | null; hours: number[]; quarantined: number }>();
  for (const { key, hour: at, count, last, place } of rows) {
    const seen = keys.get(key) ?? { key, last: null, hours: zeros(hoursShown), quarantined: 0 };
    keys.set(key, seen);
    if (place === 'quarantine') seen.quarantined += count;
    else {
      addTo(seen.hours, (at - since) / hour, count);
      seen.last = Math.max(seen.last ?? 0, last);
    }
  }
  return { since, keys: [...keys.values()] };
}

/** Tables that hold what a source sent. */
export const arrivals = ['events', 'logs'] as const;

export const hourSql = 'toUnixTimestamp(toStartOfHour(received_at)) * 1000';

/** The start of the hour, so that `count` hours end with the current one. */
export function hoursBefore(now: number, count: number): number {
  return Math.floor(now / hour) * hour - (count - 1) * hour;
}

export function receivedSince(parameters: Parameters, since: number): string {
  const instant = `fromUnixTimestamp64Milli(${parameters.add('Int64', since)}, 'UTC')`;
  return `project = ${parameters.project} AND received_at >= ${instant}`;
}

export function zeros(count: number): number[] {
  return Array.from({ length: count }, () => 0);
}

/** An event of the future is none of the hours. */
export function addTo(hours: number[], index: number, count: number): void {
  const before = hours[index];
  if (before !== undefined) hours[index] = before + count;
}
