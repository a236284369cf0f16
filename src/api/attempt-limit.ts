import type { Clock } from '../runtime/clock.ts';
import { TributaryError } from '../runtime/errors.ts';

interface Count {
  attempts: number;
  readonly until: number;
}

/** Names are made up by attackers: the memory for them must not grow with that. */
const maxNames = 10_000;

/** At most `most` attempts per name in a window that begins with the first. */
export class AttemptLimit {
  readonly #counts = new Map<string, Count>();
  readonly #clock: Clock;
  readonly #most: number;
  readonly #window: number;

  constructor(clock: Clock, most: number, windowMs: number) {
    this.#clock = clock;
    this.#most = most;
    this.#window = windowMs;
  }

  /** Counts an attempt; throws `too-many-requests` when it is one too many. */
  attempt(name: string): void {
    const now = this.#clock.now();
    let count = this.#counts.get(name);
    if (!count || now >= count.until) {
      this.#counts.delete(name);
      if (this.#counts.size >= maxNames) this.#counts.delete(this.#counts.keys().next().value ?? '');
      count = { attempts: 0, until: now + this.#window };
      this.#counts.set(name, count);
    }
    if (count.attempts >= this.#most) {
      throw new TributaryError('too-many-requests', 'too many attempts to sign in', {
        retryAfter: (count.until - now) / 1_000,
      });
    }
    count.attempts++;
  }

  forget(name: string): void {
    this.#counts.delete(name);
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
