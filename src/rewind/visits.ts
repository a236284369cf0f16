import type { ClickHouseClient } from '../warehouse/warehouse.ts';
import { command, inRange, parametersOf, rowsOf, type Scope } from './tables.ts';

/** Sessions of the range's events as they are. */
export const visitsNow = `SELECT session_id FROM tributary.events WHERE ${inRange()} AND session_id != 0`;

/** Keys by which the shadow's events name their sessions. */
export const shadowKeys = (database: string): string => `SELECT session_key FROM ${database}.events`;

/** Sessions of the shadow's events: those of their keys, and those that repairs of the keys name. */
export const shadowVisits = (database: string): string =>
  `SELECT session_key FROM ${database}.events UNION DISTINCT
   SELECT session_id FROM ${database}.session_repairs WHERE session_key IN (${shadowKeys(database)})`;

/**
 * Writes down the sessions whose rows go: those of the range's events as they are, as far as no event outside the range is in them too, and those of
 * the shadow's events. Once, before the first table changes places.
 */
export async function rememberVisits(
  warehouse: ClickHouseClient,
  database: string,
  scope: Scope,
): Promise<void> {
  const visits = `${database}.visits`;
  const there = await rowsOf(
    warehouse,
    `SELECT 1 FROM system.tables WHERE database = {database:String} AND name = 'visits'`,
    { database },
  );
  if (there.length > 0) return;
  await command(warehouse, `DROP TABLE IF EXISTS ${visits}_ SYNC`);
  await command(warehouse, `CREATE TABLE ${visits}_ (visit UInt64) ENGINE = MergeTree ORDER BY visit`);
  await command(
    warehouse,
    `INSERT INTO ${visits}_ SELECT DISTINCT session_id FROM (${visitsNow}) WHERE session_id NOT IN (
       SELECT session_id FROM tributary.events WHERE project = {project:String} AND NOT (${inRange()}))`,
    parametersOf(scope),
  );
  await command(warehouse, `INSERT INTO ${visits}_ ${shadowVisits(database)}`);
  await command(warehouse, `RENAME TABLE ${visits}_ TO ${visits}`);
}
