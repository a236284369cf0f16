import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import { rows } from './ids.ts';

/**
 * Writes the parts of these tables again in which rows are only masked: `DELETE FROM` leaves their bytes, and no count and no condition
 * sees them. `tables`: `database.table`, quoted or not.
 */
export async function applyDeletedMasks(
  warehouse: ClickHouseClient,
  tables: readonly string[],
): Promise<void> {
  const masked = await rows<{ name: string }>(
    warehouse,
    `SELECT DISTINCT concat('\`', database, '\`.\`', table, '\`') AS name FROM system.parts
    WHERE active AND has_lightweight_delete AND concat(database, '.', system.parts.table) IN {names:Array(String)}`,
    { names: unquoted(tables) },
  );
  for (const { name } of masked)
    await warehouse.command({
      query: `ALTER TABLE ${name} APPLY DELETED MASK`,
      clickhouse_settings: { mutations_sync: '2' },
    });
}

/** A mutation leaves the parts of before on disk for a while; this waits until those of now are gone. */
export async function forgetOldParts(warehouse: ClickHouseClient, tables: readonly string[]): Promise<void> {
  const names = unquoted(tables);
  const old = await oldParts(warehouse, names);
  const touched = [...new Set(old.map(({ table }) => table))];
  for (const table of touched)
    await command(warehouse, `ALTER TABLE ${table} MODIFY SETTING old_parts_lifetime = 1`);
  let left = old;
  for (let look = 0; left.length > 0 && look < 1_200; look++) {
    // a table that nothing is written to looks at its old parts every ten minutes; this makes it look now
    for (const table of new Set(left.map((one) => one.table)))
      await command(warehouse, `SYSTEM START MERGES ${table}`);
    await sleep(500);
    const still = new Set((await oldParts(warehouse, names)).map(({ part }) => part));
    left = old.filter(({ part }) => still.has(part));
  }
  // a run that was broken off may have left others with it
  for (const { name, ours } of await impatient(warehouse))
    await command(
      warehouse,
      `ALTER TABLE ${name} ${ours ? 'MODIFY SETTING old_parts_lifetime = 60' : 'RESET SETTING old_parts_lifetime'}`,
    );
  if (left.length > 0) throw new Error(`${left.length} old parts of tables are still on disk`);
}

async function oldParts(
  warehouse: ClickHouseClient,
  names: readonly string[],
): Promise<{ table: string; part: string }[]> {
  return rows(
    warehouse,
    `SELECT concat('\`', database, '\`.\`', table, '\`') AS table, concat(database, '.', table, '/', name) AS part FROM system.parts
    WHERE NOT active AND rows > 0 AND concat(database, '.', system.parts.table) IN {names:Array(String)}`,
    { names },
  );
}

function impatient(warehouse: ClickHouseClient): Promise<{ name: string; ours: number }[]> {
  return rows(
    warehouse,
    `SELECT concat('\`', database, '\`.\`', name, '\`') AS name, startsWith(database, 'tributary') AS ours FROM system.tables
    WHERE create_table_query LIKE '%old_parts_lifetime = 1,%' OR create_table_query LIKE '%old_parts_lifetime = 1'`,
  );
}

async function command(warehouse: ClickHouseClient, query: string): Promise<void> {
  await warehouse.command({ query });
}

function unquoted(tables: readonly string[]): string[] {
  return tables.map((table) => table.replaceAll('`', ''));
}
