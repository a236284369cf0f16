import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { archiveScene, noon, printOf, recordsIn, requestOf } from './archive.fixture.ts';
import { archivedBefore, deleteFromArchive, holdingsOf, rewriteArchive } from './archive.ts';
import { fileName, filesOf } from './layout.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

test('every record lies in the folder of its project and hour, and is byte for byte what the log has', async () => {
  await using scene = await archiveScene();
  const { writer, log, lake, clock } = scene;
  const bytes = Buffer.from([0, 255, 254, 10, 13, 34]);
  await writer.append(requestOf('{"a":"ü\\n"}'));
  await writer.append(requestOf(bytes, { project: 'p2/..', receivedAt: noon + 1 }));
  await writer.append(requestOf('\ufeff\u2028 text', { receivedAt: noon + 40 * minute }));
  await writer.append(requestOf('', { project: 'p2/..', visitor: 'v', query: '' }));
  clock.advance(2 * minute);
  await scene.archiver().turn();
  expect(archivedBefore(lake)).toBe(5);
  expect(globSync('raw/**/*.zst', { cwd: lake }).toSorted()).toEqual([
    `raw/project=p1/date=2026-10-01/hour=12/${fileName(1, 5)}`,
    `raw/project=p1/date=2026-10-01/hour=13/${fileName(1, 5)}`,
    `raw/project=p2%2F%2E%2E/date=2026-10-01/hour=12/${fileName(1, 5)}`,
  ]);
  log.trim(100);
  const [one, other] = await Promise.all([scene.read('p1'), scene.read('p2/..')]);
  expect(one.map(({ offset }) => offset)).toEqual([1, 3]);
  expect(other.map(({ body }) => Buffer.from(body))).toEqual([bytes, Buffer.alloc(0)]);
  expect(one[1]).toMatchObject({
    ...requestOf(''),
    offset: 3,
    receivedAt: noon + 40 * minute,
    body: Buffer.from('\ufeff\u2028 text'),
  });
});

test('a file is lines of JSON behind zstd: the body is text where it is text', async () => {
  await using scene = await archiveScene();
  await scene.writer.append(requestOf('{"event":"Signed Up"}'));
  await scene.writer.append(requestOf(Buffer.from([200])));
  scene.clock.advance(2 * minute);
  await scene.archiver().turn();
  const [file] = filesOf(scene.lake, 'p1');
  const lines = zstdDecompressSync(readFileSync(file?.path ?? ''))
    .toString()
    .trimEnd()
    .split('\n');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    {
      offset: 1,
      received_at: noon,
      encoding: 'text',
      body: '{"event":"Signed Up"}',
      headers: { 'user-agent': 'Tëst "1"' },
    },
    { offset: 2, encoding: 'base64', body: 'yA==' },
  ]);
});

test('records wait for company, a minute at most, unless somebody asks', async () => {
  await using scene = await archiveScene();
  const archiver = scene.archiver();
  await scene.writer.append(requestOf('a'));
  await archiver.turn();
  expect(archivedBefore(scene.lake)).toBe(1);
  archiver.writeNow();
  await archiver.turn();
  expect(archivedBefore(scene.lake)).toBe(2);
  expect(archiver.status()).toMatchObject({ next: 2, waiting: 0, problem: null });
});

test('archive and log together give every record once, by time and by offset', async () => {
  await using scene = await archiveScene();
  const { writer, clock, log } = scene;
  const archiver = scene.archiver();
  for (let index = 0; index < 30; index++) {
    await writer.append(
      requestOf(`${index}`, { receivedAt: noon + index * 10 * minute, project: index % 3 ? 'p1' : 'p2' }),
    );
    clock.advance(10 * minute);
    if (index < 20) await archiver.turn();
    if (index === 10) log.trim(5);
  }
  const all = await scene.read('p1');
  expect(all.map(({ body }) => Number(Buffer.from(body)))).toEqual(
    Array.from({ length: 30 }, (_, index) => index).filter((index) => index % 3),
  );
  const some = await scene.read('p1', noon + 50 * minute, noon + 250 * minute);
  expect(some.map(({ body }) => Number(Buffer.from(body)))).toEqual([
    5, 7, 8, 10, 11, 13, 14, 16, 17, 19, 20, 22, 23,
  ]);
});

