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
      before: async (shadow) => {
        for (const [name, dimension] of Object.entries(model.header.dimensions))
          await inferMembers(model, { name, dimension, shadow }, applying);
      },
    }),
};

function settledColumns({ header }: Fact, columns: readonly string[]): string[] {
  const open = new Set([header.time, ...header.grain, ...(header.settle?.recompute ?? [])]);
  return columns.filter((name) => !open.has(name));
}

/** Facts may come before their dimension's row: a member with nothing but its key stands in until that row comes. */
async function inferMembers(
  model: Fact,
  { name, dimension, shadow }: { name: string; dimension: FactDimension; shadow: string },
  applying: Applying,
): Promise<void> {
  const { statements, builds, graph, clock } = applying;
  const target = graph.get(dimension.to);
  const build = builds.get(dimension.to);
  if (target?.header.kind !== 'dimension' || build === undefined)
    throw new Error(`${dimension.to} is a dimension that is built: the plan has seen to that`);
  const { key, surrogate } = target.header;
  const data = dataTable(dimension.to, build);
  const column = quoted(name);
  const missing = `FROM ${shadow} WHERE ${column} NOT IN (${unknownKey}, ${notApplicableKey})
    AND ${column} NOT IN (SELECT ${quoted(surrogate)} FROM ${data})`;
  const [found] = await statements.rows<{ members: number }>(
    `SELECT uniqExact(${column}) AS members ${missing}`,
  );
  if (!found || found.members === 0) return;
  const version = await nextVersion(statements, data, clock.now());
  await attachRows(statements, data, shadowName(model, applying, '__inferred'), (delta) =>
    statements.run(
      `INSERT INTO ${delta} (${list([surrogate, ...key])}, is_inferred, _version)
      SELECT DISTINCT ${[column, ...dimension.from.map(quoted)].join(', ')}, true, ${version} ${missing}`,
    ),
  );
}
