import { isObject, number, object, text } from '../../event/fields.ts';
import { parseJson } from '../../event/payload.ts';
import { type MailKind, mailEvent } from '../mail-event.ts';
import {
  genuine,
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
import { hmac, isHex } from '../signature.ts';

/**
 * Mailgun's webhooks; the signature stands in the body and covers a time and a token:
 * https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
 * It tries for eight hours; what comes twice has the same event-data.id.
 */
const tolerance = 9 * 3_600;

const kinds: Readonly<Record<string, MailKind>> = {
  accepted: 'sent',
  delivered: 'delivered',
  opened: 'opened',
  clicked: 'clicked',
  complained: 'spam',
  unsubscribed: 'unsubscribed',
  rejected: 'dropped',
  failed: 'bounced',
};

/** `client-info.bot` of opens and clicks that no person made. */
const machines: Readonly<Record<string, string>> = {
  apple: 'Apple Mail Privacy Protection',
  gmail: 'Gmail image proxy',
};

export const mailgun: Sender = {
  door: 'mailgun',
  keeps: [],

  check: (call) =>
    withSecret(call, 'webhook signing key', (secret): Verdict => {
      const parsed = parseJson(call.body);
      const signature = object('json' in parsed ? object(parsed.json).signature : undefined);
      const stamp = text(signature.timestamp) ?? '';
      const expected = hmac('sha256', secret, stamp, text(signature.token) ?? '');
      if (!isHex(expected, text(signature.signature) ?? ''))
        return refused('"signature" is not that of its timestamp and token with the signing key');
      return isFresh(Number(stamp) * 1_000, call.now, tolerance) ? genuine : tooOld(tolerance);
    }),

  event: (body) => {
    const data = object(object(body)['event-data']);
    const stated = text(data.event) ?? '';
    const temporary = stated === 'failed' && data.severity === 'temporary';
    const kind = temporary ? 'deferred' : kinds[stated];
    if (!isObject(body) || !kind)
      return {
        reason: 'unknown type',
        detail: `"event-data.event" is ${JSON.stringify(data.event)?.slice(0, 80)}`,
      };
    const seconds = number(data.timestamp);
    const attached = object(data['user-variables']);
    const client = object(data['client-info']);
    const status = object(data['delivery-status']);
    const bot = text(client.bot);
    const message = object(object(data.message).headers);
    return mailEvent({
      kind,
      sender: 'mailgun',
      id: stranger('mailgun', text(data.id)),
      at: seconds === undefined ? undefined : Math.round(seconds * 1_000),
      recipient: text(data.recipient),
      user: text(ownUser(attached)),
      account: text(ownAccount(attached)),
      message: text(message['message-id']),
      link: text(data.url),
      fetched: { userAgent: text(client['user-agent']), address: text(data.ip) },
      machine: bot === undefined ? undefined : (machines[bot] ?? bot),
      more: {
        tags: data.tags,
        campaign: Array.isArray(data.campaigns) ? text(object(data.campaigns[0]).name) : undefined,
        reason: text(status.description) ?? text(status.message) ?? text(data.reason),
        status: text(status.code),
        severity: text(data.severity),
        subject: text(message.subject),
        ...attached,
      },
    });
  },
};
