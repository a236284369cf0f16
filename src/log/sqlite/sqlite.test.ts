import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { logConformance, requestOf } from '../log.conformance.ts';
import { openLogReader, openLogWriter, rewriteLog } from '../log.ts';

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

logConformance('the SQLite log', async () => {
  const path = join(freshFolder(), 'log.db');
  return { writer: () => openLogWriter(path), reader: () => openLogReader(path) };
});

it('after SIGKILL under load, again and again, every acknowledged request is there once and offsets have no gap', async () => {
  const path = join(freshFolder(), 'log.db');
  const acknowledged: string[] = [];
  for (let run = 0; run < 8; run++) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'crash-child.ts'), path, `${run}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    const exited = new Promise((resolve) => child.once('close', resolve));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.length > 2_000 + run * 3_000) child.kill('SIGKILL');
    });
    await exited;
    const lines = output.split('\n');
    // The last line may be torn: it was acknowledged, but the test cannot know its name.
    acknowledged.push(...lines.slice(0, -1));
  }
  const reader = openLogReader(path);
  const records = reader.read(1, 1e9, 1e12);
  reader.close();
  expect(records.map((record) => record.offset)).toEqual(records.map((_, index) => index + 1));
  const kept = records.map((record) => Buffer.from(record.body).toString().trim());
  const names = new Set(kept);
  expect(names.size).toBe(kept.length);
  const missing = acknowledged.filter((name) => !names.has(name));
  expect(acknowledged.length).toBeGreaterThan(1_000);
  expect(missing).toEqual([]);
  const counted = new DatabaseSync(path).prepare('SELECT sum(requests) AS n FROM accepted').get()?.n;
  expect(counted).toBe(records.length);
});

it('refuses as overloaded, with a time to retry, when more bytes wait than memory is set aside for', async () => {
  const path = join(freshFolder(), 'log.db');
  const writer = await openLogWriter(path, { maxQueuedBytes: 100_000 });
  const results = await Promise.allSettled(
    Array.from({ length: 50 }, () => writer.append(requestOf('x'.repeat(10_000)))),
  );
  const refused = results.filter((result) => result.status === 'rejected');
  expect(refused.length).toBeGreaterThan(30);
  expect(refused[0]?.reason).toMatchObject({ code: 'overloaded', retryAfter: 1 });
  await writer.append(requestOf('room again'));
  await writer.close();
  const reader = openLogReader(path);
  expect(reader.head()).toBe(50 - refused.length + 1);
  reader.close();
});

it('refuses as disk-full while less than the reserve is free', async () => {
  const writer = await openLogWriter(join(freshFolder(), 'log.db'), { reserveBytes: 2 ** 60 });
  await expect(writer.append(requestOf('x'))).rejects.toMatchObject({ code: 'disk-full', retryAfter: 5 });
  await writer.close();
});

/** A file system of its own that can be filled; undefined where this process may not mount. */
function smallDisk(): string | undefined {
  const folder = freshFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder]);
  });
  return folder;
}

it('on a disk that is really full it refuses, keeps what it acknowledged, and resumes by itself when there is room', async (context) => {
  const folder = smallDisk();
  if (!folder) return context.skip('mounting a small file system needs root');
  const path = join(folder, 'log.db');
  const writer = await openLogWriter(path, { reserveBytes: 0 });
  let kept = 0;
  let refusal: unknown;
  while (!refusal) {
    await writer.append(requestOf('x'.repeat(50_000))).then(
      () => kept++,
      (error: unknown) => {
        refusal = error;
      },
    );
  }
  expect(refusal).toMatchObject({ code: 'disk-full' });
  expect(kept).toBeGreaterThan(10);
  execFileSync('mount', ['-o', 'remount,size=40m', folder]);
  await writer.append(requestOf('room again'));
  await writer.close();
  const reader = openLogReader(path);
  expect(reader.read(1, 1e6, 1e9).map((record) => record.offset)).toEqual(
    Array.from({ length: kept + 1 }, (_, index) => index + 1),
  );
  reader.close();
  const check = new DatabaseSync(path).prepare('PRAGMA integrity_check').get();
  expect(check?.integrity_check).toBe('ok');
});

it('the write-ahead log stays bounded while a reader is open and reading', async () => {
  const path = join(freshFolder(), 'log.db');
  const writer = await openLogWriter(path);
  const reader = openLogReader(path);
  const body = 'x'.repeat(500_000);
  let largest = 0;
  for (let round = 0; round < 40; round++) {
    await Promise.all(Array.from({ length: 10 }, () => writer.append(requestOf(body))));
    reader.read(reader.head(), 10, 1e9);
    largest = Math.max(largest, statSync(`${path}-wal`).size);
  }
  expect(reader.head()).toBe(400);
  expect(largest).toBeLessThan(80 * 1024 * 1024);
  reader.close();
  await writer.close();
});

it('a reader opened before the writer sees what the writer adds', async () => {
  const path = join(freshFolder(), 'log.db');
  const reader = openLogReader(path);
  const writer = await openLogWriter(path);
  await writer.append(requestOf('first'));
  expect(reader.head()).toBe(1);
  reader.close();
  await writer.close();
});

it('forgetting 25,000 records takes several calls of at most 10,000 while the writer goes on', async () => {
  const path = join(freshFolder(), 'log.db');
  const writer = await openLogWriter(path);
  await Promise.all(Array.from({ length: 25_000 }, () => writer.append(requestOf('x'))));
  const reader = openLogReader(path);
  const going = writer.append(requestOf('meanwhile'));
  expect([reader.trim(1e9), reader.trim(1e9), reader.trim(1e9) > 0]).toEqual([10_000, 10_000, true]);
  await going;
  reader.close();
  await writer.close();
});

it('is written again few megabytes at a time, with turns for others in between', async () => {
  const path = join(freshFolder(), 'log.db');
  const writer = await openLogWriter(path);
  const body = 'x'.repeat(3 * 2 ** 20);
  for (let count = 0; count < 6; count++) await writer.append(requestOf(body));
  await writer.close();
  let turns = 0;
  let others = setImmediate(function next() {
    turns++;
    others = setImmediate(next);
  });
  const seen: number[] = [];
  const turnsBefore: number[] = [];
  await rewriteLog(path, 7, (record) => {
    seen.push(record.offset);
    turnsBefore.push(turns);
    // what is not read yet is not there any more when its turn comes
    if (record.offset === 1) new DatabaseSync(path).exec('DELETE FROM requests WHERE offset = 6');
    return record.offset === 4 ? undefined : record;
  });
  clearImmediate(others);
  expect(seen).toEqual([1, 2, 3, 4, 5]);
  expect(turnsBefore[1]).toBeGreaterThan(turnsBefore[0] ?? 0);
  const reader = openLogReader(path);
  expect(reader.read(1, 100, 1e9).map(({ offset }) => offset)).toEqual([1, 2, 3, 5]);
  reader.close();
});
