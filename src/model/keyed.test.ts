import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hash64 } from '../runtime/ids.ts';
import { type Request, startWorkspace, type TestWorkspace } from './workspace.fixture.ts';

let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await startWorkspace();
});
afterEach(() => workspace.clear());
afterAll(() => workspace?.stop());

const users = async (...rows: string[]): Promise<void> => {
  await workspace.command(
    `CREATE TABLE IF NOT EXISTS raw.users (id Nullable(String), name String, plan LowCardinality(String), seats Nullable(UInt8), changed DateTime DEFAULT '2026-01-01 00:00:00')
    ENGINE = MergeTree ORDER BY name`,
  );
  await workspace.command('TRUNCATE TABLE raw.users');
  await workspace.command(`INSERT INTO raw.users VALUES ${rows.join(', ')}`);
};
const ran = async (request: Request = {}): Promise<string[]> => {
  const { steps } = await workspace.run(request);
  return steps.map(({ step, state, rows, error }) =>
    state === 'done' ? `${step.model} ${step.action} ${rows}` : `${step.model} ${state} ${error}`,
  );
};
const surrogate = (...parts: string[]): string => String(BigInt.asIntN(64, hash64(...parts)));

describe('incremental by key', () => {
  const latest = (more = '', where = ''): string => `/* model
kind: incremental by key
key: id
${more}
*/
SELECT assumeNotNull(id) AS id, name, plan, seats FROM raw.users${where}`;

  test('writes new keys and those that changed, keeps the others, and readers see each key once', async () => {
    await users(`('1', 'Ada', 'pro', 1, now())`, `('2', 'Bob', 'free', NULL, now())`);
    workspace.write('latest', latest());
    expect(await ran()).toEqual(['latest create 2']);
    await users(`('2', 'Bob', 'pro', NULL, now())`, `('3', 'Eve', 'free', NULL, now())`);
    expect(await ran()).toEqual(['latest refresh 2']);
    expect(await workspace.rows('SELECT id, plan, seats FROM mart.latest ORDER BY id')).toEqual([
      { id: '1', plan: 'pro', seats: 1 },
      { id: '2', plan: 'pro', seats: null },
      { id: '3', plan: 'free', seats: null },
    ]);
    await users(`('2', 'Bob', 'pro', 4, now())`, `('3', 'Eve', 'free', NULL, now())`);
    expect(await ran()).toEqual(['latest refresh 1']);
    await users(`('3', 'Eve', 'free', NULL, now())`, `('2', 'Bob', 'pro', 4, now())`);
    expect(await ran()).toEqual(['latest refresh 0']);
    expect(await workspace.rows('SELECT count() AS count FROM mart.latest')).toEqual([{ count: 3 }]);
  });

  test('reads from where it stopped, less the lookback, when its SQL asks for that', async () => {
    await users(`('1', 'Ada', 'pro', 1, '2026-01-01 00:00:00')`);
    workspace.write(
      'latest',
      latest('lookback: 1 hour', ' WHERE changed >= {start:DateTime} AND changed < {end:DateTime}'),
    );
    expect(await ran({ at: '2026-01-10 00:00' })).toEqual(['latest create 1']);
    await users(
      `('1', 'Ada too old', 'pro', 1, '2026-01-09 22:59:59')`,
      `('2', 'Bob', 'pro', 1, '2026-01-09 23:00:00')`,
      `('3', 'Eve too new', 'pro', 1, '2026-01-11 00:00:00')`,
    );
    expect(await ran({ at: '2026-01-11 00:00' })).toEqual(['latest refresh 1']);
    expect(await workspace.rows('SELECT name FROM mart.latest ORDER BY name')).toEqual([
      { name: 'Ada' },
      { name: 'Bob' },
    ]);
  });

  test('a key twice in one refresh is a failing test', async () => {
    await users(`('1', 'Ada', 'pro', 1, now())`, `('1', 'Ada', 'free', 1, now())`);
    workspace.write('latest', latest());
    expect((await ran())[0]).toContain('"one row per id" found 1');
  });

  test('its children are left alone when nothing in it changed', async () => {
    await users(`('1', 'Ada', 'pro', 1, now())`);
    workspace.write('latest', latest());
    workspace.write(
      'plans',
      '/* model\nkind: full\n*/\nSELECT plan, count() AS users FROM mart.latest GROUP BY plan',
    );
    await ran();
    await users(`('1', 'Ada', 'pro', 1, now())`);
    expect(await ran()).toEqual(['latest refresh 0']);
    await users(`('1', 'Ada', 'free', 1, now())`);
    expect(await ran()).toEqual(['latest refresh 1', 'plans refresh 1']);
  });
});

