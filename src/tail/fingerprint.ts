import { hash } from 'node:crypto';
import { createReadStream, readSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
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

/** Whether another file can be known by the entry's fingerprint at all. */
export function isTelling({ headBytes }: Position): boolean {
  return headBytes >= minHead;
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
      if (at >= entry.offset) return digest(Buffer.concat(tail)) === entry.tail;
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
