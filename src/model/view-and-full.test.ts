import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { explainPlan } from './model.ts';
import { startWorkspace, type TestWorkspace } from './workspace.fixture.ts';

let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await startWorkspace();
});
afterEach(() => workspace.clear());
afterAll(() => workspace?.stop());

const orders = async (rows: string): Promise<void> => {
  await workspace.command(
    'CREATE TABLE IF NOT EXISTS raw.orders (id UInt32, user String, amount Decimal(18, 2)) ENGINE = MergeTree ORDER BY id',
  );
  await workspace.command(`INSERT INTO raw.orders VALUES ${rows}`);
};
const perUser = `/* model
kind: full
description: What each user has paid.
grain: user
*/
SELECT user, sum(amount) AS paid FROM raw.orders GROUP BY user`;
const states = async (): Promise<string[]> => {
  const { steps } = await workspace.run();
  return steps.map(({ step, state }) => `${step.model} ${step.action} ${state}`);
};

describe('full and view', () => {
  test('are built in the order of what they read, and readers see them', async () => {
    await orders(`(1, 'ada', 10.10), (2, 'ada', 5), (3, 'bob', 7)`);
    workspace.write('a_top', '/* model\nkind: view\n*/\nSELECT * FROM mart.per_user WHERE paid > 10');
    workspace.write('per_user', perUser);
    expect(await states()).toEqual(['per_user create done', 'a_top create done']);
    expect(await workspace.rows('SELECT user, toString(paid) AS paid FROM mart.a_top')).toEqual([
      { user: 'ada', paid: '15.1' },
    ]);
    expect(
      await workspace.rows(
        `SELECT comment LIKE 'What each user has paid.%' AS said FROM system.tables WHERE database = 'mart' AND name = 'per_user'`,
      ),
    ).toEqual([{ said: 1 }]);
  });

  test('nothing is done when nothing changed; a new row in a source is the reason when something is', async () => {
    await orders(`(1, 'ada', 10)`);
    workspace.write('per_user', perUser);
    workspace.write('top', '/* model\nkind: view\n*/\nSELECT * FROM mart.per_user');
    workspace.write('users', '/* model\nkind: full\n*/\nSELECT count() AS users FROM mart.top');
    await states();
    expect(await states()).toEqual([]);
    await workspace.command('OPTIMIZE TABLE raw.orders FINAL');
    expect(await states()).toEqual([]);
    await orders(`(2, 'bob', 3)`);
    expect(explainPlan(await workspace.plan())).toContain('raw.orders has changed');
    expect(await states()).toEqual(['per_user refresh done', 'users refresh done']);
    expect(await workspace.rows('SELECT users FROM mart.users')).toEqual([{ users: 2 }]);
    await workspace.command('DELETE FROM raw.orders WHERE id = 1');
    expect(await states()).toEqual(['per_user refresh done', 'users refresh done']);
  });

  test('a LEFT JOIN that finds nothing gives NULL, in a table and in a view, whoever reads', async () => {
    await orders(`(1, 'ada', 10)`);
    const joined =
      'SELECT o.id AS id, p.id AS other FROM raw.orders AS o LEFT JOIN raw.orders AS p ON p.id = o.id + 1';
    workspace.write('joined_table', `/* model\nkind: full\n*/\n${joined}`);
    workspace.write('joined_view', `/* model\nkind: view\n*/\n${joined}`);
    await states();
    for (const name of ['joined_table', 'joined_view'])
      expect(await workspace.rows(`SELECT other FROM mart.${name}`)).toEqual([{ other: null }]);
  });

  test('the nominal time is what the query sees', async () => {
    workspace.write('moment', '/* model\nkind: full\n*/\nSELECT {now:DateTime} AS at');
    await workspace.run({ at: '2026-01-05 06:00' });
    expect(await workspace.rows('SELECT at FROM mart.moment')).toEqual([{ at: '2026-01-05 06:00:00' }]);
    await workspace.run({ at: '2026-01-06' });
    expect(await workspace.rows('SELECT at FROM mart.moment')).toEqual([{ at: '2026-01-06 00:00:00' }]);
  });

  test('a table of the same name that no model made is not touched', async () => {
    await workspace.command('CREATE TABLE mart.per_user (mine UInt8) ENGINE = MergeTree ORDER BY mine');
    await orders(`(1, 'ada', 10)`);
    workspace.write('per_user', perUser);
    await expect(workspace.plan()).rejects.toThrow('models/per_user.sql:1: mart.per_user is there');
  });
});

