import { publicUrl } from '../roles/places.ts';
import { TributaryError } from '../runtime/errors.ts';
import type { CommandContext } from './command.ts';
import { openExistingStore } from './existing-store.ts';

/** Prints a one-time sign-in link: the way back in when the password is lost. */
export async function link({ config, words }: CommandContext): Promise<number> {
  const store = openExistingStore(config);
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
