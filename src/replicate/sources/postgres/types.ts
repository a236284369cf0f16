import type pg from 'pg';
import type { ColumnKind } from '../../target/columns.ts';
import { rowsOf } from './connect.ts';

/** What is known of a type of the database. */
interface PostgresType {
  readonly name: string;
  /** `b` base, `e` enum, `d` domain, `c` composite, `r` range, `m` multirange. */
  readonly kind: string;
  /** Of an array: the type of its values. */
  readonly element: number;
  /** Of a domain: what it restricts, and with which modifier. */
  readonly base: number;
  readonly modifier: number;
  readonly delimiter: string;
}

export type TypeCatalog = ReadonlyMap<number, PostgresType>;

export async function readTypes(client: pg.Client): Promise<TypeCatalog> {
  const rows = await rowsOf(
    client,
    `SELECT oid, typname AS name, typtype AS kind, typbasetype AS base, typtypmod AS modifier, typdelim AS delimiter,
       CASE WHEN typcategory = 'A' AND typname NOT IN ('int2vector', 'oidvector') THEN typelem ELSE 0 END AS element
     FROM pg_type`,
  );
  return new Map(
    rows.map(({ oid, name, kind, base, modifier, delimiter, element }) => [
      Number(oid),
      {
        name: name ?? '',
        kind: kind ?? '',
        base: Number(base),
        modifier: Number(modifier),
        delimiter: delimiter ?? ',',
        element: Number(element),
      },
    ]),
  );
}

const plain: Readonly<Record<string, string>> = {
  bool: 'Bool',
  int2: 'Int16',
  int4: 'Int32',
  int8: 'Int64',
  oid: 'UInt32',
  float4: 'Float32',
  float8: 'Float64',
  date: 'Date32',
  timestamp: "DateTime64(6, 'UTC')",
  timestamptz: "DateTime64(6, 'UTC')",
  uuid: 'UUID',
};
const mostDigits = 76;

/**
 * How values of a type are kept. What has no counterpart is kept as the text that PostgreSQL writes: json, ranges, geometry,
 * intervals, times of day, networks, composites, numerics without a precision.
 */
export function kindOf(types: TypeCatalog, oid: number, modifier: number): ColumnKind {
  const type = types.get(oid);
  if (!type) return { type: 'String' };
  if (type.kind === 'd') return kindOf(types, type.base, type.modifier);
  if (type.kind === 'e') return { type: 'LowCardinality(String)' };
  if (type.element !== 0) {
    const element = kindOf(types, type.element, modifier);
    const inner = element.type.replace(/^LowCardinality\((.*)\)$/, '$1');
    if (inner.startsWith('Array(')) return { type: 'String' };
    const delimiter = types.get(type.element)?.delimiter ?? ',';
    return { ...element, type: `Array(Nullable(${inner}))`, ...(delimiter === ',' ? {} : { delimiter }) };
  }
  if (type.name === 'numeric') return { type: decimalOf(modifier) };
  if (type.name === 'bytea') return { type: 'String', hex: true };
  return { type: plain[type.name] ?? 'String' };
}

/** https://www.postgresql.org/docs/current/datatype-numeric.html; the modifier is (precision << 16 | scale) + 4. */
function decimalOf(modifier: number): string {
  if (modifier < 4) return 'String';
  const precision = ((modifier - 4) >> 16) & 0xffff;
  // 11 bits with a sign since version 15
  const bits = (modifier - 4) & 0x7ff;
  const scale = bits >= 1024 ? bits - 2048 : bits;
  const digits = Math.max(precision, scale);
  return scale < 0 || digits > mostDigits ? 'String' : `Decimal(${digits}, ${scale})`;
}

/** A type's name with its modifier, as it is compared from one time to the next. */
export function nameOfType(types: TypeCatalog, oid: number, modifier: number): string {
  const name = types.get(oid)?.name ?? String(oid);
  return modifier < 0 ? name : `${name}(${modifier})`;
}
