import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blocksIn, places, readPage, root } from './doc-blocks.ts';
import { main, type Program, startProgram } from './program.ts';

const run = promisify(execFile);
let program: Program;
beforeAll(async () => {
  program = await startProgram({ args: ['--demo'] });
  // the history is sent in the order of time, so when its end is there, all of it is
  await program.until(
    'SELECT count() FROM tributary.events WHERE timestamp >= now() - INTERVAL 5 MINUTE',
    1,
    280,
  );
}, 300_000);
afterAll(() => program?.[Symbol.asyncDispose]());

async function tributary(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const flags = [
    `--port=${program.port}`,
    `--warehouse-port=${program.warehousePort}`,
    `--data=${program.data}`,
  ];
  try {
    const options = ['--disable-warning=ExperimentalWarning', main, ...args, ...flags];
    return { code: 0, ...(await run(process.execPath, options, { cwd: root })) };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

test.each(places(blocksIn('sh', 'models')))('%s runs in a shell', async (_, { text }) => {
  const script = `set -euo pipefail
npm() {
  [ "$1 $2 $3" = 'run tributary --' ]
  shift 3
  "${process.execPath}" --disable-warning=ExperimentalWarning "${main}" "$@" --data="${program.data}" --port=${program.port} --warehouse-port=${program.warehousePort}
}
${text}`;
  const { stdout } = await run('bash', ['-c', script], { cwd: root });
  expect(stdout).toContain('to bring up to date');
});

test('the models of the guide are built, and a second run finds little to do', async () => {
  const workspace = mkdtempSync(join(tmpdir(), 'tributary-models-'));
  mkdirSync(join(workspace, 'models'));
  const models = [...readPage('docs/models.md').matchAll(/^```sql model (\w+)\n([\s\S]*?)^```$/gm)];
  expect(models.length).toBe(3);
  for (const [, name = '', text = ''] of models)
    writeFileSync(join(workspace, 'models', `${name}.sql`), text);
  const { code, stdout } = await tributary('run', `--workspace=${workspace}`);
  expect([code, stdout.match(/^✓/gm)?.length]).toEqual([0, 3]);
  const [row] = await program.rows<{ notes: number }>('SELECT sum(notes) AS notes FROM mart.notes_by_day');
  expect(Number(row?.notes)).toBeGreaterThan(1_000);
  rmSync(workspace, { recursive: true, force: true });
});

test.each(places(blocksIn('sql', 'models')))('%s answers the reader with rows', async (_, { text }) => {
  expect(await program.rows(text)).not.toEqual([]);
});

interface Billed {
  readonly account: string;
  readonly at: number;
  readonly event: string;
  readonly revenue: number;
  readonly before: number;
  readonly after: number;
  readonly currency: string;
}

interface Month {
  opening: number;
  closing: number;
  kept: number;
  keptWithoutGrowth: number;
}

describe('the example workspace on the demo product', () => {
  beforeAll(async () => {
    const { code, stderr, stdout } = await tributary('run', '--workspace=examples/saas');
    expect(code, stderr + stdout).toBe(0);
  });

  test('payments tie out to the cent: the events, the payments, the months of accounts', async () => {
    const before = 'toStartOfDay(now())';
    const sums = async (sql: string): Promise<unknown[]> =>
      program.rows(`${sql} GROUP BY currency, month ORDER BY currency, month`);
    const events =
      await sums(`SELECT currency, toStartOfMonth(timestamp) AS month, toString(sum(round(revenue * 100)) / 100) AS paid, toString(count()) AS payments
      FROM tributary.events WHERE revenue > 0 AND timestamp < toStartOfMonth(now())`);
    const payments =
      await sums(`SELECT currency, toStartOfMonth(day) AS month, toString(sum(amount)) AS paid, toString(count()) AS payments
      FROM mart.fact_payments WHERE day < toStartOfMonth(now())`);
    const accounts =
      await sums(`SELECT currency, month, toString(sum(f.paid)) AS paid, toString(sum(f.payments)) AS payments
      FROM mart.fact_account_month AS f WHERE month < toStartOfMonth(now()) AND f.payments > 0`);
    expect(events.length).toBeGreaterThan(6);
    expect(payments).toEqual(events);
    expect(accounts).toEqual(events);
    // every payment is the recurring revenue of its account at that moment
    const [each] = await program.rows(`SELECT count() AS payments, countIf(mrr != amount) AS differing FROM (
      SELECT p.payment_id, any(p.amount) AS amount, argMax(m.mrr_after, (m.at, m.movement != 'opening')) AS mrr
      FROM mart.fact_payments AS p INNER JOIN mart.fact_mrr_movements AS m ON m.account_id = p.account_id
      WHERE m.at <= p.paid_at AND p.paid_at < ${before} GROUP BY p.payment_id)`);
    expect(Number((each as { payments: string }).payments)).toBeGreaterThan(400);
    expect(Number((each as { differing: string }).differing)).toBe(0);
  });

  test('the months of recurring revenue are what the billing events say, computed another way', async () => {
    const billed =
      await program.rows<Billed>(`SELECT account_id AS account, toUnixTimestamp64Milli(timestamp) AS at, event, coalesce(revenue, 0) AS revenue,
      coalesce(properties.mrr_before::Nullable(Float64), properties.mrr::Nullable(Float64), 0) AS before, coalesce(properties.mrr_after::Nullable(Float64), 0) AS after, currency
      FROM tributary.events WHERE event IN ('Subscription Started', 'Invoice Paid', 'Plan Changed', 'Subscription Cancelled') ORDER BY timestamp, event_id`);
    // customers of whom only a change of plan is known: what their account says
    const accounts = await program.rows<{ account: string; currency: string }>(
      `SELECT account_id AS account, traits.currency::String AS currency FROM tributary.accounts FINAL WHERE project = 'demo'`,
    );
    const expected = monthsOf(billed, new Map(accounts.map(({ account, currency }) => [account, currency])));
    const found = await program.rows<
      Record<string, string | number>
    >(`SELECT month, currency, toFloat64(opening) AS opening, toFloat64(closing) AS closing,
      net_revenue_retention AS net, gross_revenue_retention AS gross, toString(opening + new + expansion + contraction + churn + reactivation - closing) AS rest
      FROM mart.mrr_months WHERE month < toStartOfMonth(now()) ORDER BY currency, month`);
    expect(found.length).toBeGreaterThan(6);
    for (const { month, currency, opening, closing, net, gross, rest } of found) {
      const sum = expected.get(`${currency} ${month}`);
      expect([month, currency, opening, closing, rest]).toEqual([
        month,
        currency,
        sum?.opening,
        sum?.closing,
        '0',
      ]);
      expect(net).toBeCloseTo((sum?.kept ?? 0) / (sum?.opening ?? 1), 4);
      expect(gross).toBeCloseTo((sum?.keptWithoutGrowth ?? 0) / (sum?.opening ?? 1), 4);
    }
  });

  test('every fact finds its dimensions', async () => {
    for (const [fact, key, dimension] of [
      ['fact_user_day', 'user_key', 'dim_users'],
      ['fact_user_day', 'account_key', 'dim_accounts'],
      ['fact_sessions', 'channel_key', 'dim_channels'],
      ['fact_sessions', 'country_key', 'dim_country'],
      ['fact_payments', 'plan_key', 'dim_plans'],
    ]) {
      const [row] = await program.rows<{
        facts: string;
        lost: string;
        known: string;
      }>(`SELECT count() AS facts, countIf(d.${key} IS NULL) AS lost, countIf(d.${key} NOT IN (0, -1)) AS known
        FROM mart.${fact} AS f LEFT JOIN mart.${dimension} AS d ON d.${key} = f.${key} SETTINGS join_use_nulls = 1`);
      expect([fact, key, Number(row?.lost), Number(row?.known) > Number(row?.facts) / 3]).toEqual([
        fact,
        key,
        0,
        true,
      ]);
    }
  });

  test('the tables can be read by the user of BI tools, with what they are', async () => {
    const tables = await program.rows<{ name: string; comment: string }>(
      `SELECT name, comment FROM system.tables WHERE database = 'mart' AND name LIKE 'fact_%' AND name != 'fact_note_day'`,
    );
    expect(tables.length).toBeGreaterThanOrEqual(7);
    for (const { comment } of tables) expect(comment).toMatch(/^[A-Z].*\n\[model /s);
  });

  test('a mistake in a file is said with its line, and the exit code tells it', async () => {
    const workspace = mkdtempSync(join(tmpdir(), 'tributary-models-'));
    mkdirSync(join(workspace, 'models'));
    writeFileSync(
      join(workspace, 'models/wrong.sql'),
      '/* model\nkind: view\n*/\nSELECT evnt FROM tributary.events',
    );
    const { code, stderr } = await tributary('run', `--workspace=${workspace}`);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('models/wrong.sql:4: Unknown expression identifier `evnt`'),
    ]);
    rmSync(workspace, { recursive: true, force: true });
  });
});

/** Opening and closing revenue by currency and month, from the events one by one. */
function monthsOf(billed: readonly Billed[], currencies: ReadonlyMap<string, string>): Map<string, Month> {
  const accounts = Map.groupBy(billed, ({ account }) => account);
  const months = new Map<string, Month>();
  const end = new Date();
  for (const [account, events] of accounts) {
    const currency = events.find((event) => event.currency !== '')?.currency ?? currencies.get(account) ?? '';
    const [first] = events;
    if (!first) continue;
    const price = ({ event, revenue, after }: Billed): number =>
      event === 'Subscription Cancelled' ? 0 : event === 'Plan Changed' ? after : revenue;
    const start =
      first.event === 'Subscription Started'
        ? 0
        : first.event === 'Invoice Paid'
          ? first.revenue
          : first.before;
    const date = new Date(Number(first.at));
    let opening = start;
    for (let month = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1); month < end.getTime(); ) {
      const at = new Date(month);
      const next = Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1);
      const last = events.filter((event) => Number(event.at) < next).at(-1);
      const closing = last ? price(last) : start;
      const key = `${currency} ${at.toISOString().slice(0, 10)}`;
      const sum = months.get(key) ?? { opening: 0, closing: 0, kept: 0, keptWithoutGrowth: 0 };
      sum.opening += opening;
      sum.closing += closing;
      if (opening > 0) {
        sum.kept += closing;
        sum.keptWithoutGrowth += Math.min(opening, closing);
      }
      months.set(key, sum);
      opening = closing;
      month = next;
    }
  }
  return months;
}
