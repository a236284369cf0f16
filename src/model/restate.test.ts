import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { explainPlan } from './model.ts';
import { type Request, startWorkspace, type TestWorkspace } from './workspace.fixture.ts';

let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await startWorkspace();
});
afterEach(() => workspace.clear());
afterAll(() => workspace?.stop());

const iso = (time: number): string => new Date(time * 1_000).toISOString().slice(5, 10);
const ran = async (request: Request = {}): Promise<string[]> => {
  const { steps } = await workspace.run({ at: '2026-01-20 12:00', ...request });
  return steps.map(({ step, state, error }) => {
    const days = step.stretches.map(({ from, to }) => `${iso(from)}…${iso(to)}`).join(' ');
    return `${step.model} ${state === 'done' ? step.action : `${state} ${error}`} ${days}`.trim();
  });
};
const sliced = (select: string, from: string, group: string, more = ''): string => `/* model
kind: incremental by time range
time: day
start: 2026-01-10
lookback: 2 days
${more}
*/
SELECT ${select} FROM ${from}
WHERE ${from === 'mart.daily' ? 'day' : 'toDate(timestamp)'} >= toDate({start:DateTime})
  AND ${from === 'mart.daily' ? 'day' : 'toDate(timestamp)'} < toDate({end:DateTime})
GROUP BY ${group}`;
const daily = (more = ''): string =>
  sliced(
    `toDate(timestamp) AS day, user_id AS user, count() AS events${more}`,
    'tributary.events',
    'day, user',
  );
const perDay = sliced('day, sum(events) AS events', 'mart.daily', 'day');
const total = '/* model\nkind: full\n*/\nSELECT sum(events) AS events FROM mart.per_day';

/** Four models in a row, built, and a row that came too late for all of them. */
beforeEach(async () => {
  for (const day of ['05', '11', '14', '19'])
    await workspace.track({ at: `2026-01-${day} 10:00:00`, user: 'ada' });
  workspace.write('daily', daily());
  workspace.write('per_day', perDay);
  workspace.write('total', total);
  workspace.write('other', '/* model\nkind: full\n*/\nSELECT 1 AS one');
  await workspace.run({ at: '2026-01-20 12:00' });
  await workspace.track({ at: '2026-01-11 11:00:00', user: 'late' });
});

const events = async (): Promise<number[]> => {
  const found: number[] = [];
  for (const name of ['daily', 'per_day', 'total'])
    for (const row of await workspace.rows<{ events: number }>(
      `SELECT sum(events) AS events FROM mart.${name}`,
    ))
      found.push(row.events);
  return found;
};

describe('restate', () => {
  test('builds the intervals again that were named, and what is made of them, and nothing else', async () => {
    expect(await ran()).toEqual([]);
    expect(await ran({ task: 'restate', words: ['daily'], from: '2026-01-11', to: '2026-01-12' })).toEqual([
      'daily refresh 01-11…01-12',
      'per_day refresh 01-11…01-12',
      'total refresh',
    ]);
    expect(await events()).toEqual([4, 4, 4]);
  });

  test('of no range builds all of it', async () => {
    expect(await ran({ task: 'restate', words: ['daily'] })).toEqual([
      'daily refresh 01-10…01-21',
      'per_day refresh 01-10…01-21',
      'total refresh',
    ]);
  });

  test('of a range outside of what is there does nothing', async () => {
    expect(await ran({ task: 'restate', words: ['daily'], from: '2025-01-01', to: '2025-02-01' })).toEqual(
      [],
    );
  });

  test('of a table that is made as a whole makes it again, and what is made of it', async () => {
    workspace.write(
      'of_total',
      sliced(`toDate('2026-01-12') AS day, any(events) AS events`, 'mart.total', 'day').replaceAll(
        'toDate(timestamp)',
        `toDate('2026-01-12')`,
      ),
    );
    expect(await ran()).toEqual(['of_total create 01-10…01-21']);
    expect(await ran({ task: 'restate', words: ['total'] })).toEqual([
      'total rebuild',
      'of_total refresh 01-10…01-21',
    ]);
  });

  test('must name its models', async () => {
    await expect(workspace.plan({ task: 'restate' })).rejects.toThrow('name the models: tributary restate');
  });
});

describe('a rewind', () => {
  test('of a source makes everything due, however old, though neither the number nor the offsets of its rows change', async () => {
    workspace.write(
      'users',
      '/* model\nkind: incremental by key\nkey: user\n*/\nSELECT user_id AS user, count() AS events FROM tributary.events WHERE timestamp >= {start:DateTime} GROUP BY user',
    );
    expect(await ran()).toEqual(['users create']);
    // as src/rewind/swap.ts does it
    await workspace.command('CREATE TABLE tributary.new_events AS tributary.events');
    await workspace.command(
      `INSERT INTO tributary.new_events SELECT * REPLACE ('eve' AS user_id) FROM tributary.events`,
    );
    await workspace.command('EXCHANGE TABLES tributary.new_events AND tributary.events');
    await workspace.command('DROP TABLE tributary.new_events SYNC');
    const text = explainPlan(await workspace.plan({ at: '2026-01-20 12:00' }));
    expect(text).toContain('tributary.events was rewound');
    expect(await ran()).toEqual([
      'daily refresh 01-10…01-21',
      'per_day refresh 01-10…01-21',
      'total refresh',
      'users rebuild',
    ]);
    expect(await workspace.rows('SELECT user, sum(events) AS events FROM mart.daily GROUP BY user')).toEqual([
      { user: 'eve', events: 4 },
    ]);
    expect(await workspace.rows('SELECT user, events FROM mart.users')).toEqual([{ user: 'eve', events: 5 }]);
    expect(await ran()).toEqual([]);
  });
});