describe('tests of a model', () => {
  const tested = (tests: string): string => perUser.replace('grain: user', `grain: user\ntests:\n${tests}`);

  test.each([
    ['unique', '- unique: paid', 'unique: paid', 1],
    [
      'accepted_values',
      '- accepted_values: { column: user, values: [ada, bob] }',
      'accepted_values: user',
      1,
    ],
    ['row_count', '- row_count: { min: 4 }', 'row_count: 4 to any', 1],
    [
      'relationships',
      '- relationships: { column: paid, to: raw.orders, key: amount }',
      'relationships: paid in raw.orders',
      1,
    ],
    ['sql', '- { name: no small ones, sql: SELECT * FROM this WHERE paid < 8 }', 'no small ones', 2],
    ['not_null', '- not_null: [user, missing]', 'missing', 0],
  ])('%s keeps what is wrong from being seen, and keeps the rows', async (_, written, name, failures) => {
    await orders(`(1, 'ada', 7), (2, 'bob', 7), (3, 'eve', 9)`);
    workspace.write('per_user', perUser);
    await workspace.run();
    const before = await workspace.rows('SELECT * FROM mart.per_user ORDER BY user');
    await orders(`(4, 'eve', 1)`);
    workspace.write('per_user', tested(`  ${written}`));
    if (failures === 0) {
      const failed = await workspace.run().then(({ steps }) => steps[0]?.error ?? '', String);
      expect(failed).toContain(name);
    } else {
      const { steps, run } = await workspace.run();
      expect(steps[0]?.error).toContain(`"${name}" found ${failures}`);
      const kept = await workspace.rows<{ test: string; failures: number }>(
        `SELECT test, failures FROM mart_state.test_failures WHERE run = '${run}'`,
      );
      expect(kept).toEqual(Array.from({ length: failures }, () => ({ test: name, failures })));
    }
    expect(await workspace.rows('SELECT * FROM mart.per_user ORDER BY user')).toEqual(before);
  });

  test('a warning is kept and the table is swapped in', async () => {
    await orders(`(1, 'ada', 7)`);
    workspace.write('per_user', tested('  - { row_count: { min: 2 }, severity: warn }'));
    const { steps, run } = await workspace.run();
    expect(steps.map(({ state }) => state)).toEqual(['done']);
    expect(await workspace.rows('SELECT user FROM mart.per_user')).toEqual([{ user: 'ada' }]);
    expect(
      await workspace.rows(`SELECT severity, row FROM mart_state.test_failures WHERE run = '${run}'`),
    ).toEqual([{ severity: 'warn', row: '{"rows":1}' }]);
  });

  test('what is made of a model that failed is left as it is; the others go on', async () => {
    await orders(`(1, 'ada', 7)`);
    workspace.write('per_user', perUser);
    workspace.write('child', '/* model\nkind: full\n*/\nSELECT sum(paid) AS paid FROM mart.per_user');
    workspace.write('other', '/* model\nkind: full\n*/\nSELECT count() AS orders FROM raw.orders');
    await workspace.run();
    await orders(`(2, 'ada', 7)`);
    workspace.write('per_user', tested('  - row_count: { max: 0 }'));
    expect((await states()).toSorted()).toEqual([
      'child refresh skipped',
      'other refresh done',
      'per_user refresh failed',
    ]);
    expect(await workspace.rows('SELECT toString(paid) AS paid FROM mart.child')).toEqual([{ paid: '7' }]);
    expect(
      await workspace.rows(
        `SELECT model, state FROM mart_state.runs WHERE state != 'done' ORDER BY started_at DESC, model DESC LIMIT 2`,
      ),
    ).toEqual([
      { model: 'child', state: 'skipped' },
      { model: 'per_user', state: 'failed' },
    ]);
    // what failed is tried again, without anything new
    workspace.write('per_user', perUser);
    expect((await states()).toSorted()).toEqual(['child refresh done', 'per_user refresh done']);
  });
});
