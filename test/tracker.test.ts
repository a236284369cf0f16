import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launchChromium } from './chromium.ts';
import { type Program, startProgram, writeKey } from './program.ts';
import { type Crossing, openCrossing, type Pages, servePages } from './tracker-lab.ts';

interface Row {
  event: string;
  type: string;
  path: string;
  anonymous_id: string;
  user_id: string;
  account_id: string;
  sequence: number;
  title: string;
  properties: Record<string, unknown>;
}

const root = join(import.meta.dirname, '..');
let program: Program;
let browser: Browser;
let crossing: Crossing;
let site: Pages;
/** The script tag's attributes and what the page has besides, per test. */
let tag = '';
let body = '';

beforeAll(async () => {
  execFileSync(process.execPath, ['-e', "import('./scripts/install.mjs').then((m) => m.buildTracker())"], {
    cwd: root,
  });
  [program, browser] = await Promise.all([startProgram(), launchChromium()]);
  crossing = await openCrossing(program.url);
  site = await servePages(
    (path) => `<!doctype html><meta charset="utf-8"><title>Page ${path}</title>
      <script defer src="${crossing.origin}/t.js" data-key="${writeKey}" ${tag}></script>
      <body style="margin:0;min-height:3000px">${body}</body>`,
  );
});
beforeEach(() => {
  tag = '';
  body = '';
  crossing.road = 'open';
  crossing.asked.length = 0;
  crossing.sent.length = 0;
});
afterAll(async () => {
  await site?.[Symbol.asyncDispose]();
  await crossing?.[Symbol.asyncDispose]();
  await browser?.close();
  await program?.[Symbol.asyncDispose]();
});

/** Stored events whose page begins so and that `condition` holds of, in the order in which they happened, when there are so many. */
async function stored(path: string, count: number, condition = '1'): Promise<Row[]> {
  const where = `path LIKE '${path}%' AND ${condition}`;
  await program.until(`SELECT count() FROM tributary.events WHERE ${where}`, count);
  const rows = await program.rows<Omit<Row, 'properties'> & { properties: string | Row['properties'] }>(
    `SELECT event, type, path, anonymous_id, user_id, account_id, sequence, title, properties
     FROM tributary.events WHERE ${where} ORDER BY timestamp, sequence`,
  );
  return rows.map((row) => ({
    ...row,
    properties: typeof row.properties === 'string' ? JSON.parse(row.properties) : row.properties,
  }));
}

