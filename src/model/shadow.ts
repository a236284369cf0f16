import { randomBytes } from 'node:crypto';
import { columnList, columnProblems, describe, tableColumns } from './columns.ts';
import { type Column, definitionOf, type Model } from './definition.ts';
import type { Applying } from './kind.ts';
import { modelsInvalid } from './problem.ts';
import { commentOf, forgetOldBuilds, recordBuild } from './state.ts';
import { literal, quoted, type Statements } from './statements.ts';
import type { Step } from './step.ts';

/** Identifies what a table is built from; in its comment, and the key of all that is known about it. */
export function newBuildId(): string {
  return randomBytes(6).toString('hex');
}

/** Rows that are written are on disk, as those of events are. */
export const durable =
  'SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1';

/** A name below `mart_build`, where no reader looks. */
export function shadowName({ name }: Model, { run }: Applying, part = ''): string {
  return `mart_build.${quoted(`${name}__${run}${part}`)}`;
}

/** The columns of the table as its sources are now; rejects when the header does not fit them. */
export async function columnsNow(
  model: Model,
  step: Step,
  { statements }: Applying,
): Promise<{ query: readonly Column[]; table: readonly Column[] }> {
  const query = step.columns ?? (await describe(statements, model));
  const problems = columnProblems(model, query);
  if (problems.length > 0) throw modelsInvalid(problems);
  return { query, table: tableColumns(model, query) };
}

export interface Layout {
  readonly columns: readonly Column[];
  readonly order: readonly string[];
  readonly partition?: string;
}

/** An empty table beside the one that is there, sorted and partitioned as the finished one. */
export async function createTable(
  statements: Statements,
  name: string,
  { columns, order, partition }: Layout,
  comment: string,
): Promise<void> {
  await statements.run(
    `CREATE TABLE ${name} (${columnList(columns)}) ENGINE = MergeTree
    ${partition === undefined ? '' : `PARTITION BY ${partition}`} ORDER BY (${order.map(quoted).join(', ')})
    ${durable} COMMENT ${literal(comment)}`,
  );
}

/** The comment of a model's table: readers see it in the schema, and the state is found by it. */
export function tableComment({ name, header }: Model, build: string): string {
  return commentOf(header.description, name, build);
}

/** Writes down what a new build is, before it is swapped in. */
export async function announce(
  model: Model,
  step: Step,
  applying: Applying,
  build: { id: string; at: number },
): Promise<void> {
  const before = applying.state.get(model.name);
  // new columns beside the old ones: what is made of them stays as it is
  const changedAt = step.change === 'additive' && before ? before.changedAt : build.at;
  await recordBuild(applying.statements, model.name, {
    id: build.id,
    definition: definitionOf(model),
    builtAt: build.at,
    changedAt,
  });
}

/**
 * Puts a finished table or view in the place of `mart.<model>` in one step: a reader sees the old one or the new one. The old one is
 * dropped afterwards; queries that still read it end as they began.
 */
export async function swapIn(
  model: Model,
  shadow: string,
  build: string,
  { statements, builds }: Applying,
): Promise<void> {
  const target = `mart.${quoted(model.name)}`;
  const [there] = await statements.rows<{ count: number }>(
    `SELECT count() AS count FROM system.tables WHERE database = 'mart' AND name = ${literal(model.name)}`,
  );
  if (there?.count === 0) await statements.run(`RENAME TABLE ${shadow} TO ${target}`);
  else {
    await statements.run(`EXCHANGE TABLES ${target} AND ${shadow}`);
    await statements.run(`DROP TABLE ${shadow}`);
  }
  const before = builds.get(model.name);
  builds.set(model.name, build);
  if (before !== undefined && before !== build) {
    await forgetOldBuilds(statements, model.name, build);
    await statements.run(`DROP TABLE IF EXISTS ${dataTable(model.name, before)}`);
  }
}

/** Where the rows of a model by key are; `mart.<model>` is a view of them. */
export function dataTable(model: string, build: string): string {
  return `mart_data.${quoted(`${model}__${build}`)}`;
}

/** Removes what a run that was ended in the middle left behind. */
export async function sweep(statements: Statements, builds: ReadonlyMap<string, string>): Promise<void> {
  const tables = await statements.rows<{ database: string; name: string }>(
    `SELECT database, name FROM system.tables WHERE database IN ('mart_build', 'mart_data')`,
  );
  const kept = new Set(Array.from(builds, ([model, build]) => `${model}__${build}`));
  for (const { database, name } of tables)
    if (database === 'mart_build' || !kept.has(name))
      await statements.run(`DROP TABLE IF EXISTS ${database}.${quoted(name)}`);
}

export async function countRows(statements: Statements, relation: string): Promise<number> {
  const [row] = await statements.rows<{ rows: number }>(`SELECT count() AS rows FROM ${relation}`);
  return row?.rows ?? 0;
}
