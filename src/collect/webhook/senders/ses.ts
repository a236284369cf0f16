import { type KeyObject, verify, X509Certificate } from 'node:crypto';
import type { JsonObject, JsonValue } from '../../../contract/event.ts';
import { isObject, object, text, time } from '../../event/fields.ts';
import { parseJson, parseText } from '../../event/payload.ts';
import type { Outbound } from '../../protocol.ts';
import { type MailKind, mailEvent } from '../mail-event.ts';
import {
  type Call,
  genuine,
  isFresh,
  ownAccount,
  ownUser,
  refused,
  type Sender,
  stranger,
  tooOld,
  type Verdict,
} from '../sender.ts';
import { sameText } from '../signature.ts';

/**
 * Amazon SES over SNS: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html and
 * https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html. SNS signs with a certificate of its
 * own, so there is no secret; where the source has one, it is the ARN of the only topic that counts. SNS tries for an hour.
 */
const tolerance = 2 * 3_600;
/** `sns.s3-….amazonaws.com` would be what anybody may keep in a bucket of that name. */
const amazon = /^sns\.(?!s3)[a-z0-9-]{3,40}\.amazonaws\.com(?:\.cn)?$/;

const kinds: Readonly<Record<string, MailKind>> = {
  Send: 'sent',
  Delivery: 'delivered',
  DeliveryDelay: 'deferred',
  Bounce: 'bounced',
  Complaint: 'spam',
  Open: 'opened',
  Click: 'clicked',
  Reject: 'dropped',
  'Rendering Failure': 'dropped',
  Subscription: 'unsubscribed',
};

export const ses: Sender = {
  door: 'ses',
  keeps: [],

  check: async (call) => {
    const parsed = parseJson(call.body);
    const body = 'json' in parsed ? object(parsed.json) : {};
    const signed = textToSign(body);
    const address = amazonUrl(text(body.SigningCertURL) ?? text(body.SigningCertUrl));
    if (signed === undefined || !address?.pathname.endsWith('.pem'))
      return refused('this is no message of Amazon SNS with a signature (raw message delivery must be off)');
    const key = await keyAt(address.href, call.outbound, call.now);
    if (!key) return { kind: 'later', message: `the certificate at ${address.href} could not be read` };
    const digest = text(body.SignatureVersion) === '2' ? 'sha256' : 'sha1';
    if (!isSigned(digest, signed, key, Buffer.from(text(body.Signature) ?? '', 'base64')))
      return refused('"Signature" is not that of this message with the certificate it names');
    if (call.secret && !sameText(call.secret, text(body.TopicArn) ?? ''))
      return refused('the message is of another topic than the one of this source');
    if (!isFresh(time(body.Timestamp), call.now, tolerance)) return tooOld(tolerance);
    return body.Type === 'Notification' ? genuine : subscription(body, call);
  },

  items: (body) => {
    const envelope = object(body);
    const parsed = parseText(text(envelope.Message) ?? '');
    const mail = 'json' in parsed ? parsed.json : null;
    const id = text(envelope.MessageId) ?? null;
    if (!isObject(mail)) return [{ id, mail: null, recipient: null }];
    return recipientsOf(mail).map((recipient) => ({ id, mail, recipient }));
  },

  event: (item) => {
    const { id, mail, recipient } = object(item);
    if (!isObject(mail)) return { nothing: 'no report' };
    const type = text(mail.eventType) ?? text(mail.notificationType);
    const kind = kinds[type ?? ''];
    if (type === undefined || !kind)
      return {
        reason: 'unknown type',
        detail: `"eventType" is ${type === undefined ? 'missing' : type.slice(0, 80)}`,
      };
    const sent = object(mail.mail);
    const what = object(
      mail[type === 'DeliveryDelay' ? 'deliveryDelay' : (type.split(' ')[0]?.toLowerCase() ?? '')],
    );
    const attached = tagsOf(sent.tags);
    const to = text(recipient);
    const bounced = bouncedOf(what, to);
    return mailEvent({
      kind: kind === 'bounced' && what.bounceType === 'Transient' ? 'deferred' : kind,
      sender: 'ses',
      id: stranger('ses', `${text(id)}:${to ?? ''}`),
      at: time(what.timestamp) ?? time(sent.timestamp),
      recipient: to,
      user: text(ownUser(attached)),
      account: text(ownAccount(attached)),
      message: text(sent.messageId),
      link: text(what.link),
      fetched: { userAgent: text(what.userAgent), address: text(what.ipAddress) },
      more: {
        subject: text(object(sent.commonHeaders).subject),
        bounceType: text(what.bounceType) ?? text(what.complaintFeedbackType) ?? text(what.delayType),
        bounceSubType: text(what.bounceSubType),
        reason: text(bounced.diagnosticCode) ?? text(what.reason) ?? text(what.smtpResponse),
        status: text(bounced.status),
        ...attached,
      },
    });
  },
};

