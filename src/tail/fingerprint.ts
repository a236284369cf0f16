import { hash } from 'node:crypto';
import { createReadStream, readSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { familyOf } from './discover.ts';
import type { Position } from './position.ts';

/** Enough for lines with times in them to differ. */
const headLength = 1_024;
const tailLength = 256;
/** Fewer bytes say too little about whose they are. */
const minHead = 16;

/** Reads bytes of a content: as many as there are, at most `length`, from `at`. */
export type ReadAt = (at: number, length: number) => Buffer;

export function readerOf(handle: number): ReadAt {
  return (at, length) => {
    const buffer = Buffer.allocUnsafe(length);
    let size = 0;
    while (size < length) {
      const got = readSync(handle, buffer, size, length - size, at + size);
      if (got === 0) break;
      size += got;
    }
    return buffer.subarray(0, size);
  };
}

export type Prints = Pick<Position, 'headBytes' | 'head' | 'tail'>;

/** The fingerprint of what is read up to `offset`. */
export function printsAt(read: ReadAt, offset: number): Prints {
  const headBytes = Math.min(headLength, offset);
  const from = Math.max(0, offset - tailLength);
  return { headBytes, head: digest(read(0, headBytes)), tail: digest(read(from, offset - from)) };
}

/** The fingerprint of a content's beginning, of which nothing needs to be read yet. */
export function headOf(read: ReadAt): Pick<Prints, 'headBytes' | 'head'> {
  const bytes = read(0, headLength);
  return { headBytes: bytes.length, head: digest(bytes) };
}

/** Whether the entry's fingerprint has all the bytes that a fingerprint may have. */
export function hasWholeHead({ headBytes }: Position): boolean {
  return headBytes === headLength;
}

/** Whether `size` bytes are how the other content begins, as a copy does while it is made. */
export function isBeginningOf(read: ReadAt, size: number, other: ReadAt): boolean {
  const parts = [
    [0, Math.min(size, headLength)],
    [Math.max(0, size - tailLength), Math.min(size, tailLength)],
  ] as const;
  return parts.every(([at, length]) => read(at, length).equals(other(at, length)));
}

/** Whether this is still, or again, the content that was read up to the entry's offset. */
export function isSame(read: ReadAt, entry: Position): boolean {
  if (!hasSameHead(read, entry)) return false;
  const from = Math.max(0, entry.offset - tailLength);
  const tail = read(from, entry.offset - from);
  return tail.length === entry.offset - from && digest(tail) === entry.tail;
}

export function hasSameHead(read: ReadAt, { headBytes, head }: Position): boolean {
  const bytes = read(0, headBytes);
  return bytes.length === headBytes && digest(bytes) === head;
}

/**
 * Whether a file of that name can be known by the entry's fingerprint at all: under a name of another family only by much, since programs
 * that are alike begin their logs alike.
 */
export function isTelling({ headBytes, offset, path }: Position, name: string): boolean {
  if (familyOf(name) === familyOf(path)) return headBytes >= minHead;
  return headBytes === headLength && offset >= headLength;
}

/** The same question about a compressed file. False when it is broken or not finished. */
export async function isSameCompressed(path: string, entry: Position): Promise<boolean> {
  const from = Math.max(0, entry.offset - tailLength);
  const head: Buffer[] = [];
  const tail: Buffer[] = [];
  let at = 0;
  let headLeft = entry.headBytes;
  const source = createReadStream(path);
  const unpacked = source.on('error', () => unpacked.destroy()).pipe(createGunzip());
  try {
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      if (headLeft > 0) {
        head.push(chunk.subarray(0, headLeft));
        headLeft -= Math.min(headLeft, chunk.length);
        if (headLeft === 0 && digest(Buffer.concat(head)) !== entry.head) return false;
      }
      const end = at + chunk.length;
      if (end > from && at < entry.offset)
        tail.push(chunk.subarray(Math.max(0, from - at), Math.min(chunk.length, entry.offset - at)));
      at = end;
      if (at >= entry.offset && headLeft === 0) return digest(Buffer.concat(tail)) === entry.tail;
    }
  } catch {
    return false;
  } finally {
    source.destroy();
  }
  return false;
}

function digest(bytes: Buffer): string {
  return hash('md5', bytes, 'base64url');
}
