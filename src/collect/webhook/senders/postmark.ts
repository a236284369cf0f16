import { hash } from 'node:crypto';
import type { JsonObject } from '../../../contract/event.ts';
import { isObject, object, text, time } from '../../event/fields.ts';
import { type MailKind, mailEvent } from '../mail-event.ts';
import { ownAccount, ownUser, type Sender, stranger } from '../sender.ts';
import { sharedSecret } from '../shared-secret.ts';

/**
 * Postmark's webhooks: https://postmarkapp.com/developer/webhooks/webhooks-overview. They are not signed; Postmark sends what
 * its owner put there: `user:password` of the URL as Basic, a header, or a token in the URL. They have no id of their own.
 */
const kinds: Readonly<Record<string, MailKind>> = {
  Delivery: 'delivered',
  Bounce: 'bounced',
  SpamComplaint: 'spam',
  Open: 'opened',
  Click: 'clicked',
};

/** Bounces that are not the last word. */
const passing = new Set(['Transient', 'DnsError', 'SoftBounce', 'AutoResponder']);

export const postmark: Sender = {
  door: 'postmark',
  keeps: [],
  check: (call) => sharedSecret(call),

  event: (body) => {
    if (!isObject(body)) return { reason: 'not an object', detail: 'Postmark sends a JSON object' };
    const type = text(body.RecordType) ?? '';
    const kind = kindOf(type, body);
    if (!kind)
      return {
        reason: 'unknown type',
        detail: `"RecordType" is ${JSON.stringify(body.RecordType)?.slice(0, 80)}`,
      };
    const stated =
      text(body.DeliveredAt) ?? text(body.BouncedAt) ?? text(body.ReceivedAt) ?? text(body.ChangedAt);
    const recipient = text(body.Recipient) ?? text(body.Email);
    const message = text(body.MessageID);
    const link = text(body.OriginalLink);
    const attached = object(body.Metadata);
    return mailEvent({
      kind,
      sender: 'postmark',
      id: stranger('postmark', idOf([type, message, recipient, stated, link, text(body.ID)])),
      at: time(stated),
      recipient,
      user: text(ownUser(attached)),
      account: text(ownAccount(attached)),
      message,
      link,
      fetched: { userAgent: text(body.UserAgent), address: text(object(body.Geo).IP) },
      more: {
        tag: text(body.Tag),
        stream: text(body.MessageStream),
        bounceType: text(body.Type),
        reason: text(body.Description) ?? text(body.Details) ?? text(body.SuppressionReason),
        firstOpen: typeof body.FirstOpen === 'boolean' ? body.FirstOpen : undefined,
        readSeconds: body.ReadSeconds,
        client: text(object(body.Client).Name),
        platform: text(body.Platform),
        subject: text(body.Subject),
        ...attached,
      },
    });
  },
};

function kindOf(type: string, body: JsonObject): MailKind | undefined {
  if (type === 'SubscriptionChange') return body.SuppressSending === false ? 'resubscribed' : 'unsubscribed';
  if (type === 'Bounce' && passing.has(text(body.Type) ?? '')) return 'deferred';
  return kinds[type];
}

/** The same report has the same facts, however often it is sent. */
function idOf(facts: readonly (string | undefined)[]): string {
  return hash('sha256', JSON.stringify(facts)).slice(0, 32);
}
