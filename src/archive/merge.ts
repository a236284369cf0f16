import { globSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { linesOf, writeStream } from './file.ts';
import { type ArchiveFile, fileName, filesIn, withoutMerged } from './layout.ts';

const mebibyte = 2 ** 20;
/** Files of this size and more stay as they are. */
const large = 64 * mebibyte;
/** While an hour lasts, so many files smaller than this become one. */
const manyFiles = 16;
const small = 4 * mebibyte;

/**
 * Makes few files of the many of an hour; `isOver` when nothing more is expected in it. The merged file is there before the others go: a
 * crash in between leaves files whose range lies inside another's, which no reader sees and which go here. Answers how many were merged.
 */
export async function mergeHour(folder: string, isOver: boolean): Promise<number> {
  // under the lock nobody is writing: what a crash left half written
  for (const half of globSync('*.tmp', { cwd: folder })) rmSync(join(folder, half));
  const all = filesIn(folder, '', 0);
  const files = withoutMerged(all);
  for (const file of all) if (!files.includes(file)) rmSync(file.path);
  let merged = 0;
  for (const run of runsOf(files, isOver ? large : small)) {
    if (run.length < (isOver ? 2 : manyFiles)) continue;
    await mergeFiles(run);
    merged += run.length;
  }
  return merged;
}

async function mergeFiles(run: readonly ArchiveFile[]): Promise<void> {
  const [first] = run;
  const last = run.at(-1);
  if (!first || !last) return;
  await writeStream(join(dirname(first.path), fileName(first.from, last.to)), linesOfAll(run));
  for (const { path } of run) rmSync(path);
}

async function* linesOfAll(files: readonly ArchiveFile[]): AsyncGenerator<string> {
  for (const { path } of files) for await (const line of linesOf(path)) yield `${line}\n`;
}

/** Neighbours that are small, in groups of about `large` together. */
function runsOf(files: readonly ArchiveFile[], limit: number): ArchiveFile[][] {
  const runs: ArchiveFile[][] = [[]];
  let size = 0;
  for (const file of files.toSorted((one, other) => one.from - other.from)) {
    const bytes = statSync(file.path).size;
    if (bytes >= limit || size + bytes > large) {
      runs.push([]);
      size = 0;
    }
    if (bytes >= limit) continue;
    runs.at(-1)?.push(file);
    size += bytes;
  }
  return runs;
}
