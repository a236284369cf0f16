import { isEmailToken, linkTarget, readEmailToken, type SignedToken } from '../../contract/email-link.ts';
import type { Decoded } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import type { Answer, Incoming, Protocol, Reading, Route } from '../protocol.ts';
import { mailEvent } from '../webhook/mail-event.ts';

/**
 * Pixels and links in e-mails; `contract/email-link.ts` says what a token is. An image is never broken, whatever is wrong with
 * its token; a link leads only to where its signature says.
 */
const path = /^\/email\/([oc])\/([\w.-]{10,8000})$/;

const pixelBytes = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
/** Each opening must be asked for anew, by proxies too. */
const uncached = {
  'cache-control': 'no-store, no-cache, must-revalidate, private, max-age=0',
  pragma: 'no-cache',
  expires: '0',
} as const;
const pixel: Answer = {
  status: 200,
  headers: { 'content-type': 'image/gif', ...uncached },
  body: pixelBytes,
};
/** Under the answer of a link stands whose it is: it must not reach the page that it leads to, nor a search engine. */
const quiet = { ...uncached, 'referrer-policy': 'no-referrer', 'x-robots-tag': 'noindex' } as const;

const pathOf = { pixel: '/email/o', link: '/email/c' } as const;

/** The token stays in the path that is kept: it is all that decoding needs. What holds none is answered and not kept. */
function route(of: string): Route | undefined {
  const [, use, rest = ''] = path.exec(of) ?? [];
  if (use === undefined) return undefined;
  const token = use === 'o' ? rest.replace(/\.gif$/, '') : rest;
  const kept = `${use === 'o' ? pathOf.pixel : pathOf.link}/${token}`;
  return { kind: tokenOf(kept) ? 'events' : 'answer', methods: ['GET', 'HEAD'], path: kept };
}

function tokenOf(kept: string): SignedToken | undefined {
  const token = readEmailToken(kept.slice(pathOf.link.length + 1));
  // a pixel's token has no address, a link's has one
  return token && (token.link.url !== '') === isLink(kept) ? token : undefined;
}

function isLink(kept: string): boolean {
  return kept.startsWith(pathOf.link);
}

const purposes = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'] as const;

function read({ route: { path: kept }, headers }: Incoming): Reading {
  const purpose = purposes.map((name) => headers[name]).find((value) => typeof value === 'string');
  return {
    key: tokenOf(kept)?.link.key,
    query: '',
    headers: typeof purpose === 'string' ? { purpose: purpose.slice(0, 100) } : undefined,
    answer: invalid(kept),
  };
}

const admit: NonNullable<Protocol['admit']> = ({ route: { path: kept } }, { door, secret }) => {
  const token = tokenOf(kept);
  const genuine = token && door === 'email' && secret && isEmailToken(token, secret);
  if (!genuine) return { keep: false, outcome: 'bad-signature', answer: invalid(kept) };
  if (!isLink(kept)) return { keep: true, answer: pixel, regardless: true };
  const target = linkTarget(token.link.url);
  if (target === undefined) return { keep: false, outcome: 'bad-target', answer: invalid(kept) };
  return {
    keep: true,
    regardless: true,
    answer: { status: 302, headers: { location: target, ...quiet }, body: '' },
  };
};

function invalid(kept: string): Answer {
  if (!isLink(kept)) return pixel;
  return page(404, 'This link is not valid', 'It is incomplete, or whoever sent it has taken it back.');
}

function page(status: number, title: string, words: string): Answer {
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem}@media(prefers-color-scheme:dark){body{background:#16181d;color:#e6e8ec}}</style><h1>${title}</h1><p>${words}</p></html>`;
  return { status, headers: { 'content-type': 'text/html; charset=utf-8', ...quiet }, body };
}

/** A person reads it: an unknown source is a link that is not valid, and what passes is to be tried again. */
function refusal(status: number, _message: string, { path: kept }: Route): Answer {
  if (!isLink(kept)) return pixel;
  return status === 503 ? page(503, 'One moment', 'Please try this link again in a minute.') : invalid(kept);
}

function decode(record: LogRecord): Decoded {
  const token = tokenOf(record.path);
  if (!token) {
    return {
      events: [],
      failures: [{ stage: 'decode', reason: 'not a token', detail: 'the path holds no token' }],
    };
  }
  const { message, user, recipient, url } = token.link;
  const event = mailEvent({
    kind: isLink(record.path) ? 'clicked' : 'opened',
    sender: 'link',
    id: undefined,
    at: undefined,
    recipient: recipient === '' ? undefined : recipient,
    user: user === '' ? undefined : user,
    message,
    link: url === '' ? undefined : url,
    fetched: {
      method: record.method,
      userAgent: record.headers['user-agent'],
      address: record.address,
      purpose: record.headers.purpose,
    },
  });
  return { events: [event], failures: [] };
}

export const email: Protocol = {
  name: 'email',
  route,
  read,
  answer: ({ route: { path: kept } }) => invalid(kept),
  admit,
  refusal,
  tooLargeStatus: 413,
  decode,
};
