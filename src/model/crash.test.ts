import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { lockFile } from '../roles/lock.ts';
import { startWorkspace, type TestWorkspace } from './workspace.fixture.ts';

let workspace: TestWorkspace;
let data: string;
beforeAll(async () => {
  workspace = await startWorkspace();
  data = mkdtempSync(join(tmpdir(), 'models-data-'));
  const secrets = { warehouse: 'all of it', interface: 'look only', readerSha256: '' };
  writeFileSync(join(data, 'secrets.json'), JSON.stringify(secrets));
});
afterEach(() => workspace.clear());
afterAll(async () => {
  await workspace?.stop();
  rmSync(data, { recursive: true, force: true });
});

/**
 * Runs the real program against a warehouse that is reached through a proxy; the program is killed when it sends a statement that
 * `fatal` matches: before the warehouse has it, or after the warehouse has done it.
 */
async function runUntil(
  fatal: RegExp,
  when: 'before' | 'after' = 'before',
): Promise<NodeJS.Signals | number | null> {
  let kill = (): void => {};
  const proxy = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      const isFatal = fatal.test(`${decodeURIComponent(incoming.url ?? '')} ${body.toString()}`);
      if (isFatal && when === 'before') return kill();
      // the users of a started program have other names
      const headers = {
        ...incoming.headers,
        authorization: incoming.headers.authorization?.replace(
          btoa('interface:look only'),
          btoa('reader:look only'),
        ),
      };
      const forwarded = httpRequest(
        new URL(incoming.url ?? '/', workspace.url),
        { method: incoming.method ?? 'POST', headers },
        (answer) => {
          if (isFatal) {
            answer.resume();
            answer.on('end', () => kill());
            return;
          }
          outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(outgoing);
        },
      );
      forwarded.end(body);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, '../main.ts'),
      'run',
      `--at=${at}`,
      `--data=${data}`,
      `--workspace=${workspace.folder}`,
      `--warehouse-port=${(proxy.address() as AddressInfo).port}`,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  kill = () => void child.kill('SIGKILL');
  const ended = await new Promise<NodeJS.Signals | number | null>((resolve) =>
    child.once('exit', (code, signal) => resolve(signal ?? code)),
  );
  await close(proxy);
  return ended;
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

const at = '2026-01-05 12:00';
const daily = `/* model
kind: incremental by time range
time: day
grain: day
*/
SELECT toDate(timestamp) AS day, count() AS events FROM tributary.events
WHERE timestamp >= {start:DateTime} AND timestamp < {end:DateTime} GROUP BY day`;
const total = '/* model\nkind: full\n*/\nSELECT count() AS events FROM tributary.events';
const members =
  '/* model\nkind: dimension\nkey: user\nsurrogate: key\n*/\nSELECT DISTINCT user_id AS user FROM tributary.events';
const models = { full: total, daily, members };
const seen = (name: string): Promise<object[]> => workspace.rows(`SELECT * FROM mart.${name} ORDER BY ALL`);

describe('a run that is killed leaves what was there, and the next one does it all', () => {
  test.each([
    ['full', 'before', /INSERT INTO mart_build/],
    ['full', 'before', /EXCHANGE TABLES/],
    ['full', 'after', /EXCHANGE TABLES/],
    ['daily', 'before', /INSERT INTO mart_build/],
    ['daily', 'before', /REPLACE PARTITION/],
    ['daily', 'after', /REPLACE PARTITION/],
    ['daily', 'after', /INSERT.INTO.mart_state.intervals/],
    ['members', 'before', /ATTACH PARTITION/],
    ['members', 'after', /ATTACH PARTITION/],
  ] as const)('%s: %s %s', async (name, when, fatal) => {
    const sql = models[name];
    workspace.write(name, sql);
    await workspace.track({ at: '2026-01-04 10:00:00', user: 'ada' });
    await workspace.run({ at });
    const before = await seen(name);
    expect(before.length).toBeGreaterThan(0);
    await workspace.track(
      { at: '2026-01-04 11:00:00', user: 'bob' },
      { at: '2026-01-05 11:00:00', user: 'eve' },
    );
    expect(await runUntil(fatal, when)).toBe('SIGKILL');
    if (when === 'before') expect(await seen(name)).toEqual(before);
    await workspace.run({ at });
    const after = await seen(name);
    workspace.write('fresh', sql);
    await workspace.run({ at });
    expect(after).toEqual(await seen('fresh'));
    expect(after).not.toEqual(before);
    const left = await workspace.rows(
      `SELECT name FROM system.tables WHERE database = 'mart_build' OR (database = 'mart_data' AND name NOT LIKE 'fresh%' AND name NOT LIKE 'members%')`,
    );
    expect(left).toEqual([]);
  });

  test.each([
    ['full', 'before', /RENAME TABLE/],
    ['full', 'after', /RENAME TABLE/],
    ['daily', 'after', /RENAME TABLE/],
    ['members', 'before', /CREATE VIEW/],
    ['members', 'after', /RENAME TABLE/],
  ] as const)('also the first one: %s: %s %s', async (name, when, fatal) => {
    workspace.write(name, models[name]);
    await workspace.track({ at: '2026-01-04 10:00:00', user: 'ada' });
    expect(await runUntil(fatal, when)).toBe('SIGKILL');
    expect(await workspace.rows(`SELECT name FROM system.tables WHERE database = 'mart'`)).toHaveLength(
      when === 'before' ? 0 : 1,
    );
    await workspace.run({ at });
    expect((await seen(name)).length).toBeGreaterThan(0);
    expect((await workspace.run({ at })).steps).toEqual([]);
  });

  test('a second run at the same time is refused', async () => {
    workspace.write('full', models.full);
    {
      using _lock = lockFile(join(data, 'models.lock.db'), 'another run');
      expect(await runUntil(/nothing is so fatal/)).toBe(1);
      expect(await workspace.rows(`SELECT name FROM system.tables WHERE database = 'mart'`)).toEqual([]);
    }
    expect(await runUntil(/nothing is so fatal/)).toBe(0);
  });
});
