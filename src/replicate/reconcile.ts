import type { TableColumn, TableState } from './table.ts';

/** A table as the source has it and the file wants it. */
export interface WantedTable {
  readonly id: string;
  readonly name: string;
  readonly target: string;
  readonly columns: readonly TableColumn[];
  readonly key: readonly string[];
  /** Ids of columns of which rows may have had a value from the moment at which the column was added. */
  readonly filled: ReadonlySet<number>;
  readonly history: boolean;
  /** The highest id that a column of it has. */
  readonly highest: number;
  readonly parts?: readonly string[] | undefined;
}

/** What must be done to a table of the warehouse so that it is like the one of the source. A plan is data; `schema.ts` carries it out. */
export interface TablePlan {
  /** Why it must be built anew beside the served one; then nothing else is to be done. */
  readonly rebuild: string | undefined;
  readonly add: readonly TableColumn[];
  readonly drop: readonly TableColumn[];
  readonly rename: readonly { readonly from: string; readonly to: string }[];
  /** Columns that keep their name and get another type. */
  readonly retype: readonly TableColumn[];
  /** The rows must be copied again, because rows were changed that the log does not speak of. */
  readonly refill: boolean;
  /** Whether values of before must not be kept anywhere: they were not masked. */
  readonly forget: boolean;
}

/** Types of the warehouse that hold every value of another. */
const wider: Readonly<Record<string, readonly string[]>> = {
  Int16: ['Int32', 'Int64'],
  Int32: ['Int64'],
  UInt32: ['Int64'],
  Float32: ['Float64'],
  'LowCardinality(String)': ['String'],
  String: ['LowCardinality(String)'],
};

/** Undefined when there is nothing to do. */
export function planTable(
  table: Pick<TableState, 'columns' | 'key' | 'highest'>,
  { columns: wanted, key, filled }: WantedTable,
): TablePlan | undefined {
  const was = new Map(table.columns.map((column) => [column.id, column]));
  const is = new Map(wanted.map((column) => [column.id, column]));
  const kept = wanted.flatMap((column) => {
    const before = was.get(column.id);
    return before ? [{ before, column }] : [];
  });
  const added = wanted.filter(({ id }) => !was.has(id));
  const drop = table.columns.filter(({ id }) => !is.has(id));
  const rename = kept
    .filter(({ before, column }) => before.name !== column.name)
    .map(({ before, column }) => ({ from: before.name, to: column.name }));
  const retyped = kept.filter(({ before, column }) => before.source !== column.source);
  const masked = kept.filter(({ before, column }) => !sameMask(before, column));
  const rebuild = rebuildReason(table, { columns: wanted, key }, kept, masked.length > 0);
  if (!rebuild && added.length + drop.length + rename.length + retyped.length === 0) return undefined;
  return {
    rebuild,
    // what is added may be NULL in the rows of before
    add: added.map((column) => ({ ...column, nullable: true })),
    drop,
    rename,
    retype: retyped.map(({ before, column }) => ({
      ...column,
      nullable: before.nullable || column.nullable,
    })),
    refill:
      retyped.length > 0 ||
      added.some(({ id, generated }) => filled.has(id) || generated || id <= table.highest),
    forget: masked.length > 0,
  };
}

interface Kept {
  readonly before: TableColumn;
  readonly column: TableColumn;
}

function rebuildReason(
  table: Pick<TableState, 'columns' | 'key'>,
  { columns: wanted, key }: Pick<WantedTable, 'columns' | 'key'>,
  kept: readonly Kept[],
  isMasked: boolean,
): string | undefined {
  if (isMasked) return 'the masks of its columns changed';
  const [before, now] = [
    new Set(table.columns.map(({ name }) => name)),
    new Set(wanted.map(({ name }) => name)),
  ];
  // step by step, and repeated after a crash, this would mix columns up
  const mixed = kept.find(
    ({ before: { name }, column }) => name !== column.name && (before.has(column.name) || now.has(name)),
  );
  if (mixed) return `another column is called ${mixed.column.name} now`;
  const ids = table.key.map((name) => table.columns.find((column) => column.name === name)?.id);
  const sameKey =
    key.length === ids.length &&
    key.every((name, place) => {
      const one = kept.find(({ column }) => column.name === name);
      return one && one.before.id === ids[place] && one.before.name === name && sameType(one);
    });
  if (!sameKey) return 'its key changed';
  const other = kept.find(
    (one) => !sameType(one) && !wider[one.before.type]?.includes(one.column.type) && !isWiderDecimal(one),
  );
  return other && `the type of its column ${other.column.name} changed`;
}

function sameType({ before, column }: Kept): boolean {
  return before.type === column.type && before.hex === column.hex && before.generated === column.generated;
}

function sameMask(before: TableColumn, column: TableColumn): boolean {
  return JSON.stringify(before.mask ?? null) === JSON.stringify(column.mask ?? null);
}

function isWiderDecimal({ before, column }: Kept): boolean {
  const [from, to] = [before.type, column.type].map((type) => /^Decimal\((\d+), (\d+)\)$/.exec(type));
  if (!from || !to) return false;
  return from[2] === to[2] && Number(to[1]) >= Number(from[1]);
}
