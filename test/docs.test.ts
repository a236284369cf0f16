import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PipelineResult } from '../src/contract/result.ts';
import { launchChromium, serveSite } from './chromium.ts';
import { type Block, blocksIn, places, readPage, root, tableBelow, usesProgram } from './doc-blocks.ts';
import { seedBatch, seedLines } from './doc-seed.ts';
import { main, type Program, post, readerPassword, startProgram, writeKey } from './program.ts';

const run = promisify(execFile);
const sending = 'docs/send-events.md';
const asking = 'docs/sql.md';
const operating = 'docs/operate.md';

/** Examples of models need the demo product: docs-models.test.ts runs them. */
const ofModels = ({ mark }: Block): boolean => mark === 'models' || mark === 'model';
const shell = blocksIn('sh').filter((block) => usesProgram(block) && !ofModels(block));
const node = blocksIn('js', '');
const browser = blocksIn('js', 'browser');
const queries = blocksIn('sql').filter((block) => !ofModels(block));
/** Whether a block sends events, as opposed to asking. */
const sends = ({ text, mark }: Block): boolean => /YOUR_WRITE_KEY/.test(text) && mark !== 'asks';

const data = mkdtempSync(join(tmpdir(), 'tributary-docs-'));
const modules = join(root, 'node_modules/.cache/tributary-docs');
let program: Program;
let chromium: Browser;
let apiKey = '';

beforeAll(async () => {
  // what a run that was broken off left behind would tell an import that it is done
  rmSync(modules, { recursive: true, force: true });
  mkdirSync(modules, { recursive: true });
  [program, chromium] = await Promise.all([startProgram({ data }), launchChromium()]);
  const key = await program.call<{ secret: string }>('POST', '/api/projects/main/keys', {
    name: 'guide',
    role: 'admin',
  });
  apiKey = key.secret;
  await program.call('POST', '/api/users', { email: 'ada@example.com', role: 'viewer' });
  const seeded = await post(`${program.url}/v1/batch`, seedBatch());
  expect(seeded.status).toBe(200);
  await drained();
  const lines = await post(`${program.url}/v1/logs`, seedLines(), { authorization: `Bearer ${writeKey}` });
  expect(lines.status).toBe(200);
  await drained();
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
  const [row] = await program.rows<{ count: string }>(
    `SELECT sum(count) AS count FROM tributary.ledger WHERE hop = {hop:String}`,
    { hop },
  );
  return Number(row?.count);
}

/** Requests of trackers that were answered with 200 so far. */
async function accepted(): Promise<number> {
  const metrics = await (await fetch(`${program.url}/metrics`)).text();
  const counts = metrics.matchAll(
    /^tributary_collector_requests_total\{[^}]*outcome="accepted"[^}]*\} (\d+)$/gm,
  );
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Waits until everything that the log has is processed: what was sent, and what operators said. */
async function drained(): Promise<void> {
  for (let look = 0; look < 600; look++) {
    const { ledger } = await program.call<PipelineResult>('GET', '/api/pipeline?project=main&minutes=60');
    if (ledger.every((row) => row.accepted === row.processed)) return;
    await sleep(100);
  }
  throw new Error('the pipeline did not process what was sent');
}

/** Runs an example that sends at least one request; how many events it put into quarantine is in the answer. */
async function quarantinedBy(send: () => Promise<unknown>): Promise<number> {
  const [before, quarantined] = [await accepted(), await counted('quarantined')];
  await send();
  expect(await accepted()).toBeGreaterThan(before);
  await drained();
  return (await counted('quarantined')) - quarantined;
}

