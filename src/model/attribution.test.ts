import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorkspace, type TestWorkspace } from './workspace.fixture.ts';

let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await startWorkspace();
  cpSync(join(import.meta.dirname, '../../examples/attribution/models'), join(workspace.folder, 'models'), {
    recursive: true,
  });
  await workspace.command(`INSERT INTO tributary.events (project, event_id, event, timestamp, person_key, revenue, currency) VALUES
    ('main', 'three', 'Subscription Started', '2026-01-20 00:00:00', 1, 100, 'EUR'),
    ('main', 'one', 'Subscription Started', '2026-01-20 00:00:00', 2, 10, 'EUR'),
    ('main', 'direct', 'Subscription Started', '2026-01-20 00:00:00', 3, NULL, ''),
    ('main', 'none', 'Subscription Started', '2026-01-20 00:00:00', 4, 5, 'EUR'),
    ('main', 'again', 'Subscription Started', '2026-01-21 00:00:00', 2, 20, 'EUR'),
    ('main', 'other', 'Note Created', '2026-01-20 00:00:00', 1, NULL, '')`);
  // Visits after the conversion, too early, of a bot and of another project have no part; one that disappeared has none either.
  await workspace.command(`INSERT INTO tributary.sessions
    (project, session_id, person_key, day_key, started_at, ended_at, channel, bot_score, is_deleted, version) VALUES
    ('main', 11, 1, '2026-01-06 00:00:00', '2026-01-06 00:00:00', '2026-01-06 00:01:00', 'Paid Search', 0, 0, 1),
    ('main', 12, 1, '2026-01-13 00:00:00', '2026-01-13 00:00:00', '2026-01-13 00:01:00', 'Email', 0, 0, 1),
    ('main', 13, 1, '2026-01-20 00:00:00', '2026-01-20 00:00:00', '2026-01-20 00:01:00', 'Direct', 0, 0, 1),
    ('main', 14, 1, '2026-01-20 00:00:01', '2026-01-20 00:00:01', '2026-01-20 00:01:00', 'Display', 0, 0, 1),
    ('main', 15, 1, '2025-12-20 00:00:00', '2025-12-20 00:00:00', '2025-12-20 00:01:00', 'Display', 0, 0, 1),
    ('main', 16, 1, '2026-01-12 00:00:00', '2026-01-12 00:00:00', '2026-01-12 00:01:00', 'Display', 90, 0, 1),
    ('main', 17, 1, '2026-01-14 00:00:00', '2026-01-14 00:00:00', '2026-01-14 00:01:00', 'Display', 0, 0, 1),
    ('main', 17, 1, '2026-01-14 00:00:00', '2026-01-14 00:00:00', '2026-01-14 00:01:00', '', 0, 1, 2),
    ('elsewhere', 18, 1, '2026-01-14 00:00:00', '2026-01-14 00:00:00', '2026-01-14 00:01:00', 'Display', 0, 0, 1),
    ('main', 21, 2, '2026-01-18 00:00:00', '2026-01-18 00:00:00', '2026-01-18 00:01:00', 'Referral', 0, 0, 1),
    ('main', 22, 2, '2026-01-20 12:00:00', '2026-01-20 12:00:00', '2026-01-20 12:01:00', 'Direct', 0, 0, 1),
    ('main', 31, 3, '2026-01-18 00:00:00', '2026-01-18 00:00:00', '2026-01-18 00:01:00', 'Direct', 0, 0, 1),
    ('main', 32, 3, '2026-01-19 00:00:00', '2026-01-19 00:00:00', '2026-01-19 00:01:00', 'Direct', 0, 0, 1)`);
  const { steps } = await workspace.run({ at: '2026-01-22' });
  expect(steps.filter(({ state }) => state !== 'done').map(({ error }) => error)).toEqual([]);
});
afterAll(() => workspace?.stop());

test('paths reckoned by hand: who gets what of each conversion', async () => {
  const rows = await workspace.rows<Record<string, unknown>>(
    `SELECT conversion_id AS of, channel, first_touch AS first, last_touch AS last, last_non_direct AS named,
      round(linear, 4) AS linear, round(position_based, 4) AS position, round(time_decay, 4) AS decay
    FROM mart.fact_attribution ORDER BY conversion_id, touch`,
  );
  const third = 0.3333;
  // Time decay with a half-life of 7 days: touches 14, 7 and 0 days before weigh 1/4, 1/2 and 1; 3 and 1/2 days before, 2^(-3/7) and 2^(-1/14).
  const weights = [2 ** (-3 / 7), 2 ** (-0.5 / 7)] as const;
  const days = [2 ** (-2 / 7), 2 ** (-1 / 7)] as const;
  const part = ([a, b]: readonly [number, number], one: number): number =>
    Math.round((one / (a + b)) * 1e4) / 1e4;
  expect(rows.map((row) => Object.values(row))).toEqual([
    ['again', 'Referral', 1, 0, 1, 0.5, 0.5, part(weights, weights[0])],
    ['again', 'Direct', 0, 1, 0, 0.5, 0.5, part(weights, weights[1])],
    ['direct', 'Direct', 1, 0, 0, 0.5, 0.5, part(days, days[0])],
    ['direct', 'Direct', 0, 1, 1, 0.5, 0.5, part(days, days[1])],
    ['none', 'Unknown', 1, 1, 1, 1, 1, 1],
    ['one', 'Referral', 1, 1, 1, 1, 1, 1],
    ['three', 'Paid Search', 1, 0, 0, third, 0.4, 0.1429],
    ['three', 'Email', 0, 0, 1, third, 0.2, 0.2857],
    ['three', 'Direct', 0, 1, 0, third, 0.4, 0.5714],
  ]);
});

test('by every rule all conversions and all money are given away, no more and no less', async () => {
  expect(
    await workspace.rows(
      `SELECT rule, round(sum(conversions), 6) AS conversions, round(sum(value), 6) AS value
      FROM mart.attribution_by_channel GROUP BY rule ORDER BY rule`,
    ),
  ).toEqual(
    ['first touch', 'last non-direct', 'last touch', 'linear', 'position based', 'time decay'].map(
      (rule) => ({
        rule,
        conversions: 5,
        value: 135,
      }),
    ),
  );
});

test('another window and another conversion are a line of the options', async () => {
  const name = 'attribution_options';
  const options = `/* model
kind: view
*/
SELECT ['Note Created'] AS conversion_events, 7 AS lookback_days, 7 AS half_life_days, 0.4 AS first_share, 0.4 AS last_share`;
  workspace.write(name, options);
  const { steps } = await workspace.run({ at: '2026-01-22 12:00' });
  expect(steps.filter(({ state }) => state !== 'done').map(({ error }) => error)).toEqual([]);
  expect(
    await workspace.rows('SELECT conversion_id AS of, channel FROM mart.fact_attribution ORDER BY touch'),
  ).toEqual([
    { of: 'other', channel: 'Email' },
    { of: 'other', channel: 'Direct' },
  ]);
});
