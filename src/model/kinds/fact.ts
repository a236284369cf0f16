import { buildSlices } from '../build-slices.ts';
import type { Model } from '../definition.ts';
import type { FactDimension, HeaderOf } from '../header.ts';
import { attachRows, nextVersion } from '../keyed.ts';
import type { Applying, Kind } from '../kind.ts';
import { dataTable, shadowName } from '../shadow.ts';
import { list, quoted } from '../statements.ts';
import { notApplicableKey, surrogateSql, unknownKey } from '../surrogate.ts';

type Fact = Model<HeaderOf<'fact'>>;

/** What happened, a row per combination of dimensions and time; it points at its dimensions by surrogate keys. */
export const fact: Kind<HeaderOf<'fact'>> = {
  parameters: { needs: ['start', 'end'], may: ['now'] },
  apply: (model, step, applying) =>
    buildSlices(model, step, applying, {
      added: Object.entries(model.header.dimensions).map(
        ([name, { from, not_applicable: notApplicable }]) =>
          `${surrogateSql(from, notApplicable)} AS ${quoted(name)}`,
      ),
      settled: (columns) => settledColumns(model, columns),
      before: (shadow) => inferMembers(model, shadow, applying),
    }),
};

function settledColumns({ header }: Fact, columns: readonly string[]): string[] {
  const open = new Set([header.time, ...header.grain, ...(header.settle?.recompute ?? [])]);
  return columns.filter((name) => !open.has(name));
}

interface Pointer {
  /** The key column of the fact. */
  readonly column: string;
  /** Its business key in the fact, in the order of the dimension's. */
  readonly from: readonly string[];
  /** Columns of the dimension: its surrogate key, and its business key. */
  readonly surrogate: string;
  readonly key: readonly string[];
  /** Where its rows are. */
  readonly data: string;
}

/** Facts may come before their dimension's row: a member with nothing but its key stands in until that row comes. */
async function inferMembers(model: Fact, shadow: string, applying: Applying): Promise<void> {
  const { statements } = applying;
  const pointers = Object.entries(model.header.dimensions).map(([name, said]) =>
    pointerOf(name, said, applying),
  );
  if (pointers.length === 0) return;
  const counts = pointers.map(
    (pointer, index) => `uniqExactIf(${quoted(pointer.column)}, ${isMissing(pointer)}) AS c${index}`,
  );
  const [found = {}] = await statements.rows<Record<string, number>>(
    `SELECT ${counts.join(', ')} FROM ${shadow}`,
  );
  for (const [index, pointer] of pointers.entries())
    if ((found[`c${index}`] ?? 0) > 0) await addMembers(model, pointer, shadow, applying);
}

function pointerOf(column: string, { to, from }: FactDimension, { graph, builds }: Applying): Pointer {
  const target = graph.get(to);
  const build = builds.get(to);
  if (target?.header.kind !== 'dimension' || build === undefined)
    throw new Error(`${to} is a dimension that is built: the plan has seen to that`);
  const { key, surrogate } = target.header;
  return { column, from, surrogate, key, data: dataTable(to, build) };
}

function isMissing({ column, surrogate, data }: Pointer): string {
  return `${quoted(column)} NOT IN (${unknownKey}, ${notApplicableKey}) AND ${quoted(column)} NOT IN (SELECT ${quoted(surrogate)} FROM ${data})`;
}

async function addMembers(model: Fact, pointer: Pointer, shadow: string, applying: Applying): Promise<void> {
  const { statements, clock } = applying;
  const { column, from, surrogate, key, data } = pointer;
  const version = await nextVersion(statements, data, clock.now());
  await attachRows(statements, data, shadowName(model, applying, '__inferred'), (delta) =>
    statements.run(
      `INSERT INTO ${delta} (${list([surrogate, ...key])}, is_inferred, _version)
      SELECT DISTINCT ${[column, ...from].map(quoted).join(', ')}, true, ${version} FROM ${shadow} WHERE ${isMissing(pointer)}`,
    ),
  );
}