async function visit(context: BrowserContext, path: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${site.origin}${path}`);
  await page.waitForFunction('window.tributary && window.tributary.track');
  return page;
}

const kept = (page: Page): Promise<string[]> => page.evaluate('Object.keys(localStorage)');
const waiting = (page: Page): Promise<number> =>
  page.evaluate(`Object.keys(localStorage).filter((name) => name.startsWith('_tbq')).length`);
const delivered = (page: Page): Promise<unknown> =>
  page.waitForFunction(`Object.keys(localStorage).every((name) => !name.startsWith('_tbq'))`);

describe('what is tracked without a call', () => {
  test('a page, its single-page navigations, outbound links, downloads, forms, marked buttons, scrolling and vitals', async () => {
    body = `<a id="out" href="https://elsewhere.example/x">out</a><a id="file" href="/files/report.pdf">file</a>
      <form id="contact" action="/send" onsubmit="return false"><input name="id" value="secret"><button id="send">Send</button></form>
      <button id="plan" data-track="Plan chosen" data-track-plan="pro"><b>Pro</b></button>`;
    await using context = await browser.newContext();
    const page = await visit(context, '/auto/start?utm_source=newsletter&gclid=abc#top');
    await page.evaluate(
      `document.addEventListener('click', (event) => event.target.closest('a') && event.preventDefault())`,
    );
    await page.click('#out');
    await page.click('#file');
    await page.click('#send');
    await page.click('#plan b');
    // until the page knows of it
    await page.evaluate(
      `scrollTo(0, 1500); new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`,
    );
    await page.waitForTimeout(150);
    await page.evaluate(`history.pushState({}, '', '/auto/second'); document.title = 'Second'`);
    await page.waitForTimeout(150);
    await page.evaluate(`history.replaceState({}, '', '/auto/second#part')`);
    await page.goBack();
    await page.waitForTimeout(150);
    await page.close({ runBeforeUnload: true });

    const rows = await stored('/auto', 11);
    const seen = rows.map(({ event, path }) => `${event} ${path}`);
    expect(seen).toEqual([
      'page /auto/start',
      '$outbound /auto/start',
      '$download /auto/start',
      '$form_submit /auto/start',
      'Plan chosen /auto/start',
      '$engagement /auto/start',
      'page /auto/second',
      '$engagement /auto/second',
      'page /auto/start',
      expect.stringMatching(/^\$(engagement|web_vitals) \/auto\/start$/),
      expect.stringMatching(/^\$(engagement|web_vitals) \/auto\/start$/),
    ]);
    const of = (event: string): Row[] => rows.filter((row) => row.event === event);
    expect(of('$outbound')[0]?.properties.url).toBe('https://elsewhere.example/x');
    expect(of('$download')[0]?.properties.url).toContain('/files/report.pdf');
    expect(of('$form_submit')[0]?.properties).toMatchObject({ form: 'contact', action: '/send' });
    expect(JSON.stringify(rows)).not.toContain('secret');
    expect(of('Plan chosen')[0]?.properties).toMatchObject({ plan: 'pro' });
    expect(of('page').map(({ title }) => title)).toEqual(['Page /auto/start', 'Second', expect.anything()]);
    const [first] = of('$engagement');
    expect(first?.properties.scroll_depth).toBeGreaterThan(50);
    expect(first?.properties.engaged_ms).toBeGreaterThan(100);
    const [vitals] = of('$web_vitals');
    expect(Object.keys(vitals?.properties ?? {})).toEqual(
      expect.arrayContaining(['ttfb', 'fcp', 'lcp', 'cls']),
    );
    expect(rows.map(({ sequence }) => Number(sequence))).toEqual(rows.map((_, index) => index + 1));
    expect(new Set(rows.map(({ anonymous_id }) => anonymous_id)).size).toBe(1);
    const [source] = await program.rows<{ source: string; click: string }>(
      `SELECT any(source) AS source, any(properties.\`$gclid\`::String) AS click FROM tributary.events WHERE path = '/auto/start' AND event = 'page'`,
    );
    expect(source?.source).toBe('newsletter');
  });

  test('hash routes when asked for, and errors when asked for, each once', async () => {
    tag = 'data-hash data-errors';
    await using context = await browser.newContext();
    const page = await visit(context, '/hash#/one');
    await page.evaluate(`location.hash = '/two'`);
    for (let round = 0; round < 3; round++)
      await page.evaluate(`setTimeout(() => { throw new Error('broken') })`);
    await page.evaluate(`Promise.reject(new Error('unwanted')); 0`);
    const rows = await stored('/hash', 4, `event IN ('page', '$error')`);
    expect(rows.filter(({ event }) => event === 'page')).toHaveLength(2);
    expect(
      rows.filter(({ event }) => event === '$error').map(({ properties }) => properties.message),
    ).toEqual(['broken', 'unwanted']);
  });

  test('calls before the script is there are kept, and pages may be counted by hand', async () => {
    tag = 'data-pages="manual"';
    body = `<script>!function(t){'track page identify group reset consent flush'.split(' ').forEach(function(m){t[m]=t[m]||function(){(t.q=t.q||[]).push([m,arguments])}})}(window.tributary=window.tributary||{});
      tributary.track('Before', { n: 1 }); tributary.identify('early-ada', { plan: 'pro' });</script>`;
    await using context = await browser.newContext();
    const page = await visit(context, '/early');
    await page.evaluate(
      `tributary.group('acme', { name: 'Acme' }); tributary.track('After', {}, { revenue: 9.5, currency: 'EUR', orderId: 'o1' })`,
    );
    const rows = await stored('/early', 4);
    expect(rows.map(({ event, user_id }) => [event, user_id])).toEqual([
      ['Before', ''],
      ['identify', 'early-ada'],
      ['group', 'early-ada'],
      ['After', 'early-ada'],
    ]);
    expect(rows[3]?.account_id).toBe('acme');
    await program.until(`SELECT uniqExact(person_id) = 1 FROM tributary.events WHERE path = '/early'`, 1);
    const before = rows[0]?.anonymous_id;
    await page.evaluate(`tributary.reset(); tributary.track('Signed out')`);
    const [out] = (await stored('/early', 5)).filter(({ event }) => event === 'Signed out');
    expect(out).toMatchObject({ user_id: '' });
    expect(Number(out?.sequence)).toBe(1);
    expect(out?.anonymous_id).not.toBe(before);
  });

  test('nothing that a page gives to it throws, and a circular value costs only its own event', async () => {
    await using context = await browser.newContext();
    const page = await visit(context, '/odd');
    const thrown: string[] = [];
    page.on('pageerror', (error) => thrown.push(error.message));
    await page.evaluate(`
      const loop = {}; loop.loop = loop;
      tributary.track('Lost', loop); tributary.track('Lost too', { big: 1n });
      tributary.track('x'.repeat(30000)); tributary.track(); tributary.identify(Symbol('a'));
      tributary.track('Kept', { at: new Date(0) })`);
    const rows = await stored('/odd', 2);
    expect(rows.map(({ event }) => event)).toEqual(['page', 'Kept']);
    expect(thrown).toEqual([]);
    // the numbers of what was lost are missing, for everybody to see
    expect(Number(rows[1]?.sequence)).toBeGreaterThan(rows.length);
  });
});

