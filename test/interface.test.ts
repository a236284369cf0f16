import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from './chromium.ts';
import { adminEmail, adminPassword, batchOf, type Program, post, startProgram, writeKey } from './program.ts';

const chrome =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';
const people = 12;

let program: Program;
let browser: Browser;
let context: BrowserContext;
beforeAll(async () => {
  [program, browser] = await Promise.all([startProgram(), launchChromium()]);
  context = await browser.newContext({ viewport: { width: 1440, height: 900 }, baseURL: program.url });
});
afterAll(async () => {
  await browser?.close();
  await program?.[Symbol.asyncDispose]();
});

/**
 * Twelve people land on /, one third of them from a newsletter; all look at prices, half of them sign up, a third of those pay
 * 20 EUR.
 */
async function seed(): Promise<void> {
  const start = Date.now() - 3_600_000;
  const batch = Array.from({ length: people }, (_, person) => {
    const query = person % 3 === 0 ? '?utm_source=newsletter&utm_medium=email&utm_campaign=spring' : '';
    const event = (type: string, at: number, more: object, path = '/'): object => ({
      type,
      messageId: `seed-${person}-${at}`,
      anonymousId: `anonymous-${person}`,
      timestamp: new Date(start + person * 1_000 + at * 60_000).toISOString(),
      context: { userAgent: chrome, page: { url: `https://shop.test${path}${at === 0 ? query : ''}`, path } },
      ...more,
    });
    return [
      event('page', 0, { properties: {} }),
      event('page', 1, { properties: {} }, '/pricing'),
      ...(person % 2 === 0
        ? [event('track', 2, { event: 'Signed Up', properties: { plan: 'pro' } }, '/pricing')]
        : []),
      ...(person % 6 === 0
        ? [event('track', 3, { event: 'Paid', properties: { revenue: 20, currency: 'EUR' } }, '/pricing')]
        : []),
    ];
  }).flat();
  const answer = await post(
    `${program.url}/v1/batch`,
    JSON.stringify({ batch, sentAt: new Date().toISOString(), writeKey }),
  );
  expect(answer.status).toBe(200);
  await program.until('SELECT count() FROM tributary.events', batch.length);
}

async function open(path: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(path);
  return page;
}

async function choose(page: Page, picker: string, option: string): Promise<void> {
  await page.getByLabel(picker).first().click();
  await page.keyboard.type(option);
  await page
    .getByRole('option', { name: new RegExp(`^${option}`) })
    .first()
    .click();
}

describe('signing in', () => {
  test('a wrong password says so, the right one opens a product that says how to send the first event', async () => {
    const page = await open('/');
    await page.getByLabel('E-mail').fill(adminEmail);
    await page.getByRole('textbox', { name: 'Password' }).fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByRole('textbox', { name: 'Password' }).fill(adminPassword);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByTestId('waiting').waitFor();
    expect(await page.locator('pre').first().textContent()).toContain(writeKey);
    await page.close();
  });

  test('the link in the terminal signs in once', async () => {
    const token = /sign-in\?token=([\w-]+)/.exec(program.output())?.[1];
    const stranger = await browser.newContext({ baseURL: program.url });
    const page = await stranger.newPage();
    await page.goto(`/sign-in?token=${token}`);
    await page.getByRole('navigation', { name: 'Pages' }).waitFor();
    expect(page.url()).not.toContain('token');
    await stranger.close();
    const second = await browser.newContext({ baseURL: program.url });
    const late = await second.newPage();
    await late.goto(`/sign-in?token=${token}`);
    await late.getByRole('alert').waitFor();
    await second.close();
  });
});

