import { Analytics } from '@segment/analytics-node';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Source } from '../src/contract/source.ts';
import { launchChromium, serveSite } from './chromium.ts';
import { adminEmail, adminPassword, type Program, startProgram } from './program.ts';

let program: Program;
let browser: Browser;
let context: BrowserContext;
beforeAll(async () => {
  [program, browser] = await Promise.all([startProgram(), launchChromium()]);
  context = await browser.newContext({ viewport: { width: 1440, height: 900 }, baseURL: program.url });
  const page = await context.newPage();
  await page.goto('/sources');
  await page.getByLabel('E-mail').fill(adminEmail);
  await page.getByRole('textbox', { name: 'Password' }).fill(adminPassword);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByTestId('source-row').first().waitFor();
  await page.close();
});
afterAll(async () => {
  await browser?.close();
  await program?.[Symbol.asyncDispose]();
});

const sources = '/api/projects/main/sources';
const create = (source: object) => program.call<Source>('POST', sources, source);

async function open(path: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(path);
  return page;
}

/** Sends with the real client, each event in a request of its own; rejects when the client gives up. */
async function send(key: string, ids: readonly string[], event = 'Sent'): Promise<void> {
  const client = new Analytics({ writeKey: key, host: program.url, flushAt: 1, maxRetries: 10 });
  const failures: unknown[] = [];
  client.on('error', (error) => failures.push(error));
  for (const id of ids) client.track({ userId: 'ada', event, messageId: id, properties: { id } });
  await client.closeAndFlush();
  expect(failures).toEqual([]);
}

const ids = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
const arrived = (key: string) =>
  program.rows<{ id: string; n: number }>(
    'SELECT event_id AS id, toUInt32(count()) AS n FROM tributary.events WHERE key_id = {key:String} GROUP BY id',
    { key },
  );

describe('a source', () => {
  test('is made in the interface with the key that clients have, and shows what a real client sends', async () => {
    const page = await open('/sources');
    await page.getByRole('button', { name: 'New source' }).click();
    await page.getByRole('button', { name: 'Segment' }).click();
    await page.getByLabel('Name').fill('Web shop');
    await page.getByLabel(/already have a write key/).fill('our-old-segment-key');
    await page.getByRole('button', { name: 'Create source' }).click();
    await page.getByText('Waiting for the first event').waitFor();
    expect(await page.locator('pre:visible').first().textContent()).toContain(
      "writeKey: 'our-old-segment-key'",
    );

    await send('our-old-segment-key', ['first'], 'Order Paid');
    const newest = page.getByRole('region', { name: 'Newest events' });
    await newest.getByText('Order Paid').waitFor({ timeout: 15_000 });
    await newest.getByRole('button').first().click();
    await newest.getByText('"id": "first"').waitFor();
    await page.getByRole('link', { name: 'All sources' }).click();
    const row = page.getByTestId('source-row').filter({ hasText: 'Web shop' });
    await row.getByRole('img', { name: '1 event in the last 24 hours' }).waitFor({ timeout: 15_000 });
    await page.close();
  });

  test('gets another key in the interface, while the old one goes on working', async () => {
    const { id, key } = await create({ name: 'iOS app' });
    const page = await open(`/sources/${id}`);
    await page.getByRole('button', { name: 'Rotate…' }).click();
    await page.getByRole('button', { name: 'Rotate the key' }).click();
    await page.getByText(/^Works until/).waitFor();
    const [source] = (await program.call<{ sources: Source[] }>('GET', sources)).sources.filter(
      (one) => one.id === id,
    );
    expect(source?.previous).toMatchObject([{ key }]);
    await send(key, ['with the old key']);
    await send(source?.key ?? '', ['with the new key']);
    await program.until(`SELECT count() FROM tributary.events WHERE key_id = '${id}'`, 2);
    await page.close();
  });

  test('refuses its old key when the time is over, and all of them when it is revoked', async () => {
    const { id, key } = await create({ name: 'Leaked' });
    const post = (value: string) =>
      fetch(`${program.url}/v1/track`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${value}:`)}` },
        body: '{"event":"E","userId":"u"}',
      }).then(({ status }) => status);
    const until = async (value: string, wanted: number) => {
      const began = Date.now();
      while ((await post(value)) !== wanted) {
        if (Date.now() - began > 60_000) throw new Error(`${value} is not answered with ${wanted}`);
      }
    };
    expect(await post(key)).toBe(200);
    const rotated = await program.call<Source>('POST', `${sources}/${id}/rotate`, { keepHours: 10 / 3_600 });
    expect([await post(key), await post(rotated.key)]).toEqual([200, 200]);
    await until(key, 401);
    expect(await post(rotated.key)).toBe(200);

    const page = await open(`/sources/${id}`);
    await page.getByRole('button', { name: 'Revoke…' }).click();
    await page.getByRole('button', { name: 'Revoke the source' }).click();
    await page.getByRole('heading', { name: 'Sources' }).waitFor();
    expect(await post(rotated.key)).toBe(401);
    await page.close();
  });
});

