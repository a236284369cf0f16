import type { LiveEvent } from '../../src/contract/result.ts';

/** Rows that the page keeps: more than anybody reads, few enough to draw at once. */
export const bufferSize = 500;

/**
 * Order of two cursors. A cursor is made of numbers, which do not sort as texts: `9` comes before `10`.
 */
export function compareCursors(a: string, b: string): number {
  const left = a.split(/\D+/).filter((part) => part !== '');
  const right = b.split(/\D+/).filter((part) => part !== '');
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = BigInt(left[index] ?? 0) - BigInt(right[index] ?? 0);
    if (difference !== 0n) return difference < 0n ? -1 : 1;
  }
  return 0;
}

/** The largest cursor of those known and those that arrived. */
export function newestCursor(known: string | undefined, arrived: readonly LiveEvent[]): string | undefined {
  return arrived.reduce<string | undefined>(
    (newest, { cursor }) => (newest === undefined || compareCursors(cursor, newest) > 0 ? cursor : newest),
    known,
  );
}

/** Newest first, each event once, at most `bufferSize`. The same array when nothing arrived. */
export function mergeEvents(kept: readonly LiveEvent[], arrived: readonly LiveEvent[]): readonly LiveEvent[] {
  const known = new Set(kept.map(({ eventId }) => eventId));
  const fresh = arrived.filter(({ eventId }) => !known.has(eventId));
  if (fresh.length === 0) return kept;
  return [...fresh, ...kept].toSorted((a, b) => compareCursors(b.cursor, a.cursor)).slice(0, bufferSize);
}

/** Whether any field or property of the event contains the text, whatever its case. */
export function matchesText(event: LiveEvent, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  return wanted === '' || JSON.stringify(event).toLowerCase().includes(wanted);
}
