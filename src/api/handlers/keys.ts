import { TributaryError } from '../../runtime/errors.ts';
import type { Store } from '../../store/store.ts';
import type { AccountHandlers } from '../handler.ts';

type KeyHandlers = Pick<AccountHandlers, 'listKeys' | 'createKey' | 'revokeKey'>;

export function keyHandlers(store: Store): KeyHandlers {
  return {
    listKeys: async ({ project }) => ({ keys: await store.keys.list(project) }),

    createKey: async ({ project, kind, name, role }) => {
      if (kind === 'api') return store.keys.create({ project, kind, name, role: role ?? 'viewer' });
      if (role !== undefined)
        throw new TributaryError('bad-request', '"role": a write key has none; it can only send events');
      return store.keys.create({ project, kind, name });
    },

    revokeKey: async ({ project, key }) => {
      await store.keys.revoke(project, key);
      return { ok: true };
    },
  };
}