describe('dimension', () => {
  const dimUsers = (more = 'fixed: first_plan', sql = ''): string => `/* model
kind: dimension
description: Who uses the product.
key: id
surrogate: user_key
${more}
*/
SELECT id, name, plan, plan AS first_plan, seats${sql} FROM raw.users`;
  const members = (): Promise<object[]> =>
    workspace.rows(
      'SELECT toString(user_key) AS key, id, name, plan, first_plan, seats, is_inferred FROM mart.dim_users ORDER BY id, key',
    );
  const special = (key: string, text: string): object => ({
    key,
    id: null,
    name: text,
    plan: text,
    first_plan: text,
    seats: null,
    is_inferred: false,
  });
  const unknown = [special('-1', 'Not applicable'), special('0', 'Unknown')];

  test('has a stable surrogate key, changing and fixed attributes, and the unknown members', async () => {
    await users(
      `('1', 'Ada', 'free', 1, now())`,
      `(NULL, 'Nobody', 'free', 1, now())`,
      `('', 'Nobody', 'free', 1, now())`,
    );
    workspace.write('dim_users', dimUsers());
    expect(await ran()).toEqual(['dim_users create 3']);
    await users(`('1', 'Ada', 'pro', 1, now())`, `('2', 'Bob', 'pro', NULL, now())`);
    expect(await ran()).toEqual(['dim_users refresh 2']);
    expect(await ran()).toEqual([]);
    const ada = {
      key: surrogate('1'),
      id: '1',
      name: 'Ada',
      plan: 'pro',
      first_plan: 'free',
      seats: 1,
      is_inferred: false,
    };
    const bob = {
      key: surrogate('2'),
      id: '2',
      name: 'Bob',
      plan: 'pro',
      first_plan: 'pro',
      seats: null,
      is_inferred: false,
    };
    expect((await members()).toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))).toEqual(
      [...unknown, ada, bob].toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
    );
    // whoever is gone from the source stays: facts point there
    await users(`('2', 'Bob', 'pro', NULL, now())`);
    expect(await ran()).toEqual(['dim_users refresh 0']);
    expect(await members()).toHaveLength(4);
  });

  test('only a fixed attribute that differs is no change', async () => {
    await users(`('1', 'Ada', 'free', 1, now())`);
    workspace.write('dim_users', dimUsers('fixed: [first_plan, plan]'));
    await ran();
    await users(`('1', 'Ada', 'pro', 1, now())`);
    expect(await ran()).toEqual(['dim_users refresh 0']);
  });

  test('a new definition is built beside the old one and keeps what only the old table knows', async () => {
    await users(`('1', 'Ada', 'free', 1, now())`, `('2', 'Bob', 'free', 1, now())`);
    workspace.write('dim_users', dimUsers());
    await ran();
    await users(`('1', 'Ada', 'pro', 1, now())`);
    workspace.write('dim_users', dimUsers('fixed: first_plan', ', upper(name) AS shout'));
    expect(await ran()).toEqual(['dim_users rebuild 4']);
    expect(
      await workspace.rows(`SELECT id, first_plan, shout FROM mart.dim_users WHERE id != '' ORDER BY id`),
    ).toEqual([
      { id: '1', first_plan: 'free', shout: 'ADA' },
      { id: '2', first_plan: 'free', shout: '' },
    ]);
    expect(await workspace.rows(`SELECT name FROM system.tables WHERE database = 'mart_data'`)).toHaveLength(
      1,
    );
  });

  test('a fixed attribute of another type is an error; wiping gives its first values up', async () => {
    await users(`('1', 'Ada', 'free', 1, now())`);
    workspace.write('dim_users', dimUsers());
    await ran();
    workspace.write('dim_users', dimUsers().replace('plan AS first_plan', 'length(plan) AS first_plan'));
    expect((await ran())[0]).toContain(
      'models/dim_users.sql:6: first_plan is a fixed attribute of the type LowCardinality(String)',
    );
    expect((await ran({ task: 'wipe', words: ['dim_users'] }))[0]).toBe('dim_users rebuild 3');
    expect(await workspace.rows(`SELECT first_plan FROM mart.dim_users WHERE id = '1'`)).toEqual([
      { first_plan: 4 },
    ]);
  });

  test('the key of several columns is the hash that the rest of the program makes', async () => {
    await users(`('1', 'Ada', 'free', 1, now())`);
    workspace.write('dim_users', dimUsers().replace('key: id', 'key: [plan, id]'));
    await ran();
    expect(
      await workspace.rows(`SELECT toString(user_key) AS key FROM mart.dim_users WHERE id = '1'`),
    ).toEqual([{ key: surrogate('free', '1') }]);
  });
});

