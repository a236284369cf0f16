import { RecentCache } from '../recent.ts';
import type { StateStore } from './state.ts';

/** Marks "the store has nothing under this key", which is worth remembering too: new visitors are common. */
const absent = Symbol('absent');

/**
 * A store with the recently used values in memory. The memory changes only after a commit succeeded, so a batch that is
 * enriched again after a failed insert finds what it found before. Right only while this process is the one writer.
 */
export function cachedState(store: StateStore, size = 50_000): StateStore {
  const recent = new RecentCache<string | typeof absent>(size);
  return {
    checkpoint: () => store.checkpoint(),
    intend: (to) => store.intend(to),
    async fetch(keys) {
      const missing = keys.filter((key) => recent.get(key) === undefined);
      const found = new Map<string, string | undefined>();
      if (missing.length > 0) {
        const values = await store.fetch(missing);
        for (const [index, key] of missing.entries()) {
          found.set(key, values[index]);
          recent.set(key, values[index] ?? absent);
        }
      }
      return keys.map((key) => {
        const value = recent.get(key) ?? found.get(key);
        return value === absent ? undefined : value;
      });
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