describe('nothing is lost and nothing comes twice', () => {
  test.each(['503', 'reset', 'reset-after', 'slow'] as const)(
    'while the road is %s events wait, and are stored once when it is open',
    async (road) => {
      await using context = await browser.newContext();
      crossing.road = road;
      const page = await visit(context, `/road/${road}`);
      for (let n = 0; n < 5; n++) await page.evaluate(`tributary.track('Step', { n: ${n} })`);
      await expect.poll(() => crossing.sent.length).toBeGreaterThan(road === 'slow' ? 0 : 1);
      expect(await waiting(page)).toBeGreaterThan(0);
      crossing.road = 'open';
      await delivered(page);
      const rows = await stored(`/road/${road}`, 6);
      expect(rows.map(({ event, properties }) => [event, properties.n])).toEqual([
        ['page', undefined],
        ...[0, 1, 2, 3, 4].map((n) => ['Step', n]),
      ]);
      expect(rows.map(({ sequence }) => Number(sequence))).toEqual([1, 2, 3, 4, 5, 6]);
    },
  );

  test('what a closed tab could not send, the next one sends', async () => {
    await using context = await browser.newContext();
    crossing.road = 'reset';
    const first = await visit(context, '/closed/first');
    await first.evaluate(`tributary.track('Written down')`);
    // what it does when it is closed, it does before the road is open
    const closed = first.waitForEvent('close');
    await first.close({ runBeforeUnload: true });
    await closed;
    await expect.poll(() => crossing.sent.some(({ e }) => e.some(({ n }) => n === '$engagement'))).toBe(true);
    crossing.road = 'open';
    const second = await visit(context, '/closed/second');
    await delivered(second);
    const rows = await stored('/closed', 3, `NOT startsWith(event, '$')`);
    expect(rows.map(({ event }) => event)).toEqual(['page', 'Written down', 'page']);
    expect(new Set(rows.map(({ anonymous_id }) => anonymous_id)).size).toBe(1);
  });

  test('offline events are sent as soon as the browser is online, from two tabs, once each', async () => {
    await using context = await browser.newContext();
    const tabs = [await visit(context, '/offline/a'), await visit(context, '/offline/b')];
    await stored('/offline', 2);
    await context.setOffline(true);
    for (let n = 0; n < 10; n++) await tabs[n % 2]?.evaluate(`tributary.track('Offline', { n: ${n} })`);
    await tabs[0]!.waitForTimeout(500);
    await context.setOffline(false);
    await delivered(tabs[0]!);
    const rows = await stored('/offline', 10, `event = 'Offline'`);
    expect(rows.map(({ properties }) => Number(properties.n)).toSorted((a, b) => a - b)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
    // tabs of two processes may give a number twice, as they share nothing at once; they never leave one out
    const numbers = new Set((await stored('/offline', 12)).map(({ sequence }) => Number(sequence)));
    expect(Math.max(...numbers)).toBe(numbers.size);
  });

  test('the queue has an end, and what fell out of it is missing by number', async () => {
    await using context = await browser.newContext();
    crossing.road = '503';
    const page = await visit(context, '/bound');
    await page.evaluate(`for (let n = 0; n < 450; n++) tributary.track('Many', { n })`);
    expect(await waiting(page)).toBeLessThanOrEqual(401);
    crossing.road = 'open';
    await delivered(page);
    // the last is sent last
    await program.until(`SELECT max(sequence) FROM tributary.events WHERE path = '/bound'`, 451);
    const rows = await stored('/bound', 400);
    const numbers = rows.map(({ sequence }) => Number(sequence));
    expect(Math.max(...numbers)).toBe(451);
    expect(new Set(numbers).size).toBe(rows.length);
    expect(rows.length).toBeLessThan(451);
  });

  test('a key that is unknown is refused for good: the queue is emptied, not sent for ever', async () => {
    await using pages = await servePages(
      () =>
        `<!doctype html><script defer src="${crossing.origin}/t.js" data-key="wk_nobody_knows_this"></script>`,
    );
    await using context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(pages.origin);
    await page.waitForFunction('window.tributary && window.tributary.track');
    await expect.poll(() => crossing.sent.length).toBe(1);
    await delivered(page);
    expect(crossing.sent).toHaveLength(1);
  });
});

describe('what the visitor wants', () => {
  test('opt-in: before the visitor agrees nothing is kept and nothing is sent; then also what came before', async () => {
    tag = 'data-consent="opt-in"';
    await using context = await browser.newContext();
    const page = await visit(context, '/optin');
    await page.evaluate(`tributary.track('Looked')`);
    await page.waitForTimeout(800);
    expect(await kept(page)).toEqual([]);
    expect(await context.cookies()).toEqual([]);
    expect(crossing.asked).toEqual(['GET /t.js']);
    await page.evaluate(`tributary.consent('granted')`);
    const rows = await stored('/optin', 2);
    expect(rows.map(({ event }) => event)).toEqual(['page', 'Looked']);
    await page.goto(`${site.origin}/optin/later`);
    await stored('/optin/later', 1);
    await page.evaluate(`tributary.consent('denied')`);
    expect(await kept(page)).toEqual([]);
    crossing.sent.length = 0;
    await page.evaluate(`tributary.track('After the no')`);
    await page.waitForTimeout(600);
    expect(crossing.sent).toEqual([]);
  });

  test('opt-out: a no is remembered, and all else is deleted', async () => {
    await using context = await browser.newContext();
    const page = await visit(context, '/optout');
    await stored('/optout', 1);
    await page.evaluate(`tributary.consent('denied')`);
    expect(await page.evaluate('JSON.stringify(localStorage)')).toBe(
      JSON.stringify({ _tb: '{"c":"denied"}' }),
    );
    crossing.sent.length = 0;
    await page.goto(`${site.origin}/optout/later`);
    await page.waitForTimeout(600);
    expect(crossing.sent).toEqual([]);
  });

  test('Global Privacy Control stops it until the visitor agrees, unless the tag says otherwise', async () => {
    await using context = await browser.newContext();
    await context.addInitScript(`Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })`);
    const page = await visit(context, '/gpc');
    await page.waitForTimeout(600);
    expect([await kept(page), crossing.asked]).toEqual([[], ['GET /t.js']]);
    tag = 'data-signals="ignore"';
    await visit(context, '/gpc/ignored');
    await stored('/gpc/ignored', 1);
  });

  test('cookieless: nothing is kept, and the same visitor of the day is one person in every tab', async () => {
    tag = 'data-consent="cookieless"';
    await using context = await browser.newContext();
    const page = await visit(context, '/less/one');
    await page.evaluate(`tributary.track('Step'); tributary.identify('must not be sent')`);
    await stored('/less', 2);
    await page.close({ runBeforeUnload: true });
    const again = await visit(context, '/less/two');
    await stored('/less/two', 1);
    expect([await kept(again), await context.cookies()]).toEqual([[], []]);
    const rows = await stored('/less', 3);
    expect(new Set(rows.map(({ anonymous_id }) => anonymous_id)).size).toBe(1);
    expect(rows[0]?.anonymous_id).toMatch(/^[\w-]{22}$/);
    expect(JSON.stringify(rows)).not.toContain('must not');
    await using other = await browser.newContext({
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    });
    await visit(other, '/less/other');
    const [stranger] = await stored('/less/other', 1);
    expect(stranger?.anonymous_id).not.toBe(rows[0]?.anonymous_id);
  });

  test('where localStorage is forbidden events are sent all the same', async () => {
    await using context = await browser.newContext();
    await context.addInitScript(
      `Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError') } })`,
    );
    const page = await visit(context, '/nostore');
    await page.evaluate(`tributary.track('Still')`);
    const rows = await stored('/nostore', 2);
    expect(rows.map(({ event }) => event)).toEqual(['page', 'Still']);
    expect(new Set(rows.map(({ anonymous_id }) => anonymous_id)).size).toBe(1);
  });
});
