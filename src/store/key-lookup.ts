import { type Clock, systemClock } from '../runtime/clock.ts';
import type { KeyStore, ProjectStore } from './store.ts';

/** What the collector must know of a key, on every request. */
export interface SendingKey {
  /** Empty for the default project's requests without a key. */
  readonly id: string;
  readonly project: string;
  /** What the key is for: `tracker`, or the sender of a webhook. */
  readonly door: string;
}

/** What the collector asks for every request, answered from memory. */
export interface KeyLookup {
  /** The write key of this value; undefined for an unknown or revoked one. */
  keyOf(value: string): Promise<SendingKey | undefined>;
  /** What requests count as whose protocol carries no key: they belong to the oldest project that is not the demo. */
  defaultKey(): Promise<SendingKey | undefined>;
}

interface Entry {
  readonly found: Promise<SendingKey | undefined>;
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

  const remembered = (name: string, ask: () => Promise<SendingKey | undefined>): Entry['found'] => {
    const known = entries.get(name);
    const now = clock.now();
    if (known && now < known.until) return known.found;
    const answer = ask();
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
    keyOf: async (value) => {
      if (value.length > maxKeyLength || !/^\S+$/.test(value)) return undefined;
      return remembered(value, async () => {
        const key = await store.keys.use('write', value);
        return key && { id: key.id, project: key.project, door: 'tracker' };
      });
    },
    defaultKey: () =>
      remembered(defaultEntry, async () => {
        const project = (await store.projects.list()).find(({ demo }) => !demo);
        return project && { id: '', project: project.id, door: 'tracker' };
      }),
  };
}
