import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maxBodyBytes, maxSentBytes } from '../src/collect/body.ts';
import { maxDepth, maxIdLength, maxNameLength, maxUrlLength, maxValues } from '../src/collect/fields.ts';
import { loadConfig, optionNames } from '../src/config.ts';
import { launchChromium, serveSite } from './chromium.ts';
import { type Block, blocks, pages, readPage, root, tableBelow } from './doc-blocks.ts';
import { seedBatch } from './doc-seed.ts';
import { main, type Program, post, readerPassword, startProgram, writeKey } from './program.ts';

const run = promisify(execFile);
const sending = 'docs/send-events.md';
const asking = 'docs/sql.md';
const operating = 'docs/operate.md';
const decimals = new Intl.NumberFormat('en');

const of = (language: string, mark?: string): Block[] =>
  blocks.filter((block) => block.language === language && (mark === undefined || block.mark === mark));
const usesProgram = ({ text }: Block): boolean => /localhost:8080|127\.0\.0\.1:8123|npm run tributary --/.test(text);
const shell = of('sh').filter(usesProgram);
const node = of('js', '');
const browser = of('js', 'browser');
const queries = of('sql');
/** Whether a block sends events, as opposed to asking. */
const sends = ({ text }: Block): boolean => /YOUR_WRITE_KEY/.test(text);
const places = (found: readonly Block[]): [string, Block][] => found.map((block) => [block.place, block]);

const data = mkdtempSync(join(tmpdir(), 'tributary-docs-'));
const modules = join(root, 'node_modules/.cache/tributary-docs');
let program: Program;
let chromium: Browser;
let apiKey = '';

beforeAll(async () => {
  mkdirSync(modules, { recursive: true });
  [program, chromium] = await Promise.all([startProgram({ data }), launchChromium()]);
  const key = await program.call<{ secret: string }>('POST', '/api/projects/main/keys', { kind: 'api', name: 'guide', role: 'admin' });
  apiKey = key.secret;
  await program.call('POST', '/api/users', { email: 'ada@example.com', role: 'viewer' });
  const seeded = await post(`${program.url}/v1/batch`, seedBatch());
  expect(seeded.status).toBe(200);
  await program.until(`SELECT count() FROM tributary.events WHERE event = 'Signed Up'`, 20);
});
afterAll(async () => {
  await chromium?.close();
  await program?.[Symbol.asyncDispose]();
  rmSync(data, { recursive: true, force: true });
  rmSync(modules, { recursive: true, force: true });
});

/** The example with the ports, keys and passwords of the program under test. */
function rewritten(text: string): string {
  return text
    .replaceAll('localhost', '127.0.0.1')
    .replace(/\b8080\b/g, `${program.port}`)
    .replace(/\b8123\b/g, `${program.warehousePort}`)
    .replaceAll('reader:PASSWORD', `'reader:${readerPassword}'`)
    .replaceAll('PASSWORD', readerPassword)
    .replaceAll('YOUR_WRITE_KEY', writeKey)
    .replaceAll('YOUR_API_KEY', apiKey);
}

async function counted(hop: string): Promise<number> {
  const [row] = await program.rows<{ count: string }>(`SELECT sum(count) AS count FROM tributary.ledger WHERE hop = {hop:String}`, { hop });
  return Number(row?.count);
}

/** Runs an example that sends, and waits until what it sent is processed; what it put into quarantine is in the answer. */
async function quarantinedBy(send: () => Promise<unknown>): Promise<number> {
  const [processed, quarantined] = [await counted('processed'), await counted('quarantined')];
  await send();
  await program.until(`SELECT sum(count) FROM tributary.ledger WHERE hop = 'processed'`, processed + 1);
  return (await counted('quarantined')) - quarantined;
}

