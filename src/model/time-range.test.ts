import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { explainPlan } from './model.ts';
import { type Request, startWorkspace, type TestWorkspace } from './workspace.fixture.ts';

let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await startWorkspace();
});
afterEach(() => workspace.clear());
afterAll(() => workspace?.stop());

const daily = (more = '', sql = ''): string => `/* model
kind: incremental by time range
time: day
grain: [day, user]
lookback: 3 days
${more}
*/
SELECT toDate(timestamp) AS day, user_id AS user, count() AS events${sql}
FROM tributary.events
WHERE timestamp >= {start:DateTime} AND timestamp < {end:DateTime}
GROUP BY day, user`;
const table = (name = 'daily'): Promise<{ day: string; user: string; events: number }[]> =>
  workspace.rows(`SELECT day, user, events FROM mart.${name} ORDER BY day, user`);
/** What a run did: its action and stretches as days. */
const ran = async (request: Request = {}): Promise<string[]> => {
  const { steps } = await workspace.run(request);
  return steps.map(({ step, state, error }) => {
    const days = step.stretches.map(({ from, to }) => `${iso(from)}…${iso(to)}`).join(' ');
    return `${step.model} ${state === 'done' ? step.action : `${state} ${error}`} ${days}`.trim();
  });
};
const iso = (time: number): string => new Date(time * 1_000).toISOString().slice(5, 10);

