import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import { sha256 } from '../../runtime/ids.ts';
import { type PersonIds, rows } from './ids.ts';
import { noteRemoved } from './note-removed.ts';
import { personTables } from './tables.ts';

export interface Removed {
  readonly where: string;
  readonly what: string;
  readonly count: number;
}

/** Ids that are shorter are part of too many words to be looked for in texts. */
const shortest = 4;
const rowsPerStatement = 5_000;

/**
 * Deletes the rows of a person from the tables of the warehouse, and log lines and quarantined items that name the person. `models`: of the
 * models' databases, else of ours. `tell` hears of each removal, the answer is what to know besides. Safe to repeat.
 */
export async function eraseFromWarehouse(
  warehouse: ClickHouseClient,
  { erasure, project }: { readonly erasure: string; readonly project: string },
  person: PersonIds,
  part: 'ours' | 'models',
  tell: (removed: Removed) => Promise<void>,
): Promise<string[]> {
  const notes: string[] = [];
  const ours: string[] = [];
  for (const { name, database, isOurs, where } of await personTables(warehouse, project, person)) {
    if (database.startsWith('tributary') !== (part === 'ours')) continue;
    if (isOurs) ours.push(name);
    const [found] = await rows<{ count: string }>(
      warehouse,
      `SELECT toString(count()) AS count FROM ${name} WHERE ${where}`,
    );
    const count = Number(found?.count ?? 0);
    if (count === 0) continue;
    const title = name.replaceAll('`', '');
    if (!isOurs) {
      notes.push(`${title} has ${count} rows: it is a copy, so delete them in the source database`);
      continue;
    }
    await noteRemoved(warehouse, { table: title, where, reason: 'erased', token: `${erasure}:${title}` });
    await deleteRows(warehouse, name, where);
    await tell({ where: title, what: 'rows', count });
  }
  if (part === 'ours') {
    for (const { table, what, where, count } of await namingRows(warehouse, project, person)) {
      await noteRemoved(warehouse, { table, where, reason: 'erased', token: `${erasure}:${sha256(where)}` });
      await deleteRows(warehouse, table, where);
      await tell({ where: table, what, count });
    }
    await warehouse.command({ query: 'SYSTEM RELOAD DICTIONARY tributary.identity' });
    const short = person.ids.filter(({ id }) => id.length < shortest).length;
    if (short > 0)
      notes.push(`${short} ids of fewer than ${shortest} characters were not looked for in texts`);
  }
  await forgetOldParts(warehouse, part === 'ours' ? [...ours, 'tributary.quarantine'] : ours);
  return notes;
}

async function deleteRows(warehouse: ClickHouseClient, table: string, where: string): Promise<void> {
  await warehouse.command({
    query: `ALTER TABLE ${table} DELETE WHERE ${where}`,
    clickhouse_settings: { mutations_sync: '2' },
  });
}

/** Tables with texts: by which columns a row is known, and which texts are searched. */
const texts = [
  {
    table: 'tributary.quarantine',
    what: 'items',
    key: ['log_offset', 'item'],
    searched: [
      'payload',
      'query',
      'headers',
      'path',
      'detail',
      'envelope',
      'cause',
      "if(payload_encoding = 'base64', tryBase64Decode(payload), '')",
    ],
  },
  {
    table: 'tributary.logs',
    what: 'lines that name the person',
    key: ['log_offset', 'halfMD5(line_id)'],
    searched: ['body', 'toJSONString(attributes)', 'resource'],
  },
];

/** Rows of texts that name the person, in portions. The conditions name nobody. */
export async function namingRows(
  warehouse: ClickHouseClient,
  project: string,
  person: PersonIds,
): Promise<
  { readonly table: string; readonly what: string; readonly where: string; readonly count: number }[]
> {
  const patterns = textPatterns(person);
  if (patterns.length === 0) return [];
  const portions: { table: string; what: string; where: string; count: number }[] = [];
  for (const { table, what, key, searched } of texts) {
    const found = await rows<Record<string, string>>(
      warehouse,
      `SELECT ${key.map((one, index) => `toString(${one}) AS k${index}`).join(', ')} FROM ${table}
      WHERE project = {project:String} AND (${searched.map((text) => `multiMatchAny(${text}, {patterns:Array(String)})`).join(' OR ')})`,
      { project, patterns },
    );
    for (let at = 0; at < found.length; at += rowsPerStatement) {
      const some = found
        .slice(at, at + rowsPerStatement)
        .map((row) => `(${key.map((_, index) => row[`k${index}`]).join(',')})`);
      portions.push({ table, what, where: `(${key.join(',')}) IN (${some.join(',')})`, count: some.length });
    }
  }
  return portions;
}

/** The ids as whole words. */
function textPatterns({ ids, marks }: PersonIds): string[] {
  return [...new Set([...ids.filter(({ kind }) => kind !== 'e').map(({ id }) => id), ...marks])]
    .filter((text) => text.length >= shortest)
    .flatMap((text) => [text, encodeURIComponent(text), JSON.stringify(text).slice(1, -1)])
    .filter((text, index, all) => all.indexOf(text) === index)
    .map((text) => `(^|[^A-Za-z0-9_.-])${text.replace(/[\\^$.|?*+()[\]{}/-]/g, '\\$&')}($|[^A-Za-z0-9_-])`);
}

/** A mutation leaves the parts of before on disk for a while; this waits until those of now are gone. */
async function forgetOldParts(warehouse: ClickHouseClient, tables: readonly string[]): Promise<void> {
  const names = tables.map((table) => table.replaceAll('`', ''));
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
