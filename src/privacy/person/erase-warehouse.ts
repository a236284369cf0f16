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
/** The engine looks for no more at once; patterns for so many ids would take it minutes to prepare. */
const wordsPerStatement = 250;

/** As `eraseRows`, and the bytes are gone from the disk. */
export async function eraseFromWarehouse(...given: Parameters<typeof eraseRows>): Promise<string[]> {
  const { notes, written } = await eraseRows(...given);
  const [warehouse] = given;
  await forgetOldParts(warehouse, written);
  return notes;
}

/**
 * Deletes the rows of a person from the tables of the warehouse, and log lines and quarantined items that name the person. `models`: of the
 * models' databases, else of ours. `tell` hears of each removal, the answer is what to know besides. Safe to repeat.
 */
export async function eraseRows(
  warehouse: ClickHouseClient,
  { erasure, ...scope }: Scope & { readonly erasure: string },
  person: PersonIds,
  part: 'ours' | 'models',
  tell: (removed: Removed) => Promise<void>,
): Promise<{ readonly notes: string[]; readonly written: readonly string[] }> {
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
  return { notes, written };
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
  const words = wordsOf(person);
  if (words.length === 0) return [];
  const portions: { table: string; what: string; where: string; count: number }[] = [];
  for (const { table, what, key, searched } of texts) {
    const found = new Set<string>();
    for (let at = 0; at < words.length; at += wordsPerStatement) {
      const some = words.slice(at, at + wordsPerStatement);
      const result = await warehouse.query({
        query: `SELECT ${key.map((one) => `toString(${one})`).join(', ')}, concatWithSeparator('\\n', ${searched.join(', ')}) AS texts
        FROM ${table} WHERE project = {project:String} AND multiSearchAny(texts, {some:Array(String)})`,
        query_params: { project, some },
        format: 'JSONCompactEachRow',
      });
      for await (const named of result.stream<string[]>())
        for (const row of named) {
          const cells = row.json<string[]>();
          const text = cells.at(-1) ?? '';
          if (some.some((word) => isWordIn(text, word)))
            found.add(`(${cells.slice(0, key.length).join(',')})`);
        }
    }
    const keys = [...found];
    for (let at = 0; at < keys.length; at += rowsPerStatement) {
      const some = keys.slice(at, at + rowsPerStatement);
      portions.push({ table, what, where: `(${key.join(',')}) IN (${some.join(',')})`, count: some.length });
    }
  }
  return portions;
}

/** As they stand in texts, in queries and in JSON. */
function wordsOf({ ids, marks }: PersonIds): string[] {
  return [...new Set([...ids.filter(({ kind }) => kind !== 'e').map(({ id }) => id), ...marks])]
    .filter((text) => text.length >= shortest)
    .flatMap((text) => [text, encodeURIComponent(text), JSON.stringify(text).slice(1, -1)])
    .filter((text, index, all) => index % 3 === 0 || text !== all[index - (index % 3)]);
}

function isWordIn(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const after = text[at + word.length] ?? ' ';
    if (!/[A-Za-z0-9_.-]/.test(text[at - 1] ?? ' ') && !/[A-Za-z0-9_-]/.test(after)) return true;
  }
  return false;
}