describe('incremental by time range', () => {
  test('builds every interval since the first row, and then only what is new', async () => {
    await workspace.track(
      { at: '2026-01-02 10:00:00', user: 'ada' },
      { at: '2026-01-04 10:00:00', user: 'bob' },
    );
    workspace.write('daily', daily());
    expect(await ran({ at: '2026-01-05 09:00' })).toEqual(['daily create 01-02…01-06']);
    expect(await ran({ at: '2026-01-05 10:00' })).toEqual([]);
    await workspace.track({ at: '2026-01-05 09:30:00', user: 'ada' });
    expect(await ran({ at: '2026-01-05 10:00' })).toEqual(['daily refresh 01-05…01-06']);
    expect(await ran({ at: '2026-01-07 01:00' })).toEqual(['daily refresh 01-06…01-08']);
    expect(await table()).toEqual([
      { day: '2026-01-02', user: 'ada', events: 1 },
      { day: '2026-01-04', user: 'bob', events: 1 },
      { day: '2026-01-05', user: 'ada', events: 1 },
    ]);
    const done = await workspace.rows(
      `SELECT interval_start AS start FROM mart_state.intervals FINAL WHERE model = 'daily' ORDER BY start`,
    );
    expect(done).toHaveLength(6);
  });

  test('rows that come late are picked up inside the lookback, and only their intervals are built again', async () => {
    await workspace.track(
      ...['01', '02', '03', '04', '05', '06'].map((day) => ({ at: `2026-01-${day} 10:00:00`, user: 'ada' })),
    );
    workspace.write('daily', daily());
    await workspace.run({ at: '2026-01-06 12:00' });
    await workspace.track(
      { at: '2026-01-01 23:00:00', user: 'late beyond the lookback' },
      { at: '2026-01-04 11:00:00', user: 'late' },
    );
    expect(explainPlan(await workspace.plan({ at: '2026-01-06 12:00' }))).toContain(
      '2026-01-04: rows came after it was built',
    );
    expect(await ran({ at: '2026-01-06 12:00' })).toEqual(['daily refresh 01-04…01-05']);
    expect((await table()).filter(({ user }) => user.startsWith('late'))).toEqual([
      { day: '2026-01-04', user: 'late', events: 1 },
    ]);
    expect(await ran({ at: '2026-01-06 12:00' })).toEqual([]);
    await workspace.command(`DELETE FROM tributary.events WHERE user_id = 'late'`);
    expect(await ran({ at: '2026-01-06 12:00' })).toEqual(['daily refresh 01-04…01-05']);
    expect((await table()).map(({ user }) => user)).not.toContain('late');
  });

  test('intervals are half-open, and a row at midnight is in one of them', async () => {
    await workspace.track(
      { at: '2026-01-04 23:59:59.999', user: 'before' },
      { at: '2026-01-05 00:00:00.000', user: 'after' },
    );
    workspace.write('daily', daily());
    await workspace.run({ at: '2026-01-05 12:00' });
    expect(await table()).toEqual([
      { day: '2026-01-04', user: 'before', events: 1 },
      { day: '2026-01-05', user: 'after', events: 1 },
    ]);
  });

  test('an interval that is not over, or not long enough over, waits when the header says so', async () => {
    await workspace.track(
      { at: '2026-01-04 10:00:00', user: 'ada' },
      { at: '2026-01-05 01:00:00', user: 'ada' },
    );
    workspace.write('daily', daily('partial: false\ndelay: 2 hours'));
    expect(await ran({ at: '2026-01-05 01:59' })).toEqual(['daily create']);
    expect(await table()).toEqual([]);
    expect(await ran({ at: '2026-01-05 02:00' })).toEqual(['daily refresh 01-04…01-05']);
    expect((await table()).map(({ day }) => day)).toEqual(['2026-01-04']);
  });

  test.each([
    ['hour', '2026-01-05 07:00:00', 'toStartOfHour(timestamp)'],
    ['week', '2025-12-29', 'toMonday(timestamp)'],
    ['month', '2026-01-01', 'toStartOfMonth(timestamp)'],
  ])('intervals of a %s', async (interval, first, expression) => {
    await workspace.track(
      { at: '2026-01-03 07:20:00', user: 'ada' },
      { at: '2026-01-05 07:20:00', user: 'ada' },
    );
    const sql = daily(`interval: ${interval}`)
      .replace('toDate(timestamp)', expression)
      .replace('lookback: 3 days', 'lookback: 40 days');
    workspace.write('daily', sql);
    await workspace.run({ at: '2026-01-05 12:00' });
    await workspace.track(
      { at: '2026-01-05 07:40:00', user: 'ada' },
      { at: '2026-01-03 07:10:00', user: 'bob' },
    );
    await workspace.run({ at: '2026-01-05 12:00' });
    const all = await table();
    expect(all.map(({ day }) => day)).toContain(first);
    expect(all.reduce((sum, { events }) => sum + events, 0)).toBe(4);
    expect(await ran({ at: '2026-01-05 12:00' })).toEqual([]);
  });

  test('rows of other intervals are an error, and nothing of it is seen', async () => {
    await workspace.track({ at: '2026-01-04 10:00:00', user: 'ada' });
    workspace.write('daily', daily().replace('toDate(timestamp) AS day', 'toDate(timestamp) + 9 AS day'));
    const { steps } = await workspace.run({ at: '2026-01-05 12:00' });
    expect(steps[0]?.error).toContain('models/daily.sql:3: 1 rows have a day outside the interval');
    expect(await workspace.rows(`SELECT name FROM system.tables WHERE database = 'mart'`)).toEqual([]);
  });

  test('an SQL that does not ask for its interval is refused', async () => {
    workspace.write('daily', daily().replace('AND timestamp < {end:DateTime}', ''));
    await expect(workspace.plan()).rejects.toThrow('{end:DateTime} is not there');
  });

  test('what a failing test finds stays unseen, and the interval is due until it passes', async () => {
    await workspace.track({ at: '2026-01-04 10:00:00', user: 'ada' });
    workspace.write('daily', daily(`tests: [{ sql: "SELECT * FROM this WHERE user = 'bad'" }]`));
    await workspace.run({ at: '2026-01-05 12:00' });
    await workspace.track(
      { at: '2026-01-04 11:00:00', user: 'bad' },
      { at: '2026-01-04 12:00:00', user: 'good' },
    );
    expect((await ran({ at: '2026-01-05 12:00' }))[0]).toContain('failed');
    expect((await table()).map(({ user }) => user)).toEqual(['ada']);
    await workspace.command(`DELETE FROM tributary.events WHERE user_id = 'bad'`);
    expect(await ran({ at: '2026-01-05 12:00' })).toEqual(['daily refresh 01-04…01-05']);
    expect((await table()).map(({ user }) => user)).toEqual(['ada', 'good']);
  });

  test('the table is the same however it was built: at once, day by day, or with everything late', async () => {
    const events = Array.from({ length: 300 }, (_, index) => ({
      at: `2026-01-${String(1 + (index % 28)).padStart(2, '0')} ${String(index % 24).padStart(2, '0')}:00:00`,
      user: `u${index % 7}`,
    }));
    workspace.write('daily', daily().replace('lookback: 3 days', 'lookback: 40 days'));
    for (let start = 0; start < events.length; start += 60) {
      await workspace.track(...events.slice(start, start + 60));
      await workspace.run({ at: `2026-01-${String(10 + start / 20).padStart(2, '0')} 12:00` });
    }
    await workspace.run({ at: '2026-01-29 00:00' });
    const grown = await table();
    workspace.write('at_once', daily());
    await workspace.run({ at: '2026-01-29 00:00', words: ['at_once'] });
    expect(grown).toEqual(await table('at_once'));
    expect(grown.reduce((sum, { events: count }) => sum + count, 0)).toBe(300);
  });

  test('a source that says what its times are is watched; one that does not makes the lookback due', async () => {
    await workspace.command(
      'CREATE TABLE raw.orders (at DateTime, loaded DateTime, user String) ENGINE = MergeTree ORDER BY at',
    );
    await workspace.command(
      `INSERT INTO raw.orders SELECT toDateTime('2026-01-01 10:00:00') + number * 86400, '2026-01-09 00:00:00', 'ada' FROM numbers(8)`,
    );
    const orders = (more: string): string =>
      daily(more)
        .replaceAll('timestamp', 'at')
        .replace('tributary.events', 'raw.orders')
        .replace('user_id', 'user');
    workspace.write('daily', orders('sources: { raw.orders: { time: at, arrived: loaded } }'));
    workspace.write('blind', orders('start: 2026-01-01'));
    expect(await ran({ at: '2026-01-08 12:00' })).toEqual([
      'blind create 01-01…01-09',
      'daily create 01-01…01-09',
    ]);
    expect(await ran({ at: '2026-01-08 12:00' })).toEqual([]);
    await workspace.command(
      `INSERT INTO raw.orders VALUES ('2026-01-07 10:00:00', '2026-01-10 00:00:00', 'bob')`,
    );
    expect(await ran({ at: '2026-01-08 12:00' })).toEqual([
      'blind refresh 01-05…01-09',
      'daily refresh 01-07…01-08',
    ]);
    expect(await table()).toEqual(await table('blind'));
  });

  test('without a first time to be found, one must be said', async () => {
    await workspace.command('CREATE TABLE raw.orders (at DateTime) ENGINE = MergeTree ORDER BY at');
    workspace.write(
      'daily',
      daily()
        .replaceAll('timestamp', 'at')
        .replace('tributary.events', 'raw.orders')
        .replace('user_id', `''`),
    );
    await expect(workspace.plan()).rejects.toThrow('models/daily.sql:3: where it begins cannot be told');
  });

  test('so many intervals are refused that somebody made a mistake', async () => {
    await workspace.track({ at: '1975-01-01 00:00:00', user: 'ada' });
    workspace.write('daily', daily('interval: hour'));
    await expect(workspace.plan()).rejects.toThrow('it would have more than 50000 intervals of a hour');
  });
});

