import type { Clock } from '../runtime/clock.ts';

interface Entry<Value> {
  readonly found: Promise<Value>;
  readonly until: number;
}

/** Milliseconds until a change made by another process is seen. */
const freshness = 2_000;
/** Anybody can invent names: the memory for them must not grow with that. */
const maxEntries = 10_000;

/** Answers of the store that are good for two seconds, and longer while the store fails. */
export class ShortMemory<Value> {
  readonly #clock: Clock;
  #entries = new Map<string, Entry<Value>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(name: string, ask: () => Promise<Value>): Promise<Value> {
    const known = this.#entries.get(name);
    const now = this.#clock.now();
    if (known && now < known.until) return known.found;
    const answer = ask();
    // a store that fails for a moment must not turn away events whose key was good two seconds ago
    const found = known ? answer.catch(() => known.found) : answer;
    this.#entries.delete(name);
    if (this.#entries.size >= maxEntries) this.#entries.delete(this.#entries.keys().next().value ?? '');
    const into = this.#entries;
    into.set(name, { found, until: now + freshness });
    found.catch(() => into.delete(name));
    return found;
  }

  /** Forgets everything; answers that are still under way are not remembered. */
  clear(): void {
    this.#entries = new Map();
  }
}
