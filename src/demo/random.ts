/** Seeded randomness (mulberry32): the same seed gives the same product, people and events. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Uniform in [0, 1). */
  next(): number {
    return this.u32() / 4_294_967_296;
  }

  u32(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  /** Whole number in [low, high]. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.next() * items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  exponential(mean: number): number {
    return -Math.log(1 - this.next()) * mean;
  }

  /** exp of a normal with median `median`. */
  lognormal(median: number, sigma: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
    return median * Math.exp(sigma * normal);
  }

  /** Knuth's product method; means here stay under a few hundred, in parts that do not underflow. */
  poisson(mean: number): number {
    let count = 0;
    for (let rest = mean; rest > 0; rest -= 100) {
      const limit = Math.exp(-Math.min(rest, 100));
      for (let product = this.next(); product > limit; product *= this.next()) count++;
    }
    return count;
  }

  hex(digits: number): string {
    let text = '';
    while (text.length < digits) text += this.u32().toString(16).padStart(8, '0');
    return text.slice(0, digits);
  }

  uuid(): string {
    const [a, b, c, d] = [this.u32(), this.u32(), this.u32(), this.u32()];
    // Version 4, variant 10.
    const [high, low] = [(b & 0xffff_0fff) | 0x4000, (c & 0x3fff_ffff) | 0x8000_0000];
    return `${pair(a >>> 16)}${pair(a)}-${pair(high >>> 16)}-${pair(high)}-${pair(low >>> 16)}-${pair(low)}${pair(d >>> 16)}${pair(d)}`;
  }
}

const pairs = Array.from({ length: 65_536 }, (_, value) => value.toString(16).padStart(4, '0'));
/** The low 16 bits as four hexadecimal digits. */
const pair = (value: number): string => pairs[value & 0xffff] as string;

/** Draws in proportion to the weights. */
export class Weighted<T> {
  readonly #items: readonly T[];
  readonly #sums: number[] = [];
  #total = 0;

  constructor(pairs: readonly (readonly [item: T, weight: number])[]) {
    this.#items = pairs.map(([item]) => item);
    for (const [, weight] of pairs) {
      this.#total += weight;
      this.#sums.push(this.#total);
    }
  }

  draw(random: Random): T {
    const point = random.next() * this.#total;
    let index = 0;
    while ((this.#sums[index] ?? point) < point) index++;
    return this.#items[index] as T;
  }
}
