import { type Clock, systemClock } from '../runtime/clock.ts';
import { ShortMemory } from './short-memory.ts';
import type { KeyStore, ProjectStore, SendingKey } from './store.ts';

/** What the collector asks for every request, answered from memory. */
export interface KeyLookup {
  /** The write key of this value; undefined for an unknown or revoked one. */
  keyOf(value: string): Promise<SendingKey | undefined>;
  /** What requests count as whose protocol carries no key: they belong to the oldest project that is not the demo. */
  defaultKey(): Promise<SendingKey | undefined>;
}

interface Asked {
  readonly keys: Pick<KeyStore, 'sender' | 'onChange'>;
  readonly projects: Pick<ProjectStore, 'list'>;
}

const maxKeyLength = 200;
/** No write key contains a space. */
const defaultEntry = ' default';

/** Changes made through the same store object are seen at once, others within two seconds. */
export function createKeyLookup(store: Asked, clock: Clock = systemClock): KeyLookup {
  const memory = new ShortMemory<SendingKey | undefined>(clock);
  store.keys.onChange(() => memory.clear());
  return {
    keyOf: async (value) => {
      if (value.length > maxKeyLength || !/^\S+$/.test(value)) return undefined;
      return memory.get(value, () => store.keys.sender(value));
    },
    defaultKey: () =>
      memory.get(defaultEntry, async () => {
        const project = (await store.projects.list()).find(({ demo }) => !demo);
        return project && { id: '', project: project.id, door: 'tracker' };
      }),
  };
}
