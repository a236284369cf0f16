import type { Store } from '../../store/store.ts';
import type { AccountHandlers } from '../handler.ts';

type KeyHandlers = Pick<AccountHandlers, 'listKeys' | 'createKey' | 'revokeKey'>;

/** Keys of the API; write keys are sources. */
export function keyHandlers(store: Store): KeyHandlers {
  return {
    listKeys: async ({ project }) => ({
      keys: (await store.keys.list(project)).filter(({ kind }) => kind === 'api'),
    }),

    createKey: async ({ project, name, role }) => store.keys.create({ project, kind: 'api', name, role }),

    revokeKey: async ({ project, key }) => {
      await store.keys.revoke(project, 'api', key);
      return { ok: true };
    },
  };
}
