import { randomUUID } from 'node:crypto';
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../runtime/clock.ts';
import { discover, type Found, siblings } from './discover.ts';
import {
  hasSameHead,
  hasWholeHead,
  headOf,
  isSame,
  isSameCompressed,
  isTelling,
  printsAt,
  type ReadAt,
  readerOf,
} from './fingerprint.ts';
import { continuationOf, type Known, newPosition, opened, originOf, placeOf } from './origin.ts';
import { type Position, PositionFile } from './position.ts';
import { createSender } from './sender.ts';
import { CompressedSource, type Look, PlainSource, type Source } from './source.ts';

export interface TailOptions {
  /** Files and globs; files may come later. */
  readonly patterns: readonly string[];
  /** Where it is written down how far every file is read. */
  readonly position: string;
  readonly url: string;
  readonly key: string;
  readonly format: string | undefined;
  readonly service: string | undefined;
  readonly host: string | undefined;
  /** At the very first start, files that are there are read whole, not only what is added. */
  readonly fromStart: boolean;
  /** Ends when everything is delivered. */
  readonly once: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Milliseconds between looks at files that do not grow. */
  readonly poll?: number;
  readonly say: (message: string) => void;
  onProgress(progress: TailProgress): void;
}

/** What was delivered since the start. */
export interface TailProgress {
  readonly files: number;
  readonly lines: number;
  readonly bytes: number;
  /** Lines that were longer than what is sent of one. */
  readonly cut: number;
}

const defaultPoll = 250;
/** Between two looks at folders, milliseconds. */
const between = 500;
/** How long a file that was rotated away is watched for what its writer still has to write. */
const linger = 5_000;
/** Something that was just changed may be a copy that is not finished. */
const settling = 2_000;
/** A request: small enough for every collector, large enough to be worth one. */
const maxBatch = 2 * 1024 * 1024;
/** Contents that are not under their name any more and of which no copy was found yet. */
const maxDeparted = 1_000;

/**
 * Follows files and delivers their lines, each exactly once: how far a file is read is written down after the collector has
 * the lines, so that a crash repeats some; and a line's id is made of the file's identity, its place and its text, so that
 * the warehouse drops what is repeated. A file is known by its inode and by fingerprints of its content, under any name,
 * copied or compressed. Resolves when the signal is aborted, or with `once` when all is delivered.
 */
export async function tail(options: TailOptions): Promise<TailProgress> {
  return new Tail(options).run();
}

const keyOf = ({ device, inode }: Pick<Position, 'device' | 'inode'>): string => `${device}:${inode}`;

const isCopy = (one: Position, other: Position): boolean =>
  one.id === other.id && keyOf(one) !== keyOf(other);

interface Part {
  readonly source: Source;
  readonly look: Look;
}

class Tail {
  readonly #options: TailOptions;
  readonly #file: PositionFile;
  readonly #entries = new Map<string, Position>();
  readonly #active = new Map<string, Source>();
  /** Since when there is no name for an active file any more. */
  readonly #orphans = new Map<string, number>();
  readonly #broken = new Map<string, number>();
  readonly #departed: Position[] = [];
  readonly #send: (body: Buffer) => Promise<void>;
  #first: boolean;
  #changed = false;
  #present: ReadonlySet<string> = new Set();
  #discovered = 0;
  #progress: TailProgress = { files: 0, lines: 0, bytes: 0, cut: 0 };