describe('what is made of it', () => {
  const total = `/* model
kind: full
*/
SELECT sum(events) AS events FROM mart.daily`;
  const weekly = `/* model
kind: incremental by time range
time: week
interval: week
*/
SELECT toMonday(day) AS week, sum(events) AS events FROM mart.daily
WHERE day >= toDate({start:DateTime}) AND day < toDate({end:DateTime}) GROUP BY week`;

  test('follows in the same run, interval by interval', async () => {
    await workspace.track(
      { at: '2026-01-06 10:00:00', user: 'ada' },
      { at: '2026-01-20 10:00:00', user: 'ada' },
    );
    workspace.write('daily', daily('lookback: 30 days').replace('lookback: 3 days\n', ''));
    workspace.write('weekly', weekly);
    workspace.write('total', total);
    workspace.write('seen', '/* model\nkind: view\n*/\nSELECT * FROM mart.daily');
    workspace.write('over_the_view', weekly.replace('mart.daily', 'mart.seen'));
    expect(await ran({ at: '2026-01-21 12:00' })).toEqual([
      'daily create 01-06…01-22',
      'seen create',
      'over_the_view create 01-05…01-26',
      'total create',
      'weekly create 01-05…01-26',
    ]);
    await workspace.track({ at: '2026-01-07 10:00:00', user: 'late' });
    expect(await ran({ at: '2026-01-21 12:00' })).toEqual([
      'daily refresh 01-07…01-08',
      'over_the_view refresh 01-05…01-12',
      'total refresh',
      'weekly refresh 01-05…01-12',
    ]);
    expect(await workspace.rows('SELECT events FROM mart.weekly ORDER BY week')).toEqual([
      { events: 2 },
      { events: 1 },
    ]);
    expect(await workspace.rows('SELECT events FROM mart.total')).toEqual([{ events: 3 }]);
  });

  test('follows later when it was not named', async () => {
    await workspace.track(
      { at: '2026-01-06 10:00:00', user: 'ada' },
      { at: '2026-01-20 10:00:00', user: 'ada' },
    );
    workspace.write('daily', daily('lookback: 30 days').replace('lookback: 3 days\n', ''));
    workspace.write('weekly', weekly);
    workspace.write('total', total);
    await workspace.run({ at: '2026-01-21 12:00' });
    await workspace.track({ at: '2026-01-07 10:00:00', user: 'late' });
    expect(await ran({ at: '2026-01-21 12:00', words: ['daily'] })).toEqual(['daily refresh 01-07…01-08']);
    expect(await ran({ at: '2026-01-21 12:00' })).toEqual(['total refresh', 'weekly refresh 01-05…01-12']);
  });
});
