import type { ClickHouseClient } from '@clickhouse/client';
import { hash64 } from '../../runtime/ids.ts';
import { type PersonIds, rows } from './ids.ts';

/** A table that holds rows of persons, and how they are found in it. */
export interface PersonTable {
  readonly name: string;
  readonly database: string;
  readonly isOurs: boolean;
  /** The condition names nobody: it is kept in the files of the engine for a while. */
  readonly where: string;
}

const keyColumns = new Set(['person_key', 'person_id', 'alias_key', 'target_key']);
/** In tables of ours alone: models call other things so. */
const ownKeyColumns = new Set([...keyColumns, 'key']);
const idColumns =
  /(?:^|_)(?:user|anonymous|distinct|customer|visitor|person|alias|target|contact|member|account_user)(?:_id|_key|id)?$|e_?mail/i;
/** The source database's own: what is deleted there is deleted here. */
const replicated = new Set(['app', 'app_raw', 'app_history']);
const skipped = new Set([
  'system',
  'INFORMATION_SCHEMA',
  'information_schema',
  'default',
  '_temporary_and_external_tables',
]);

/** Tables of every database with columns that can hold the person's ids or keys; `project` only where a table has several. */
export async function personTables(
  warehouse: ClickHouseClient,
  project: string,
  { keys, ids, marks }: PersonIds,
): Promise<PersonTable[]> {
  const columns = await rows<{ database: string; table: string; name: string; type: string }>(
    warehouse,
    `SELECT database, table, columns.name AS name, type FROM system.columns AS columns
    INNER JOIN system.tables AS tables ON tables.database = columns.database AND tables.name = columns.table
    WHERE tables.engine LIKE '%MergeTree' AND default_kind != 'ALIAS' ORDER BY database, table, position`,
  );
  const tables = new Map<string, typeof columns>();
  for (const column of columns) {
    if (skipped.has(column.database)) continue;
    const name = `${quoted(column.database)}.${quoted(column.table)}`;
    tables.set(name, [...(tables.get(name) ?? []), column]);
  }
  const hashes = [...ids.map(({ id }) => id), ...marks].map((text) => hash64(text).toString());
  return [...tables].flatMap(([name, of]) => {
    const database = of[0]?.database ?? '';
    const where = conditionOf(of, project, keys, hashes);
    return where === undefined ? [] : [{ name, database, isOurs: !replicated.has(database), where }];
  });
}

function conditionOf(
  columns: readonly { readonly name: string; readonly type: string; readonly database: string }[],
  project: string,
  keys: readonly string[],
  hashes: readonly string[],
): string | undefined {
  const ours = columns[0]?.database.startsWith('tributary') === true;
  const parts: string[] = [];
  const byKey = columns.filter(
    ({ name, type }) => (ours ? ownKeyColumns : keyColumns).has(name) && /^(?:Nullable\()?U?Int64/.test(type),
  );
  for (const { name } of byKey) parts.push(`${quoted(name)} IN (${keys.join(',')})`);
  // a person's key says it better than an id, which may be a device of several people
  if (!ours || byKey.length === 0)
    for (const { name, type } of columns)
      if (/^(?:LowCardinality\()?(?:Nullable\()?(?:String|FixedString)/.test(type) && idColumns.test(name))
        parts.push(`halfMD5(toString(${quoted(name)})) IN (${hashes.join(',')})`);
  if (parts.length === 0) return undefined;
  const owner = columns.some(({ name }) => name === 'project')
    ? `project = '${project.replace(/[\\']/g, '\\$&')}' AND `
    : '';
  return `${owner}(${parts.join(' OR ')})`;
}

export function quoted(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``;
}
