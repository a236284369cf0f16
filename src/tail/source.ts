import { closeSync, createReadStream, fstatSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { hasSameHead, type Prints, printsAt, type ReadAt, readerOf } from './fingerprint.ts';
import type { Position } from './position.ts';

/** What one look at a file gave. */
export interface Look {
  /** Whole lines from `offset` on; may be empty. */
  readonly bytes: Buffer;
  /** Where reading goes on when `bytes` are delivered. */
  readonly next: number;
  readonly skipping: boolean;
  /** The last line was too long and is sent without its rest. */
  readonly cut: boolean;
  /** Nothing more is there now, but perhaps the beginning of a line. */
  readonly atEnd: boolean;
  /** Of the content up to `next`. */
  readonly prints: Prints;
}

/** How much is read in one look, and how much of one line is sent. */
const maxLook = 512 * 1024;
const maxLine = 256 * 1024;
const newline = 0x0a;

/** One file that is read: plain or compressed. */
export interface Source {
  /** Replaced by `tail.ts` when what was read is delivered. */
  entry: Position;
  /** `truncated`: the file does not hold any more what was read from it. `last`: a line without an end is one. */
  look(last: boolean): Promise<Look | 'truncated' | 'broken'>;
  close(): void;
}

/** Of the bytes at the entry's offset, what is to be sent. `whole`: there are no more bytes behind these now. */
function lookAt(bytes: Buffer, entry: Position, whole: boolean, last: boolean): Omit<Look, 'prints'> {
  const { offset } = entry;
  if (entry.skipping) {
    const end = bytes.indexOf(newline);
    const next = offset + (end < 0 ? bytes.length : end + 1);
    return { bytes: empty, next, skipping: end < 0, cut: false, atEnd: whole && end < 0 };
  }
  const end = bytes.lastIndexOf(newline) + 1;
  const rest = bytes.length - end;
  if (last && whole && rest > 0 && rest <= maxLine)
    return { bytes, next: offset + bytes.length, skipping: false, cut: false, atEnd: true };
  if (end === 0 && rest > maxLine)
    return {
      bytes: bytes.subarray(0, maxLine),
      next: offset + maxLine,
      skipping: true,
      cut: true,
      atEnd: false,
    };
  return { bytes: bytes.subarray(0, end), next: offset + end, skipping: false, cut: false, atEnd: whole };
}

const empty = Buffer.alloc(0);

export class PlainSource implements Source {
  entry: Position;
  readonly read: ReadAt;
  readonly #handle: number;
  /** The last look that found nothing, and what the file was like. */
  #quiet:
    | { readonly size: number; readonly modified: number; readonly last: boolean; readonly look: Look }
    | undefined;

  constructor(handle: number, entry: Position) {
    this.#handle = handle;
    this.entry = entry;
    this.read = readerOf(handle);
  }

  look(last: boolean): Promise<Look | 'truncated'> {
    const { entry } = this;
    const { size, mtimeMs } = fstatSync(this.#handle);
    if (size < entry.offset) return Promise.resolve('truncated');
    // most files are quiet most of the time, and there may be thousands
    const quiet = this.#quiet;
    if (quiet?.size === size && quiet.modified === mtimeMs && quiet.last === last)
      return Promise.resolve(quiet.look);
    const bytes = this.read(entry.offset, Math.min(maxLook, size - entry.offset));
    const look = lookAt(bytes, entry, entry.offset + bytes.length >= size, last);
    const prints = printsAt(this.read, look.next);
    // Looked at after reading: what was truncated before that is not what was read.
    if (fstatSync(this.#handle).size < entry.offset + bytes.length || !hasSameHead(this.read, entry))
      return Promise.resolve('truncated');
    const whole = { ...look, prints };
    const isQuiet = look.atEnd && look.next === entry.offset;
    this.#quiet = isQuiet ? { size, modified: mtimeMs, last, look: whole } : undefined;
    return Promise.resolve(whole);
  }

  /** Whether there is a name for it, known or not. */
  get isNamed(): boolean {
    return fstatSync(this.#handle).nlink > 0;
  }

  close(): void {
    closeSync(this.#handle);
  }
}

/** A file that was rotated and compressed: it does not grow, and ends with its last line. */
export class CompressedSource implements Source {
  entry: Position;
  readonly #path: string;
  #chunks: AsyncIterator<Buffer> | undefined;
  #close: () => void = () => undefined;
  /** The bytes that were unpacked and not delivered yet, from `#start` on, and some before for the fingerprint. */
  #window: Buffer = empty;
  #start = 0;
  #head: Buffer = empty;
  #ended = false;

  constructor(path: string, entry: Position) {
    this.#path = path;
    this.entry = entry;
  }

  readonly #read: ReadAt = (at, length) => {
    if (at === 0 && length <= this.#head.length) return this.#head.subarray(0, length);
    return this.#window.subarray(at - this.#start, at - this.#start + length);
  };

  async look(): Promise<Look | 'broken'> {
    const { offset } = this.entry;
    try {
      this.#chunks ??= this.#open();
      while (!this.#ended && this.#start + this.#window.length < offset + maxLook) await this.#more();
    } catch {
      this.close();
      return 'broken';
    }
    const from = offset - this.#start;
    const bytes = this.#window.subarray(from, from + maxLook);
    const whole = this.#ended && from + maxLook >= this.#window.length;
    const look = lookAt(bytes, this.entry, whole, true);
    return { ...look, prints: printsAt(this.#read, look.next) };
  }

  async #more(): Promise<void> {
    const { value, done } = (await this.#chunks?.next()) ?? { done: true };
    if (done) {
      this.#ended = true;
      return;
    }
    if (this.#head.length < keptBefore)
      this.#head = Buffer.concat([this.#head, value]).subarray(0, keptBefore);
    const all = Buffer.concat([this.#window, value]);
    const drop = Math.max(0, Math.min(all.length, this.entry.offset - this.#start - keptBefore));
    this.#window = all.subarray(drop);
    this.#start += drop;
  }

  #open(): AsyncIterator<Buffer> {
    const source = createReadStream(this.#path);
    const unpacked = createGunzip({ chunkSize: 256 * 1024 });
    source.on('error', (error) => unpacked.destroy(error)).pipe(unpacked);
    this.#close = () => {
      source.destroy();
      unpacked.destroy();
    };
    return (unpacked as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }

  close(): void {
    this.#close();
    this.#chunks = undefined;
    this.#window = empty;
    this.#start = 0;
    this.#ended = false;
  }
}

/** As far back as a fingerprint looks. */
const keptBefore = 1_024;
