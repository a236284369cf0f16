/**
 * Lets the stream and the snapshot take turns at a table. An epoch counts what makes rows worthless that the snapshot has read
 * and not written yet: the table was emptied, or has other columns.
 */
export class TableLocks {
  readonly #epochs = new Map<string, number>();
  readonly #tails = new Map<string, Promise<unknown>>();

  epoch(id: string): number {
    return this.#epochs.get(id) ?? 0;
  }

  supersede(id: string): void {
    this.#epochs.set(id, this.epoch(id) + 1);
  }

  /** Runs tasks of one table one after the other. */
  async during<T>(id: string, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(id) ?? Promise.resolve();
    const mine = before.then(task, task);
    this.#tails.set(id, mine);
    return await mine;
  }
}