/** A person has asked SNS to send here; that the address is known is the proof that they may. */
async function subscription(body: JsonObject, { outbound }: Call): Promise<Verdict> {
  if (body.Type !== 'SubscriptionConfirmation') return { kind: 'answered', outcome: 'test', body: '' };
  const address = amazonUrl(text(body.SubscribeURL));
  if (!address) return refused('"SubscribeURL" is no https address of Amazon SNS');
  try {
    const { status } = await outbound.get(address.href);
    if (status < 300) return { kind: 'answered', outcome: 'challenge', body: '' };
    return { kind: 'later', message: `SNS answered the confirmation with ${status}` };
  } catch (error) {
    return { kind: 'later', message: `the confirmation could not be sent: ${String(error).slice(0, 200)}` };
  }
}

function amazonUrl(address: string | undefined): URL | undefined {
  const url =
    address !== undefined && address.length < 2_000 && URL.canParse(address) ? new URL(address) : undefined;
  return url?.protocol === 'https:' && url.port === '' && url.username === '' && amazon.test(url.hostname)
    ? url
    : undefined;
}

const notification = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'];
const confirmation = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];

function textToSign(body: JsonObject): string | undefined {
  const names = body.Type === 'Notification' ? notification : confirmation;
  let signed = '';
  for (const name of names) {
    const value = body[name];
    if (typeof value === 'string') signed += `${name}\n${value}\n`;
    else if (name !== 'Subject') return undefined;
  }
  return signed;
}

function isSigned(digest: 'sha1' | 'sha256', signed: string, key: KeyObject, signature: Buffer): boolean {
  try {
    return verify(digest, Buffer.from(signed), key, signature);
  } catch {
    return false;
  }
}

/** By address; SNS has a few, and changes them once a year. */
const keys = new Map<string, { readonly key: KeyObject; readonly validTo: number }>();
const maxKeys = 50;

async function keyAt(address: string, outbound: Outbound, now: number): Promise<KeyObject | undefined> {
  const known = keys.get(address);
  if (known && now < known.validTo) return known.key;
  try {
    const { status, body } = await outbound.get(address);
    if (status !== 200) return undefined;
    const certificate = new X509Certificate(body);
    const validTo = Date.parse(certificate.validTo);
    if (now < Date.parse(certificate.validFrom) || now > validTo) return undefined;
    if (keys.size >= maxKeys) keys.clear();
    keys.set(address, { key: certificate.publicKey, validTo });
    return certificate.publicKey;
  } catch {
    return undefined;
  }
}

/** Whom the report is about: one event each. */
function recipientsOf(mail: JsonObject): readonly (string | null)[] {
  const lists: readonly (JsonValue | undefined)[] = [
    object(mail.bounce).bouncedRecipients,
    object(mail.complaint).complainedRecipients,
    object(mail.deliveryDelay).delayedRecipients,
    object(mail.delivery).recipients,
    object(mail.mail).destination,
  ];
  const list = lists.find((one): one is readonly JsonValue[] => Array.isArray(one) && one.length > 0) ?? [
    null,
  ];
  return list.slice(0, 100).map((one) => text(isObject(one) ? one.emailAddress : one) ?? null);
}

function bouncedOf(bounce: JsonObject, recipient: string | undefined): JsonObject {
  const list = bounce.bouncedRecipients;
  const all: readonly JsonValue[] = Array.isArray(list) ? list : [];
  return object(all.find((one) => object(one).emailAddress === recipient));
}

/** Tags are lists of one value; those that SES itself adds begin with `ses:`. */
function tagsOf(tags: JsonValue | undefined): JsonObject {
  return Object.fromEntries(
    Object.entries(object(tags)).flatMap(([name, value]) => {
      const first = Array.isArray(value) ? text((value as readonly JsonValue[])[0]) : text(value);
      return first === undefined || name.startsWith('ses:') ? [] : [[name, first]];
    }),
  );
}
