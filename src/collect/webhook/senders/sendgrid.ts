import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { JsonObject } from '../../../contract/event.ts';
import { isObject, number, object, text } from '../../event/fields.ts';
import { type MailKind, mailEvent } from '../mail-event.ts';
import {
  genuine,
  header,
  isFresh,
  ownAccount,
  ownUser,
  refused,
  type Sender,
  stranger,
  tooOld,
  type Verdict,
  withSecret,
} from '../sender.ts';

/**
 * SendGrid's Event Webhook, an array of events; signed with its private key, the secret here is the public one:
 * https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
 * It tries for a day, so a signature may be that old; what comes twice has the same sg_event_id.
 */
const tolerance = 25 * 3_600;

const kinds: Readonly<Record<string, MailKind>> = {
  processed: 'sent',
  delivered: 'delivered',
  deferred: 'deferred',
  bounce: 'bounced',
  blocked: 'bounced',
  dropped: 'dropped',
  open: 'opened',
  click: 'clicked',
  spamreport: 'spam',
  unsubscribe: 'unsubscribed',
  group_unsubscribe: 'unsubscribed',
  group_resubscribe: 'resubscribed',
};

/** Fields of SendGrid's own; what stands beside them are the customer's arguments. */
const own = new Set(
  'email timestamp event smtp-id sg_event_id sg_message_id category useragent ip url url_offset reason status response attempt type tls cert_err asm_group_id pool sg_machine_open sg_content_type bounce_classification marketing_campaign_id marketing_campaign_name unique_args'.split(
    ' ',
  ),
);

export const sendgrid: Sender = {
  door: 'sendgrid',
  keeps: [],

  check: (call) =>
    withSecret(call, 'verification key', (secret): Verdict => {
      const key = publicKey(secret);
      if (!key) return refused('the verification key of this source is no public key as SendGrid shows it');
      const stamp = header(call.headers, 'x-twilio-email-event-webhook-timestamp') ?? '';
      const signature = header(call.headers, 'x-twilio-email-event-webhook-signature') ?? '';
      const signed = Buffer.concat([Buffer.from(stamp), call.body]);
      if (!isSigned(signed, key, Buffer.from(signature, 'base64')))
        return refused('the signature is not that of this body with the verification key');
      return isFresh(Number(stamp) * 1_000, call.now, tolerance) ? genuine : tooOld(tolerance);
    }),

  items: (body) => (Array.isArray(body) ? body : [body]),

  event: (item) => {
    if (!isObject(item)) return { reason: 'not an object', detail: 'SendGrid sends objects in an array' };
    const kind = kinds[text(item.event) ?? ''];
    if (!kind)
      return { reason: 'unknown type', detail: `"event" is ${JSON.stringify(item.event)?.slice(0, 80)}` };
    const seconds = number(item.timestamp);
    const attached: JsonObject = { ...argumentsOf(item), ...object(item.unique_args) };
    return mailEvent({
      kind,
      sender: 'sendgrid',
      id: stranger('sendgrid', text(item.sg_event_id)),
      at: seconds === undefined ? undefined : seconds * 1_000,
      recipient: text(item.email),
      user: text(ownUser(attached)),
      account: text(ownAccount(attached)),
      // what follows the first dot names the attempt
      message: text(item.sg_message_id)?.split('.')[0],
      link: text(item.url),
      fetched: { userAgent: text(item.useragent), address: text(item.ip) },
      machine: item.sg_machine_open === true ? 'Apple Mail Privacy Protection' : undefined,
      more: {
        smtpId: text(item['smtp-id']),
        category: item.category,
        campaign: text(item.marketing_campaign_name),
        reason: text(item.reason) ?? text(item.response),
        status: text(item.status),
        bounceType: text(item.type) ?? text(item.bounce_classification),
        attempt: number(item.attempt),
        group: number(item.asm_group_id),
        ...attached,
      },
    });
  },
};

function argumentsOf(item: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(item).filter(([name]) => !own.has(name)));
}

let last: { readonly text: string; readonly key: KeyObject | undefined } | undefined;

/** The last key is remembered: reading it takes longer than using it. */
function publicKey(secret: string): KeyObject | undefined {
  if (last?.text === secret) return last.key;
  let key: KeyObject | undefined;
  try {
    const bare = secret.replace(/-----[A-Z ]+-----|\s/g, '');
    key = createPublicKey({ key: Buffer.from(bare, 'base64'), format: 'der', type: 'spki' });
  } catch {
    key = undefined;
  }
  last = { text: secret, key };
  return key;
}

function isSigned(signed: Buffer, key: KeyObject, signature: Buffer): boolean {
  try {
    return verify('sha256', signed, key, signature);
  } catch {
    return false;
  }
}
