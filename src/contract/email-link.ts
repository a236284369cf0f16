import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * A signed address in an e-mail: a pixel (`/email/o/<token>.gif`) or a link that redirects (`/email/c/<token>`). The token is
 * `<payload>.<signature>`: the payload is base64url of a JSON list `[key, message, user, recipient, url]` (empty text where there
 * is nothing), the signature base64url of the first 16 bytes of HMAC-SHA256 over `open` or `click`, a dot and the payload,
 * with the secret of the source. A pixel's token is no link's, and the URL cannot be changed.
 */
export interface EmailLink {
  /** The write key of the source. */
  readonly key: string;
  /** Names the message, or the campaign. */
  readonly message: string;
  /** The product's id of the recipient; empty when unknown. */
  readonly user: string;
  /** The recipient's address of e-mail; empty when it shall not stand in the link. */
  readonly recipient: string;
  /** Where a link leads; empty in a pixel. */
  readonly url: string;
}

export interface SignedToken {
  readonly link: EmailLink;
  readonly payload: string;
  readonly signature: Buffer;
}

/** Mail clients and proxies cut addresses that are much longer. */
export const maxLinkUrl = 2_000;
const maxToken = 8_000;
const signatureBytes = 16;

/** The token of a pixel when `url` is empty, else that of a link. */
export function signEmailLink(link: EmailLink, secret: string): string {
  const fields = [link.key, link.message, link.user, link.recipient, link.url];
  const payload = Buffer.from(JSON.stringify(fields)).toString('base64url');
  return `${payload}.${signatureOf(payload, link.url !== '', secret).toString('base64url')}`;
}

/** What a token says, believed by nobody yet; undefined when it is none. */
export function readEmailToken(token: string): SignedToken | undefined {
  const dot = token.indexOf('.');
  if (dot < 1 || token.length > maxToken) return undefined;
  const payload = token.slice(0, dot);
  const signature = Buffer.from(token.slice(dot + 1), 'base64url');
  if (signature.length !== signatureBytes) return undefined;
  let fields: unknown;
  try {
    fields = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  if (
    !Array.isArray(fields) ||
    fields.length !== 5 ||
    !fields.every((one): one is string => typeof one === 'string')
  )
    return undefined;
  const [key = '', message = '', user = '', recipient = '', url = ''] = fields;
  return key === '' ? undefined : { link: { key, message, user, recipient, url }, payload, signature };
}

/** Whether the source with this secret made the token, for this use. */
export function isEmailToken({ link, payload, signature }: SignedToken, secret: string): boolean {
  return timingSafeEqual(signatureOf(payload, link.url !== '', secret), signature);
}

/** The address that a link may lead to, as it is sent to browsers; undefined when it is no web address. */
export function linkTarget(url: string): string | undefined {
  if (url.length > maxLinkUrl || !URL.canParse(url)) return undefined;
  const { protocol, href } = new URL(url);
  return protocol === 'https:' || protocol === 'http:' ? href : undefined;
}

function signatureOf(payload: string, isLink: boolean, secret: string): Buffer {
  return createHmac('sha256', secret)
    .update(`${isLink ? 'click' : 'open'}.${payload}`)
    .digest()
    .subarray(0, signatureBytes);
}