describe('examples', () => {
  test('are found, of every kind', () => {
    expect(pages).toEqual(expect.arrayContaining(['README.md', sending, asking, operating]));
    for (const kind of [shell, node, browser, queries, of('yaml'), of('nginx'), of('ini')]) expect(kind.length).toBeGreaterThan(0);
    expect(queries.length).toBeGreaterThanOrEqual(12);
    const known = ['sh', 'js', 'sql', 'yaml', 'nginx', 'ini', 'html'];
    expect(blocks.filter(({ language }) => !known.includes(language)).map(({ place }) => place)).toEqual([]);
  });

  test.each(places(shell))('%s runs in a shell', async (_, block) => {
    const script = `set -euo pipefail
curl() { command curl --silent --show-error --fail-with-body "$@"; }
npm() {
  [ "$1 $2 $3" = 'run tributary --' ]
  shift 3
  "${process.execPath}" --disable-warning=ExperimentalWarning "${main}" "$@" --data="${data}" --port=${program.port} --warehouse-port=${program.warehousePort}
}
${rewritten(block.text)}`;
    const send = () => run('bash', ['-c', script], { cwd: modules });
    if (!sends(block)) expect((await send()).stdout).not.toBe('');
    else expect(await quarantinedBy(send)).toBe(block.mark === 'quarantine' ? 1 : 0);
  });

  test.each(places(of('sh').filter((block) => !usesProgram(block))))('%s is a shell script', async (_, { text }) => {
    await run('bash', ['-n', '-c', text]);
  });

  test.each(places(node))('%s runs in Node', async (_, block) => {
    const file = join(modules, `${block.place.replace(/\W/g, '-')}.mjs`);
    writeFileSync(file, rewritten(block.text));
    const send = () => run(process.execPath, [file], { timeout: 60_000 });
    if (!sends(block)) expect((await send()).stdout).not.toBe('');
    else expect(await quarantinedBy(send)).toBe(0);
  });

  test.each(places(browser))('%s is bundled without a warning', async (_, { text }) => {
    const bundle = await build({
      stdin: { contents: text, resolveDir: root, loader: 'js' },
      bundle: true,
      write: false,
      format: 'iife',
      logLevel: 'silent',
    });
    expect(bundle.warnings).toEqual([]);
  });

  test.each(places(browser.filter(({ text }) => text.includes('import '))))('%s sends from Chromium', async (_, block) => {
    await using site = await serveSite(rewritten(block.text));
    const page = await chromium.newPage();
    const failed: string[] = [];
    page.on('pageerror', (error) => failed.push(error.message));
    expect(await quarantinedBy(() => page.goto(`${site.origin}/pricing`))).toBe(0);
    await page.close();
    expect(failed).toEqual([]);
  });

  test.each(places(queries))('%s answers the reader with rows', async (_, { text }) => {
    expect(await program.rows(text)).not.toEqual([]);
  });

  test.each(places(of('yaml')))('%s is a tributary.yaml', (_, { text }) => {
    const file = join(modules, 'tributary.yaml');
    writeFileSync(file, text);
    expect(loadConfig({ flags: { config: file }, env: {}, cwd: modules })).toMatchObject({ demo: false });
  });
});

