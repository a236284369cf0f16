import type { Store } from '../../store/store.ts';
import type { AccountHandlers } from '../handler.ts';

type SourceHandlers = Pick<
  AccountHandlers,
  'listSources' | 'createSource' | 'updateSource' | 'rotateSource' | 'revokeSource'
>;

const hour = 3_600_000;

export function sourceHandlers(store: Store, trackerScript: string): SourceHandlers {
  return {
    listSources: async ({ project }) => ({ sources: await store.keys.sources(project), trackerScript }),

    createSource: async ({ key: value, ...source }) => {
      const { key } = await store.keys.create({ ...source, kind: 'write', value });
      return store.keys.source(key.project, key.id);
    },

    updateSource: async ({ project, source, ...changes }) => store.keys.update(project, source, changes),

    rotateSource: async ({ project, source, key, keepHours }) =>
      store.keys.rotate(project, source, { keepFor: Math.round(keepHours * hour), value: key }),

    revokeSource: async ({ project, source }) => {
      await store.keys.revoke(project, 'write', source);
      return { ok: true };
    },
  };
}
