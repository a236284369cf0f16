import { rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TributaryError } from '../runtime/errors.ts';
import { lockFile } from './lock.ts';
import type { Places } from './places.ts';

type GatePlaces = Pick<Places, 'pipelineLock' | 'pipelinePause'>;

/** A wish that was not renewed for so long is nobody's any more. */
const wishLife = 10_000;
const renewEvery = 2_000;
const pollMs = 50;

/**
 * Lets one process at a time write to the tables of the pipeline: the pipeline itself, or a swap. The lock is the kernel's, so that it is free
 * as soon as its holder ends, however that is; the wish to have it is a file that is renewed while somebody waits.
 */
export class PipelineGate {
  readonly #places: GatePlaces;

  constructor(places: GatePlaces) {
    this.#places = places;
  }

  /** Whether somebody waits for the pipeline to stand still. */
  isPauseWanted(): boolean {
    const wish = statSync(this.#places.pipelinePause, { throwIfNoEntry: false });
    return wish !== undefined && Date.now() - wish.mtimeMs < wishLife;
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

  /** For a swap: resolves when the pipeline stands still between two ranges, or does not run; the answer lets it go on. */
  async pause(signal: AbortSignal): Promise<() => Promise<void>> {
    const wish = this.#places.pipelinePause;
    writeFileSync(wish, '');
    const renewing = setInterval(() => utimesSync(wish, new Date(), new Date()), renewEvery);
    const end = (): void => {
      clearInterval(renewing);
      rmSync(wish, { force: true });
    };
    try {
      for (;;) {
        signal.throwIfAborted();
        const lock = this.#take();
        if (!lock) {
          await sleep(pollMs, undefined, { signal });
          continue;
        }
        return async () => {
          end();
          lock[Symbol.dispose]();
        };
      }
    } catch (error) {
      end();
      throw error;
    }
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
