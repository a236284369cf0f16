import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Program, startProgram, writeKey } from './program.ts';
import { type Crossing, openCrossing } from './tracker-lab.ts';

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'tributary-node-tracker-'));
/** The package as it is published: plain JavaScript. */
const built = join(folder, 'dist');
/** The oldest Node that is here: that of the machine, where it has one beside ours. */
const machineNode = 'node';
let program: Program;
let crossing: Crossing;

beforeAll(async () => {
  execFileSync(process.execPath, [
    join(root, 'node_modules/typescript/bin/tsc'),
    '-p',
    join(root, 'trackers/node/tsconfig.build.json'),
    '--outDir',
    built,
  ]);
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  program = await startProgram();
  crossing = await openCrossing(program.url);
});
beforeEach(() => {
  crossing.road = 'open';
  crossing.sent.length = 0;
});
afterAll(async () => {
  await crossing?.[Symbol.asyncDispose]();
  await program?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

let scripts = 0;
/** Runs `code` with a `tracker` in a process of its own. */
function run(
  code: string,
  options = '{}',
  node = process.execPath,
): ChildProcess & { ended: Promise<string> } {
  const file = join(folder, `app-${scripts++}.js`);
  writeFileSync(
    file,
    `import { Tracker } from '${pathToFileURL(join(built, 'tracker.js')).href}';
     const tracker = new Tracker({ key: '${writeKey}', host: '${crossing.origin}', ...${options} });
     ${code}`,
  );
  const child = spawn(node, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  const ended = new Promise<string>((resolve) =>
    child.on('close', (exit, signal) => resolve(`${output}${signal ?? exit}`)),
  );
  return Object.assign(child, { ended });
}

const idsOf = async (who: string): Promise<string[]> => {
  const rows = await program.rows<{ event_id: string }>(
    `SELECT event_id FROM tributary.events WHERE user_id = {who:String} ORDER BY timestamp, event_id`,
    { who },
  );
  return rows.map(({ event_id }) => event_id);
};
const loaded = (who: string, count: number): Promise<number> =>
  program.until(`SELECT count() FROM tributary.events WHERE user_id = '${who}'`, count);
const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => `id-${String(n).padStart(4, '0')}`);
const trackMany = (who: string, count: number): string => `
  const at = Date.now();
  for (let n = 0; n < ${count}; n++)
    tracker.track('Counted', { userId: '${who}', id: '${who}-id-' + String(n).padStart(4, '0'), timestamp: at + n }, { n });`;
const expected = (who: string, count: number): string[] => numbered(count).map((id) => `${who}-${id}`);

describe('the Node tracker', () => {
  test.each([
    ['ours', process.execPath],
    ['the machine’s', machineNode],
  ])('sends every kind of call before a process ends by itself, under %s Node', async (name, node) => {
    const who = `kinds-${name === 'ours' ? 'ours' : 'machine'}`;
    const app = run(
      `tracker.identify({ userId: '${who}', anonymousId: 'device-${who}' }, { plan: 'pro' });
       tracker.person({ userId: '${who}' }, { add: { logins: 1 }, setOnce: { first: 'web' } });
       tracker.group('acme', { userId: '${who}' }, { name: 'Acme' });
       tracker.track('Order Placed', { userId: '${who}', ip: '203.0.113.9', userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
         url: 'https://shop.example/cart', revenue: 49.5, currency: 'eur', orderId: 'o-1', items: [{ id: 'sku', price: 49.5, quantity: 1 }] }, { plan: 'pro' });
       tracker.page({ userId: '${who}', url: 'https://shop.example/thanks' });
       tracker.track('Long ago', { userId: '${who}', timestamp: '2020-02-03T04:05:06Z' });
       tracker.alias('old-${who}', '${who}');`,
      '{}',
      node,
    );
    expect(await app.ended).toBe('0');
    await loaded(who, 7);
    const rows = await program.rows<Record<string, unknown>>(
      `SELECT event, type, path, revenue, currency, account_id, browser, library, protocol, toString(timestamp) AS at FROM tributary.events WHERE user_id = '${who}' ORDER BY timestamp, log_offset, event`,
    );
    expect(rows[0]).toMatchObject({ event: 'Long ago', at: expect.stringContaining('2020-02-03 04:05:06') });
    expect(rows.find(({ event }) => event === 'Order Placed')).toMatchObject({
      revenue: 49.5,
      currency: 'EUR',
      account_id: 'acme',
      browser: 'Firefox',
      path: '/cart',
      library: 'tributary-node/0.1.0',
      protocol: 'tributary',
    });
    const people = await program.rows<{ traits: unknown }>(
      `SELECT traits FROM tributary.persons FINAL WHERE user_id = '${who}'`,
    );
    expect(JSON.stringify(people)).toMatch(/plan.*pro/);
  });

  test.each(['503', 'reset', 'reset-after', 'slow'] as const)(
    'while the road is %s it tries again, and each event is stored once',
    async (road) => {
      crossing.road = road;
      const who = `road-${road}`;
      const app = run(
        `${trackMany(who, 300)}
         const left = await tracker.flush(60_000);
         console.log('left', left);
         await tracker.close();`,
        `{ batchSize: 100, timeout: ${road === 'slow' ? 700 : 10_000} }`,
      );
      await expect.poll(() => crossing.sent.length, { timeout: 10_000 }).toBeGreaterThan(1);
      crossing.road = 'open';
      expect(await app.ended).toBe('left 0\n0');
      await loaded(who, 300);
      expect(await idsOf(who)).toEqual(expected(who, 300));
    },
  );

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'at %s what is queued is sent, and the process ends by it',
    async (signal) => {
      const who = `signal-${signal}`;
      const app = run(
        `${trackMany(who, 50)} console.log('ready'); setInterval(() => {}, 1000);`,
        '{ flushInterval: 60_000 }',
      );
      await new Promise((resolve) => app.stdout?.once('data', resolve));
      app.kill(signal);
      expect(await app.ended).toBe(`ready\n${signal}`);
      await loaded(who, 50);
      expect(await idsOf(who)).toEqual(expected(who, 50));
    },
  );

  test('a process that is killed loses what it had not sent, and what it sends again after a restart is stored once', async () => {
    const who = 'killed';
    const code = `${trackMany(who, 40)} await tracker.flush(); console.log('sent'); setInterval(() => {}, 1000);`;
    const first = run(code);
    await new Promise((resolve) => first.stdout?.once('data', resolve));
    first.kill('SIGKILL');
    expect(await first.ended).toBe('sent\nSIGKILL');
    const again = run(`${trackMany(who, 60)} await tracker.close();`);
    expect(await again.ended).toBe('0');
    await loaded(who, 60);
    expect(await idsOf(who)).toEqual(expected(who, 60));
  });

  test('a full queue says so, and a program that waits for room loses nothing', async () => {
    crossing.road = '503';
    const who = 'pressure';
    const app = run(
      `const at = Date.now();
       let refused = 0, most = 0;
       for (let n = 0; n < 500; n++) {
         const about = { userId: '${who}', id: '${who}-id-' + String(n).padStart(4, '0'), timestamp: at + n };
         while (!tracker.track('Counted', about, { n })) { refused++; await tracker.drained(); }
         most = Math.max(most, tracker.queued);
       }
       await tracker.close(60_000);
       console.log(refused > 0, most);`,
      '{ maxEvents: 100, batchSize: 50 }',
    );
    await expect.poll(() => crossing.sent.length, { timeout: 10_000 }).toBeGreaterThan(1);
    crossing.road = 'open';
    expect(await app.ended).toBe('true 100\n0');
    await loaded(who, 500);
    expect(await idsOf(who)).toEqual(expected(who, 500));
  });

  test('what is refused for good is told and dropped; a server that is away does not hold the process for ever', async () => {
    const refused = run(
      `tracker.track('Lost', { userId: 'nobody' }); await tracker.close(); console.log('left', tracker.queued);`,
      `{ key: 'wk_nobody_knows_this', onError: (error, lost) => console.log(error.message.slice(-3), lost) }`,
    );
    expect(await refused.ended).toBe('401 1\nleft 0\n0');
    const away = run(
      `tracker.track('Waits', { userId: 'nobody' });`,
      `{ host: 'http://127.0.0.1:9', exitTimeout: 300 }`,
    );
    expect(await away.ended).toBe('0');
  });

  test('two trackers in a process both send at a signal, and the process ends by it', async () => {
    const app = run(
      `const other = new Tracker({ key: '${writeKey}', host: '${crossing.origin}', flushInterval: 60_000 });
       tracker.track('One', { userId: 'two-trackers' }); other.track('Other', { userId: 'two-trackers' });
       console.log('ready'); setInterval(() => {}, 1000);`,
      '{ flushInterval: 60_000 }',
    );
    await new Promise((resolve) => app.stdout?.once('data', resolve));
    app.kill('SIGTERM');
    expect(await app.ended).toBe('ready\nSIGTERM');
    await loaded('two-trackers', 2);
  });

  test('who waits for room in bytes leaves the program its time', async () => {
    const app = run(
      `const about = { userId: 'bytes' };
       while (tracker.track('Fills', about)) {}
       setTimeout(() => { console.log('time goes on'); process.exit(0); }, 50);
       while (!tracker.track('Waits', about)) await tracker.drained();`,
      `{ host: 'http://127.0.0.1:9', maxBytes: 1_000 }`,
    );
    expect(await app.ended).toBe('time goes on\n0');
  });
});