test('a clock that is set back does not put records out of order', async () => {
  await using scene = await archiveScene();
  const times = [0, 61, 5, 70, 62, 6];
  for (const at of times) await scene.writer.append(requestOf(`${at}`, { receivedAt: noon + at * minute }));
  scene.clock.advance(2 * hour);
  await scene.archiver().turn();
  scene.log.trim(100);
  expect((await scene.read('p1')).map(({ offset }) => offset)).toEqual([1, 2, 3, 4, 5, 6]);
  expect((await scene.read('p1', noon, noon + hour)).map(({ offset }) => offset)).toEqual([1, 3, 6]);
});

test('the pieces of an hour become one file when the hour is over, and many small ones before', async () => {
  await using scene = await archiveScene();
  const { writer, clock, lake } = scene;
  const archiver = scene.archiver();
  const files = (): number => globSync('raw/**/*.zst', { cwd: lake }).length;
  for (let index = 0; index < 20; index++) {
    await writer.append(requestOf(`${index}`, { receivedAt: clock.now() }));
    clock.advance(minute);
    await archiver.turn();
  }
  expect(files()).toBe(5);
  clock.advance(30 * minute);
  await archiver.turn();
  expect(files()).toBe(1);
  expect(filesOf(lake, 'p1')[0]).toMatchObject({ from: 1, to: 21 });
  scene.log.trim(100);
  expect(await scene.read('p1')).toHaveLength(20);
});

test('a merge that was killed before it removed the pieces shows nothing twice, and is tidied up', async () => {
  await using scene = await archiveScene();
  const { writer, clock, lake } = scene;
  for (let index = 0; index < 2; index++) {
    await writer.append(requestOf(`${index}`));
    clock.advance(2 * minute);
    await scene.archiver().turn();
  }
  const pieces = filesOf(lake, 'p1');
  const kept = pieces.map(({ path }) => ({ path, bytes: readFileSync(path) }));
  clock.advance(hour);
  await scene.archiver().turn();
  for (const { path, bytes } of kept) writeFileSync(path, bytes);
  writeFileSync(join(dirname(kept[0]?.path ?? ''), 'x.ndjson.zst.tmp'), 'half');
  scene.log.trim(100);
  expect((await scene.read('p1')).map(({ offset }) => offset)).toEqual([1, 2]);
  await scene.archiver().turn();
  expect(globSync('raw/**/*.{zst,tmp}', { cwd: lake })).toHaveLength(1);
});

test('what was killed halfway is written again under the same names, although more has come since', async () => {
  await using scene = await archiveScene();
  const { writer, clock, lake, log } = scene;
  await writer.append(requestOf('a'));
  await writer.append(requestOf('b', { project: 'p2' }));
  clock.advance(2 * minute);
  // the first file of the range can be written and the second cannot
  mkdirSync(join(lake, 'raw'), { recursive: true });
  writeFileSync(join(lake, 'raw/project=p2'), '');
  await expect(scene.archiver().turn()).rejects.toThrow(/ENOTDIR|EEXIST/);
  expect(globSync('raw/**/*.zst', { cwd: lake })).toHaveLength(1);
  expect(archivedBefore(lake)).toBe(1);
  rmSync(join(lake, 'raw/project=p2'));
  await writer.append(requestOf('c'));
  clock.advance(2 * minute);
  await scene.archiver().turn();
  const archived = [...(await recordsIn(lake, 'p1')), ...(await recordsIn(lake, 'p2'))];
  expect(archived.map(printOf).toSorted()).toEqual(log.read(1, 10, 1e9).map(printOf).toSorted());
});

