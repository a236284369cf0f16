import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { parseTime } from './intervals.ts';
import type { Problem } from './problem.ts';

const column = z
  .string()
  .max(100)
  .regex(/^[A-Za-z]\w*$/, 'is not the name of a column: a letter, then letters, digits and _');
const single = (value: unknown): unknown => (typeof value === 'string' ? [value] : value);
const columns = z.preprocess(single, z.array(column).min(1).max(50));

const secondsOf = { minute: 60, hour: 3_600, day: 86_400, week: 604_800 } as const;
/** `3 days` becomes seconds. */
const duration = z
  .string()
  .regex(/^\d{1,5} (minute|hour|day|week)s?$/, 'is not a duration like "3 days", "2 hours", "90 minutes"')
  .transform((text) => {
    const [count, unit = ''] = text.split(' ');
    return Number(count) * secondsOf[unit.replace(/s$/, '') as keyof typeof secondsOf];
  });
const time = z
  .string()
  .refine(
    (text) => parseTime(text) !== undefined,
    'is not a time like 2026-01-31 or "2026-01-31 07:00" (UTC)',
  )
  .transform((text) => parseTime(text) ?? 0);

const testKinds = ['unique', 'not_null', 'accepted_values', 'relationships', 'row_count', 'sql'] as const;
const value = z.union([z.string(), z.number(), z.boolean()]);
const count = z.number().int().min(0);
const test = z
  .strictObject({
    /** How it is called in messages and in mart_state.test_failures. */
    name: z.string().max(200).optional(),
    /** A blocking test that fails keeps what was built from being seen. */
    severity: z.enum(['block', 'warn']).default('block'),
    unique: columns.optional(),
    not_null: columns.optional(),
    accepted_values: z.strictObject({ column, values: z.array(value).min(1).max(1_000) }).optional(),
    relationships: z.strictObject({ column, to: z.string().max(200), key: column.optional() }).optional(),
    row_count: z.strictObject({ min: count.optional(), max: count.optional() }).optional(),
    /** Selects what is wrong from `this`; passes when it finds nothing. */
    sql: z.string().max(20_000).optional(),
  })
  .refine(
    (said) => testKinds.filter((kind) => said[kind] !== undefined).length === 1,
    `is one of ${testKinds.join(', ')}`,
  );

const common = {
  /** What one row is, for whoever reads the table. */
  description: z.string().max(2_000).default(''),
  tests: z.array(test).max(100).default([]),
};
/** Columns the table is sorted by; the grain or key when it is not said. */
const order = columns.optional();

const slices = {
  /** The column that says which interval a row belongs to. */
  time: column,
  interval: z.enum(['hour', 'day', 'week', 'month']).default('day'),
  /** The first interval; the time of the oldest row of the sources when it is not said. */
  start: time.optional(),
  /** How long after its end an interval is looked at again for rows that came late. */
  lookback: duration.default(secondsOf.week),
  /** How long after its end an interval is built first. */
  delay: duration.default(0),
  /** Whether the interval that is not over yet is built, too. */
  partial: z.boolean().default(true),
  /** For tables that are not known: their time column, and the column that says when a row arrived. */
  sources: z.record(z.string(), z.strictObject({ time: column, arrived: column.optional() })).default({}),
  order,
};

const dimensionOfFact = z.strictObject({
  to: z.string().max(100),
  /** Columns of the fact that hold the business key, in the order of the dimension's key. */
  from: columns,
  /** Condition for facts to which the dimension does not apply. */
  not_applicable: z.string().max(2_000).optional(),
});

const headers = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('view'), ...common }),
  z.strictObject({ kind: z.literal('full'), grain: columns.optional(), order, ...common }),
  z.strictObject({
    kind: z.literal('incremental by time range'),
    grain: columns.optional(),
    ...slices,
    ...common,
  }),
  z.strictObject({
    kind: z.literal('incremental by key'),
    key: columns,
    /** How far before the last refresh the next one begins to read. */
    lookback: duration.default(secondsOf.day),
    ...common,
  }),
  z.strictObject({
    kind: z.literal('dimension'),
    /** The business key. */
    key: columns,
    /** Name of the surrogate key, a hash of the business key. */
    surrogate: column,
    /** Attributes that keep the value they had when the member was first loaded. */
    fixed: columns.default([]),
    lookback: duration.default(secondsOf.day),
    ...common,
  }),
  z.strictObject({
    kind: z.literal('fact'),
    grain: columns,
    ...slices,
    dimensions: z.record(column, dimensionOfFact).default({}),
    settle: z
      .strictObject({
        /** All columns of a row are final so long after the end of its interval … */
        after: duration,
        /** … except these, */
        recompute: columns.optional(),
        /** which are computed once more in every interval for so long. */
        for: duration.optional(),
      })
      .optional(),
    ...common,
  }),
]);

export type Header = z.output<typeof headers>;
export type KindName = Header['kind'];
export type HeaderOf<K extends KindName> = Extract<Header, { kind: K }>;
export type Test = z.output<typeof test>;
export type FactDimension = z.output<typeof dimensionOfFact>;

export interface ReadHeader {
  readonly header: Header;
  /** Line of each key of the header in its file. */
  readonly lines: ReadonlyMap<string, number>;
}

/** Reads the YAML of a header that begins on `firstLine` of its file. */
export function readHeader(text: string, file: string, firstLine: number): ReadHeader | Problem {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  const lineAt = (offset: number): number => firstLine + counter.linePos(offset).line - 1;
  const [fault] = document.errors;
  if (fault)
    return {
      file,
      line: lineAt(fault.pos[0]),
      message: `the header is not YAML: ${fault.message.replace(/ at line [\s\S]*$/, '')}`,
    };
  const root = document.contents;
  if (!isMap(root)) return { file, line: firstLine, message: 'the header is a list of "key: value" lines' };

  const lines = new Map<string, number>();
  for (const { key } of root.items)
    if (isScalar(key) && key.range) lines.set(String(key.value), lineAt(key.range[0]));
  const parsed = headers.safeParse(document.toJS({ maxAliasCount: 0 }));
  if (parsed.success) return { header: parsed.data, lines };

  const [issue] = parsed.error.issues;
  if (!issue) throw new Error('a header is refused for a reason');
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const path = issue.path.map(String);
  const place = [...path, ...(unknown === undefined ? [] : [unknown])];
  return { file, line: lineOf(place), message: messageOf(issue, path, unknown) };

  function lineOf(full: readonly string[]): number {
    for (let length = full.length; length > 0; length--) {
      const node: unknown = document.getIn(full.slice(0, length), true);
      if (length === 1) return lines.get(full[0] ?? '') ?? firstLine;
      if (isNode(node) && node.range) return lineAt(node.range[0]);
    }
    return firstLine;
  }
}

function messageOf(
  issue: { readonly code: string; readonly message: string; readonly path: readonly PropertyKey[] },
  path: readonly string[],
  unknown: string | undefined,
): string {
  const name = path.join('.');
  if (unknown !== undefined)
    return `${path.length === 0 ? 'the header' : `"${name}"`} has no key "${unknown}"; docs/models.md lists them`;
  if (name === 'kind') return `"kind" is one of ${kindNames.join(', ')}`;
  if (issue.message.endsWith('received undefined')) return `"${name}" is missing in the header`;
  return `"${name}" ${issue.message.replace(/^Invalid input: expected/, 'must be')}`;
}

export const kindNames: readonly KindName[] = headers.options.map(({ shape }) => shape.kind.value);
