import type { Store } from '../../store/store.ts';
import type { AccountHandlers } from '../handler.ts';

type UserHandlers = Pick<AccountHandlers, 'listUsers' | 'inviteUser' | 'updateUser' | 'deleteUser'>;

export function userHandlers(store: Store): UserHandlers {
  return {
    listUsers: async () => ({ users: await store.users.list() }),

    inviteUser: async ({ email, name, role }, { publicUrl }) => {
      const user = await store.users.create({ email, name, role });
      const token = await store.links.create(user.id, 'invite');
      return { user, link: `${publicUrl}/sign-in?token=${token}` };
    },

    updateUser: async ({ user, name, role }) =>
      store.users.update(user, {
        ...(name === undefined ? {} : { name }),
        ...(role === undefined ? {} : { role }),
      }),

    deleteUser: async ({ user }) => {
      await store.users.delete(user);
      return { ok: true };
    },
  };
}