describe('what docs/send-events.md says of its examples', () => {
  const rows = (columns: string, event: string) => program.rows(`SELECT ${columns} FROM tributary.events WHERE event = {event:String}`, { event });

  test('an event sent twice under one id is stored once', async () => {
    expect(await rows('event_id', 'Order Placed')).toEqual([{ event_id: 'order-17' }]);
    expect(await counted('duplicate')).toBeGreaterThanOrEqual(1);
  });

  test('imported events keep their times', async () => {
    expect(await rows('toString(timestamp) AS at', 'Contract Signed')).toEqual([{ at: '2024-03-01 09:30:00.000' }]);
  });

  test('a pixel loaded by a program is a bot, an event by curl is none', async () => {
    expect(await rows('bot_score', 'Email Opened')).toEqual([{ bot_score: 90 }]);
    expect(await rows('bot_score', 'Note Exported')).toEqual([{ bot_score: 0 }]);
  });

  test('revenue may be text, and belongs to the account of its person', async () => {
    const [row] = await program.rows(`SELECT revenue, currency, account_id FROM tributary.events WHERE revenue = 120`);
    expect(row).toEqual({ revenue: 120, currency: 'USD', account_id: 'acme' });
  });

  test('the user’s agent is taken from the context, and names and versions from the contexts', async () => {
    expect(await rows('browser, language, timezone', 'Note Shared')).toEqual([{ browser: 'Safari', language: 'de-DE', timezone: 'Europe/Berlin' }]);
    expect(await rows('app_version, properties.`$schema`::String AS schema', 'note_created')).toEqual([
      { app_version: '2.1.0', schema: 'com.example/note_created/1-0-0' },
    ]);
  });

  test('every answer is the one in the table', async () => {
    const track = `${program.url}/v1/track`;
    const tp2 = `${program.url}/com.snowplowanalytics.snowplow/tp2`;
    const huge = Buffer.alloc(maxSentBytes + 1, ' ');
    const status = async (answer: Promise<Response>) => (await answer).status;
    expect(await status(post(track, '{"event":"Answered","userId":"u1"}'))).toBe(200);
    expect(await status(post(track, '{"event":"Answered"'))).toBe(200);
    expect(await status(post(track, new Uint8Array([0x1f, 0x8b, 1, 2, 3, 4]), { 'content-encoding': 'gzip' }))).toBe(400);
    expect(await status(post(track, '{}', { authorization: `Basic ${btoa('wk_of_nobody:')}` }))).toBe(401);
    expect(await status(fetch(`${program.url}/wk_of_nobody/i?e=pv`))).toBe(401);
    expect(await status(fetch(`${program.url}/i?e=pv&aid=any-application&uid=guide`))).toBe(200);
    expect(await status(fetch(`${program.url}/v1/projects/wk_of_nobody/settings`))).toBe(404);
    expect(await status(fetch(track))).toBe(405);
    expect(await status(post(track, huge))).toBe(413);
    expect(await status(post(tp2, huge))).toBe(400);
    expect(await status(fetch(`${program.url}/i?e=pv&url=${'x'.repeat(70_000)}`))).toBe(431);
  });

  test('the limits are those of the code', () => {
    const limits = tableBelow(sending, '## Limits').map(([what, limit]) => `${what}: ${limit}`);
    const megabytes = (bytes: number) => `${bytes / 2 ** 20} MB`;
    const found = (pattern: RegExp) => limits.find((line) => pattern.test(line));
    expect(found(/as sent/)).toContain(megabytes(maxSentBytes));
    expect(found(/unpacked/)).toContain(megabytes(maxBodyBytes));
    expect(found(/values/)).toContain(decimals.format(maxValues));
    expect(found(/levels of nesting/)).toContain(`${maxDepth}`);
    expect(found(/event name/)).toContain(`${maxNameLength}`);
    expect(found(/userId/)).toContain(`${maxIdLength}`);
    expect(found(/URL/)).toContain(decimals.format(maxUrlLength));
  });

  test('every reason of a decoder is in the table of quarantine', () => {
    const explained = tableBelow(sending, '## Quarantine').flatMap(([reasons]) => reasons?.match(/[^`,]{3,}/g) ?? []);
    const folder = join(root, 'src/collect');
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /(?<!\.test)\.ts$/.test(name));
    const text = sources.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
    const reasons = [...text.matchAll(/(?:reason: |\.fail\()\s*'([^']+)'/g)].map(([, reason]) => reason ?? '');
    expect(reasons.length).toBeGreaterThan(15);
    expect([...new Set(reasons)].filter((reason) => !explained.includes(reason))).toEqual([]);
  });
});

describe('tables and options', () => {
  test('docs/sql.md has every column of every table with its type, and no other', async () => {
    const columns = await program.rows<{ table: string; name: string; type: string }>(
      `SELECT table, name, type FROM system.columns WHERE database = 'tributary' ORDER BY table, position`,
    );
    const tables = Map.groupBy(columns, ({ table }) => table);
    expect(tables.size).toBeGreaterThanOrEqual(8);
    for (const [table, found] of tables) {
      const written = tableBelow(asking, `### \`tributary.${table}\``);
      expect(written.map(([name, type]) => [table, name, type])).toEqual(found.map(({ name, type }) => [table, name, type]));
      expect(written.filter(([, , meaning]) => !meaning)).toEqual([]);
    }
  });

  test('docs/sql.md says truly what the reader is refused', async () => {
    for (const sql of [
      'INSERT INTO tributary.ledger VALUES',
      `SELECT * FROM file('/etc/passwd')`,
      `SELECT 1 INTO OUTFILE 'x'`,
      `SELECT * FROM url('http://127.0.0.1/')`,
      'SELECT * FROM system.processes',
      'SELECT 1 SETTINGS readonly = 0',
      'SELECT sleep(1)',
    ]) {
      const { status, text } = await ask(sql);
      expect(`${sql} ${status} ${text}`).toMatch(/497|ACCESS_DENIED|SYNTAX_ERROR/);
    }
  });

  test('every metric that is served is in docs/operate.md', async () => {
    const served = await (await fetch(`${program.url}/metrics`)).text();
    const names = [...served.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name ?? '');
    expect(names.length).toBeGreaterThan(2);
    const page = readPage(operating);
    expect(names.filter((name) => !page.includes(`\`${name}`))).toEqual([]);
  });

  test('every option that a page names exists', () => {
    const variables = optionNames.map((name) => `TRIBUTARY_${name.toUpperCase().replaceAll('-', '_')}`);
    const named = pages.flatMap((page) => readPage(page).match(/\bTRIBUTARY_[A-Z_]+\b/g) ?? []);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !variables.includes(name) && name !== 'TRIBUTARY_KEY')).toEqual([]);
  });

  test('tributary.example.yaml lists every option, with its default', () => {
    const lines = readFileSync(join(root, 'tributary.example.yaml'), 'utf8').split('\n');
    const uncommented = lines.map((line) => line.replace(/^# (?=[a-z-]+: )/, ''));
    const listed = uncommented.flatMap((line) => /^([a-z-]+):/.exec(line)?.[1] ?? []);
    expect(listed.toSorted()).toEqual([...optionNames].toSorted());
    const file = join(modules, 'example.yaml');
    const defaults = loadConfig({ flags: {}, env: {}, cwd: modules });
    for (const content of [lines, uncommented]) {
      writeFileSync(file, content.join('\n'));
      expect(loadConfig({ flags: { config: file }, env: {}, cwd: modules })).toEqual(defaults);
    }
  });

  test('links between the pages lead somewhere', () => {
    let seen = 0;
    for (const page of pages) {
      for (const [, target = ''] of readPage(page).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(target)) continue;
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? page : join(dirname(page), path);
        expect([page, target, existsSync(join(root, file))]).toEqual([page, target, true]);
        if (anchor !== undefined) expect([page, target, anchorsOf(file)]).toEqual([page, target, expect.arrayContaining([anchor])]);
        seen++;
      }
    }
    expect(seen).toBeGreaterThan(10);
  });
});

test('a copy of the data folder of a stopped program starts with everything', async () => {
  const count = 'SELECT count() AS events, uniqExact(person_id) AS people FROM tributary.events';
  const before = await program.rows(count);
  await program.stop();
  const copy = mkdtempSync(join(tmpdir(), 'tributary-restored-'));
  cpSync(data, copy, { recursive: true, preserveTimestamps: true });
  await using restored = await startProgram({ data: copy });
  expect(await restored.rows(count)).toEqual(before);
  const answer = await post(`${restored.url}/v1/track`, '{"event":"After the restore","userId":"u1"}');
  expect(answer.status).toBe(200);
  await restored.until(`SELECT count() FROM tributary.events WHERE event = 'After the restore'`, 1);
  await restored.stop();
  rmSync(copy, { recursive: true, force: true });
});

async function ask(sql: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(`http://127.0.0.1:${program.warehousePort}/`, {
    method: 'POST',
    body: sql,
    headers: { 'x-clickhouse-user': 'reader', 'x-clickhouse-key': readerPassword },
  });
  return { status: answer.status, text: await answer.text() };
}

/** As GitHub makes them from headings, and those that stand in the page. */
function anchorsOf(page: string): string[] {
  const text = readPage(page);
  const headings = [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'),
  );
  return [...headings, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)];
}
