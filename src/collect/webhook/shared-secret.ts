import { parameter } from '../event/payload-forms.ts';
import { type Call, genuine, header, refused, type Verdict } from './sender.ts';
import { sameText } from './signature.ts';

/** Where senders put a word that only they and we know. A source without one is known by its address alone. */
export function sharedSecret(call: Call): Verdict {
  if (call.secret === undefined || call.secret === '') return genuine;
  return states(call, call.secret)
    ? genuine
    : refused('neither Authorization nor the parameter "token" of the address has the secret of this source');
}

/** `Authorization: Basic` (password, user, or both), `Bearer`, `X-Webhook-Token`, `X-Api-Key`, or `?token=` in the address. */
export function states({ headers, query }: Pick<Call, 'headers' | 'query'>, secret: string): boolean {
  const authorization = header(headers, 'authorization') ?? '';
  const given = [
    header(headers, 'x-webhook-token'),
    header(headers, 'x-webhook-secret'),
    header(headers, 'x-api-key'),
    header(headers, 'x-gitlab-token'),
    /^bearer +(.{1,2000})$/i.exec(authorization)?.[1],
    parameter(query, 'token'),
  ];
  const basic = /^basic +([\w+/=-]{1,3000})$/i.exec(authorization)?.[1];
  if (basic !== undefined) {
    const pair = Buffer.from(basic, 'base64').toString();
    const colon = pair.indexOf(':');
    given.push(pair, pair.slice(0, Math.max(0, colon)), pair.slice(colon + 1));
  }
  return given.some((text) => text !== undefined && text !== '' && sameText(text, secret));
}