test('a disk with little left stops the archive with a clear word, and it goes on when there is room', async () => {
  await using scene = await archiveScene();
  let free = 2 ** 29;
  const archiver = scene.archiver({ freeBytes: () => ({ free, total: 1e12 }) });
  await scene.writer.append(requestOf('a'));
  scene.clock.advance(2 * minute);
  await expect(archiver.turn()).rejects.toThrow(/has 512 MB left, and the archive leaves the last 1024 MB/);
  expect(archivedBefore(scene.lake)).toBe(1);
  free = 2 ** 40;
  await archiver.turn();
  expect(archivedBefore(scene.lake)).toBe(2);
});

test('days that are over their time go', async () => {
  await using scene = await archiveScene();
  const { writer, clock, lake } = scene;
  await writer.append(requestOf('old', { receivedAt: noon - 31 * day }));
  await writer.append(requestOf('new'));
  clock.advance(2 * minute);
  await scene.archiver().turn();
  expect(holdingsOf(lake)).toMatchObject([
    { project: 'p1', files: 1, from: noon - 30 * minute, to: noon + 30 * minute },
  ]);
});

test('a deleted project leaves nothing, not from the log either; its name can be used again', async () => {
  await using scene = await archiveScene();
  const { writer, clock, lake, log } = scene;
  await writer.append(requestOf('archived'));
  await writer.append(requestOf('other', { project: 'p2' }));
  clock.advance(2 * minute);
  await scene.archiver().turn();
  await writer.append(requestOf('only in the log'));
  await deleteFromArchive(lake, 'p1', log.head());
  await writer.append(requestOf('again'));
  clock.advance(2 * minute);
  await scene.archiver().turn();
  expect((await scene.read('p1')).map(({ body }) => String(Buffer.from(body)))).toEqual(['again']);
  expect(await scene.read('p2')).toHaveLength(1);
  for (const { path } of filesOf(lake, 'p1'))
    expect(zstdDecompressSync(readFileSync(path)).toString()).not.toContain('log');
});

test('files are written again without what a predicate finds, and others are left alone', async () => {
  await using scene = await archiveScene();
  const { writer, clock, lake, log } = scene;
  const bodies = ['ann 1', 'bob 1', 'ann 2', 'bob 2', 'ann 3'];
  for (const [index, body] of bodies.entries()) {
    const at = index < 2 ? 0 : index < 4 ? hour : 2 * hour;
    await writer.append(requestOf(body, { receivedAt: noon + at }));
  }
  await writer.append(requestOf('bob 3', { receivedAt: noon + 3 * hour }));
  clock.advance(4 * hour);
  await scene.archiver().turn();
  log.trim(100);
  const isAnn = (body: Uint8Array): boolean => Buffer.from(body).includes('ann');
  const done = await rewriteArchive(lake, 'p1', (record) => {
    if (!isAnn(record.body)) return record;
    return record.offset === 1 ? undefined : { ...record, body: Buffer.from('erased') };
  });
  expect(done).toMatchObject({ files: 4, records: 6 });
  expect(done.changed.map(({ records }) => records)).toEqual([1, 1, 1]);
  expect((await scene.read('p1')).map(({ body }) => String(Buffer.from(body)))).toEqual([
    'bob 1',
    'erased',
    'bob 2',
    'erased',
    'bob 3',
  ]);
  const gone = await rewriteArchive(
    lake,
    'p1',
    ({ body }) => (String(Buffer.from(body)) === 'bob 3' ? undefined : ({ body } as never)),
    {
      from: noon + 3 * hour,
    },
  );
  expect(gone.files).toBe(1);
  expect(filesOf(lake, 'p1')).toHaveLength(3);
});

test('zstdcat and jq read it', async () => {
  await using scene = await archiveScene();
  await scene.writer.append(requestOf('{"event":"Signed Up"}'));
  scene.clock.advance(2 * minute);
  await scene.archiver().turn();
  const tools = ['zstdcat', 'jq'].every((tool) => {
    try {
      return execFileSync('sh', ['-c', `command -v ${tool}`]).length > 0;
    } catch {
      return false;
    }
  });
  if (!tools) return;
  const out = execFileSync('sh', [
    '-c',
    `zstdcat ${filesOf(scene.lake, 'p1')[0]?.path} | jq -r '.body | fromjson | .event'`,
  ]);
  expect(String(out)).toBe('Signed Up\n');
});
