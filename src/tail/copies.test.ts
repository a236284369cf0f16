import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { setup } from './tail.fixture.ts';

const patterns = ['*.log', 'a.log*', 'kept/*'];

async function rotating() {
  const scene = await setup();
  const { file, folder, lines } = scene;
  const expected: string[] = [];
  const write = (count: number): void => {
    for (let left = count; left > 0; left--) {
      const line = `line ${expected.length} of what was written, neither short nor long`;
      expected.push(line);
      appendFileSync(file, `${line}\n`);
    }
  };
  /** The beginning of the file, as a copy is that is not finished. */
  const copy = (bytes: number, fresh = false): void => {
    const name = `${file}.1`;
    writeFileSync(name, readFileSync(file).subarray(0, bytes));
    const later = Date.now() / 1_000 + 60;
    if (fresh) utimesSync(name, later, later);
  };
  const through = (steps: readonly (() => void)[], crashing: boolean) =>
    scene.through(steps, { patterns: patterns.map((name) => join(folder, name)), crashing });
  const check = (): void => {
    const found = lines()
      .map(({ body }) => body)
      .filter((body) => !body.startsWith('pulse'));
    expect(found.toSorted()).toEqual(expected.toSorted());
  };
  return { ...scene, expected, write, copy, through, check };
}

const nothing = (): void => undefined;
const all = Number.POSITIVE_INFINITY;
const amounts = [
  ['nothing of it is sent', 0, 30],
  ['its beginning is sent', 2, 30],
  ['it is sent', 30, 0],
  ['most of it is sent', 30, 5],
] as const;
/** Of the copy, when it is seen for the first time; it is fresh while somebody seems to be writing it. */
const sights = [
  [0, true],
  [40, false],
  [1_100, false],
  [1_650, true],
] as const;
const cases = amounts.flatMap((amount) => sights.map((sight) => [...amount, ...sight] as const));

describe.each([
  ['it is followed', false],
  ['each request is followed by a crash', true],
])('a file that is copied and truncated while %s', (_while, crashing) => {
  it.each(cases)('when %s (%d and %d lines): %d bytes of the copy are seen, then all', async (...given) => {
    const [, sent, unsent, bytes, fresh] = given;
    const { file, write, copy, through, check } = await rotating();
    const copying = (): void => {
      write(unsent);
      copy(bytes, fresh);
    };
    const truncation = (): void => {
      truncateSync(file);
      write(5);
    };
    await through([() => write(sent), nothing, copying, () => copy(all, fresh), truncation], crashing);
    check();
  });

  it.each(cases.filter(([, , , bytes]) => bytes % 200 === 0 || bytes === 1_650))(
    'when %s (%d and %d lines): %d bytes of the copy are seen, then the truncation',
    async (...given) => {
      const [, sent, unsent, bytes, fresh] = given;
      const { file, write, copy, through, check } = await rotating();
      const copying = (): void => {
        write(unsent);
        copy(bytes, fresh);
      };
      const rest = (): void => {
        copy(all, fresh);
        truncateSync(file);
        write(40);
      };
      await through([() => write(sent), nothing, copying, rest], crashing);
      check();
    },
  );

  it.each(amounts)(
    'when %s (%d and %d lines): it is seen when it is done, and then compressed',
    async (...given) => {
      const [, sent, unsent] = given;
      const { file, write, copy, through, check } = await rotating();
      const rotation = (): void => {
        write(unsent);
        copy(all);
        truncateSync(file);
        write(5);
      };
      const compression = (): void => {
        writeFileSync(`${file}.1.gz`, gzipSync(readFileSync(`${file}.1`)));
        rmSync(`${file}.1`);
      };
      await through([() => write(sent), nothing, rotation, nothing, compression], crashing);
      check();
    },
  );

  it.each(amounts)(
    'when %s (%d and %d lines): one copy is never finished, and of one the original goes on',
    async (...given) => {
      const [, sent, unsent] = given;
      const { file, write, copy, through, check } = await rotating();
      const copying = (): void => {
        write(unsent);
        copy(1_650);
        copyFileSync(file, `${file}.bak`);
      };
      await through([() => write(sent), nothing, copying, () => write(5)], crashing);
      check();
    },
  );
});

it('a copy that is seen long after the truncation is read on from where its original was', async () => {
  const { file, folder, write, through, check } = await rotating();
  mkdirSync(join(folder, 'kept'));
  let content = Buffer.alloc(0);
  const truncation = (): void => {
    write(5);
    content = readFileSync(file);
    truncateSync(file);
    write(3);
  };
  const copy = (): void => writeFileSync(join(folder, 'kept', 'a.log-20261122'), content);
  await through([() => write(30), nothing, truncation, nothing, copy], false);
  check();
});

it.each([
  ['it is followed', false],
  ['each request is followed by a crash', true],
])('files that begin alike are not taken for copies while %s', async (_while, crashing) => {
  const { file, folder, through, expected, check } = await rotating();
  const put = (name: string): void => {
    expected.push('a banner without a time in it');
    appendFileSync(join(folder, name), `${expected.at(-1)}\n`);
  };
  const rotate = (number: number): void => {
    renameSync(file, `${file}.${number}`);
    put('a.log');
  };
  const workers = (): void => {
    put('worker-1.log');
    put('worker-2.log');
  };
  const steps = [() => put('a.log'), nothing, () => put('b.log'), () => rotate(1), workers, () => rotate(2)];
  await through([...steps, () => put('a.log')], crashing);
  check();
});
