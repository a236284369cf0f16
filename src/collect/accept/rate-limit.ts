import type { Clock } from '../../runtime/clock.ts';

interface Bucket {
  /** Requests that may come at once. */
  tokens: number;
  filledAt: number;
  /** Until when those who were sent away are told to come back, milliseconds. */
  promised: number;
}

/** Seconds: what nobody is told to exceed, since clients give up on long waits. */
const longestWait = 60;

/**
 * A token bucket per key that holds one second of requests. Who is sent away is told a time of their own, one after the
 * other at the rate of the key: clients that all come back at once would mostly be sent away again.
 */
export class RateLimit {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Seconds until the request may come again, at least 1; 0 when it may pass now. Keys are known ones, so few. */
  take(key: string, perSecond: number): number {
    const now = this.#clock.now();
    let bucket = this.#buckets.get(key);
    if (!bucket) {
      bucket = { tokens: perSecond, filledAt: now, promised: now };
      this.#buckets.set(key, bucket);
    }
    if (now < bucket.filledAt) bucket.promised = now;
    const elapsed = Math.max(0, now - bucket.filledAt) / 1_000;
    bucket.tokens = Math.min(perSecond, bucket.tokens + elapsed * perSecond);
    bucket.filledAt = now;
    // a thousandth of a token is what rounding may have cost
    if (bucket.tokens >= 0.999) {
      bucket.tokens -= 1;
      return 0;
    }
    const farthest = now + longestWait * 1_000;
    bucket.promised = Math.min(farthest, Math.max(now, bucket.promised) + 1_000 / perSecond);
    return Math.max(1, Math.ceil((bucket.promised - now) / 1_000));
  }
}
