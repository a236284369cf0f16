import type { TestPostgres } from './postgres.fixture.ts';
import { type ComparedColumn, compareTable, type TestWarehouse } from './replica.fixture.ts';

/** Compares every row of a table; empty when they are equal. */
export async function comparePostgres(
  server: TestPostgres,
  warehouse: TestWarehouse,
  table: string,
  {
    database = 'postgres',
    target = table.split('.').at(-1) ?? table,
    without = [] as readonly string[],
  } = {},
): Promise<string> {
  const rows = (sql: string): Promise<Record<string, string | null>[]> => server.rows(sql, database);
  const columns = await rows(
    `SELECT a.attname AS name, CASE WHEN t.typtype = 'd' THEN b.typname ELSE t.typname END AS type, t.typcategory AS category,
       CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END AS modifier, t.typtype AS kind
     FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = t.typbasetype
     WHERE a.attrelid = '${table}'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
  );
  return await compareTable(rows, warehouse, {
    from: table,
    target,
    columns: columns.filter(({ name }) => !without.includes(name ?? '')).map((column) => compared(column)),
  });
}

function compared({ name, type, category, modifier }: Record<string, string | null>): ComparedColumn {
  const quoted = `"${name?.replaceAll('"', '""')}"`;
  const here = `\`${name}\``;
  const plain = { name: name ?? '', source: quoted, warehouse: here, same: (text: string) => text };
  if (category === 'A')
    return {
      ...plain,
      // the warehouse has no NULL arrays
      source: `coalesce(array_to_json(${quoted})::text, '[]')`,
      same: (text) =>
        JSON.stringify((JSON.parse(text) as (string | number | boolean | null)[]).flat(9).map(sameItem)),
    };
  switch (type ?? '') {
    case 'bytea':
      return { ...plain, source: `encode(${quoted}, 'hex')`, warehouse: `lower(hex(${here}))` };
    case 'float4':
      return { ...plain, same: (text) => String(Math.fround(numberOf(text))) };
    case 'float8':
      return { ...plain, same: (text) => String(numberOf(text)) };
    case 'bool':
      return { ...plain, same: (text) => String(text === 't' || text === 'true') };
    case 'numeric':
      return Number(modifier) < 4 ? plain : { ...plain, same: sameDecimal };
    case 'timestamp':
    case 'timestamptz':
      return { ...plain, same: sameTime };
    case 'date':
      return { ...plain, same: (text) => (text.includes('infinity') ? null : text) };
    default:
      return plain;
  }
}

function sameItem(item: object | string | number | boolean | null): string {
  if (item === null) return 'NULL';
  const text = typeof item === 'object' ? JSON.stringify(item) : String(item);
  return /^-?\d+(\.\d+)?$/.test(text)
    ? String(Number(text))
    : text.replace('T', ' ').replace(/(\.\d+)?(\+00:00)?$/, '');
}

function numberOf(text: string): number {
  const words: Record<string, number> = { nan: Number.NaN, inf: Infinity, '-inf': -Infinity };
  return words[text] ?? Number(text);
}

function sameDecimal(text: string): string | null {
  if (text === 'NaN') return null;
  return text.includes('.') ? text.replace(/\.?0+$/, '') || '0' : text;
}

function sameTime(text: string): string | null {
  if (text.includes('infinity')) return null;
  const [, whole = '', fraction = ''] = /^([^.+]+)(?:\.(\d+))?/.exec(text) ?? [];
  return `${whole}.${fraction.padEnd(6, '0')}`;
}
