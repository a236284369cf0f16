import type { ClickHouseClient } from '@clickhouse/client';
import { hash64 } from '../../runtime/ids.ts';
import { type PersonIds, rows } from './ids.ts';

/** A table that holds rows of persons, and how they are found in it. */
export interface PersonTable {
  readonly name: string;
  readonly database: string;
  readonly isOurs: boolean;
  readonly hasProject: boolean;
  /** The condition names nobody: it is kept in the files of the engine for a while. */
  readonly where: string;
}

/** Whose rows are looked for. */
export interface Scope {
  readonly project: string;
  /** There is no other project but the demo's, so rows of tables without a column `project` are this one's. */
  readonly isOnly: boolean;
}

export interface PersonTables {
  readonly tables: readonly PersonTable[];
  /** Tables with ids of people of which nothing says whose they are: only keys of persons were looked for in them. */
  readonly unsearched: readonly string[];
}

const keyColumns = new Set(['person_key', 'person_id', 'alias_key', 'target_key']);
/** In tables of ours alone: models call other things so. */
const ownKeyColumns = new Set([...keyColumns, 'key']);
const idColumns =
  /(?:^|_)(?:user|anonymous|distinct|customer|visitor|person|alias|target|contact|member|account_user)(?:_id|_key|id)?$|e_?mail/i;
/** Numbers under other names are counts. */
const numericIdColumns = /(?:_id|id)$/i;
/** The source database's own: what is deleted there is deleted here. */
const replicated = new Set(['app', 'app_raw', 'app_history']);
const skipped = new Set([
  'system',
  'INFORMATION_SCHEMA',
  'information_schema',
  'default',
  '_temporary_and_external_tables',
]);

/**
 * Tables of every database with columns that can hold the person's ids or keys. An id says who somebody is within a project, so where nothing
 * tells whose a row is, only keys do.
 */
export async function personTables(
  warehouse: ClickHouseClient,
  { project, isOnly }: Scope,
  { keys, ids, marks }: PersonIds,
): Promise<PersonTables> {
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
  const found: PersonTable[] = [];
  const unsearched: string[] = [];
  for (const [name, of] of tables) {
    const database = of[0]?.database ?? '';
    const ours = database.startsWith('tributary');
    const hasProject = of.some((column) => column.name === 'project');
    const byKey = keyCondition(of, keys, ours);
    // a person's key says it better than an id, which may be a device of several people
    const byId = ours && byKey !== '' ? '' : idCondition(of, hashes);
    const isClear = hasProject || isOnly;
    if (byId !== '' && !isClear) unsearched.push(name.replaceAll('`', ''));
    const conditions = [byKey, isClear ? byId : ''].filter((one) => one !== '');
    if (conditions.length === 0) continue;
    const owner = hasProject ? `project = '${project.replace(/[\\']/g, '\\$&')}' AND ` : '';
    const where = `${owner}(${conditions.join(' OR ')})`;
    found.push({ name, database, isOurs: !replicated.has(database), hasProject, where });
  }
  return { tables: found, unsearched };
}

interface Column {
  readonly name: string;
  readonly type: string;
}

function keyCondition(columns: readonly Column[], keys: readonly string[], ours: boolean): string {
  if (keys.length === 0) return '';
  return columns
    .filter(
      ({ name, type }) =>
        (ours ? ownKeyColumns : keyColumns).has(name) && /^(?:Nullable\()?U?Int64/.test(type),
    )
    .map(({ name }) => `${quoted(name)} IN (${keys.join(',')})`)
    .join(' OR ');
}

function idCondition(columns: readonly Column[], hashes: readonly string[]): string {
  if (hashes.length === 0) return '';
  return columns
    .filter(({ name, type }) => {
      if (!idColumns.test(name) || keyColumns.has(name)) return false;
      const [, base = ''] =
        /^(?:LowCardinality\()?(?:Nullable\()?(String|FixedString|UUID|U?Int\d+)/.exec(type) ?? [];
      return base.includes('Int') ? numericIdColumns.test(name) : base !== '';
    })
    .map(({ name }) => `halfMD5(toString(${quoted(name)})) IN (${hashes.join(',')})`)
    .join(' OR ');
}

export function quoted(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``;
}
