/** A bounded amount of work at the same time; what does not fit waits in the order of the calls. */
export class Slots {
  #free: number;
  readonly #size: number;
  readonly #queue: { readonly weight: number; readonly start: () => void }[] = [];

  constructor(size: number) {
    this.#size = size;
    this.#free = size;
  }

  /** Work of the weight of all slots runs alone. */
  async run<T>(weight: number, work: () => Promise<T>): Promise<T> {
    const taken = Math.min(weight, this.#size);
    await new Promise<void>((start) => {
      this.#queue.push({ weight: taken, start });
      this.#next();
    });
    try {
      return await work();
    } finally {
      this.#free += taken;
      this.#next();
    }
  }

  #next(): void {
    for (let first = this.#queue[0]; first && first.weight <= this.#free; first = this.#queue[0]) {
      this.#queue.shift();
      this.#free -= first.weight;
      first.start();
    }
  }
}
