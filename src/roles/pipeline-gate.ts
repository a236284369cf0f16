import { randomUUID } from 'node:crypto';
import { readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openState } from '../enrich/enrich.ts';
import { TributaryError } from '../runtime/errors.ts';
import { lockFile } from './lock.ts';
import type { Places } from './places.ts';

type GatePlaces = Pick<Places, 'pipelineLock' | 'pipelinePause' | 'state'>;

/** A wish that was not renewed for so long is nobody's any more. */
const wishLife = 10_000;
const renewEvery = 2_000;
const pollMs = 50;

/**
 * Lets one process at a time write to the tables of the pipeline: the pipeline itself, a swap, or an erasure. The lock is the kernel's, so that it
 * is free as soon as its holder ends, however that is; the wish to have it is a file that is renewed while somebody waits, one for each waiter.
 */
export class PipelineGate {
  readonly #places: GatePlaces;

  constructor(places: GatePlaces) {
    this.#places = places;
  }

  /** Whether somebody waits for the pipeline to stand still. */
  isPauseWanted(): boolean {
    return this.#wishes().some((wish) => ageOf(wish) < wishLife);
  }

  /** For the pipeline: waits until nobody wants it to stand still; undefined when the signal is aborted before. `onWait` is called about once a second meanwhile. */
  async enter(signal: AbortSignal, onWait: () => void): Promise<Disposable | undefined> {
    for (let told = Date.now(); !signal.aborted; await sleep(pollMs)) {
      const lock = this.isPauseWanted() ? undefined : this.#take();
      if (lock) return lock;
      if (Date.now() - told < 1_000) continue;
      told = Date.now();
      onWait();
    }
    return undefined;
  }

  /**
   * For a swap or an erasure: resolves when the pipeline stands still between two ranges, or does not run; the answer lets it go on. A pipeline
   * that died within a range is waited for until it has done that range: its rows may be in the tables already, and only the tables as they
   * are know that.
   */
  async pause(signal: AbortSignal): Promise<() => Promise<void>> {
    for (;;) {
      const wish = this.#wish();
      try {
        const lock = await this.#taken(signal);
        const begun = await this.#begunRange();
        if (begun === undefined)
          return async () => {
            wish[Symbol.dispose]();
            lock[Symbol.dispose]();
          };
        wish[Symbol.dispose]();
        lock[Symbol.dispose]();
        while ((await this.#begunRange()) === begun) await sleep(pollMs, undefined, { signal });
      } catch (error) {
        wish[Symbol.dispose]();
        throw error;
      }
    }
  }

  /** The lock, as soon as it is free. */
  async #taken(signal: AbortSignal): Promise<Disposable> {
    for (;;) {
      signal.throwIfAborted();
      const lock = this.#take();
      if (lock) return lock;
      await sleep(pollMs, undefined, { signal });
    }
  }

  /** Where the range begins that the pipeline had begun and not ended; undefined when there is none. */
  async #begunRange(): Promise<number | undefined> {
    const state = openState(this.#places.state);
    try {
      const { next, intentTo } = await state.checkpoint();
      return intentTo !== undefined && intentTo > next ? next : undefined;
    } finally {
      await state.close();
    }
  }

  /** Says that somebody waits, until it is disposed of. */
  #wish(): Disposable {
    // of processes that were killed
    for (const old of this.#wishes()) if (ageOf(old) > wishLife) rmSync(old, { force: true });
    const path = `${this.#places.pipelinePause}.${randomUUID()}`;
    writeFileSync(path, '');
    const renewing = setInterval(() => renew(path), renewEvery);
    return {
      [Symbol.dispose]: () => {
        clearInterval(renewing);
        rmSync(path, { force: true });
      },
    };
  }

  #wishes(): string[] {
    const folder = dirname(this.#places.pipelinePause);
    const start = `${basename(this.#places.pipelinePause)}.`;
    return readdirSync(folder)
      .filter((name) => name.startsWith(start))
      .map((name) => join(folder, name));
  }

  #take(): Disposable | undefined {
    try {
      return lockFile(this.#places.pipelineLock, 'the pipeline is running');
    } catch (error) {
      if (error instanceof TributaryError && error.code === 'already-running') return undefined;
      throw error;
    }
  }
}

/** Milliseconds; endless for what is gone meanwhile. */
function ageOf(wish: string): number {
  const found = statSync(wish, { throwIfNoEntry: false });
  return found ? Date.now() - found.mtimeMs : Number.POSITIVE_INFINITY;
}

function renew(wish: string): void {
  try {
    utimesSync(wish, new Date(), new Date());
  } catch {
    // somebody took it for that of a dead process: this one may have been asleep
    try {
      writeFileSync(wish, '');
    } catch {
      // the next try comes soon
    }
  }
}