describe('with a product’s events', () => {
  beforeAll(seed);

  test('Live shows an event within seconds of its arrival, with its properties', async () => {
    const page = await open('/live');
    await page.getByTestId('live-row').first().waitFor();
    await post(
      `${program.url}/v1/batch`,
      batchOf('live', 1, {
        event: 'Just happened',
        anonymousId: 'anonymous-1',
        userId: undefined,
        properties: { colour: 'green' },
      }),
    );
    const row = page.getByTestId('live-row').filter({ hasText: 'Just happened' });
    await row.waitFor({ timeout: 20_000 });
    await row.getByRole('button').first().click();
    await row.getByText('green').first().waitFor();
    await page.close();
  });

  test('Overview counts visitors, and a click on a channel filters everything', async () => {
    const page = await open('/overview');
    const visitors = page.getByTestId('metric-visitors');
    await visitors.getByText(String(people), { exact: true }).waitFor();
    const rows = page.getByRole('region', { name: 'Sources' }).getByTestId('breakdown-row');
    await rows.filter({ hasText: 'Email' }).getByRole('button').first().click();
    await page.getByTestId('filter-chip').filter({ hasText: 'Email' }).waitFor();
    await visitors.getByText(String(people / 3), { exact: true }).waitFor();
    expect(page.url()).toContain('Email');
    await page.getByRole('button', { name: /^Remove filter/ }).click();
    await visitors.getByText(String(people), { exact: true }).waitFor();
    await page.close();
  });

  test('Explore shows the trend of an event', async () => {
    const page = await open('/explore');
    await choose(page, 'Event of series A', 'Signed Up');
    const totals = page.getByTestId('totals');
    await totals
      .getByText(String(people / 2), { exact: true })
      .first()
      .waitFor();
    await page.getByRole('img', { name: /^Signed Up/ }).waitFor();
    await page.close();
  });

  test('Funnel shows how many people go from page view to payment', async () => {
    const page = await open('/funnel');
    await choose(page, 'Event of step 1', 'Page view');
    await choose(page, 'Event of step 2', 'Signed Up');
    await page.getByRole('button', { name: 'Add step' }).click();
    await choose(page, 'Event of step 3', 'Paid');
    await page.getByTestId('funnel-step').nth(2).waitFor();
    const share = (people / 6 / people) * 100;
    await page
      .getByTestId('funnel-conversion')
      .filter({ hasText: share.toFixed(1) })
      .waitFor();
    const table = await page.getByTestId('funnel-table').textContent();
    expect(table).toContain(String(people / 2));
    expect(table).toContain(String(people / 6));
    await page.close();
  });

  test('Pipeline says that all is accounted for', async () => {
    const page = await open('/pipeline');
    await page.getByTestId('ledger-verdict').filter({ hasText: 'all accounted for' }).waitFor();
    for (const stage of ['collect', 'log', 'process', 'warehouse'])
      await page.getByTestId(`stage-${stage}`).waitFor();
    await page.close();
  });

  test('SQL runs as the read-only user', async () => {
    const page = await open('/sql');
    await page.locator('.cm-content').click();
    await page.keyboard.press('Control+A');
    await page.keyboard.type("SELECT count() AS paid FROM tributary.events WHERE event = 'Paid'");
    await page.keyboard.press('Control+Enter');
    await page
      .getByTestId('sql-result')
      .getByText(String(people / 6), { exact: true })
      .waitFor();
    await page.close();
  });

  const sizes = [
    { width: 1440, height: 900 },
    { width: 390, height: 844 },
  ];
  test.each(sizes)('no page complains or spills over at %o, light and dark', async (viewport) => {
    const complaints: string[] = [];
    const cookies = await context.cookies();
    for (const colorScheme of ['light', 'dark'] as const) {
      const small = await browser.newContext({ viewport, colorScheme, baseURL: program.url });
      await small.addCookies(cookies);
      const page = await small.newPage();
      page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(`${page.url()}: ${message.text()}`);
      });
      for (const path of [
        '/overview',
        '/live',
        '/explore',
        '/funnel',
        '/pipeline',
        '/sources',
        '/sql',
        '/settings',
      ]) {
        await page.goto(path);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.waitForLoadState('load');
        const spill = Number(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth'));
        if (spill > 0) complaints.push(`${path} is ${spill} px too wide`);
      }
      await small.close();
    }
    expect(complaints).toEqual([]);
  });
});
