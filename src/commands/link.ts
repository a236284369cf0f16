import { publicUrl } from '../roles/places.ts';
import { TributaryError } from '../runtime/errors.ts';
import { openStore } from '../store/store.ts';
import type { CommandContext } from './command.ts';

/** Prints a one-time sign-in link: the way back in when the password is lost. */
export async function link({ config, words }: CommandContext): Promise<number> {
  const store = openStore({ url: config.store, data: config.data });
  try {
    const users = await store.users.list();
    const [email] = words;
    const user = email
      ? users.find((one) => one.email === email.toLowerCase())
      : users.find((one) => one.role === 'admin');
    if (!user)
      throw new TributaryError(
        'not-found',
        email ? `there is no user ${email}` : 'this installation has no users yet; start it first',
      );
    const token = await store.links.create(user.id, 'start');
    process.stdout.write(`${publicUrl(config)}/sign-in?token=${token}\n`);
    return 0;
  } finally {
    await store.close();
  }
}
