import type { Clock } from '../runtime/clock.ts';
import { TributaryError } from '../runtime/errors.ts';

interface Tries {
  count: number;
  last: number;
}

/** Names are made up by attackers: the memory for them must not grow with that. */
const maxNames = 10_000;
/** Milliseconds without a try after which a name starts anew. */
const forgiveness = 15 * 60_000;

/**
 * Tries to sign in, by name of whoever tries: the first `free` at once, each next one after a pause that doubles from one
 * second to `longest`. Guessing gets slow, yet the right password never waits longer than that, whoever guessed before.
 */
export class AttemptLimit {
  readonly #tries = new Map<string, Tries>();
  readonly #clock: Clock;
  readonly #free: number;
  readonly #longest: number;

  /** `longest` in milliseconds. */
  constructor(clock: Clock, free: number, longest: number) {
    this.#clock = clock;
    this.#free = free;
    this.#longest = longest;
  }

  /** Counts a try; throws `too-many-requests` when it comes too soon, and then does not count it. */
  attempt(name: string): void {
    const now = this.#clock.now();
    const known = this.#tries.get(name);
    const tries = known && now - known.last < forgiveness ? known : { count: 0, last: now };
    const over = tries.count - this.#free;
    const pause = over < 0 ? 0 : Math.min(this.#longest, 1_000 * 2 ** Math.min(over, 20));
    const wait = tries.last + pause - now;
    if (wait > 0) {
      const seconds = Math.ceil(wait / 1_000);
      throw new TributaryError(
        'too-many-requests',
        `too many attempts to sign in; the next is possible in ${seconds} s`,
        { retryAfter: seconds },
      );
    }
    this.#tries.delete(name);
    if (this.#tries.size >= maxNames) this.#tries.delete(this.#tries.keys().next().value ?? '');
    this.#tries.set(name, { count: tries.count + 1, last: now });
  }

  forget(name: string): void {
    this.#tries.delete(name);
  }
}

/** Whoever has one IPv6 address has its /64 too; an IPv4 address stands for itself. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1]) return mapped[1];
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail ? tail.split(':') : [];
  const middle = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array.from({ length: Math.max(0, middle) }, () => '0'), ...right];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
