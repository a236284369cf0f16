import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TributaryError } from '../runtime/errors.ts';

const readable = /\.(csv|tsv|txt|json|jsonl|ndjson|parquet)(\.gz|\.zst)?$|\.gz$/i;

/** Files as named, and those below folders, in order of their names. */
export async function expand(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const facts = await stat(path).catch((error: unknown) => {
      throw new TributaryError('not-found', `${path} is not there`, { cause: error });
    });
    if (!facts.isDirectory()) {
      files.push(path);
      continue;
    }
    const inside = await readdir(path, { recursive: true, withFileTypes: true });
    files.push(
      ...inside
        .filter((entry) => entry.isFile() && readable.test(entry.name) && !entry.name.startsWith('.'))
        .map((entry) => join(entry.parentPath, entry.name))
        .toSorted(),
    );
  }
  if (files.length === 0)
    throw new TributaryError('not-found', `no CSV, JSON or Parquet file in ${paths.join(', ')}`);
  return files;
}