describe('fact', () => {
  const dimUsers = `/* model
kind: dimension
key: id
surrogate: user_key
*/
SELECT id, name, plan FROM raw.users`;
  const factDay = (more = '', sql = ''): string => `/* model
kind: fact
grain: [day, user]
time: day
lookback: 3 days
dimensions:
  user_key: { to: dim_users, from: user, not_applicable: user = 'system' }
tests:
  - relationships: { column: user_key, to: dim_users }
${more}
*/
SELECT toDate(timestamp) AS day, user_id AS user, count() AS events${sql} FROM tributary.events
WHERE timestamp >= {start:DateTime} AND timestamp < {end:DateTime} GROUP BY day, user`;

  test('points at its dimensions; a fact that comes first makes a member that is filled in later', async () => {
    await users(`('ada', 'Ada', 'pro', 1, now())`);
    workspace.write('dim_users', dimUsers);
    workspace.write('fact_day', factDay());
    const at = '2026-01-05 10:00:00';
    await workspace.track(
      { at, user: 'ada' },
      { at, user: 'early' },
      { at, user: '' },
      { at, user: 'system' },
    );
    expect(await ran({ at: '2026-01-05 12:00' })).toEqual(['dim_users create 3', 'fact_day create 4']);
    const joined = (): Promise<object[]> =>
      workspace.rows(`SELECT f.user AS user, d.name AS name, d.is_inferred AS inferred
        FROM mart.fact_day AS f INNER JOIN mart.dim_users AS d ON d.user_key = f.user_key ORDER BY user`);
    expect(await joined()).toEqual([
      { user: '', name: 'Unknown', inferred: false },
      { user: 'ada', name: 'Ada', inferred: false },
      { user: 'early', name: '', inferred: true },
      { user: 'system', name: 'Not applicable', inferred: false },
    ]);
    await users(`('ada', 'Ada', 'pro', 1, now())`, `('early', 'Eve', 'pro', 1, now())`);
    expect(await ran({ at: '2026-01-05 12:00' })).toEqual(['dim_users refresh 1']);
    expect((await joined())[2]).toEqual({ user: 'early', name: 'Eve', inferred: false });
  });

  test('a dimension that is none, or has another key, is refused', async () => {
    await users(`('ada', 'Ada', 'pro', 1, now())`);
    workspace.write('fact_day', factDay());
    await expect(workspace.plan()).rejects.toThrow(
      'models/fact_day.sql:6: "dimensions" names dim_users, which is no model',
    );
    workspace.write('dim_users', dimUsers.replace('key: id', 'key: [plan, id]'));
    await expect(workspace.plan()).rejects.toThrow(
      'dim_users has the key plan, id, so "from" names 2 columns',
    );
  });

  test('settled columns keep their values, open ones are computed again, new combinations are added', async () => {
    await users(`('ada', 'Ada', 'pro', 1, now())`);
    workspace.write('dim_users', dimUsers);
    const settle = 'settle: { after: 2 days, recompute: accepted, for: 10 days }';
    // the number of invitations sent is final after two days; how many of them were accepted is not
    workspace.write(
      'fact_day',
      factDay(settle, `, (SELECT count() FROM raw.accepted) AS accepted`).replace('lookback: 3 days\n', ''),
    );
    await workspace.command('CREATE TABLE raw.accepted (id UInt8) ENGINE = MergeTree ORDER BY id');
    const lines = (): Promise<object[]> =>
      workspace.rows(
        'SELECT toDayOfMonth(day) AS day, user, events, accepted FROM mart.fact_day ORDER BY day, user',
      );
    await workspace.track(
      { at: '2026-01-01 10:00:00', user: 'ada' },
      { at: '2026-01-05 10:00:00', user: 'ada' },
    );
    await ran({ at: '2026-01-05 12:00' });
    await workspace.command('INSERT INTO raw.accepted VALUES (1)');
    await workspace.track(
      { at: '2026-01-01 11:00:00', user: 'ada' },
      { at: '2026-01-01 11:00:00', user: 'new' },
      { at: '2026-01-05 11:00:00', user: 'ada' },
    );
    // in the same interval nothing but the open interval is due, and what changed in it
    await ran({ at: '2026-01-06 12:00' });
    expect(await lines()).toEqual([
      { day: 1, user: 'ada', events: 1, accepted: 1 },
      { day: 1, user: 'new', events: 1, accepted: 1 },
      { day: 5, user: 'ada', events: 2, accepted: 1 },
    ]);
    expect(await ran({ at: '2026-01-06 13:00' })).toEqual([]);
    // ten days later the first day is left as it is
    await workspace.command('INSERT INTO raw.accepted VALUES (2)');
    await ran({ at: '2026-01-12 12:00' });
    expect(await lines()).toEqual([
      { day: 1, user: 'ada', events: 1, accepted: 1 },
      { day: 1, user: 'new', events: 1, accepted: 1 },
      { day: 5, user: 'ada', events: 2, accepted: 2 },
    ]);
    // until somebody says that it is to be computed again
    await ran({
      at: '2026-01-12 12:00',
      task: 'restate',
      words: ['fact_day'],
      from: '2026-01-01',
      to: '2026-01-02',
    });
    expect((await lines())[0]).toEqual({ day: 1, user: 'ada', events: 2, accepted: 2 });
  });
});
