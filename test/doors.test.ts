import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromSns, json, type Sent } from '../src/collect/webhook/bodies.fixture.ts';
import type { EmailLinksResult } from '../src/contract/door-endpoints.ts';
import type { Door, Source } from '../src/contract/source.ts';
import { launchChromium } from './chromium.ts';
import { services } from './door-services.ts';
import { adminEmail, adminPassword, main, type Program, startProgram } from './program.ts';

let program: Program;
let browser: Browser;
beforeAll(async () => {
  [program, browser] = await Promise.all([startProgram(), launchChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await program?.[Symbol.asyncDispose]();
});

function makeSource(door: Door, secret?: string): Promise<Source> {
  return program.call('POST', '/api/projects/main/sources', { name: `From ${door}`, door, secret });
}

function send(source: Source, { headers, body }: Sent): Promise<Response> {
  return fetch(`${program.url}/hook/${source.key}`, { method: 'POST', headers, body });
}

interface Row {
  readonly event: string;
  readonly user_id: string;
  readonly anonymous_id: string;
  readonly account_id: string;
  readonly revenue: number | null;
  readonly currency: string;
}

function stored(source: Source): Promise<Row[]> {
  return program.rows<Row>(
    `SELECT event, user_id, anonymous_id, account_id, revenue, currency FROM tributary.events
     WHERE key_id = {key:String} ORDER BY event, timestamp, event_id`,
    { key: source.id },
  );
}

/** Waits until everything that was accepted is processed. */
async function drained(): Promise<void> {
  const metrics = await (await fetch(`${program.url}/metrics`)).text();
  const counts = metrics.matchAll(
    /^tributary_collector_requests_total\{[^}]*outcome="accepted"[^}]*\} (\d+)$/gm,
  );
  const accepted = [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  await program.until(`SELECT sum(count) FROM tributary.ledger WHERE hop = 'processed'`, accepted);
}

describe.each(services)('$door', ({ door, secret, calls, rows }) => {
  test('what is signed is in the warehouse once, however often it is sent; what is forged is not', async () => {
    const source = await makeSource(door, secret);
    for (const call of calls(secret)) {
      expect((await send(source, call)).status).toBe(200);
      expect((await send(source, call)).status).toBe(200);
      const forged = {
        headers: { ...json, 'x-github-event': 'push', 'x-github-delivery': 'forged' },
        body: `${call.body} `,
      };
      expect((await send(source, forged)).status).toBe(door === 'mailgun' ? 200 : 401);
    }
    await drained();
    const found = await stored(source);
    expect(
      found.map((row) => [
        row.event,
        row.user_id,
        row.anonymous_id,
        row.account_id,
        row.revenue,
        row.currency,
      ]),
    ).toEqual(rows);
  });
});

test('Amazon SES: without Amazon’s certificate nothing is believed, and SNS is asked to come back', async () => {
  const source = await makeSource('ses');
  const reply = await send(source, fromSns('{}', Date.now()));
  expect(reply.status).toBe(503);
  expect(reply.headers.get('retry-after')).toBe('5');
});

describe('links in e-mails', () => {
  const target = 'https://shop.example.com/start?utm_source=mail';
  const phone =
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148';

  test('made over the API and by the command count openings and clicks, and lead only where they were made to', async () => {
    const source = await makeSource('email');
    const { links } = await program.call<EmailLinksResult>(
      'POST',
      `/api/projects/main/sources/${source.id}/email-links`,
      {
        message: 'welcome',
        recipients: [{ user: 'u-1', recipient: 'ada@example.com' }, { user: 'u-2' }],
        urls: [target],
      },
    );
    expect(links).toHaveLength(2);
    const [first, second] = links;
    const ask = (url = '', userAgent = phone, method = 'GET'): Promise<Response> =>
      fetch(url, { method, redirect: 'manual', headers: { 'user-agent': userAgent } });

    const pixel = await ask(first?.pixel);
    expect(pixel.headers.get('content-type')).toBe('image/gif');
    expect(pixel.headers.get('cache-control')).toContain('no-store');
    expect((await pixel.bytes()).length).toBeGreaterThan(40);
    await ask(second?.pixel, 'Mozilla/5.0');
    const click = await ask(first?.clicks[0]?.link);
    expect([click.status, click.headers.get('location')]).toEqual([302, target]);
    await ask(first?.clicks[0]?.link, phone, 'HEAD');

    const { stdout } = await promisify(execFile)(process.execPath, [
      main,
      'email',
      'link',
      `--data=${program.data}`,
      `--public-url=${program.url}`,
      `--key=${source.key}`,
      '--message=invoice',
      '--user=u-3',
      '--json',
      target,
    ]);
    const made = JSON.parse(stdout) as EmailLinksResult['links'][number];
    expect((await ask(made.clicks[0]?.link)).headers.get('location')).toBe(target);

    await drained();
    const rows = await program.rows(
      `SELECT event, user_id AS user, anonymous_id AS mailbox, properties.message::String AS message, properties.prefetcher::String AS prefetcher, device_type AS device
       FROM tributary.events WHERE key_id = {key:String} ORDER BY event, user, prefetcher`,
      { key: source.id },
    );
    const mailbox = 'email:ada@example.com';
    expect(rows).toEqual([
      { event: 'email clicked', user: 'u-1', mailbox, message: 'welcome', prefetcher: '', device: 'mobile' },
      {
        event: 'email clicked',
        user: 'u-1',
        mailbox,
        message: 'welcome',
        prefetcher: 'link checker',
        device: expect.any(String),
      },
      {
        event: 'email clicked',
        user: 'u-3',
        mailbox: '',
        message: 'invoice',
        prefetcher: '',
        device: 'mobile',
      },
      { event: 'email opened', user: 'u-1', mailbox, message: 'welcome', prefetcher: '', device: 'mobile' },
      {
        event: 'email opened',
        user: 'u-2',
        mailbox: '',
        message: 'welcome',
        prefetcher: 'Apple Mail Privacy Protection',
        device: expect.any(String),
      },
    ]);
  });

  test('with another signature give the image and no event, or a page that says so', async () => {
    const source = await makeSource('email');
    const { links } = await program.call<EmailLinksResult>(
      'POST',
      `/api/projects/main/sources/${source.id}/email-links`,
      {
        message: 'm',
        recipients: [{ user: 'u-9' }],
        urls: [target],
      },
    );
    const link = links[0]?.clicks[0]?.link ?? '';
    const [, payload = ''] = /\/email\/c\/([^.]+)/.exec(link) ?? [];
    const fields = JSON.parse(Buffer.from(payload, 'base64url').toString()) as string[];
    const forged = Buffer.from(JSON.stringify([...fields.slice(0, 4), 'https://evil.example/'])).toString(
      'base64url',
    );
    for (const url of [
      link.replace(payload, forged),
      link.replace('/c/', '/o/'),
      `${program.url}/email/c/nonsense-token`,
    ]) {
      const reply = await fetch(url, { redirect: 'manual' });
      expect(reply.headers.get('location')).toBeNull();
      expect([reply.status, reply.headers.get('content-type')]).toEqual(
        url.includes('/o/') ? [200, 'image/gif'] : [404, 'text/html; charset=utf-8'],
      );
    }
    const pixel = (links[0]?.pixel ?? '').replace(/\.([\w-]{3})([\w-]+)\.gif$/, '.AAA$2.gif');
    expect((await fetch(pixel)).headers.get('content-type')).toBe('image/gif');
    await drained();
    expect(await stored(source)).toEqual([]);
  });
});

describe('in the interface', () => {
  let context: BrowserContext;
  beforeAll(async () => {
    context = await browser.newContext({ viewport: { width: 1440, height: 900 }, baseURL: program.url });
    const page = await context.newPage();
    await page.goto('/');
    await page.getByLabel('E-mail').fill(adminEmail);
    await page.getByRole('textbox', { name: 'Password' }).fill(adminPassword);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('navigation', { name: 'Pages' }).waitFor();
    await page.close();
  });

  test('a webhook is made, its bodies seen, a mapping tried on them and saved, and its events are there', async () => {
    const page = await context.newPage();
    await page.goto('/sources');
    await page.getByRole('button', { name: 'New source' }).click();
    await page.getByRole('button', { name: 'Any JSON' }).click();
    await page.getByLabel('Name').fill('Meetings');
    await page.getByRole('button', { name: 'Create source' }).click();
    await page.getByRole('heading', { level: 1, name: 'Meetings' }).waitFor();
    const { sources } = await program.call<{ sources: Source[] }>('GET', '/api/projects/main/sources');
    const source = sources.find(({ name }) => name === 'Meetings');
    if (!source) throw new Error('the source was not made');

    const body = (id: number): string =>
      JSON.stringify({ kind: 'meeting.booked', who: { id: `u-${id}` }, minutes: 30 });
    for (const id of [1, 2]) expect((await send(source, { headers: json, body: body(id) })).status).toBe(200);
    const deliveries = page.getByTestId('deliveries');
    await deliveries.getByText('meeting.booked').first().waitFor();
    await deliveries.getByRole('button').first().click();
    await deliveries.getByText('"minutes": 30').waitFor();

    const editor = page.getByRole('textbox', { name: 'Mapping' });
    await editor.click();
    await page.keyboard.insertText('{"event": "Meeting booked", "userID": who.id}');
    const results = page.getByTestId('mapping-results');
    await results.getByText('"userID" is none of event').first().waitFor();
    await editor.click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(
      '{"event": "Meeting booked", "userId": who.id, "properties": {"minutes": minutes}}',
    );
    await results.getByText('"userId": "u-2"').waitFor();
    await page.getByRole('button', { name: 'Save mapping' }).click();
    await page.getByText('Saved; what comes from now on').waitFor();

    // another process decodes: it knows within two seconds
    await expect
      .poll(
        async () => {
          await send(source, { headers: json, body: body(3) });
          await drained();
          return (await stored(source)).map(({ event, user_id }) => `${event} ${user_id}`);
        },
        { timeout: 60_000 },
      )
      .toContain('Meeting booked u-3');
    await page.reload();
    await page.getByRole('region', { name: 'What it sends' }).getByText('Meeting booked').waitFor();
    await page.close();
  });

  test('a form makes the links of an e-mail', async () => {
    const { id } = await makeSource('email');
    const page = await context.newPage();
    await page.goto(`/sources/${id}`);
    await page.getByRole('textbox', { name: /^Message/ }).fill('welcome');
    await page.getByLabel('Recipients').fill('ada@example.com\nuser_42');
    await page.getByLabel('Links in the message').fill('https://example.com/start');
    await page.getByRole('button', { name: 'Make links' }).click();
    const links = page.getByTestId('email-links');
    await links.getByRole('heading', { name: 'user_42' }).waitFor();
    expect(await links.textContent()).toMatch(/<img src="http[^"]+\/email\/o\/[\w.-]+\.gif"/);
    await page.close();
  });
});
