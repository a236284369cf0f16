import type { DecodedEvent } from '../../../contract/event.ts';
import { isObject, number, object, text } from '../../event/fields.ts';
import { parseJson } from '../../event/payload.ts';
import {
  genuine,
  header,
  isFresh,
  refused,
  type Sender,
  said,
  stranger,
  tooOld,
  type Verdict,
  withSecret,
} from '../sender.ts';
import { hmac, isHex } from '../signature.ts';

/** Slack's Events API; signatures: https://docs.slack.dev/authentication/verifying-requests-from-slack */
const tolerance = 300;

/** Message subtypes that change what was said before, and are no new message. */
const changes: Readonly<Record<string, string>> = {
  message_changed: 'slack message changed',
  message_deleted: 'slack message deleted',
};
const names: Readonly<Record<string, string>> = {
  message: 'slack message',
  app_mention: 'slack app mention',
  reaction_added: 'slack reaction added',
  reaction_removed: 'slack reaction removed',
};

export const slack: Sender = {
  door: 'slack',
  keeps: [],

  check: (call) =>
    withSecret(call, 'signing secret', (secret): Verdict => {
      const stamp = header(call.headers, 'x-slack-request-timestamp') ?? '';
      const given = header(call.headers, 'x-slack-signature') ?? '';
      if (!isHex(hmac('sha256', secret, `v0:${stamp}:`, call.body), given.replace(/^v0=/, '')))
        return refused('X-Slack-Signature is not the signature of this request with the signing secret');
      if (!isFresh(Number(stamp) * 1_000, call.now, tolerance)) return tooOld(tolerance);
      const parsed = parseJson(call.body);
      const body = 'json' in parsed ? object(parsed.json) : {};
      if (body.type !== 'url_verification') return genuine;
      return {
        kind: 'answered',
        outcome: 'challenge',
        body: JSON.stringify({ challenge: text(body.challenge) ?? '' }),
      };
    }),

  event: (body) => {
    if (!isObject(body)) return { reason: 'not an object', detail: 'Slack sends a JSON object' };
    if (body.type === 'app_rate_limited') return { nothing: 'slack rate limit notice' };
    const event = object(body.event);
    const type = text(event.type);
    if (body.type !== 'event_callback' || type === undefined)
      return { reason: 'unknown type', detail: `"type" is ${JSON.stringify(body.type)?.slice(0, 80)}` };
    const subtype = text(event.subtype);
    // an edited message is inside; its author is who acts
    const message = isObject(event.message) ? event.message : event;
    const item = object(event.item);
    const user = text(event.user) ?? text(message.user) ?? text(object(event.user).id);
    const team = text(body.team_id) ?? text(event.team);
    const seconds = number(event.event_ts) ?? number(event.ts) ?? number(body.event_time);
    return {
      type: 'track',
      event: changes[subtype ?? ''] ?? names[type] ?? `slack ${type.replaceAll('_', ' ')}`,
      id: stranger('slack', text(body.event_id)),
      trueAt: seconds === undefined ? undefined : Math.round(seconds * 1_000),
      anonymousId: stranger('slack', user ?? text(event.bot_id) ?? team),
      accountId: team,
      accountKind: team === undefined ? undefined : 'slack_team',
      properties: said({
        sender: 'slack',
        slackUser: user,
        bot: text(event.bot_id) ?? text(message.bot_id),
        channel: text(event.channel) ?? text(item.channel) ?? text(object(event.channel).id),
        channelType: text(event.channel_type),
        text: text(message.text),
        subtype,
        thread: text(message.thread_ts),
        ts: text(message.ts) ?? text(item.ts),
        reaction: text(event.reaction),
        itemUser: text(event.item_user),
        app: text(body.api_app_id),
      }),
    } satisfies DecodedEvent;
  },
};
