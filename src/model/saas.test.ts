import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startWorkspace, type TestEvent, type TestWorkspace } from './workspace.fixture.ts';

const example = join(import.meta.dirname, '../../examples/saas');

let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await startWorkspace();
});
beforeEach(async () => {
  await workspace.clear();
  cpSync(join(example, 'models'), join(workspace.folder, 'models'), { recursive: true });
});
afterAll(() => workspace?.stop());

const names = {
  started: 'Subscription Started',
  paid: 'Invoice Paid',
  changed: 'Plan Changed',
  cancelled: 'Subscription Cancelled',
};
const day = (index: number): string =>
  `${new Date(Date.UTC(2026, 0, 1 + index)).toISOString().slice(0, 10)} 10:00:00`;
const bill = (
  account: string,
  index: number,
  kind: keyof typeof names,
  cents: number,
  before = 0,
): TestEvent => ({
  at: day(index),
  user: `owner of ${account}`,
  account,
  event: names[kind],
  ...(kind === 'started' || kind === 'paid' ? { revenue: cents / 100, currency: 'EUR' } : {}),
  properties: {
    plan: 'pro',
    seats: 1,
    ...(kind === 'changed' ? { mrr_before: before / 100, mrr_after: cents / 100 } : {}),
    ...(kind === 'cancelled' ? { mrr: before / 100 } : {}),
  },
});
const cents = (amount: string): number => Math.round(Number(amount) * 100);

describe('recurring revenue', () => {
  test('every kind of movement, with cents that a float does not hold', async () => {
    // of whom only a cancellation is known, the account says the currency
    await workspace.command(
      `INSERT INTO tributary.accounts (project, kind, account_id, traits, first_seen, last_seen, version)
      VALUES ('main', 'company', 'leaves', '{"currency":"EUR"}', '2026-01-08 10:00:00', '2026-01-08 10:00:00', 1)`,
    );
    await workspace.track(
      bill('grows', 3, 'started', 1010),
      bill('grows', 33, 'paid', 1010),
      bill('grows', 40, 'changed', 4030, 1010),
      bill('grows', 63, 'paid', 4030),
      bill('shrinks', 4, 'paid', 11_510),
      bill('shrinks', 45, 'changed', 115, 11_510),
      bill('returns', 5, 'started', 30),
      bill('returns', 35, 'cancelled', 0, 30),
      bill('returns', 66, 'started', 30),
      bill('leaves', 7, 'cancelled', 0, 2_999),
    );
    const { steps } = await workspace.run({ at: '2026-03-20' });
    expect(steps.filter(({ state }) => state !== 'done').map(({ error }) => error)).toEqual([]);
    expect(
      await workspace.rows(
        `SELECT account_id AS account, movement, toString(amount) AS amount FROM mart.fact_mrr_movements ORDER BY account, at, mrr_after`,
      ),
    ).toEqual([
      { account: 'grows', movement: 'new', amount: '10.1' },
      { account: 'grows', movement: 'expansion', amount: '30.2' },
      { account: 'leaves', movement: 'churn', amount: '-29.99' },
      { account: 'leaves', movement: 'opening', amount: '29.99' },
      { account: 'returns', movement: 'new', amount: '0.3' },
      { account: 'returns', movement: 'churn', amount: '-0.3' },
      { account: 'returns', movement: 'reactivation', amount: '0.3' },
      { account: 'shrinks', movement: 'opening', amount: '115.1' },
      { account: 'shrinks', movement: 'contraction', amount: '-113.95' },
    ]);
    expect(
      await workspace.rows(`SELECT toMonth(month) AS month, toString(opening) AS opening, toString(closing) AS closing, customers_lost AS lost,
        net_revenue_retention AS net, gross_revenue_retention AS gross FROM mart.mrr_months ORDER BY month`),
    ).toEqual([
      { month: 1, opening: '145.09', closing: '125.5', lost: 1, net: 0.7933, gross: 0.7933 },
      { month: 2, opening: '125.5', closing: '41.45', lost: 1, net: 0.3303, gross: 0.0896 },
      { month: 3, opening: '41.45', closing: '41.75', lost: 0, net: 1, gross: 1 },
    ]);
  });

  test('random lives of customers tie out to the cent, however often and late the runs come', async () => {
    const random = randomFrom(42);
    const { events, paid, closing } = randomLives(random);
    // some come weeks after their time
    events.sort((a, b) => a.at.localeCompare(b.at));
    const late = events.filter(() => random(12) === 0);
    const [first, second] = [events.slice(0, 200), events.slice(200)].map((part) =>
      part.filter((event) => !late.includes(event)),
    );
    await workspace.track(...(first ?? []));
    await workspace.run({ at: '2026-02-10 12:00' });
    await workspace.track(...(second ?? []));
    await workspace.run({ at: '2026-03-27 12:00' });
    await workspace.track(...late);
    // payments are watched for 30 days; what is older is said to be built again
    await workspace.run({
      at: '2026-03-28 12:00',
      task: 'restate',
      words: ['fact_payments', 'fact_user_day'],
    });
    await workspace.run({ at: '2026-03-28 12:00' });
    const [payments] = await workspace.rows<{ paid: string }>(
      'SELECT toString(sum(amount)) AS paid FROM mart.fact_payments',
    );
    expect(cents(payments?.paid ?? '')).toBe(paid);
    const [accounts] = await workspace.rows<{ paid: string }>(
      'SELECT toString(sum(paid)) AS paid FROM mart.fact_account_month',
    );
    expect(cents(accounts?.paid ?? '')).toBe(paid);
    const months = await workspace.rows<{ first: string; last: string; rest: string }>(
      `SELECT toString(opening) AS first, toString(closing) AS last,
      toString(opening + new + expansion + contraction + churn + reactivation - closing) AS rest
      FROM mart.mrr_months ORDER BY month`,
    );
    expect(months.map(({ rest }) => rest)).toEqual(['0', '0', '0']);
    expect(cents(months.at(-1)?.last ?? '')).toBe(closing);
    // what one month ends with the next one begins with
    expect(months.map(({ first: opening }) => opening)).toEqual([
      '0',
      ...months.map(({ last }) => last).slice(0, -1),
    ]);
  });
});

/** The same numbers every time: a whole number below `limit`. */
function randomFrom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * limit);
  };
}

/** Customers who subscribe, pay, change their plan, leave and return; sums in cents. */
function randomLives(random: (limit: number) => number): {
  events: TestEvent[];
  paid: number;
  closing: number;
} {
  const events: TestEvent[] = [];
  let paid = 0;
  let closing = 0;
  for (let account = 0; account < 120; account++) {
    let price = 0;
    for (let at = random(20); at < 85; at += 5 + random(30)) {
      const next = 1 + random(99_999);
      const kind = price === 0 ? 'started' : (['paid', 'paid', 'changed', 'cancelled'] as const)[random(4)];
      if (kind === undefined) throw new Error('there are four kinds');
      if (kind === 'started' || kind === 'paid') paid += next;
      events.push(bill(`a${account}`, at, kind, next, price));
      price = kind === 'cancelled' ? 0 : next;
    }
    closing += price;
  }
  return { events, paid, closing };
}
