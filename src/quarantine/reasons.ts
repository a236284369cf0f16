/** Counts why items were left or fail, with one detail each; what is rarer than the 50th reason counts as others. */
export class Reasons {
  readonly #counts = new Map<string, { detail: string; count: number }>();

  constructor(
    known: readonly { readonly reason: string; readonly detail: string; readonly count: number }[] = [],
  ) {
    for (const { reason, detail, count } of known) this.#counts.set(reason, { detail, count });
  }

  /** Whether it is the first of its reason. */
  add(reason: string, detail: string): boolean {
    const name = this.#counts.has(reason) || this.#counts.size < 50 ? reason : 'others';
    const known = this.#counts.get(name);
    if (known) known.count++;
    else this.#counts.set(name, { detail: detail.slice(0, 500), count: 1 });
    return known === undefined;
  }

  list(): { reason: string; detail: string; count: number }[] {
    return [...this.#counts]
      .map(([reason, one]) => ({ reason, ...one }))
      .toSorted((a, b) => b.count - a.count);
  }
}