describe('limits', () => {
  test('a page of another origin is told why in its console, and its owner sees it', async () => {
    const { id, key } = await create({ name: 'Limited', origins: ['https://*.example.com'] });
    const event = JSON.stringify({ event: 'E', userId: 'u', writeKey: key });
    await using site = await serveSite(`
      fetch('${program.url}/v1/t', { method: 'POST', body: ${JSON.stringify(event)}, headers: { 'content-type': 'text/plain' } })
        .then(async (answer) => console.log(answer.status, await answer.text()), (error) => console.log(String(error)));`);
    const visitor = await browser.newPage();
    const said = visitor.waitForEvent('console', (message) => message.type() === 'log');
    await visitor.goto(site.origin);
    expect((await said).text()).toContain(`403 {"success":false,"error":{"code":"origin-refused"`);
    expect((await said).text()).toContain(site.origin);

    const page = await open(`/sources/${id}`);
    await page.getByRole('table', { name: 'Problems' }).getByText(site.origin).waitFor();

    // the owner allows it, and two seconds later at the latest it passes
    await page
      .getByRole('combobox', { name: 'Origins' })
      .or(page.getByLabel('Origins'))
      .first()
      .fill(site.origin);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved').waitFor();
    const passed = visitor.waitForEvent('console', (message) => message.type() === 'log');
    await visitor.reload();
    expect((await passed).text()).toContain('200');
    await program.until(`SELECT count() FROM tributary.events WHERE key_id = '${id}'`, 1);
    await Promise.all([visitor.close(), page.close()]);
  });

  test('a client that sends faster than agreed comes back, and every event arrives once', async () => {
    const { id, key } = await create({ name: 'Slow', requestsPerSecond: 5 });
    const wanted = ids('slow', 25);
    await send(key, wanted);
    await program.until(`SELECT count() FROM tributary.events WHERE key_id = '${id}'`, wanted.length);
    expect((await arrived(id)).toSorted((a, b) => a.id.localeCompare(b.id))).toEqual(
      wanted.toSorted((a, b) => a.localeCompare(b)).map((one) => ({ id: one, n: 1 })),
    );
    const status = await program.call<{ refusals: { outcome: string; count: number }[] }>(
      'GET',
      `${sources}/${id}/status`,
    );
    expect(status.refusals).toMatchObject([{ outcome: 'rate-limit', count: expect.any(Number) }]);
  });

  test('an event that is not on the list goes to quarantine with its reason', async () => {
    const { id, key } = await create({ name: 'Strict', events: ['Paid'] });
    await send(key, ['allowed'], 'Paid');
    await send(key, ['other'], 'Something else');
    await program.until(`SELECT count() FROM tributary.quarantine WHERE key_id = '${id}'`, 1);
    expect(await arrived(id)).toEqual([{ id: 'allowed', n: 1 }]);
    const page = await open(`/sources/${id}`);
    await page.getByRole('region', { name: 'Newest in quarantine' }).getByRole('button').first().click();
    await page.getByText('Something else').first().waitFor();
    await page.close();
  });
});
