import { type Clock, systemClock } from '../runtime/clock.ts';
import type { KeyStore, ProjectStore } from './store.ts';

/** What the collector asks for every request, answered from memory. */
export interface KeyLookup {
  /** The project that a write key belongs to; undefined for an unknown or revoked key. */
  projectOfKey(key: string): Promise<{ readonly project: string } | undefined>;
  /** The project of requests whose protocol carries no key: the oldest one that is not the demo. */
  defaultProject(): Promise<{ readonly project: string } | undefined>;
}

interface Entry {
  readonly found: Promise<{ readonly project: string } | undefined>;
  readonly until: number;
}

interface Source {
  readonly keys: Pick<KeyStore, 'use' | 'onChange'>;
  readonly projects: Pick<ProjectStore, 'list'>;
}

/** Milliseconds until a change made by another process is seen. */
const freshness = 2_000;
/** Anybody can invent keys: the memory for them must not grow with that. */
const maxEntries = 10_000;
const maxKeyLength = 200;
/** No write key contains a space. */
const defaultEntry = ' default';

/** Changes made through the same store object are seen at once, others within two seconds. */
export function createKeyLookup(store: Source, clock: Clock = systemClock): KeyLookup {
  let entries = new Map<string, Entry>();
  store.keys.onChange(() => {
    entries = new Map();
  });

  const remembered = (name: string, ask: () => Promise<string | undefined>): Entry['found'] => {
    const known = entries.get(name);
    const now = clock.now();
    if (known && now < known.until) return known.found;
    const answer = ask().then((project) => (project === undefined ? undefined : { project }));
    // a store that fails for a moment must not turn away events whose key was good two seconds ago
    const found = known ? answer.catch(() => known.found) : answer;
    entries.delete(name);
    if (entries.size >= maxEntries) entries.delete(entries.keys().next().value ?? '');
    const into = entries;
    into.set(name, { found, until: now + freshness });
    found.catch(() => into.delete(name));
    return found;
  };

  return {
    projectOfKey: async (key) => {
      if (key.length > maxKeyLength || !/^\S+$/.test(key)) return undefined;
      return remembered(key, async () => (await store.keys.use('write', key))?.project);
    },
    defaultProject: () =>
      remembered(
        defaultEntry,
        async () => (await store.projects.list()).find((project) => !project.demo)?.id,
      ),
  };
}
