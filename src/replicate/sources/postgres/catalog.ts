import type pg from 'pg';
import { TributaryError } from '../../../runtime/errors.ts';
import type { FileMask, SourceFile } from '../../source-file.ts';
import type { TableColumn } from '../../table.ts';
import { matches, tableNames } from '../../table-choice.ts';
import { identifier, rowsOf } from './connect.ts';
import { kindOf, nameOfType, type TypeCatalog } from './types.ts';

export interface CatalogColumn {
  /** Number of the column in its table, never given to another. */
  readonly id: number;
  readonly name: string;
  readonly type: number;
  readonly modifier: number;
  readonly isNotNull: boolean;
  readonly isGenerated: boolean;
  readonly hasDefault: boolean;
}

/** A table that could be replicated; a partitioned one stands for its partitions. */
export interface CatalogTable {
  readonly id: string;
  readonly schema: string;
  readonly name: string;
  readonly isPartitioned: boolean;
  /** REPLICA IDENTITY: `d` primary key, `i` an index, `f` full, `n` nothing. */
  readonly identity: string;
  /** Columns of the index that names rows in the log, in its order; empty when there is none. */
  readonly key: readonly string[];
  readonly columns: readonly CatalogColumn[];
  /** As the server estimates; -1 when it does not know. */
  readonly rows: number;
  readonly isFiltered: boolean;
  readonly isReadable: boolean;
  readonly isOwned: boolean;
  /** Partitions of all levels, by number. */
  readonly partitions: readonly string[];
}

export const usualSchema = 'public';

const tablesQuery = `
  SELECT c.oid AS id, n.nspname AS schema, c.relname AS name, c.relkind = 'p' AS partitioned, c.relreplident AS identity,
    c.reltuples::bigint AS rows, c.relrowsecurity AND (c.relforcerowsecurity OR NOT pg_has_role(c.relowner, 'USAGE'))
      AND NOT (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) AS filtered,
    has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE') AS readable, pg_has_role(c.relowner, 'USAGE') AS owned,
    (SELECT jsonb_agg(a.attname ORDER BY k.place) FROM pg_index i, unnest(i.indkey) WITH ORDINALITY k (number, place)
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
     WHERE i.indrelid = c.oid AND k.place <= i.indnkeyatts
       AND CASE WHEN c.relreplident = 'i' THEN i.indisreplident ELSE i.indisprimary END) AS key,
    (SELECT jsonb_agg(jsonb_build_array(a.attnum, a.attname, a.atttypid::bigint, a.atttypmod, a.attnotnull, a.attgenerated <> '',
       a.atthasdef OR a.attidentity <> '') ORDER BY a.attnum)
     FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
    (SELECT jsonb_agg(p.relid::oid::text) FROM pg_partition_tree(c.oid) p WHERE c.relkind = 'p' AND p.isleaf) AS partitions
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p'
    AND n.nspname NOT IN ('information_schema', 'pg_catalog') AND n.nspname NOT LIKE 'pg\\_%'`;

/** All tables, or those with the given numbers. */
export async function readTables(client: pg.Client, ids?: readonly string[]): Promise<CatalogTable[]> {
  const rows = await rowsOf(
    client,
    `${tablesQuery} ${ids ? 'AND c.oid = ANY ($1::oid[])' : ''} ORDER BY n.nspname, c.relname`,
    ids ? [ids] : [],
  );
  return rows.map((row) => ({
    id: row.id ?? '',
    schema: row.schema ?? '',
    name: row.name ?? '',
    isPartitioned: row.partitioned === 't',
    identity: row.identity ?? '',
    key: JSON.parse(row.key ?? '[]') as string[],
    columns: (JSON.parse(row.columns ?? '[]') as ColumnRow[]).map(columnOf),
    rows: Number(row.rows),
    isFiltered: row.filtered === 't',
    isReadable: row.readable === 't',
    isOwned: row.owned === 't',
    partitions: JSON.parse(row.partitions ?? '[]') as string[],
  }));
}

type ColumnRow = [number, string, number, number, boolean, boolean, boolean];

function columnOf([id, name, type, modifier, isNotNull, isGenerated, hasDefault]: ColumnRow): CatalogColumn {
  return { id, name, type, modifier, isNotNull, isGenerated, hasDefault };
}

