import type { Column, Model } from './definition.ts';
import type { Problem } from './problem.ts';
import { quoted, type Statements, viewSettings } from './statements.ts';

const anyTime = '2000-01-01 00:00:00';

/** What the query of a model gives, without running it. Rejects with the engine's error. */
export async function describe(statements: Statements, { query }: Pick<Model, 'query'>): Promise<Column[]> {
  const rows = await statements.rows<Column>(`DESCRIBE (SELECT * FROM (${query}) ${viewSettings})`, {
    start: anyTime,
    end: anyTime,
    now: anyTime,
  });
  return rows.map(({ name, type }) => ({ name, type }));
}

/** The columns of the model's table: those of the query, and those that its kind adds. */
export function tableColumns({ header }: Pick<Model, 'header'>, columns: readonly Column[]): Column[] {
  if (header.kind === 'dimension')
    return [{ name: header.surrogate, type: 'Int64' }, ...columns, { name: 'is_inferred', type: 'Bool' }];
  if (header.kind === 'fact')
    return [...columns, ...Object.keys(header.dimensions).map((name) => ({ name, type: 'Int64' }))];
  return [...columns];
}

interface Use {
  readonly key: string;
  readonly column: string;
  /** Rows are found or sorted by it, so it has a value in every row. */
  readonly isKey: boolean;
}

/** What the header says of columns that the query does not have, or has with another type than is needed. */
export function columnProblems(model: Model, columns: readonly Column[]): Problem[] {
  const { header, file, lines } = model;
  const at = (key: string, message: string): Problem => ({ file, line: lines.get(key) ?? 1, message });
  const table = tableColumns(model, columns);
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for (const { name } of table) {
    if (seen.has(name))
      problems.push(
        at(
          name === 'surrogate' ? 'surrogate' : 'kind',
          `the query has the column ${name}, which the kind ${header.kind} adds; rename it`,
        ),
      );
    if (name.startsWith('_'))
      problems.push({
        file,
        line: model.sqlLine,
        message: `the column ${name} begins with _, which is kept for us; rename it`,
      });
    seen.add(name);
  }
  for (const { key, column, isKey } of usesOf(model)) {
    const found = table.find(({ name }) => name === column);
    if (!found)
      problems.push(
        at(
          key,
          `"${key}" names the column ${column}, which the query does not have; it has ${table.map(({ name }) => name).join(', ')}`,
        ),
      );
    else if (isKey && found.type.includes('Nullable('))
      problems.push(
        at(
          key,
          `"${key}" names ${column}, which can be NULL (${found.type}): write coalesce(…, …) in the SQL`,
        ),
      );
  }
  if (header.kind === 'fact' || header.kind === 'incremental by time range') {
    const type = table.find(({ name }) => name === header.time)?.type;
    if (type !== undefined && !type.startsWith('Date'))
      problems.push(
        at('time', `"time" names ${header.time}, which is ${type}: a Date or DateTime is needed`),
      );
  }
  return problems;
}

function* usesOf({ header }: Model): Generator<Use> {
  const all = (key: string, columns: readonly string[] | undefined, isKey = false): Use[] =>
    (columns ?? []).map((column) => ({ key, column, isKey }));
  for (const test of header.tests) {
    yield* all('tests', test.unique);
    yield* all('tests', test.not_null);
    yield* all(
      'tests',
      [test.accepted_values?.column, test.relationships?.column].filter((one) => one !== undefined),
    );
  }
  if ('order' in header) yield* all('order', header.order, true);
  if ('grain' in header) yield* all('grain', header.grain, true);
  if ('key' in header) yield* all('key', header.key, header.kind !== 'dimension');
  if ('time' in header) yield { key: 'time', column: header.time, isKey: true };
  if (header.kind === 'dimension') yield* all('fixed', header.fixed);
  if (header.kind !== 'fact') return;
  for (const { from } of Object.values(header.dimensions)) yield* all('dimensions', from);
  yield* all('settle', header.settle?.recompute);
}

/** What is different between the table that is there and the one that the query makes now. */
export function columnChanges(
  before: readonly Column[],
  after: readonly Column[],
): { readonly reasons: string[]; readonly isAdditive: boolean } {
  const old = new Map(before.map(({ name, type }) => [name, type]));
  const now = new Map(after.map(({ name, type }) => [name, type]));
  const added = after.filter(({ name }) => !old.has(name));
  const gone = before.filter(({ name }) => !now.has(name));
  const other = after.filter(({ name, type }) => old.has(name) && old.get(name) !== type);
  return {
    reasons: [
      ...added.map(({ name }) => `the column ${name} is new in its sources`),
      ...gone.map(({ name }) => `the column ${name} is gone from its sources`),
      ...other.map(({ name, type }) => `the type of ${name} was ${old.get(name)} and is ${type} now`),
    ],
    isAdditive: gone.length === 0 && other.length === 0,
  };
}

/** `name Type, …` for CREATE TABLE. */
export function columnList(columns: readonly Column[]): string {
  return columns.map(({ name, type }) => `${quoted(name)} ${type}`).join(', ');
}
