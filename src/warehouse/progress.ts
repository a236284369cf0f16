import type { Clock } from '../runtime/clock.ts';

/** How the pipeline is doing; times in milliseconds since the epoch. */
export interface PipelineProgress {
  /** The newest record that is in the warehouse, and when it was received. */
  readonly lastOffset: number;
  readonly lastAt: number | null;
  /** Means of the last minute. */
  readonly recordsPerSecond: number;
  readonly eventsPerSecond: number;
  /** Records that wait, and for how long the pipeline has been behind its oldest one. */
  readonly lagRecords: number;
  readonly lagSeconds: number;
  /** Failed attempts of the last 24 hours. */
  readonly errors: number;
  /** The failure that lasts: null again after the next range went through. */
  readonly lastError: string | null;
}

const minute = 60_000;
const day = 86_400_000;

export class Progress {
  readonly #clock: Clock;
  readonly #batches: { at: number; records: number; events: number }[] = [];
  /** Failed attempts by minute. */
  readonly #failures = new Map<number, number>();
  readonly #startedAt: number;
  #lastOffset = 0;
  #lastAt: number | null = null;
  #lagRecords = 0;
  #behindSince: number | undefined;
  #lastError: string | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  batch(records: number, events: number, lastOffset: number, lastAt: number | undefined): void {
    this.#batches.push({ at: this.#clock.now(), records, events });
    this.#lastOffset = lastOffset;
    this.#lastAt = lastAt ?? this.#lastAt;
    this.#lastError = null;
  }

  head(head: number, next: number): void {
    this.#lastOffset = next - 1;
    this.#lagRecords = Math.max(0, head - next + 1);
    this.#behindSince = this.#lagRecords > 0 ? (this.#behindSince ?? this.#clock.now()) : undefined;
  }

  failed(message: string): void {
    const at = Math.floor(this.#clock.now() / minute);
    this.#failures.set(at, (this.#failures.get(at) ?? 0) + 1);
    this.#lastError = message;
  }

  snapshot(): PipelineProgress {
    const now = this.#clock.now();
    while ((this.#batches[0]?.at ?? now) < now - minute) this.#batches.shift();
    for (const at of this.#failures.keys()) if (at * minute < now - day) this.#failures.delete(at);
    const seconds = Math.max(1, Math.min(minute, now - this.#startedAt) / 1_000);
    const sum = (of: 'records' | 'events'): number =>
      this.#batches.reduce((total, batch) => total + batch[of], 0);
    const waitingSince = Math.max(this.#lastAt ?? 0, this.#behindSince ?? now);
    return {
      lastOffset: this.#lastOffset,
      lastAt: this.#lastAt,
      recordsPerSecond: sum('records') / seconds,
      eventsPerSecond: sum('events') / seconds,
      lagRecords: this.#lagRecords,
      lagSeconds: this.#lagRecords > 0 ? Math.max(0, (now - waitingSince) / 1_000) : 0,
      errors: [...this.#failures.values()].reduce((total, count) => total + count, 0),
      lastError: this.#lastError,
    };
  }
}
