import { spawn } from 'node:child_process';
import { linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { visitorHash } from '../collect/accept/visitor.ts';
import { type Clock, fakeClock } from '../runtime/clock.ts';
import { DailySalt } from './daily-salt.ts';

const day = 86_400_000;
const noon = Date.UTC(2026, 10, 22, 12);
const data = mkdtempSync(join(tmpdir(), 'tributary-salt-'));
afterAll(() => rmSync(data, { recursive: true, force: true }));

let folders = 0;
const newFolder = (): string => join(data, `salt-${folders++}`);
const copy = (salt: Uint8Array): Buffer => Buffer.from(salt);

/** Paths below the data folder whose bytes contain `secret`. */
function holding(secret: Buffer): string[] {
  return readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes(secret));
}

test('the same visitor is the same all day, and another one after midnight, elsewhere and with another browser', () => {
  const clock = fakeClock(noon);
  const salt = new DailySalt(newFolder(), clock);
  const of = (project: string, address: string, agent: string): string =>
    visitorHash(salt.current(), project, address, agent);
  const one = of('p', '203.0.113.7', 'Firefox');
  expect(one).toMatch(/^[\w-]{22}$/);
  clock.advance(11 * 3_600_000);
  expect(of('p', '203.0.113.7', 'Firefox')).toBe(one);
  expect(
    new Set([
      one,
      of('q', '203.0.113.7', 'Firefox'),
      of('p', '203.0.113.8', 'Firefox'),
      of('p', '203.0.113.7', 'Safari'),
    ]).size,
  ).toBe(4);
  clock.advance(3_600_000);
  expect(of('p', '203.0.113.7', 'Firefox')).not.toBe(one);
});

test('a restart within the day, and a second process, have the same salt; only its owner can read it', () => {
  const folder = newFolder();
  const first = copy(new DailySalt(folder, fakeClock(noon)).current());
  expect(copy(new DailySalt(folder, fakeClock(noon + 1_000)).current())).toEqual(first);
  const [file = ''] = readdirSync(folder);
  expect([file, statSync(join(folder, file)).mode & 0o777]).toEqual(['2026-11-22', 0o600]);
  expect(new Set(first).size).toBeGreaterThan(10);
});

test('yesterday’s salt is nowhere in the data folder, and not in memory, once its day is over', () => {
  const clock = fakeClock(noon);
  const salt = new DailySalt(newFolder(), clock);
  const held = salt.current();
  const secret = copy(held);
  expect(holding(secret)).toHaveLength(1);
  clock.advance(day);
  salt.tidy();
  expect(holding(secret)).toEqual([]);
  expect(copy(held)).toEqual(Buffer.alloc(32));
  expect(copy(salt.current())).not.toEqual(secret);
});

test('the bytes are overwritten, not only the name taken away', () => {
  const folder = newFolder();
  const clock = fakeClock(noon);
  const salt = new DailySalt(folder, clock);
  const secret = copy(salt.current());
  const link = join(data, 'the-same-blocks');
  // another name of the same file shows what the disk holds after it was deleted
  linkSync(join(folder, '2026-11-22'), link);
  clock.advance(day);
  salt.tidy();
  expect(readFileSync(link)).toHaveLength(32);
  expect(readFileSync(link)).not.toEqual(secret);
});

test('a start on another day deletes what the last run has left', () => {
  const folder = newFolder();
  const secret = copy(new DailySalt(folder, fakeClock(noon)).current());
  new DailySalt(folder, fakeClock(noon + 3 * day));
  expect([readdirSync(folder), holding(secret)]).toEqual([[], []]);
});

test('a file that a dying process left half written is replaced', () => {
  const folder = newFolder();
  const salt = new DailySalt(folder, fakeClock(noon));
  writeFileSync(join(folder, '2026-11-22'), 'short');
  expect(salt.current()).toHaveLength(32);
});

test('at midnight it is deleted although nobody visits', async () => {
  const folder = newFolder();
  const started = Date.now();
  // a clock that runs, and stands 300 ms before midnight
  const clock: Clock = { now: () => noon + day / 2 - 300 + (Date.now() - started) };
  const salt = new DailySalt(folder, clock);
  const secret = copy(salt.current());
  const stop = new AbortController();
  const tidied = salt.keepTidy(stop.signal);
  await expect.poll(() => readdirSync(folder), { timeout: 5_000 }).toEqual([]);
  stop.abort();
  await tidied;
  expect(holding(secret)).toEqual([]);
});

test('eight processes that begin at once have one salt', async () => {
  const folder = newFolder();
  const code = `
    import { DailySalt } from ${JSON.stringify(join(import.meta.dirname, 'daily-salt.ts'))};
    const salt = new DailySalt(${JSON.stringify(folder)}, { now: () => ${noon} });
    process.stdout.write(Buffer.from(salt.current()).toString('hex'));`;
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => {
      const child = spawn(process.execPath, [
        '--disable-warning=ExperimentalWarning',
        '--input-type=module-typescript',
        '-e',
        code,
      ]);
      let output = '';
      child.stdout.on('data', (chunk) => (output += chunk));
      return new Promise<string>((resolve) => child.on('close', () => resolve(output)));
    }),
  );
  expect(new Set(answers).size).toBe(1);
  expect(answers[0]).toMatch(/^[0-9a-f]{64}$/);
});
