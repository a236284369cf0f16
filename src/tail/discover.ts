import { globSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';

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
  // a file before its copies, whose names are longer
  return [...paths].toSorted((one, other) => one.length - other.length).flatMap(found);
}

/** What all names have in common that rotation gives to a file: `app.log` of `app.log.1`, `app.log-20261122.gz` and `app-20261122.log`. */
export function familyOf(path: string): string {
  const name = basename(path)
    .replace(/\.gz$/, '')
    .replace(/[-._](?:\d[-.:_T\d]*|old|bak)$/, '');
  const extension = extname(name);
  return name.slice(0, name.length - extension.length).replace(/[-._]\d[-.:_T\d]{5,}$/, '') + extension;
}

/** Whether rotation may have copied the one file to the other name. */
export function isRotationOf(path: string, original: string): boolean {
  return basename(path).length > basename(original).length && familyOf(path) === familyOf(original);
}

/** What the file may be called after it was rotated: `app.log.1`, `app.log-20261122.gz`. */
export function siblings(path: string): Found[] {
  const folder = dirname(path);
  const name = basename(path);
  const family = familyOf(path);
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((one) => one !== name && (one.startsWith(name) || familyOf(one) === family))
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