describe('examples', () => {
  test('are found, of every kind', () => {
    for (const kind of [shell.filter(sends), node, browser]) expect(kind.length).toBeGreaterThan(1);
    expect(queries.length).toBeGreaterThanOrEqual(12);
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

  test.each(places(node))('%s runs in Node', async (_, block) => {
    const file = join(modules, `${block.place.replace(/\W/g, '-')}.mjs`);
    writeFileSync(file, rewritten(block.text));
    const send = () => run(process.execPath, [file], { timeout: 60_000 });
    if (!sends(block)) expect((await send()).stdout).not.toBe('');
    else expect(await quarantinedBy(send)).toBe(0);
  });

  test.each(places(browser.filter(({ text }) => text.includes('import '))))(
    '%s sends from Chromium',
    async (_, block) => {
      await using site = await serveSite(rewritten(block.text));
      const page = await chromium.newPage();
      const failed: string[] = [];
      page.on('pageerror', (error) => failed.push(error.message));
      const calls = block.text.match(/^(?:analytics\.|track)\w+\(/gm)?.length ?? 0;
      const visit = async () => {
        const decoded = await counted('decoded');
        await page.goto(`${site.origin}/pricing`);
        await program.until(`SELECT sum(count) FROM tributary.ledger WHERE hop = 'decoded'`, decoded + calls);
      };
      expect(await quarantinedBy(visit)).toBe(0);
      await page.close();
      expect(failed).toEqual([]);
    },
  );

  test.each(places(queries))('%s answers the reader with rows', async (_, { text }) => {
    await drained();
    expect(await program.rows(text)).not.toEqual([]);
  });
});

describe('what docs/send-events.md says of its examples', () => {
  const rows = (columns: string, event: string) =>
    program.rows(`SELECT ${columns} FROM tributary.events WHERE event = {event:String}`, { event });

  test('an event sent twice under one id is stored once', async () => {
    expect(await rows('event_id', 'Order Placed')).toEqual([{ event_id: 'order-17' }]);
    expect(await counted('duplicate')).toBeGreaterThanOrEqual(1);
  });

  test('the ledger of all examples balances', async () => {
    await drained();
    const of = async (hops: readonly string[]) =>
      (await Promise.all(hops.map(counted))).reduce((sum, count) => sum + count, 0);
    expect(await of(['loaded', 'quarantined', 'duplicate', 'dropped'])).toBe(await counted('decoded'));
  });

  test('imported events keep their times', async () => {
    expect(await rows('toString(timestamp) AS at', 'Contract Signed')).toEqual([
      { at: '2024-03-01 09:30:00.000' },
    ]);
  });

  test('a pixel loaded by a program is a bot, an event by curl is none', async () => {
    expect(await rows('bot_score', 'Email Opened')).toEqual([{ bot_score: 100 }]);
    expect(await rows('bot_score', 'Note Exported')).toEqual([{ bot_score: 0 }]);
  });

  test('revenue may be text, and belongs to the account of its person', async () => {
    const [row] = await program.rows(
      `SELECT revenue, currency, account_id FROM tributary.events WHERE revenue = 120`,
    );
    expect(row).toEqual({ revenue: 120, currency: 'USD', account_id: 'acme' });
  });

  test('the user’s agent is taken from the context, and names and versions from the contexts', async () => {
    expect(await rows('browser, language, timezone', 'Note Shared')).toEqual([
      { browser: 'Safari', language: 'de-DE', timezone: 'Europe/Berlin' },
    ]);
    expect(await rows('app_version, properties.`$schema`::String AS schema', 'note_created')).toEqual([
      { app_version: '2.1.0', schema: 'com.example/note_created/1-0-0' },
    ]);
  });

  test('the limits are where the table says, on both sides', async () => {
    const table = tableBelow(sending, '## Limits');
    const limit = (what: string) =>
      Number(
        /[\d,]+/.exec(table.find(([name]) => name?.startsWith(what))?.[1] ?? '')?.[0].replaceAll(',', ''),
      );
    const track = `${program.url}/v1/track`;
    const sent = limit('request as sent') * 2 ** 20;
    expect((await post(track, Buffer.alloc(sent, ' '))).status).toBe(200);
    expect((await post(track, Buffer.alloc(sent + 1, ' '))).status).toBe(413);
    expect((await post(track, gzipSync(Buffer.alloc(5 * 2 ** 20, ' ')))).status).toBe(413);

    const nested = (levels: number): unknown => (levels === 0 ? 1 : { inside: nested(levels - 1) });
    const numbered = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, index]));
    const kinds: Record<string, (size: number) => Record<string, unknown>> = {
      // besides the five fields of the event itself
      'values of one event': (size) => ({ properties: numbered(size - 5) }),
      // besides the event itself
      'levels of nesting': (size) => ({ properties: nested(size - 1) }),
      'event name': (size) => ({ event: 'n'.repeat(size) }),
      '`userId`': (size) => ({ userId: 'u'.repeat(size) }),
    };
    const batch = Object.entries(kinds).flatMap(([what, make], index) =>
      [0, 1].map((more) => ({
        type: 'track',
        event: 'Limited',
        userId: 'u1',
        messageId: `limit-${index}-${more}`,
        ...make(limit(what) + more),
      })),
    );
    const quarantined = await quarantinedBy(() => post(`${program.url}/v1/batch`, JSON.stringify({ batch })));
    expect(quarantined).toBe(batch.length / 2);
    const kept = await program.rows<{ event_id: string }>(
      `SELECT event_id FROM tributary.events WHERE event_id LIKE 'limit-%' ORDER BY event_id`,
    );
    expect(kept.map(({ event_id }) => event_id)).toEqual([
      'limit-0-0',
      'limit-1-0',
      'limit-2-0',
      'limit-3-0',
    ]);
  });

  test('every answer is the one in the table', async () => {
    const track = `${program.url}/v1/track`;
    const tp2 = `${program.url}/com.snowplowanalytics.snowplow/tp2`;
    const huge = Buffer.alloc(4 * 2 ** 20 + 1, ' ');
    const status = async (answer: Promise<Response>) => (await answer).status;
    expect(await status(post(track, '{"event":"Answered","userId":"u1"}'))).toBe(200);
    expect(await status(post(track, '{"event":"Answered"'))).toBe(200);
    expect(
      await status(post(track, new Uint8Array([0x1f, 0x8b, 1, 2, 3, 4]), { 'content-encoding': 'gzip' })),
    ).toBe(400);
    expect(await status(post(track, '{}', { authorization: `Basic ${btoa('wk_of_nobody:')}` }))).toBe(401);
    expect(await status(fetch(`${program.url}/wk_of_nobody/i?e=pv`))).toBe(401);
    expect(await status(fetch(`${program.url}/i?e=pv&aid=any-application&uid=guide`))).toBe(200);
    expect(await status(fetch(`${program.url}/v1/projects/wk_of_nobody/settings`))).toBe(404);
    expect(await status(fetch(track))).toBe(405);
    expect(await status(post(track, huge))).toBe(413);
    expect(await status(post(tp2, huge))).toBe(400);
    expect(await status(fetch(`${program.url}/i?e=pv&url=${'x'.repeat(70_000)}`))).toBe(431);
  });
});

