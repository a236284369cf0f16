import { globSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

export interface Found {
  readonly path: string;
  readonly device: number;
  readonly inode: number;
  readonly size: number;
  readonly modified: number;
  readonly compressed: boolean;
}

/** More files than this no pattern should mean. */
const maxFiles = 10_000;
/** Names beside a file that may be what it was rotated to. */
const maxSiblings = 200;

/** The files that the patterns name now. */
export function discover(patterns: readonly string[]): Found[] {
  const paths = new Set<string>();
  for (const pattern of patterns) {
    for (const path of globSync(pattern)) {
      paths.add(resolve(path));
      if (paths.size >= maxFiles) break;
    }
  }
  return [...paths].flatMap(found);
}

/** What the file may be called after it was rotated: `app.log.1`, `app.log-20261122.gz`. */
export function siblings(path: string): Found[] {
  const folder = dirname(path);
  const name = basename(path);
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((one) => one !== name && one.startsWith(name))
    .slice(0, maxSiblings)
    .flatMap((one) => found(join(folder, one)));
}

function found(path: string): Found[] {
  try {
    const stats = statSync(path);
    const { dev: device, ino: inode, size, mtimeMs: modified } = stats;
    return stats.isFile() ? [{ path, device, inode, size, modified, compressed: path.endsWith('.gz') }] : [];
  } catch {
    // gone between being named and being looked at
    return [];
  }
}
