import { isObject, text } from '../../event/fields.ts';
import {
  type Call,
  type Delivery,
  genuine,
  header,
  isFresh,
  refused,
  type Sender,
  tooOld,
  type Verdict,
} from '../sender.ts';
import { states } from '../shared-secret.ts';
import { hmac, isHex, sameText } from '../signature.ts';

/**
 * Whoever sends JSON (or a form) by POST. With a secret, the call must prove it in one of the usual ways: by stating it, by
 * Standard Webhooks (https://www.standardwebhooks.com: Svix, Clerk, Resend, …), or by an HMAC of the body in one of these
 * headers, in hexadecimal or base64 (Intercom, Shopify, Linear, Typeform, Calendly, …).
 */
const tolerance = 300;
const signatures = [
  'x-signature',
  'x-signature-256',
  'x-webhook-signature',
  'x-hub-signature-256',
  'x-hub-signature',
  'x-shopify-hmac-sha256',
  'linear-signature',
  'typeform-signature',
  'x-hook-signature',
] as const;

/** Headers in which senders number what they deliver. */
const deliveryIds = [
  'webhook-id',
  'svix-id',
  'ce-id',
  'idempotency-key',
  'x-delivery-id',
  'x-webhook-id',
  'x-event-id',
  'x-gitlab-event-uuid',
  'x-shopify-webhook-id',
  'x-github-delivery',
  'linear-delivery',
] as const;
/** Headers in which they say what it is. */
const kinds = [
  'x-gitlab-event',
  'x-shopify-topic',
  'x-event-type',
  'x-event',
  'x-topic',
  'ce-type',
  'linear-event',
  'x-github-event',
];

/** The sender's own id of a delivery, the same when it sends it again. */
export function deliveryId({ headers, source }: Pick<Delivery, 'headers' | 'source'>): string | undefined {
  for (const name of deliveryIds) if (headers[name] !== undefined) return `${source}:${headers[name]}`;
  return undefined;
}

export const generic: Sender = {
  door: 'generic',
  keeps: [...deliveryIds, ...kinds],

  check: (call) => {
    const { secret } = call;
    if (secret === undefined || secret === '') return genuine;
    if (header(call.headers, 'webhook-signature') ?? header(call.headers, 'svix-signature'))
      return standard(call, secret);
    if (
      states(call, secret) ||
      signatures.some((name) => isSignature(header(call.headers, name), call.body, secret))
    )
      return genuine;
    return refused(
      'no header has the secret of this source or a signature with it; docs/webhooks.md names those that are looked at',
    );
  },

  // what is lost in no case: the body as it is, until there is a mapping
  event: (body, delivery) => {
    const kind = kinds.map((name) => delivery.headers[name]).find((value) => value !== undefined);
    return {
      type: 'track',
      event: 'webhook received',
      id: deliveryId(delivery),
      properties: isObject(body)
        ? body
        : { body: body ?? null, ...(kind === undefined ? {} : { kind: text(kind) ?? '' }) },
    };
  },
};

function standard({ headers, body, now }: Call, secret: string): Verdict {
  const of = (name: string): string =>
    header(headers, `webhook-${name}`) ?? header(headers, `svix-${name}`) ?? '';
  const [id, stamp] = [of('id'), of('timestamp')];
  const key = keyOf(secret);
  const expected = hmac('sha256', key, `${id}.${stamp}.`, body).toString('base64');
  const given = of('signature').split(' ', 20);
  if (!given.some((one) => sameText(one.replace(/^v1,/, ''), expected)))
    return refused('webhook-signature has no signature of this body with the secret of this source');
  return isFresh(Number(stamp) * 1_000, now, tolerance) ? genuine : tooOld(tolerance);
}

/** Base64, as the standard says; another text is the key itself, since what base64 makes of it may be nothing at all. */
function keyOf(secret: string): Buffer {
  const stated = secret.replace(/^whsec_/, '');
  const bytes = Buffer.from(stated, 'base64');
  return bytes.length > 0 && /^[\w+/-]+={0,2}$/.test(stated) ? bytes : Buffer.from(secret);
}

function isSignature(given: string | undefined, body: Buffer, secret: string): boolean {
  if (given === undefined) return false;
  const bare = given.replace(/^(?:sha1|sha256|v1|hmac-sha256)=/i, '');
  const digest = bare.length === 40 || /^sha1=/i.test(given) ? 'sha1' : 'sha256';
  const expected = hmac(digest, secret, body);
  return isHex(expected, bare) || sameText(expected.toString('base64'), bare);
}