describe('backfill', () => {
  test('builds what is missing in a range before the start, with what is made of it, and keeps it from then on', async () => {
    workspace.write('per_day', perDay.replace('start: 2026-01-10\n', ''));
    const request = { task: 'backfill', words: ['daily'], from: '2026-01-04' } as const;
    expect(await ran(request)).toEqual([
      'daily refresh 01-04…01-10',
      'per_day refresh 01-04…01-10',
      'total refresh',
    ]);
    expect(await events()).toEqual([4, 4, 4]);
    expect(await ran(request)).toEqual([]);
    workspace.write('daily', daily(', uniq(event_id) AS ids'));
    expect(await ran()).toEqual(['daily rebuild']);
    expect(await workspace.rows('SELECT min(day) AS first FROM mart.daily')).toEqual([
      { first: '2026-01-05' },
    ]);
  });
});

describe('a change of a model', () => {
  const change = async (sql: string): Promise<string> => {
    workspace.write('daily', sql);
    return explainPlan(await workspace.plan({ at: '2026-01-20 12:00' }));
  };

  test('of its layout, comments, tests, description or lookback is none', async () => {
    const same = daily()
      .replace(
        'lookback: 2 days',
        'lookback: 1 day\ndescription: All of it.\ntests: [{ unique: [day, user] }]',
      )
      .replace('count() AS', '-- how many\n  COUNT() as')
      .replace('GROUP BY', '\n\nGROUP BY');
    // the engine keeps the letters of a function as they were written
    expect(await change(same.replace('COUNT()', 'count()'))).toContain('0 models of 4');
  });

  test('that adds a column is additive: its table is built beside the old one, and what is made of it stays', async () => {
    const text = await change(daily(', uniq(event_id) AS ids'));
    expect(text).toContain('new in the SQL: ids (additive: what is made of it stays)');
    expect(await ran()).toEqual(['daily rebuild']);
    expect(await workspace.rows('SELECT sum(ids) AS ids FROM mart.daily')).toEqual([{ ids: 4 }]);
    expect(await ran()).toEqual([]);
  });

  test.each([
    ['another expression', 'count() AS events', 'count() * 2 AS events', 'changed in the SQL: events'],
    ['a column less', ', count() AS events', '', 'no longer in the SQL: events'],
    [
      'another condition',
      'GROUP BY',
      `AND event != 'x' GROUP BY`,
      'the SQL changed in more than its list of columns',
    ],
    [
      'an alias that takes the place of a column',
      'count() AS events',
      `count() AS events, '2026-01-11 00:00:00'::DateTime AS timestamp`,
      'new in the SQL: timestamp',
    ],
    [
      'another interval',
      'lookback: 2 days',
      'lookback: 2 days\ninterval: week',
      'the header changed: interval',
    ],
    [
      'another kind',
      'incremental by time range',
      'fact\ngrain: [day, user]',
      'it was of the kind incremental by time range and is fact now',
    ],
  ])('of %s is not, and what is made of it follows', async (_, from, to, reason) => {
    expect(await change(daily().replace(from, to))).toContain(
      `${reason} (what is made of it is built anew, too)`,
    );
  });

  test('that is no addition is built, and what is made of it, and nothing is left over', async () => {
    await change(daily().replace('count() AS events', 'count() * 10 AS events'));
    expect(await ran()).toEqual(['daily rebuild', 'per_day refresh 01-10…01-21', 'total refresh']);
    expect(await events()).toEqual([40, 40, 40]);
    expect(
      await workspace.rows(`SELECT uniqExact(build) AS builds FROM mart_state.builds WHERE model = 'daily'`),
    ).toEqual([{ builds: 1 }]);
  });

  test('of the types of a source builds it anew', async () => {
    await workspace.command('CREATE TABLE raw.prices (id UInt8, price UInt8) ENGINE = MergeTree ORDER BY id');
    await workspace.command('INSERT INTO raw.prices VALUES (1, 2)');
    workspace.write(
      'prices',
      '/* model\nkind: incremental by key\nkey: id\n*/\nSELECT id, price FROM raw.prices',
    );
    await ran();
    await workspace.command('ALTER TABLE raw.prices MODIFY COLUMN price Decimal(18, 2)');
    const text = explainPlan(await workspace.plan({ at: '2026-01-20 12:00' }));
    expect(text).toContain('the type of price was UInt8 and is Decimal(18, 2) now');
    expect(await ran()).toEqual(['prices rebuild']);
    expect(
      await workspace.rows(
        `SELECT type FROM system.columns WHERE database = 'mart' AND table = 'prices' AND name = 'price'`,
      ),
    ).toEqual([{ type: 'Decimal(18, 2)' }]);
  });

  test('from a table to a view and back', async () => {
    workspace.write('total', total.replace('full', 'view'));
    expect(await ran()).toEqual(['total rebuild']);
    expect(await events()).toEqual([3, 3, 3]);
    workspace.write('total', total);
    expect(await ran()).toEqual(['total rebuild']);
    expect(await events()).toEqual([3, 3, 3]);
  });

  test('a file that is gone leaves its table, and the plan says so', async () => {
    workspace.remove('other');
    expect(explainPlan(await workspace.plan({ at: '2026-01-20 12:00' }))).toContain(
      'mart.other has no model any more',
    );
    expect(await workspace.rows('SELECT one FROM mart.other')).toEqual([{ one: 1 }]);
  });
});
