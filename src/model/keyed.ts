import { columnList } from './columns.ts';
import type { Column, Model } from './definition.ts';
import { sqlTime } from './intervals.ts';
import type { Applying } from './kind.ts';
import { countRows, dataTable, durable, shadowName, swapIn, tableComment } from './shadow.ts';
import { list, literal, quoted, type Statements, type Values } from './statements.ts';
import type { Step } from './step.ts';

/**
 * Rows that are kept by a key. They are in a table where the newest version of a key wins, behind a view that shows only those: so one new
 * row costs one row, however many are there, and it becomes visible in one step (a part is attached).
 */
export async function createKeyed(
  statements: Statements,
  table: string,
  columns: readonly Column[],
  key: readonly string[],
): Promise<void> {
  await statements.run(
    `CREATE TABLE ${table} (${columnList(columns)}, _version UInt64) ENGINE = ReplacingMergeTree(_version)
    ORDER BY (${list(key)}) ${durable}`,
  );
}

/** Greater than every version in the table, even if the clock was set back. */
export async function nextVersion(statements: Statements, table: string, now: number): Promise<number> {
  const [row] = await statements.rows<{ last: number }>(`SELECT max(_version) AS last FROM ${table}`);
  return Math.max(now, (row?.last ?? 0) + 1);
}

/** Puts `insert`'s rows into the table in one step; answers how many. */
export async function attachRows(
  statements: Statements,
  table: string,
  delta: string,
  insert: (delta: string) => Promise<void>,
): Promise<number> {
  await statements.run(`DROP TABLE IF EXISTS ${delta} SYNC`);
  await statements.run(`CREATE TABLE ${delta} AS ${table}`);
  await insert(delta);
  const rows = await countRows(statements, delta);
  if (rows > 0) await statements.run(`ALTER TABLE ${table} ATTACH PARTITION tuple() FROM ${delta}`);
  await statements.run(`DROP TABLE ${delta} SYNC`);
  return rows;
}

/** Makes `mart.<model>` show the rows of a build. */
export async function showKeyed(
  model: Model,
  columns: readonly Column[],
  build: string,
  applying: Applying,
): Promise<void> {
  const shadow = shadowName(model, applying, '__view');
  await applying.statements.run(
    `CREATE VIEW ${shadow} AS SELECT ${list(columns.map(({ name }) => name))}
    FROM ${dataTable(model.name, build)} FINAL COMMENT ${literal(tableComment(model, build))}`,
  );
  await swapIn(model, shadow, build, applying);
}

/** What the query is asked for: everything when the table is new, else what came since. */
export function windowOf(step: Step, { now }: Applying, isNew: boolean): Values {
  const { from, to } = isNew ? { from: 0, to: now } : (step.window ?? { from: 0, to: now });
  return { start: sqlTime(from), end: sqlTime(to), now: sqlTime(now) };
}

/** A condition for rows of `n` that are not the same in `o`, NULL being equal to NULL. */
export function differs(columns: readonly string[]): string {
  const tuple = (side: string): string =>
    `cityHash64(tuple(${columns.map((name) => `${side}.${quoted(name)}`).join(', ')}))`;
  return columns.length === 0 ? 'false' : `${tuple('n')} != ${tuple('o')}`;
}
