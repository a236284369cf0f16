import { setTimeout as sleep } from 'node:timers/promises';

export interface RetryOptions {
  /** First pause in milliseconds; it doubles up to `maxPause`. */
  readonly pause?: number;
  readonly maxPause?: number;
  readonly signal?: AbortSignal;
  /** Called before each pause. */
  onFailure?(error: unknown, attempt: number, pause: number): void;
}

/** Runs `task` until it succeeds or the signal is aborted (then rejects with the abort reason). */
export async function retryForever<T>(task: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { pause = 100, maxPause = 5_000, signal } = options;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await task();
    } catch (error) {
      const wait = Math.min(maxPause, pause * 2 ** Math.min(attempt - 1, 20));
      options.onFailure?.(error, attempt, wait);
      await sleep(wait, undefined, signal ? { signal } : {});
    }
  }
}
