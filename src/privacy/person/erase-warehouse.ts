import type { ClickHouseClient } from '@clickhouse/client';
import { sha256 } from '../../runtime/ids.ts';
import { max_query_size, type PersonIds, rows } from './ids.ts';
import { noteRemoved } from './note-removed.ts';
import { applyDeletedMasks, forgetOldParts } from './parts-on-disk.ts';
import { personTables, type Scope } from './tables.ts';

export interface Removed {
  readonly where: string;
  readonly what: string;
  readonly count: number;
}

/** Ids that are shorter are part of too many words to be looked for in texts. */
const shortest = 4;
const rowsPerStatement = 5_000;
const patternsPerStatement = 500;

/**
 * Deletes the rows of a person from the tables of the warehouse, and log lines and quarantined items that name the person. `models`: of the
 * models' databases, else of ours. `tell` hears of each removal, the answer is what to know besides. Safe to repeat.
 */
export async function eraseFromWarehouse(
  warehouse: ClickHouseClient,
  { erasure, ...scope }: Scope & { readonly erasure: string },
  person: PersonIds,
  part: 'ours' | 'models',
  tell: (removed: Removed) => Promise<void>,
): Promise<string[]> {
  const { project } = scope;
  const notes: string[] = [];
  const ours: string[] = [];
  const { tables, unsearched } = await personTables(warehouse, scope, person);
  for (const { name, database, isOurs, where } of tables) {
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
  if (part === 'models' && unsearched.length > 0)
    notes.push(
      `not searched by id, since they have no column project and there are several: ${unsearched.slice(0, 20).join(', ')}`,
    );
  const written = part === 'ours' ? [...ours, ...texts.map(({ table }) => table)] : ours;
  await applyDeletedMasks(warehouse, written);
  await forgetOldParts(warehouse, written);
  return notes;
}

async function deleteRows(warehouse: ClickHouseClient, table: string, where: string): Promise<void> {
  await warehouse.command({
    query: `ALTER TABLE ${table} DELETE WHERE ${where}`,
    clickhouse_settings: { mutations_sync: '2', max_query_size },
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
    const found = new Set<string>();
    for (let at = 0; at < patterns.length; at += patternsPerStatement) {
      const named = await rows<Record<string, string>>(
        warehouse,
        `SELECT ${key.map((one, index) => `toString(${one}) AS k${index}`).join(', ')} FROM ${table}
        WHERE project = {project:String} AND (${searched.map((text) => `multiMatchAny(${text}, {patterns:Array(String)})`).join(' OR ')})`,
        { project, patterns: patterns.slice(at, at + patternsPerStatement) },
      );
      for (const row of named) found.add(`(${key.map((_, index) => row[`k${index}`]).join(',')})`);
    }
    const keys = [...found];
    for (let at = 0; at < keys.length; at += rowsPerStatement) {
      const some = keys.slice(at, at + rowsPerStatement);
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
