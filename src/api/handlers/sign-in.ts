import type { Me, User } from '../../contract/endpoints.ts';
import type { Clock } from '../../runtime/clock.ts';
import { TributaryError } from '../../runtime/errors.ts';
import type { Store } from '../../store/store.ts';
import { AttemptLimit, networkOf } from '../attempt-limit.ts';
import type { AccountHandlers, Answer } from '../handler.ts';

type SignInHandlers = Pick<AccountHandlers, 'signIn' | 'signInByLink' | 'signOut' | 'me' | 'changePassword'>;

export function signInHandlers(store: Store, clock: Clock): SignInHandlers {
  const perUser = new AttemptLimit(clock, 5, 30_000);
  // checking a password costs 0.2 s of a core, so one client may not try many e-mails either
  const perNetwork = new AttemptLimit(clock, 50, 5_000);

  const enter = async (user: User, answer: Answer): Promise<Me> => {
    const { token, session } = await store.sessions.create(user.id);
    answer.startSession(token);
    return { user: session.user, project: null, role: session.user.role };
  };

  return {
    signIn: async ({ email, password }, { address, answer }) => {
      const network = networkOf(address);
      const name = `${network} ${email.trim().toLowerCase()}`;
      perNetwork.attempt(network);
      perUser.attempt(name);
      const user = await store.users.checkPassword(email, password);
      if (!user) throw new TributaryError('unauthenticated', 'the e-mail or the password is wrong');
      perUser.forget(name);
      return enter(user, answer);
    },

    signInByLink: async ({ token }, { answer }) => {
      const user = await store.links.consume(token);
      if (!user) throw new TributaryError('unauthenticated', 'this link has been used or has expired');
      return enter(user, answer);
    },

    signOut: async (_input, { caller, answer }) => {
      if (caller.kind === 'user') await store.sessions.end(caller.session);
      answer.endSession();
      return { ok: true };
    },

    me: async (_input, { caller }) =>
      caller.kind === 'user'
        ? { user: caller.user, project: null, role: caller.role }
        : { user: null, project: caller.project, role: caller.role },

    changePassword: async ({ password }, { caller }) => {
      if (caller.kind === 'key') throw new TributaryError('forbidden', 'an API key has no password');
      await store.users.setPassword(caller.user.id, password);
      await store.sessions.endAll(caller.user.id, caller.session);
      return { ok: true };
    },
  };
}