  constructor(options: TailOptions) {
    this.#options = options;
    this.#file = new PositionFile(options.position);
    this.#first = this.#file.before === undefined;
    for (const entry of this.#file.before ?? []) this.#entries.set(keyOf(entry), entry);
    this.#send = createSender(options);
  }

  async run(): Promise<TailProgress> {
    const { signal, once, poll = defaultPoll } = this.#options;
    const known = [...this.#entries.values()];
    let started = false;
    try {
      while (!signal.aborted) {
        await this.#discover();
        if (!started) for (const entry of known) await this.#seek(entry);
        started = true;
        this.#save();
        const { parts, moved } = await this.#gather();
        if (parts.length > 0) await this.#deliver(parts);
        else if (moved) continue;
        else if (once && this.#orphans.size === 0) break;
        else await sleep(poll, undefined, { signal });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      for (const source of this.#active.values()) source.close();
    }
    return this.#progress;
  }

  /** Looks for a file that the patterns do not name any more. */
  async #seek(entry: Position): Promise<void> {
    if (!entry.done && !this.#active.has(keyOf(entry))) await this.#recover(entry);
  }

  /** Written before a first line of a new file is sent: its id must be the same after a crash. */
  #save(): void {
    if (!this.#changed) return;
    const now = this.#options.clock.now();
    const entries = [...this.#entries].map(([key, one]) =>
      this.#present.has(key) ? { ...one, seen: now } : one,
    );
    this.#file.save(entries, now);
    this.#changed = false;
  }

  async #discover(): Promise<void> {
    const now = this.#options.clock.now();
    if (now - this.#discovered < between && !this.#options.once) return;
    this.#discovered = now;
    const found = discover(this.#options.patterns);
    // what is known under whatever name comes first: the others may be copies of it
    found.sort(
      (one, other) => Number(this.#entries.has(keyOf(other))) - Number(this.#entries.has(keyOf(one))),
    );
    const present = new Set<string>();
    for (const file of found) {
      const key = keyOf(file);
      present.add(key);
      if (!this.#active.has(key)) await this.#meet(file);
    }
    for (const key of this.#active.keys()) {
      if (present.has(key)) this.#orphans.delete(key);
      else if (!this.#orphans.has(key)) this.#orphans.set(key, now);
    }
    this.#present = present;
    this.#first = false;
  }

  async #meet(file: Found): Promise<void> {
    const key = keyOf(file);
    const entry = this.#entries.get(key);
    if (entry?.done || (this.#broken.get(key) ?? 0) > this.#options.clock.now()) return;
    const isRecent = this.#options.clock.now() - file.modified < settling;
    if (file.compressed) {
      if (isRecent && !this.#options.once) return;
      this.#watch(new CompressedSource(file.path, entry ?? (await this.#ofCompressed(file))));
      return;
    }
    // whose it is is known when there is something in it
    if (!entry && file.size === 0) return;
    const handle = opened(file.path);
    if (handle === undefined) return;
    const read = readerOf(handle);
    if (entry && (entry.headBytes === 0 || isSame(read, entry))) {
      this.#watch(new PlainSource(handle, entry));
      return;
    }
    // the name's old content may have got another name while nobody looked
    if (entry) await this.#leave(entry);
    const position = this.#startsAtEnd ? undefined : originOf(file, read, this.#known(file, isRecent));
    if (position === 'unfinished') closeSync(handle);
    else this.#watch(new PlainSource(handle, position ?? this.#new(file, read)));
  }

  #known(file: Found, isRecent: boolean): Known {
    this.#imprint();
    const followed = [...this.#active.values()].filter((source) => source instanceof PlainSource);
    const departed = this.#departed.filter(({ path }) => path !== file.path);
    return { entries: [...this.#entries.values(), ...departed], followed, isRecent };
  }

  /** What is not read yet must be known again too, so the fingerprints of short beginnings are kept up to date. */
  #imprint(): void {
    for (const source of this.#active.values()) {
      const { entry } = source;
      if (!(source instanceof PlainSource) || hasWholeHead(entry) || !hasSameHead(source.read, entry))
        continue;
      const head = headOf(source.read);
      if (head.headBytes > entry.headBytes) this.#put(source, { ...entry, ...head });
    }
  }

  async #ofCompressed(file: Found): Promise<Position> {
    for (const entry of this.#known(file, false).entries) {
      if (isTelling(entry, file.path) && (await isSameCompressed(file.path, entry)))
        return { ...entry, ...placeOf(file), done: false };
    }
    return { ...this.#new(file, () => Buffer.alloc(0)), done: this.#startsAtEnd };
  }

  #new(file: Found, read: ReadAt): Position {
    return newPosition(file, read, { atEnd: this.#startsAtEnd, now: this.#options.clock.now() });
  }

  /** At the very first look: what is there is of before. */
  get #startsAtEnd(): boolean {
    return this.#first && !this.#options.fromStart && !this.#options.once;
  }

  #watch(source: Source): void {
    const key = keyOf(source.entry);
    this.#put(source, source.entry);
    if (source.entry.done) source.close();
    else this.#active.set(key, source);
  }

  #put(source: Source, entry: Position): void {
    source.entry = { ...entry, seen: this.#options.clock.now() };
    this.#entries.set(keyOf(entry), source.entry);
    this.#changed = true;
  }

  /** What was in a file that has other content now: read on where it is found, now or when it comes. */
  async #leave(entry: Position): Promise<void> {
    const isElsewhere = [...this.#active.values()].some((one) => isCopy(one.entry, entry));
    if (isElsewhere || entry.done || entry.headBytes === 0 || (await this.#recover(entry))) return;
    this.#departed.push(entry);
    if (this.#departed.length > maxDeparted) this.#departed.shift();
  }

  /** Looks for what is unread of a content that is not under its name any more: renamed, copied or compressed. */
  async #recover(entry: Position): Promise<boolean> {
    for (const file of siblings(entry.path)) {
      const key = keyOf(file);
      if (this.#active.has(key) || this.#entries.get(key)?.done) continue;
      const source = await continuationOf(entry, file);
      if (!source) continue;
      this.#watch(source);
      return true;
    }
    return false;
  }

  /** What is to be sent, and whether something else happened on the way there. */
  async #gather(): Promise<{ readonly parts: Part[]; readonly moved: boolean }> {
    const parts: Part[] = [];
    let moved = false;
    let size = 0;
    const now = this.#options.clock.now();
    for (const [key, source] of this.#active) {
      const since = this.#orphans.get(key);
      const last = this.#options.once || (since !== undefined && now - since > linger);
      const look = await source.look(last);
      if (look === 'truncated') {
        await this.#truncated(source);
        moved = true;
      } else if (look === 'broken') this.#setAside(key, source);
      else if (look.bytes.length > 0) {
        // after a crash in the middle of sending it is known by this, whatever its name is then
        if (source.entry.headBytes === 0)
          this.#put(source, { ...source.entry, headBytes: look.prints.headBytes, head: look.prints.head });
        parts.push({ source, look });
        size += look.bytes.length;
        if (since !== undefined) this.#orphans.set(key, now);
      } else if (this.#quiet(key, source, look, last && since !== undefined)) moved = true;
      if (size >= maxBatch) break;
    }
    return { parts, moved };
  }

  /** Nothing to send: the rest of a long line is passed over, and what has ended is closed. */
  #quiet(key: string, source: Source, look: Look, isOver: boolean): boolean {
    const { entry } = source;
    const moved = look.next !== entry.offset;
    const done = source instanceof CompressedSource && look.atEnd;
    if (look.next !== entry.offset || look.skipping !== entry.skipping || done)
      this.#put(source, { ...entry, ...look.prints, offset: look.next, skipping: look.skipping, done });
    if (!done && !(isOver && look.atEnd)) return moved;
    source.close();
    this.#active.delete(key);
    this.#orphans.delete(key);
    return moved;
  }

  /** The same file with other content: what was in it before may have been copied first. */
  async #truncated(source: Source): Promise<void> {
    const before = source.entry;
    this.#options.say(`${before.path} was truncated and is read from its start`);
    const nothing = printsAt(() => Buffer.alloc(0), 0);
    const fresh = { ...before, id: randomUUID(), offset: 0, ...nothing, skipping: false };
    await this.#leave(before);
    this.#put(source, fresh);
    this.#save();
  }

  #setAside(key: string, source: Source): void {
    this.#options.say(`${source.entry.path} cannot be unpacked to its end; it is tried again later`);
    this.#broken.set(key, this.#options.clock.now() + 30_000);
    source.close();
    this.#active.delete(key);
    this.#orphans.delete(key);
  }

  async #deliver(parts: readonly Part[]): Promise<void> {
    // ids of files that were met on the way must be on the disk before their lines are sent
    this.#save();
    const { format, service, host } = this.#options;
    const body = parts.flatMap(({ source, look }) => {
      const { id, path: file, offset } = source.entry;
      const cut = look.cut || undefined;
      const header = { id, file, offset, bytes: look.bytes.length, format, service, host, cut };
      return [Buffer.from(`${JSON.stringify(header)}\n`), look.bytes];
    });
    await this.#send(Buffer.concat(body));
    let { lines, bytes, cut } = this.#progress;
    for (const { source, look } of parts) {
      lines += countLines(look.bytes);
      bytes += look.bytes.length;
      if (look.cut) cut++;
      this.#put(source, { ...source.entry, ...look.prints, offset: look.next, skipping: look.skipping });
    }
    this.#save();
    this.#progress = { files: this.#active.size, lines, bytes, cut };
    this.#options.onProgress(this.#progress);
  }
}

function countLines(bytes: Buffer): number {
  let count = bytes.at(-1) === 0x0a ? 0 : 1;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) count++;
  return count;
}
