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
    const [a, b, c, d] = [this.hex(8), this.hex(8), this.hex(8), this.hex(8)];
    return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-a${c.slice(1, 4)}-${c.slice(4)}${d}`;
  }
}

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
    const index = this.#sums.findIndex((sum) => point < sum);
    return this.#items[index] as T;
  }
}
