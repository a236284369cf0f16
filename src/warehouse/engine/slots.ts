import { refusals } from './errors.ts';

/** A bounded number of running queries with a bounded queue before them. A slot is a small number, for a name of its own. */
export class Slots {
  readonly #free: number[];
  readonly #queue: ((slot: number) => void)[] = [];
  readonly #waiting: number;
  readonly #waitSeconds: number;

  constructor(count: number, options: { waiting: number; waitSeconds: number }) {
    this.#free = Array.from({ length: count }, (_, index) => index);
    this.#waiting = options.waiting;
    this.#waitSeconds = options.waitSeconds;
  }

  /** Rejects with code 202 when the queue is full or the wait too long, and with the reason of an aborted signal. */
  take(signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    const slot = this.#free.pop();
    if (slot !== undefined) return Promise.resolve(slot);
    if (this.#queue.length >= this.#waiting) {
      return Promise.reject(refusals.tooMany('Too many simultaneous queries; the queue is full.'));
    }
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', aborted);
        const at = this.#queue.indexOf(granted);
        if (at >= 0) this.#queue.splice(at, 1);
      };
      const granted = (free: number): void => {
        settle();
        resolve(free);
      };
      const refuse = (reason: Error): void => {
        settle();
        reject(reason);
      };
      const aborted = (): void => refuse(refusals.cancelled());
      const timer = setTimeout(
        () => refuse(refusals.tooMany(`Too many simultaneous queries; waited ${this.#waitSeconds} s.`)),
        this.#waitSeconds * 1000,
      );
      signal.addEventListener('abort', aborted);
      this.#queue.push(granted);
    });
  }

  give(slot: number): void {
    const next = this.#queue[0];
    if (next) next(slot);
    else this.#free.push(slot);
  }
}
