import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PipelineResult } from '../src/contract/result.ts';
import { launchChromium } from './chromium.ts';
import { adminEmail, adminPassword, type Program, post, startProgram, writeKey } from './program.ts';

let program: Program;
let browser: Browser;
beforeAll(async () => {
  [program, browser] = await Promise.all([startProgram(), launchChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await program?.[Symbol.asyncDispose]();
});

const items = 30;

/** Purchases of a client that calls them by a type that does not exist, beside events that are right; none has an id. */
async function send(): Promise<void> {
  const sentAt = new Date().toISOString();
  const batch = Array.from({ length: items }, (_, n) => ({
    type: 'purchase',
    event: 'Paid',
    userId: `user-${n}`,
    timestamp: sentAt,
    properties: { revenue: n, currency: 'EUR' },
  }));
  const good = { type: 'track', event: 'Seen', userId: 'user-1', timestamp: sentAt };
  const answer = await post(
    `${program.url}/v1/batch`,
    JSON.stringify({ batch: [good, ...batch], sentAt, writeKey }),
  );
  expect(answer.status).toBe(200);
  await program.until('SELECT count() FROM tributary.quarantine', items);
}

async function signedIn(): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, baseURL: program.url });
  await page.goto('/');
  await page.getByLabel('E-mail').fill(adminEmail);
  await page.getByRole('textbox', { name: 'Password' }).fill(adminPassword);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
  return page;
}

test('what failed is found by its cause, mended, tried, replayed, and there once', async () => {
  const page = await signedIn();
  await page.getByRole('link', { name: 'Quarantine' }).click();
  await page.getByText('Nothing waits in quarantine').waitFor();
  await send();
  await page.reload();
  const group = page.getByTestId('quarantine-group');
  await group.getByRole('link', { name: 'unknown type' }).click();

  const first = page.getByTestId('quarantine-items').getByRole('button').first();
  await first.click();
  await page.getByTestId('quarantine-items').getByText('"purchase"').first().waitFor();

  const editor = page.getByRole('textbox', { name: 'Fix', exact: true });
  await editor.fill('$merge([$, { "type": "sale" }])');
  const dryRun = page.getByTestId('dry-run');
  await dryRun.getByText('10 would fail').waitFor();
  await editor.fill('$merge([$, { "type": "track" }])');
  await dryRun.getByText('10 would pass').waitFor();
  await page.getByLabel('Name of the fix').fill('purchases are track calls');
  await page.getByRole('button', { name: `Dry run on ${items} items` }).click();
  await dryRun.getByText(`${items} would pass`).waitFor();
  await dryRun.getByText('"event": "Paid"').first().waitFor();
  await page.getByRole('button', { name: `Replay ${items} items` }).click();
  await page.getByTestId('replay').getByText(`${items} loaded`).waitFor();
  await page.getByText('Nothing of this group waits').waitFor();

  const paid = `SELECT count() AS n, uniqExact(event_id) AS ids, sum(revenue) AS revenue FROM tributary.events WHERE event = 'Paid'`;
  const [row] = await program.rows<Record<string, string | number>>(paid);
  expect([Number(row?.n), Number(row?.ids), Number(row?.revenue)]).toEqual([
    items,
    items,
    (items * (items - 1)) / 2,
  ]);

  const project = new URL(page.url()).searchParams.get('project') ?? (await projectId());
  const cause = /\/quarantine\/([0-9a-f]{16})/.exec(page.url())?.[1] ?? '';
  const again = program.call('POST', `/api/projects/${project}/quarantine/replays`, {
    causes: [cause],
    transform: '$merge([$, { "type": "track" }])',
  });
  await expect(again).rejects.toThrow('409');

  // the next ones of the group, by the fix that was kept
  await send();
  await page.getByRole('button', { name: 'purchases are track calls' }).click();
  await page.getByTestId('dry-run').getByText('10 would pass').waitFor();
  await page.getByRole('button', { name: `Replay ${items} items` }).click();
  await program.until(`SELECT count() FROM tributary.events WHERE event = 'Paid'`, 2 * items);
  await page.getByTestId('replay').getByText(`${items} loaded`).nth(1).waitFor();

  const { ledger } = await program.call<PipelineResult>('GET', `/api/pipeline?project=${project}&minutes=30`);
  expect(ledger.map(({ state }) => state)).not.toContain('unbalanced');
  const sum = (of: 'decoded' | 'loaded' | 'quarantined' | 'stored'): number =>
    ledger.reduce((total, row) => total + row[of], 0);
  expect([sum('decoded'), sum('loaded'), sum('quarantined'), sum('stored')]).toEqual([
    4 * items + 2,
    2 * items + 2,
    2 * items,
    2 * items + 2,
  ]);
  await page.close();
});

async function projectId(): Promise<string> {
  const { projects } = await program.call<{ projects: { id: string }[] }>('GET', '/api/projects');
  return projects[0]?.id ?? '';
}