describe('tables', () => {
  test('docs/sql.md has every column of every table with its type, and no other', async () => {
    const columns = await program.rows<{ table: string; name: string; type: string }>(
      `SELECT table, name, type FROM system.columns WHERE database = 'tributary' ORDER BY table, position`,
    );
    const tables = Map.groupBy(columns, ({ table }) => table);
    expect(tables.size).toBeGreaterThanOrEqual(8);
    for (const [table, found] of tables) {
      const written = tableBelow(asking, `### \`tributary.${table}\``);
      expect(written.map(([name, type]) => [table, name, type])).toEqual(
        found.map(({ name, type }) => [table, name, type]),
      );
      expect(written.filter(([, , meaning]) => !meaning)).toEqual([]);
    }
  });

  test('docs/sql.md says truly what the reader is refused', async () => {
    for (const sql of [
      'INSERT INTO tributary.ledger VALUES',
      'ALTER TABLE tributary.events DELETE WHERE 1',
      'CREATE TABLE tributary.mine (a Int8) ENGINE = Memory',
      'DROP TABLE tributary.events',
      'SET max_threads = 1',
      'SYSTEM RELOAD DICTIONARY tributary.identity',
      'KILL QUERY WHERE 1',
      `SELECT * FROM file('/etc/passwd')`,
      `SELECT 1 INTO OUTFILE 'x'`,
      `SELECT * FROM url('http://127.0.0.1/')`,
      'SELECT * FROM system.processes',
      'SELECT 1 SETTINGS readonly = 0',
      'SELECT sleep(1)',
    ]) {
      expect([sql, await refusalOf(sql)]).toEqual([sql, '497']);
    }
  });

  test('docs/sql.md says truly how a property is read as a type', async () => {
    const json = JSON.stringify({ plan: 'pro', words: 12, paid: true, 'order total': 7, cart: { total: 3 } });
    const ways = tableBelow(asking, '### Properties as typed values').map(([way = '']) =>
      way.replace(/^`+|`+$/g, (ticks) => (ticks === '``' ? '' : ticks)),
    );
    const read = async (text: string) => {
      const [row] = await program.rows(
        `SELECT tuple(${ways.join(', ')}) AS read FROM (SELECT {json:String}::JSON AS properties)`,
        { json: text },
      );
      return Object.values((row as { read: Record<string, unknown> }).read);
    };
    expect(ways.length).toBe(7);
    expect(await read(json)).toEqual([
      'pro',
      12,
      expect.toSatisfy((value) => Number(value) === 12),
      true,
      '7',
      expect.anything(),
      '',
    ]);
    expect(await read('{}')).toEqual(['', null, null, false, '', null, '']);
  });

  test('doctor looks at what docs/operate.md explains', async () => {
    const { stdout } = await run(process.execPath, [
      '--disable-warning=ExperimentalWarning',
      main,
      'doctor',
      `--data=${data}`,
      `--port=${program.port}`,
      `--warehouse-port=${program.warehousePort}`,
    ]);
    const looked = [...stdout.matchAll(/^[✓!✗] (\S.*?) {2,}/gm)].map(([, about]) => about);
    expect(looked.length).toBeGreaterThan(8);
    const explained = tableBelow(operating, '## Doctor').map(([line]) => line);
    expect(looked.filter((line) => !explained.includes(line))).toEqual([]);
  });

  test('behind a trusted proxy the clients are told its address, and metrics need a key', async () => {
    const proxied = {
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'analytics.example.com',
      'x-forwarded-for': '203.0.113.7',
    };
    const settings = await fetch(`${program.url}/v1/projects/${writeKey}/settings`, { headers: proxied });
    expect(await settings.json()).toMatchObject({
      integrations: { 'Segment.io': { apiHost: 'analytics.example.com/v1', protocol: 'https' } },
    });
    const metrics = (headers: Record<string, string>) =>
      fetch(`${program.url}/metrics`, { headers: { ...proxied, ...headers } });
    expect((await metrics({})).status).toBe(401);
    expect((await metrics({ authorization: `Bearer ${apiKey}` })).status).toBe(200);
  });

  test('every metric that is served is in docs/operate.md', async () => {
    const served = await (await fetch(`${program.url}/metrics`)).text();
    const names = [...served.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name ?? '');
    expect(names.length).toBeGreaterThan(2);
    const page = readPage(operating);
    expect(names.filter((name) => !page.includes(`\`${name}`))).toEqual([]);
  });
});

test('a copy of the data folder of a stopped program starts with everything', async () => {
  const count = 'SELECT count() AS events, uniqExact(person_id) AS people FROM tributary.events';
  await drained();
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

/** ClickHouse's code of the error that the reader gets for `sql`. */
async function refusalOf(sql: string): Promise<string | null> {
  const answer = await fetch(`http://127.0.0.1:${program.warehousePort}/`, {
    method: 'POST',
    body: sql,
    headers: { 'x-clickhouse-user': 'reader', 'x-clickhouse-key': readerPassword },
  });
  await answer.arrayBuffer();
  return answer.headers.get('x-clickhouse-exception-code');
}
