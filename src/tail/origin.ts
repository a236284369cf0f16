import { randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { type Found, isRotationOf } from './discover.ts';
import {
  hasSameHead,
  isBeginningOf,
  isSame,
  isSameCompressed,
  isTelling,
  printsAt,
  type ReadAt,
  readerOf,
} from './fingerprint.ts';
import type { Position } from './position.ts';
import { CompressedSource, PlainSource, type Source } from './source.ts';

export interface Known {
  readonly entries: readonly Position[];
  /** The plain files that are followed now. */
  readonly followed: readonly PlainSource[];
  /** Whether somebody may still be writing the file as a copy. */
  readonly isRecent: boolean;
}

/**
 * Whose content a file is that was not met before: the position at which reading it goes on under the identity that its
 * lines had under another name, `unfinished` when that can be said when the copy is made, undefined when it is new.
 *
 * A copy is not finished only while its original is whole, so the two are compared with each other then; after that the
 * fingerprints say it.
 */
export function originOf(file: Found, read: ReadAt, known: Known): Position | 'unfinished' | undefined {
  const { entries, followed, isRecent } = known;
  const telling = entries.filter((entry) => isTelling(entry, file.path));
  const same = telling.find((entry) => isSame(read, entry) && !isReplaced(entry, file, followed));
  if (same) return { ...same, ...placeOf(file), done: false };
  const original = followed.find(
    ({ entry, read: other }) =>
      file.size > 0 &&
      isRotationOf(file.path, entry.path) &&
      hasSameHead(other, entry) &&
      isBeginningOf(read, file.size, other),
  );
  if (original && file.size < original.entry.offset && isRecent) return 'unfinished';
  if (original) return begun(original.entry, file, read);
  const isBegun = telling.some(
    (one) => one.path !== file.path && one.offset > file.size && hasSameHead(read, one),
  );
  return isBegun && isRecent ? 'unfinished' : undefined;
}

/** A new file under the old name is no copy of the old one, which is there under another name. */
function isReplaced(entry: Position, file: Found, followed: readonly PlainSource[]): boolean {
  if (entry.path !== file.path) return false;
  return followed.some((source) => source.entry === entry && source.isNamed);
}

/** A copy has of what is delivered all, or its beginning. */
function begun(original: Position, file: Found, read: ReadAt): Position {
  const place = { ...original, ...placeOf(file) };
  if (file.size >= original.offset) return { ...place, ...printsAt(read, original.offset) };
  const offset = file.size;
  return { ...place, offset, ...printsAt(read, offset), skipping: read(offset - 1, 1)[0] !== 0x0a };
}

export function placeOf({ device, inode }: Found): Pick<Position, 'device' | 'inode'> {
  return { device, inode };
}

/** A file whose lines nobody has seen. `atEnd`: what is in it now is passed over. */
export function newPosition(
  file: Found,
  read: ReadAt,
  { atEnd, now }: { atEnd: boolean; now: number },
): Position {
  const offset = atEnd && !file.compressed ? file.size : 0;
  return {
    id: randomUUID(),
    path: file.path,
    ...placeOf(file),
    offset,
    ...printsAt(read, offset),
    // in the middle of a line that somebody is writing
    skipping: offset > 0 && read(offset - 1, 1)[0] !== 0x0a,
    done: false,
    seen: now,
  };
}

/** The file as what goes on where the entry is; undefined when it is another content. */
export async function continuationOf(entry: Position, file: Found): Promise<Source | undefined> {
  const moved = { ...entry, ...placeOf(file) };
  if (file.compressed) {
    const isIt = isTelling(entry, file.path) && (await isSameCompressed(file.path, entry));
    return isIt ? new CompressedSource(file.path, moved) : undefined;
  }
  const handle = opened(file.path);
  if (handle === undefined) return undefined;
  const isFile = file.device === entry.device && file.inode === entry.inode;
  const isIt =
    (isFile && entry.headBytes === 0) || (isTelling(entry, file.path) && isSame(readerOf(handle), entry));
  if (isIt) return new PlainSource(handle, moved);
  closeSync(handle);
  return undefined;
}

export function opened(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    // gone, or not ours to read; the next look finds out again
    return undefined;
  }
}
