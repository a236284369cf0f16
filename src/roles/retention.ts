import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { RetentionRules } from '../contract/privacy-settings.ts';
import { noteRemoved } from '../privacy/person/note-removed.ts';
import { applyDeletedMasks } from '../privacy/person/parts-on-disk.ts';
import type { Clock } from '../runtime/clock.ts';
import { messageOf } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Store } from '../store/store.ts';
import type { ClickHouseClient } from '../warehouse/warehouse.ts';
import { settingsOf } from './project-settings.ts';

const dayMs = 86_400_000;
const runSchema = z.object({
  at: z.number(),
  table: z.string(),
  rule: z.string(),
  before: z.number(),
  rows: z.number(),
});
export type RetentionRun = z.infer<typeof runSchema>;
const maxRuns = 100;

interface Rule {
  readonly table: string;
  readonly time: string;
  /** How people call it: `events`, or the name of an event. */
  readonly name: string;
  readonly days: number;
  readonly event?: string;
}

function rulesOf(rules: RetentionRules): Rule[] {
  const tables = [
    { table: 'tributary.events', time: 'timestamp', name: 'events', days: rules.events },
    { table: 'tributary.sessions', time: 'started_at', name: 'sessions', days: rules.sessions },
    { table: 'tributary.logs', time: 'timestamp', name: 'logs', days: rules.logs },
    { table: 'tributary.quarantine', time: 'received_at', name: 'quarantine', days: rules.quarantine },
  ];
  const named = Object.entries(rules.eventNames).map(([event, days]) => ({
    table: 'tributary.events',
    time: 'timestamp',
    name: event,
    event,
    days,
  }));
  return [...tables.flatMap(({ days, ...rest }) => (days === null ? [] : [{ ...rest, days }])), ...named];
}

/**
 * Deletes what is older than the project keeps it: months that are the project's alone are dropped as a whole, other rows are deleted.
 * Safe to repeat, and beside the pipeline. Answers what was removed.
 */
export async function applyRetention(
  warehouse: ClickHouseClient,
  project: string,
  rules: RetentionRules,
  now: number,
): Promise<RetentionRun[]> {
  const runs: RetentionRun[] = [];
  for (const { table, time, name, days, event } of rulesOf(rules)) {
    const before = Math.floor(now / dayMs) * dayMs - days * dayMs;
    const query_params = { project, before, ...(event === undefined ? {} : { event }) };
    const where = `project = {project:String} AND ${time} < fromUnixTimestamp64Milli({before:Int64})${event === undefined ? '' : ' AND event = {event:String}'}`;
    const rows = await countOf(warehouse, table, where, query_params);
    if (rows === 0) continue;
    await noteRemoved(warehouse, {
      table,
      where,
      query_params,
      reason: 'retention',
      token: `retention:${project}:${name}:${before}:${rows}`,
    });
    if (event === undefined) await dropMonths(warehouse, { table, time, project, before });
    await warehouse.command({
      query: `DELETE FROM ${table} WHERE ${where}`,
      query_params,
      clickhouse_settings: { lightweight_deletes_sync: '2' },
    });
    runs.push({ at: now, table, rule: name, before, rows });
  }
  // also after a run that was broken off: what is only masked stays on disk, and nobody sees it any more
  await applyDeletedMasks(warehouse, [...new Set(rulesOf(rules).map(({ table }) => table))]);
  return runs;
}

async function countOf(
  warehouse: ClickHouseClient,
  table: string,
  where: string,
  query_params: Record<string, unknown>,
): Promise<number> {
  const result = await warehouse.query({
    query: `SELECT toString(count()) AS count FROM ${table} WHERE ${where}`,
    query_params,
    format: 'JSONEachRow',
  });
  const [row] = await result.json<{ count: string }>();
  return Number(row?.count ?? 0);
}

/** Partitions are months of all projects. */
async function dropMonths(
  warehouse: ClickHouseClient,
  { table, time, project, before }: { table: string; time: string; project: string; before: number },
): Promise<void> {
  const result = await warehouse.query({
    query: `SELECT _partition_id AS id FROM ${table} GROUP BY id
      HAVING max(${time}) < fromUnixTimestamp64Milli({before:Int64}) AND countIf(project != {project:String}) = 0`,
    query_params: { project, before },
    format: 'JSONEachRow',
  });
  for (const { id } of await result.json<{ id: string }>())
    if (/^\w{1,40}$/.test(id))
      await warehouse.command({ query: `ALTER TABLE ${table} DROP PARTITION ID '${id}'` });
}

export interface RetentionParts {
  readonly store: Store;
  readonly warehouse: ClickHouseClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const lookMs = 600_000;

/** Once per day and project, and after the rules of a project changed, until the signal aborts. */
export async function keepRetention(parts: RetentionParts): Promise<void> {
  const { store, clock, logger, signal } = parts;
  // what people see first after a start is not slowed down by it
  await sleep(15_000, undefined, { signal, ref: false }).catch(() => undefined);
  while (!signal.aborted) {
    try {
      for (const { id } of await store.projects.list()) await retainOnce(parts, id);
    } catch (error) {
      if (!signal.aborted)
        logger.warn('old data cannot be deleted now', { error: messageOf(error), at: clock.now() });
    }
    await sleep(lookMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

async function retainOnce(
  { store, warehouse, clock, logger }: RetentionParts,
  project: string,
): Promise<void> {
  const { retention } = await settingsOf(store, project);
  const now = clock.now();
  const done = JSON.stringify({ day: Math.floor(now / dayMs), retention });
  if ((await store.settings.get(`retention-done:${project}`)) === done) return;
  const runs = await applyRetention(warehouse, project, retention, now);
  if (runs.length > 0) {
    logger.info('old rows were deleted', { project, rows: runs.reduce((sum, { rows }) => sum + rows, 0) });
    const known = await retentionRuns(store, project);
    await store.settings.set(runsName(project), JSON.stringify([...runs, ...known].slice(0, maxRuns)));
  }
  await store.settings.set(`retention-done:${project}`, done);
}

function runsName(project: string): string {
  return `retention-runs:${project}`;
}

/** What was deleted, newest first. */
export async function retentionRuns(store: Store, project: string): Promise<RetentionRun[]> {
  const parsed = z
    .array(runSchema)
    .safeParse(JSON.parse((await store.settings.get(runsName(project))) ?? '[]'));
  return parsed.success ? parsed.data : [];
}
