import { appendFileSync, copyFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { setup } from './tail.fixture.ts';

it('sends whole files once, and after that only what was added', async () => {
  const { file, once, bodies, lines } = await setup();
  writeFileSync(file, 'one\ntwo\n');
  expect(await once()).toMatchObject({ lines: 2 });
  expect(await once()).toMatchObject({ lines: 0 });
  appendFileSync(file, 'three\nno end');
  expect(await once()).toMatchObject({ lines: 2 });
  expect(bodies()).toEqual(['one', 'two', 'three', 'no end']);
  expect(lines()[0]).toMatchObject({ stream: file, service: 'api', host: 'h' });
});

it('begins at the end of what is there, not in the middle of a line, and reads new files whole', async () => {
  const { file, folder, follow, bodies } = await setup();
  writeFileSync(file, 'old\nhalf a li');
  await follow(
    async () => {
      await expect.poll(() => bodies(), { interval: 20 }).toEqual([]);
      appendFileSync(file, 'ne\nnew\n');
      writeFileSync(join(folder, 'b.log'), 'first\n');
    },
    () => bodies().length === 2,
    { fromStart: false },
  );
  expect(bodies().toSorted()).toEqual(['first', 'new']);
});

it('a line is sent when it has its end', async () => {
  const { file, follow, bodies } = await setup();
  writeFileSync(file, 'a');
  await follow(
    async () => {
      appendFileSync(file, 'b');
      appendFileSync(file, 'c\nd');
      await expect.poll(() => bodies(), { interval: 10 }).toEqual(['abc']);
      appendFileSync(file, 'e\n');
    },
    () => bodies().length === 2,
  );
  expect(bodies()).toEqual(['abc', 'de']);
});

it('a file that is renamed is read to its end, and the new one from its start', async () => {
  const { file, follow, bodies } = await setup();
  writeFileSync(file, 'one\n');
  await follow(
    async () => {
      await expect.poll(() => bodies().length).toBe(1);
      renameSync(file, `${file}.1`);
      appendFileSync(`${file}.1`, 'late\n');
      writeFileSync(file, 'two\n');
    },
    () => bodies().length === 3,
  );
  expect(bodies().toSorted()).toEqual(['late', 'one', 'two']);
});

const long = Array.from({ length: 100 }, (_, index) => `line ${index} of the first content`);
const more = ['written', 'while nobody looked'];

it.each([
  ['renamed', (file: string) => renameSync(file, `${file}.1`)],
  [
    'copied and truncated',
    (file: string) => {
      copyFileSync(file, `${file}.1`);
      truncateSync(file);
    },
  ],
  [
    'compressed',
    (file: string) => {
      const all = [...long, ...more].map((line) => `${line}\n`).join('');
      writeFileSync(`${file}.1.gz`, gzipSync(all));
      rmSync(file);
    },
  ],
])('what was %s while it was not running is read on where it was', async (_name, rotate) => {
  const { file, once, bodies } = await setup();
  writeFileSync(file, long.map((line) => `${line}\n`).join(''));
  await once();
  appendFileSync(file, more.map((line) => `${line}\n`).join(''));
  rotate(file);
  appendFileSync(file, 'new\n');
  await once();
  await once();
  expect(bodies().toSorted()).toEqual([...long, ...more, 'new'].toSorted());
});

it('a pattern that names rotated files too sends nothing twice', async () => {
  const { file, folder, once, bodies } = await setup();
  const patterns = [join(folder, 'a.log*')];
  writeFileSync(file, long.map((line) => `${line}\n`).join(''));
  await once({ patterns });
  copyFileSync(file, `${file}.1`);
  writeFileSync(`${file}.2.gz`, gzipSync(long.map((line) => `${line}\n`).join('')));
  truncateSync(file);
  appendFileSync(file, 'new\n');
  await once({ patterns });
  expect(bodies()).toEqual([...long, 'new']);
});

it('a compressed file is read whole, once', async () => {
  const { folder, once, bodies } = await setup();
  writeFileSync(join(folder, 'old.log.gz'), gzipSync(`${'x'.repeat(50)}\n`.repeat(30_000)));
  const patterns = [join(folder, '*.gz')];
  expect(await once({ patterns })).toMatchObject({ lines: 30_000 });
  expect(await once({ patterns })).toMatchObject({ lines: 0 });
  expect(bodies()).toHaveLength(30_000);
});

it('a broken compressed file is said, and the others go on', async () => {
  const { folder, file, once, said, bodies } = await setup();
  writeFileSync(file, 'one\n');
  writeFileSync(join(folder, 'b.log.gz'), gzipSync('x\n'.repeat(1_000)).subarray(0, 20));
  await once({ patterns: [join(folder, '*')], position: join(folder, '..', `${Date.now()}.json`) });
  expect(said.join()).toContain('cannot be unpacked');
  expect(bodies()).toContain('one');
});

it('of a line without an end the beginning is sent, and the line behind it whole', async () => {
  const { file, once, lines } = await setup();
  writeFileSync(file, `a\n${'x'.repeat(3_000_000)}\nz\n`);
  expect(await once()).toMatchObject({ lines: 3, cut: 1 });
  expect(lines().map(({ body }) => body.length)).toEqual([1, 256 * 1024, 1]);
  expect(lines()[1]?.attributes).toEqual({ 'log.cut': true });
});

it('sends again until it is taken', async () => {
  const { file, once, state, said, bodies } = await setup();
  writeFileSync(file, 'one\n');
  state.failing = 2;
  await once();
  expect(bodies()).toEqual(['one']);
  expect(said.join()).toMatch(/does not take lines \(it answers 503\).*sending goes on/);
});

it('an unknown key ends it in words', async () => {
  const { file, once } = await setup();
  writeFileSync(file, 'one\n');
  await expect(once({ key: 'other' })).rejects.toThrow('the write key is not known there');
});

it('binary bytes are sent as they are', async () => {
  const { file, once, bodies } = await setup();
  writeFileSync(file, Buffer.concat([Buffer.from([0, 255, 254, 13, 10]), Buffer.from('ok\n')]));
  await once();
  expect(bodies()).toEqual(['\0ÿþ', 'ok']);
});

it('a broken position file is said in words', async () => {
  const { file, folder, once } = await setup();
  writeFileSync(file, 'one\n');
  writeFileSync(join(folder, 'positions.json'), '{');
  await expect(once()).rejects.toThrow('is no position file');
});

it('delivers files whose lines repeat themselves more than the collector unpacks', async () => {
  const { folder, once, bodies } = await setup();
  const line = 'a'.repeat(100_000);
  for (const name of 'abcdef') writeFileSync(join(folder, `${name}.log`), `${line}\n`.repeat(5));
  await once();
  expect(bodies()).toHaveLength(30);
});