/** Whether a file asks for a table. */
export function isChosen(file: SourceFile, { schema, name }: Pick<CatalogTable, 'schema' | 'name'>): boolean {
  const names = tableNames(schema, name, usualSchema);
  return matches(file.tables.include, names) && !matches(file.tables.exclude, names);
}

export function wantsHistory(file: SourceFile, { schema, name }: CatalogTable): boolean {
  return matches(file.history, tableNames(schema, name, usualSchema));
}

/** Name in the warehouse. */
export function targetName(
  file: SourceFile,
  { schema, name }: Pick<CatalogTable, 'schema' | 'name'>,
): string {
  return `${file.prefix}${schema === usualSchema ? name : `${schema}_${name}`}`;
}

/** Why a table cannot be replicated, and what can be done; undefined when it can. */
export function obstacle(
  table: CatalogTable,
): { readonly says: string; readonly remedy: string } | undefined {
  const name = qualified(table);
  if (!table.isReadable)
    return { says: 'it may not be read', remedy: `GRANT SELECT ON ${name} TO CURRENT_USER, as its owner` };
  if (table.isFiltered)
    return {
      says: 'row level security hides rows of it from this user',
      remedy: 'ALTER ROLE … BYPASSRLS, or exclude the table',
    };
  if (table.identity === 'n')
    return {
      says: 'its REPLICA IDENTITY is NOTHING, so that the log does not say which row was changed',
      remedy: `ALTER TABLE ${name} REPLICA IDENTITY DEFAULT`,
    };
  if (table.key.length === 0)
    return {
      says: 'it has no primary key, so that the log does not say which row was changed; publishing it would make its updates fail',
      remedy: `add a primary key, or a unique index over NOT NULL columns and ALTER TABLE ${name} REPLICA IDENTITY USING INDEX …`,
    };
  return undefined;
}

/** The columns that are replicated, as the file wants them. */
export function wantedColumns(file: SourceFile, table: CatalogTable, types: TypeCatalog): TableColumn[] {
  return table.columns.flatMap((column) => {
    const rule = maskOf(file, table, column.name);
    const isKey = table.key.includes(column.name);
    const isOut = isLeftOut(file, table, column.name);
    if (isKey && (isOut || (rule && rule.rule !== 'hash')))
      throw new TributaryError(
        'source-invalid',
        `sources/${file.name}: ${qualified(table)}.${column.name} names rows, so it can be kept or hashed, nothing else; or exclude the table`,
      );
    if (isOut || rule?.rule === 'drop') return [];
    const kind = kindOf(types, column.type, column.modifier);
    const { id, name, isGenerated } = column;
    return [
      {
        ...(rule ? { type: 'String', mask: rule } : keyKind(kind, isKey)),
        id,
        name,
        source: nameOfType(types, column.type, column.modifier),
        nullable: !isKey && !column.isNotNull,
        ...(isGenerated ? { generated: true } : {}),
      },
    ];
  });
}

/** What a table is sorted by is not worth a dictionary. */
function keyKind(kind: ReturnType<typeof kindOf>, isKey: boolean): ReturnType<typeof kindOf> {
  return isKey && kind.type === 'LowCardinality(String)' ? { ...kind, type: 'String' } : kind;
}

function columnNames({ schema, name }: Pick<CatalogTable, 'schema' | 'name'>, column: string): string[] {
  return tableNames(schema, name, usualSchema).map((table) => `${table}.${column}`);
}

export function maskOf(
  file: SourceFile,
  table: Pick<CatalogTable, 'schema' | 'name'>,
  column: string,
): FileMask | undefined {
  return Object.entries(file.mask).find(([pattern]) => matches([pattern], columnNames(table, column)))?.[1];
}

export function qualified({ schema, name }: Pick<CatalogTable, 'schema' | 'name'>): string {
  return `${identifier(schema)}.${identifier(name)}`;
}

/** Whether the file keeps a column out of the warehouse. */
export function isLeftOut(
  file: SourceFile,
  table: Pick<CatalogTable, 'schema' | 'name'>,
  column: string,
): boolean {
  return (
    matches(file.columns.exclude, columnNames(table, column)) || maskOf(file, table, column)?.rule === 'drop'
  );
}
