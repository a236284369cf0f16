import type { Source } from '../contract/source.ts';
import { makeEmailLinks } from '../roles/email-links.ts';
import { publicUrl } from '../roles/places.ts';
import { TributaryError } from '../runtime/errors.ts';
import type { Store } from '../store/store.ts';
import type { CommandContext } from './command.ts';
import { openExistingStore } from './existing-store.ts';

/**
 * `tributary email link --key wk_… --message M (--to ADDRESS | --user ID) [URL…]`: prints the pixel and the links of a message.
 * Without --to and --user the recipients are read from stdin, one line each, and one line of JSON is printed for each.
 */
export async function email({ config, flags, words }: CommandContext): Promise<number> {
  const [what, ...urls] = words;
  const { key, message, to, user } = flags;
  if (what !== 'link' || key === undefined || message === undefined)
    throw new TributaryError(
      'bad-request',
      'tributary email link --key wk_… --message welcome --to ada@example.com https://example.com/start',
    );
  const store = openExistingStore(config);
  try {
    const source = await sourceOf(store, key);
    const one = to !== undefined || user !== undefined;
    const recipients = one ? [{ user, recipient: to }] : await readRecipients();
    const base = publicUrl(config);
    const { links } = await makeEmailLinks(store, { source, message, recipients, urls, publicUrl: base });
    if (!one || flags.json !== undefined) {
      for (const link of links) process.stdout.write(`${JSON.stringify(link)}\n`);
      return 0;
    }
    for (const { html, clicks } of links) {
      process.stdout.write(`${html}\n`);
      for (const { url, link } of clicks) process.stdout.write(`${url}\n  ${link}\n`);
    }
    return 0;
  } finally {
    await store.close();
  }
}

async function sourceOf(store: Store, key: string): Promise<Source> {
  const found = await store.keys.use('write', key);
  if (!found) throw new TributaryError('not-found', `there is no source with the key "${key}"`);
  return store.keys.source(found.project, found.id);
}

/** A line is an address of e-mail, or the product's id of a user. */
async function readRecipients(): Promise<{ readonly user?: string; readonly recipient?: string }[]> {
  if (process.stdin.isTTY)
    throw new TributaryError('bad-request', 'name the recipient with --to or --user, or pipe one per line');
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  const lines = Buffer.concat(chunks).toString('utf8').split('\n');
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => (line.includes('@') ? { recipient: line } : { user: line }));
}
