import type { EmailLinksResult } from '../contract/door-endpoints.ts';
import { linkTarget, signEmailLink } from '../contract/email-link.ts';
import type { Source } from '../contract/source.ts';
import { TributaryError } from '../runtime/errors.ts';
import type { Store } from '../store/store.ts';

export interface EmailLinksRequest {
  readonly source: Source;
  readonly message: string;
  readonly recipients: readonly {
    readonly user?: string | undefined;
    readonly recipient?: string | undefined;
  }[];
  readonly urls: readonly string[];
  /** Where the e-mail's readers reach this server, without a trailing slash. */
  readonly publicUrl: string;
}

/** Makes the pixel and the links of a message for each recipient: for the API, and for the command line. */
export async function makeEmailLinks(store: Store, request: EmailLinksRequest): Promise<EmailLinksResult> {
  const { source, message, recipients, urls, publicUrl } = request;
  if (source.door !== 'email') {
    throw new TributaryError(
      'bad-request',
      `the source "${source.name}" is for "${source.door}"; links are made by a source for e-mail links`,
    );
  }
  if (recipients.some(({ user, recipient }) => user === undefined && recipient === undefined))
    throw new TributaryError('bad-request', '"recipients": each needs a user, a recipient or both');
  const secret = await store.keys.secret(source.project, source.id);
  if (secret === undefined) {
    throw new TributaryError(
      'conflict',
      `the source "${source.name}" has no secret any more; make another one`,
    );
  }
  const targets = urls.map((url) => {
    const target = linkTarget(url);
    if (target === undefined)
      throw new TributaryError('bad-request', `"${url.slice(0, 200)}" is no http or https address`);
    return target;
  });
  return {
    links: recipients.map(({ user = '', recipient = '' }) => {
      const address = (use: 'o' | 'c', url: string): string =>
        `${publicUrl}/email/${use}/${signEmailLink({ key: source.key, message, user, recipient, url }, secret)}`;
      const pixel = `${address('o', '')}.gif`;
      return {
        user: user === '' ? null : user,
        recipient: recipient === '' ? null : recipient,
        pixel,
        html: `<img src="${pixel}" width="1" height="1" alt="">`,
        clicks: targets.map((url) => ({ url, link: address('c', url) })),
      };
    }),
  };
}
