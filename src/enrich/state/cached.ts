import { RecentCache } from '../recent.ts';
import type { StateStore } from './state.ts';

/** Marks "the store has nothing under this key", which is worth remembering too: new visitors are common. */
const absent = Symbol('absent');

/**
 * A store with the recently used values in memory. The memory changes only after a commit succeeded, so a batch that is
 * enriched again after a failed insert finds what it found before. Right only while this process is the one writer.
 */
export function cachedState(store: StateStore, size = 20_000): StateStore {
  const recent = new RecentCache<string | typeof absent>(size);
  return {
    checkpoint: () => store.checkpoint(),
    intend: (to) => store.intend(to),
    async fetch(keys) {
      const values: (string | undefined)[] = [];
      const missing: number[] = [];
      for (const [index, key] of keys.entries()) {
        const value = recent.get(key);
        if (value === undefined) missing.push(index);
        values.push(value === absent ? undefined : value);
      }
      if (missing.length === 0) return values;
      const read = await store.fetch(missing.map((index) => keys[index] ?? ''));
      for (const [at, index] of missing.entries()) {
        const value = read[at];
        values[index] = value;
        recent.set(keys[index] ?? '', value ?? absent);
      }
      return values;
    },
    async commit(next, changes) {
      try {
        await store.commit(next, changes);
      } catch (error) {
        // Whether it was stored is unknown: ask the store next time.
        for (const key of changes.keys()) recent.delete(key);
        throw error;
      }
      for (const [key, value] of changes) recent.set(key, value ?? absent);
    },
    close: () => store.close(),
  };
}
