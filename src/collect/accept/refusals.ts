/** Requests with a known key that were turned away since the program started. */
export interface Refusal {
  readonly outcome: string;
  readonly count: number;
  /** Milliseconds. */
  readonly last: number;
  /** What the last one was turned away for: the origin of its page, … */
  readonly detail: string;
}

const maxKeys = 10_000;
const maxOutcomes = 20;

/** What became of requests that never reached the log, by key: they are in no ledger, but their sender's owner must see them. */
export class Refusals {
  readonly #byKey = new Map<string, Map<string, Refusal>>();

  add(key: string, outcome: string, now: number, detail: string): void {
    let outcomes = this.#byKey.get(key);
    if (!outcomes) {
      if (this.#byKey.size >= maxKeys) this.#byKey.delete(this.#byKey.keys().next().value ?? '');
      outcomes = new Map();
      this.#byKey.set(key, outcomes);
    }
    const before = outcomes.get(outcome);
    if (!before && outcomes.size >= maxOutcomes) return;
    outcomes.set(outcome, {
      outcome,
      count: (before?.count ?? 0) + 1,
      last: now,
      detail: detail.slice(0, 200),
    });
  }

  of(key: string): Refusal[] {
    return [...(this.#byKey.get(key)?.values() ?? [])];
  }
}
