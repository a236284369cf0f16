import type { JsonObject } from '../../../contract/event.ts';
import { currency, isObject, number, object, text } from '../../event/fields.ts';
import { majorUnits } from '../../event/money.ts';
import { genuine, header, refused, type Sender, said, stranger, withSecret } from '../sender.ts';
import { sameText } from '../signature.ts';

/** Updates of Telegram's Bot API; the secret is the `secret_token` of setWebhook: https://core.telegram.org/bots/api#setwebhook */
const updates = [
  'message',
  'edited_message',
  'channel_post',
  'edited_channel_post',
  'business_message',
  'edited_business_message',
  'message_reaction',
  'inline_query',
  'chosen_inline_result',
  'callback_query',
  'shipping_query',
  'pre_checkout_query',
  'poll_answer',
  'my_chat_member',
  'chat_member',
  'chat_join_request',
] as const;

/** What a message is when it is no text. */
const contents = [
  'photo',
  'video',
  'voice',
  'audio',
  'document',
  'sticker',
  'location',
  'contact',
  'poll',
] as const;

export const telegram: Sender = {
  door: 'telegram',
  keeps: [],

  check: (call) =>
    withSecret(call, 'secret token', (secret) =>
      sameText(header(call.headers, 'x-telegram-bot-api-secret-token') ?? '', secret)
        ? genuine
        : refused('X-Telegram-Bot-Api-Secret-Token is not the secret token of this source'),
    ),

  event: (body, { source }) => {
    if (!isObject(body)) return { reason: 'not an object', detail: 'Telegram sends a JSON object' };
    const update = text(body.update_id);
    if (update === undefined) return { reason: 'no update_id', detail: 'an update has a number of its own' };
    const kind =
      updates.find((name) => isObject(body[name])) ?? Object.keys(body).find((name) => name !== 'update_id');
    if (kind === undefined)
      return { reason: 'unknown type', detail: 'the update holds nothing but its number' };
    const what = object(body[kind]);
    // a button sits under a message, and the chat is that message's
    const message = isObject(what.message) ? what.message : what;
    const from = isObject(what.from) ? what.from : object(what.user);
    const chat = object(message.chat);
    const words = text(message.text) ?? text(message.caption);
    const command = kind === 'message' ? /^\/(\w{1,64})/.exec(words ?? '')?.[1] : undefined;
    const payment = object(message.successful_payment);
    const paidIn = currency(payment.currency);
    const seconds = number(what.date) ?? (kind === 'message' ? number(message.date) : undefined);
    const user = text(from.id);
    return {
      type: 'track',
      event: `telegram ${kind.replaceAll('_', ' ')}`,
      // every bot counts for itself
      id: `${source}:${update}`,
      trueAt: seconds === undefined ? undefined : seconds * 1_000,
      anonymousId: stranger('telegram', user ?? text(chat.id)),
      accountId: text(chat.id),
      accountKind: text(chat.id) === undefined ? undefined : 'telegram_chat',
      locale: text(from.language_code),
      revenue: majorUnits(payment.total_amount, paidIn),
      currency: paidIn,
      orderId: text(payment.telegram_payment_charge_id),
      properties: said({
        sender: 'telegram',
        telegramUser: user,
        username: text(from.username),
        bot: from.is_bot === true ? true : undefined,
        chat: text(chat.id),
        chatType: text(chat.type),
        chatTitle: text(chat.title),
        message: text(message.message_id),
        text: words,
        command,
        content: contents.find((name) => message[name] !== undefined),
        data: text(what.data),
        query: text(what.query),
        payload: text(payment.invoice_payload),
      }),
      person: user === undefined ? undefined : { set: profileOf(from) },
    };
  },
};

function profileOf(from: JsonObject): JsonObject {
  const name = [text(from.first_name), text(from.last_name)].filter(Boolean).join(' ');
  return said({ telegramUsername: text(from.username), name: name === '' ? undefined : name });
}
