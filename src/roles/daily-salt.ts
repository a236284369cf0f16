import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../runtime/clock.ts';

const size = 32;
const dayLength = 86_400_000;
/** Another process that has made the file writes it at once; one that has not after this many looks has died between the two. */
const looks = 100;

/**
 * The secret that makes visitors of one UTC day recognizable. It is in one file of the data folder, readable by its owner
 * only, so that a restart and a second process have the same one; when its day is over it is overwritten and deleted, and
 * nothing can connect a visitor of that day with an address again.
 */
export class DailySalt {
  readonly #folder: string;
  readonly #clock: Clock;
  #day = '';
  #salt: Buffer = Buffer.alloc(size);

  /** Deletes what an earlier run has left of other days. */
  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.tidy();
  }

  current(): Uint8Array {
    const day = this.#today();
    if (day !== this.#day) {
      this.tidy();
      this.#salt = this.#take(join(this.#folder, day));
      this.#day = day;
    }
    return this.#salt;
  }

  /** Deletes the salts of days that are over, from disk and memory; to be called when a day ends, also without visitors. */
  tidy(): void {
    const day = this.#today();
    if (this.#day !== '' && this.#day !== day) {
      this.#salt.fill(0);
      this.#day = '';
    }
    for (const name of readdirSync(this.#folder)) if (name !== day) destroy(join(this.#folder, name));
  }

  /** Tidies at the end of each day until the signal aborts. */
  async keepTidy(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const untilMidnight = dayLength - (this.#clock.now() % dayLength);
      // a machine that slept, or whose clock was set, is found out within the minute
      await sleep(Math.min(untilMidnight + 1, 60_000), undefined, { signal, ref: false }).catch(() => {});
      this.tidy();
    }
  }

  #today(): string {
    return new Date(this.#clock.now()).toISOString().slice(0, 10);
  }

  /** Makes the file, or reads it when there is one already. */
  #take(path: string): Buffer {
    for (let look = 0; look < looks; look++) {
      const made = create(path);
      if (made) return made;
      const found = readIfThere(path);
      if (found?.length === size) return found;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
    rmSync(path, { force: true });
    return this.#take(path);
  }
}

/** A new salt in a new file; undefined when the file exists: only one process can make it. */
function create(path: string): Buffer | undefined {
  try {
    const file = openSync(path, 'wx', 0o600);
    const salt = randomBytes(size);
    try {
      writeSync(file, salt);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return salt;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Overwrites before deleting, so that the free blocks of the disk do not hold it; another process may be faster. */
function destroy(path: string): void {
  try {
    const length = Math.max(size, statSync(path).size);
    const file = openSync(path, 'r+');
    try {
      writeSync(file, randomBytes(length), 0, length, 0);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  rmSync(path, { force: true });
}
