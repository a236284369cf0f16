import { type Found, isRotationOf } from './discover.ts';
import { hasSameHead, isBeginningOf, isSame, isTelling, printsAt, type ReadAt } from './fingerprint.ts';
import type { Position } from './position.ts';
import type { PlainSource } from './source.ts';

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
