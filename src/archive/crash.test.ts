import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { LogRecord } from '../contract/request.ts';
import { openLogReader } from '../log/log.ts';
import { systemClock } from '../runtime/clock.ts';
import { createLogger } from '../runtime/logger.ts';
import { printOf, recordsIn } from './archive.fixture.ts';
import { archivedBefore } from './archive.ts';
import { Archiver } from './archiver.ts';

test('killed at any moment, the archive has every record of the log once, byte for byte', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-archive-crash-'));
  const lake = join(folder, 'lake');
  const ends: number[] = [];
  for (let round = 0; round < 7; round++) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'crash-child.ts'), folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    // the moment is chance; that it is each time another one is the test
    await sleep(50 + Math.random() * 900);
    child.kill('SIGKILL');
    await once(child, 'exit');
    ends.push(archivedBefore(lake));
  }
  const log = openLogReader(join(folder, 'log'));
  const archiver = new Archiver({
    log,
    lake,
    days: 30,
    clock: systemClock,
    logger: createLogger('archive', 'error'),
    signal: new AbortController().signal,
    delay: 0,
  });
  await archiver.turn();
  expect(archivedBefore(lake)).toBe(log.head() + 1);
  expect(new Set(ends).size).toBeGreaterThan(2);

  const wanted: string[] = [];
  for (let at = 1; at <= log.head(); ) {
    const some = log.read(at, 5_000, 1e8);
    for (const record of some) wanted.push(printOf(record));
    at = (some.at(-1)?.offset ?? log.head()) + 1;
  }
  const found: LogRecord[] = [];
  for (const project of ['p0', 'p1']) found.push(...(await recordsIn(lake, project)));
  found.sort((one, other) => one.offset - other.offset);
  expect(found.length).toBe(wanted.length);
  expect(found.findIndex((record, index) => printOf(record) !== wanted[index])).toBe(-1);
  expect(globSync('raw/**/*.tmp', { cwd: lake })).toEqual([]);
  log.close();
  rmSync(folder, { recursive: true, force: true });
});
