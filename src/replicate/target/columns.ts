import { ArrayColumn } from './array.ts';
import type { Column } from './column.ts';
import { BoolColumn, DecimalColumn, FloatColumn, IntegerColumn } from './numbers.ts';
import { HexColumn, MaskedColumn, type MaskRule, TextColumn, UuidColumn } from './text.ts';
import { DateColumn, TimeColumn } from './times.ts';

/** How a column of a source is kept. Stored as JSON with the state of its table. */
export interface ColumnKind {
  /** Type in the warehouse without Nullable; `LowCardinality(String)` and arrays included. */
  readonly type: string;
  /** The source writes bytes as hexadecimal digits. */
  readonly hex?: boolean | undefined;
  readonly mask?: MaskRule | undefined;
  /** Between the values of an array, where it is not a comma. */
  readonly delimiter?: string | undefined;
}

const plain: Readonly<Record<string, () => Column>> = {
  Bool: () => new BoolColumn(),
  Int16: () => new IntegerColumn('Int16', 2),
  Int32: () => new IntegerColumn('Int32', 4),
  Int64: () => new IntegerColumn('Int64', 8),
  UInt32: () => new IntegerColumn('UInt32', 4),
  Float32: () => new FloatColumn(4),
  Float64: () => new FloatColumn(8),
  Date32: () => new DateColumn(),
  UUID: () => new UuidColumn(),
};

/** `maskKey`: of the hashes. */
export function createColumn(kind: ColumnKind, maskKey: string): Column {
  const { type, hex, mask, delimiter } = kind;
  if (mask) return new MaskedColumn(mask, maskKey);
  const array = /^Array\(Nullable\((.*)\)\)$/.exec(type);
  if (array) return new ArrayColumn(createColumn({ type: array[1] ?? '', hex }, maskKey), delimiter);
  const decimal = /^Decimal\((\d+), (\d+)\)$/.exec(type);
  if (decimal) return new DecimalColumn(Number(decimal[1]), Number(decimal[2]));
  if (type.startsWith('DateTime64(6')) return new TimeColumn(type);
  if (hex) return new HexColumn();
  return plain[type]?.() ?? new TextColumn();
}

/** The type as a table declares it. */
export function declaredType(type: string, nullable: boolean): string {
  if (!nullable || type.startsWith('Array(')) return type;
  const inner = /^LowCardinality\((.*)\)$/.exec(type);
  return inner ? `LowCardinality(Nullable(${inner[1]}))` : `Nullable(${type})`;
}
