import type { JsonValue } from '../contract/event.ts';

export type PropertyKind = 'text' | 'number';

interface Seen {
  count: number;
  numbers: number;
}

const maxDepth = 5;
const maxPaths = 2_000;

/** Learns which paths JSON objects have: `cart.total` for nested ones; a list counts as one text. */
export class PropertyPaths {
  readonly #seen = new Map<string, Seen>();

  add(json: string): void {
    const parsed = JSON.parse(json || '{}') as JsonValue; // the warehouse keeps only JSON in this column
    this.#walk(parsed, '', 0);
  }

  /** A path is a number when every value seen was one. Most frequent first. */
  list(): { path: string; kind: PropertyKind; count: number }[] {
    return [...this.#seen]
      .map(([path, { count, numbers }]) => ({
        path,
        kind: numbers === count ? ('number' as const) : ('text' as const),
        count,
      }))
      .sort((a, b) => b.count - a.count || (a.path < b.path ? -1 : 1));
  }

  #walk(value: JsonValue, path: string, depth: number): void {
    if (value === null) return;
    if (typeof value === 'object' && !Array.isArray(value) && depth < maxDepth) {
      for (const [key, child] of Object.entries(value)) {
        this.#walk(child, path === '' ? key : `${path}.${key}`, depth + 1);
      }
      return;
    }
    if (path !== '') this.#count(path, typeof value === 'number');
  }

  #count(path: string, isNumber: boolean): void {
    const seen = this.#seen.get(path) ?? { count: 0, numbers: 0 };
    if (seen.count === 0 && this.#seen.size >= maxPaths) return;
    seen.count += 1;
    if (isNumber) seen.numbers += 1;
    this.#seen.set(path, seen);
  }
}
