import { TributaryError } from '../runtime/errors.ts';
import type { Model } from './definition.ts';
import type { Test } from './header.ts';
import type { Applying } from './kind.ts';
import { time64 } from './state.ts';
import { engineMessage, list, literal, quoted } from './statements.ts';

/** A query that finds what is wrong in a table; it passes when it finds nothing. */
interface Check {
  readonly name: string;
  readonly severity: 'block' | 'warn';
  /** `relation` stands behind FROM. */
  failing(relation: string): string;
}

/** The tests of the header, and those that its grain or key implies. */
function checksOf(model: Model): Check[] {
  const { header } = model;
  const identity = 'key' in header ? header.key : 'grain' in header ? (header.grain ?? []) : [];
  const implied: Check[] =
    identity.length === 0
      ? []
      : [
          {
            name: `one row per ${identity.join(', ')}`,
            severity: 'block',
            failing: (relation) => duplicates(identity, relation),
          },
        ];
  return [...implied, ...header.tests.map((test, index) => checkOf(test, model.testQueries.get(index)))];
}

function checkOf(test: Test, query: string | undefined): Check {
  const {
    severity,
    unique,
    not_null: present,
    accepted_values: accepted,
    relationships,
    row_count: rows,
  } = test;
  const check = (name: string, failing: Check['failing']): Check => ({
    name: test.name ?? name,
    severity,
    failing,
  });
  if (unique) return check(`unique: ${unique.join(', ')}`, (relation) => duplicates(unique, relation));
  if (present)
    return check(
      `not_null: ${present.join(', ')}`,
      (relation) =>
        `SELECT * FROM ${relation} WHERE ${present.map((one) => `${quoted(one)} IS NULL`).join(' OR ')}`,
    );
  if (accepted) {
    const values = accepted.values.map((one) => (typeof one === 'string' ? literal(one) : String(one)));
    const column = quoted(accepted.column);
    return check(
      `accepted_values: ${accepted.column}`,
      (relation) =>
        `SELECT ${column}, count() AS rows FROM ${relation} WHERE ${column} NOT IN (${values.join(', ')}) GROUP BY ${column}`,
    );
  }
  if (relationships) {
    const column = quoted(relationships.column);
    const [database, table] = relationships.to.includes('.')
      ? relationships.to.split('.')
      : ['mart', relationships.to];
    const key = quoted(relationships.key ?? relationships.column);
    return check(
      `relationships: ${relationships.column} in ${relationships.to}`,
      (relation) =>
        `SELECT ${column}, count() AS rows FROM ${relation} WHERE ${column} IS NOT NULL AND ${column} NOT IN
        (SELECT ${key} FROM ${quoted(database ?? '')}.${quoted(table ?? '')}) GROUP BY ${column}`,
    );
  }
  if (rows) {
    const { min = 0, max = Number.MAX_SAFE_INTEGER } = rows;
    return check(
      `row_count: ${rows.min ?? 0} to ${rows.max ?? 'any'}`,
      (relation) => `SELECT count() AS rows FROM ${relation} HAVING rows < ${min} OR rows > ${max}`,
    );
  }
  return check('sql', (relation) => `WITH this AS (SELECT * FROM ${relation}) SELECT * FROM (${query})`);
}

function duplicates(columns: readonly string[], relation: string): string {
  const names = list(columns);
  return `SELECT ${names}, count() AS rows FROM ${relation} GROUP BY ${names} HAVING rows > 1`;
}

const rowsKept = 50;

/**
 * Tests `relation` before anybody sees it. What fails is kept in mart_state.test_failures; rejects when a blocking test fails.
 */
export async function runTests(
  model: Model,
  relation: string,
  { statements, run, clock, now }: Applying,
): Promise<void> {
  const checks = checksOf(model);
  if (checks.length === 0) return;
  const times = { now: nominal(now) };
  // one statement for all: most of the time none fails
  const counts = checks.map(
    (check, index) => `(SELECT count() FROM (${check.failing(relation)})) AS c${index}`,
  );
  const line = model.lines.get('tests') ?? 1;
  const [found = {}] = await statements
    .rows<Record<string, number>>(`SELECT ${counts.join(', ')}`, times)
    .catch((error: unknown) => {
      throw new TributaryError(
        'model-failed',
        `${model.file}:${line}: its tests cannot run: ${engineMessage(error)}`,
        {
          cause: error,
        },
      );
    });
  const failed = checks
    .map((check, index) => ({ check, failures: Number(found[`c${index}`] ?? 0) }))
    .filter(({ failures }) => failures > 0);
  for (const { check, failures } of failed) {
    const rows = await statements.rows<Record<string, unknown>>(
      `SELECT * FROM (${check.failing(relation)}) LIMIT ${rowsKept}`,
      times,
    );
    await statements.insert(
      'mart_state.test_failures',
      rows.map((row) => ({
        run,
        model: model.name,
        test: check.name,
        severity: check.severity,
        failed_at: time64(clock.now()),
        failures,
        row: JSON.stringify(row),
      })),
    );
  }
  const blocking = failed.filter(({ check }) => check.severity === 'block');
  if (blocking.length === 0) return;
  const said = blocking.map(({ check, failures }) => `"${check.name}" found ${failures}`).join(', ');
  throw new TributaryError(
    'model-failed',
    `${model.file}:${line}: the table stays as it was, since a test failed: ${said}; ` +
      `the rows: SELECT row FROM mart_state.test_failures WHERE model = '${model.name}' AND run = '${run}'`,
  );
}

function nominal(now: number): string {
  return new Date(now * 1_000).toISOString().slice(0, 19).replace('T', ' ');
}
