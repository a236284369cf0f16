/** Events by day (UTC) and name. */
export class DayCounts {
  readonly #counts = new Map<string, Map<string, number>>();

  add(time: number, event: string, count = 1): void {
    const day = new Date(time).toISOString().slice(0, 10);
    const events = this.#counts.get(day) ?? new Map<string, number>();
    this.#counts.set(day, events.set(event, (events.get(event) ?? 0) + count));
  }

  get(day: string, event: string): number {
    return this.#counts.get(day)?.get(event) ?? 0;
  }

  /** In order of day, then name. */
  *pairs(): Generator<readonly [day: string, event: string, count: number]> {
    for (const day of [...this.#counts.keys()].toSorted()) {
      for (const [event, count] of [...(this.#counts.get(day) ?? [])].toSorted(([a], [b]) =>
        a < b ? -1 : 1,
      )) {
        yield [day, event, count];
      }
    }
  }

  get days(): { readonly first: string; readonly last: string } | undefined {
    const days = [...this.#counts.keys()].toSorted();
    const [first] = days;
    return first === undefined ? undefined : { first, last: days.at(-1) ?? first };
  }
}

export interface Comparison {
  readonly day: string;
  readonly event: string;
  /** In the files. */
  readonly there: number;
  /** In Tributary. */
  readonly here: number;
}

/** Both sides beside each other, for every day and event that the files hold. */
export function compare(files: DayCounts, tributary: DayCounts): Comparison[] {
  return Array.from(files.pairs(), ([day, event, there]) => ({
    day,
    event,
    there,
    here: tributary.get(day, event),
  }));
}
