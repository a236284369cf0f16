import { setTimeout as sleep } from 'node:timers/promises';

/** Works for at most this long before others have their turn, milliseconds. */
const slice = 20;

/** Shares the thread: as long as work took, so long it rests afterwards, so that requests are answered meanwhile. */
export class Pace {
  readonly #signal: AbortSignal;
  #since = performance.now();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  async step(): Promise<void> {
    const worked = performance.now() - this.#since;
    if (worked < slice) return;
    await sleep(Math.min(worked, 200), undefined, { signal: this.#signal });
    this.#since = performance.now();
  }
}
