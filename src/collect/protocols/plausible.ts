import type { Decoded, DecodedEvent, JsonObject, JsonValue } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { hintsOfHeaders } from '../event/client-hints.ts';
import { engagementEvent, engagementOf } from '../event/engagement.ts';
import { withinBounds } from '../event/event-problem.ts';
import { currency, isObject, number, object, text, url } from '../event/fields.ts';
import { Decoding, type Problem, parseJson, parseText } from '../event/payload.ts';
import type { Answer, Incoming, Protocol, Reading, Route } from '../protocol.ts';

/**
 * Plausible's events API: one JSON event, of the script as text/plain with short names, of a server with long ones. It knows
 * neither keys nor visitors: the domain may be a write key, and the collector tells visitors apart for a day. Clients look at
 * nothing but the status and send nothing twice.
 */
const eventRoute: Route = { kind: 'events', methods: ['POST'], path: '/api/event' };

function route(path: string): Route | undefined {
  return path === eventRoute.path ? eventRoute : undefined;
}

const accepted: Answer = {
  status: 202,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: 'ok',
};

function read({ query, body }: Incoming): Reading {
  return { hint: domainOf(body), query, cookieless: true, answer: accepted };
}

/** One event is small: what is larger is not parsed on the thread that answers everybody. */
const maxBodyToRead = 64 * 1024;

/** Of a list of domains the first counts. */
function domainOf(body: Buffer): string | undefined {
  const parsed = body.length > maxBodyToRead ? undefined : parseJson(body);
  if (parsed === undefined || 'reason' in parsed) return undefined;
  const { d, domain } = object(parsed.json);
  return text(
    text(d ?? domain)
      ?.split(',', 1)[0]
      ?.trim(),
  );
}

function refusal(status: number, message: string): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ error: message }),
  };
}

function decode(record: LogRecord): Decoded {
  const decoding = new Decoding();
  const parsed = parseJson(record.body);
  if ('reason' in parsed) return decoding.fail(parsed.reason, parsed.detail).result();
  decoding.item(parsed.json, (item) => decodeItem(item, record));
  return decoding.result();
}

function decodeItem(item: JsonValue, { headers, address, visitor }: LogRecord): DecodedEvent | Problem {
  if (!isObject(item)) return { reason: 'not an object', detail: 'an event must be a JSON object' };
  const stated = item.n ?? item.name;
  const name = typeof stated === 'object' ? undefined : text(stated);
  if (name === undefined)
    return { reason: 'no event name', detail: 'an event of Plausible has "n" or "name"' };
  const page = url(item.u ?? item.url);
  if (page === undefined) return { reason: 'no url', detail: 'an event of Plausible has "u" or "url"' };
  const revenue = embedded(item.$ ?? item.revenue);
  const amount = number(revenue.amount);
  const version = text(item.v);
  const type = name === 'pageview' ? 'page' : 'track';
  return withinBounds({
    type,
    event: type === 'page' ? 'page' : name === 'engagement' ? engagementEvent : name,
    anonymousId: visitor === '' ? undefined : visitor,
    url: page,
    referrer: url(item.r ?? item.referrer),
    userAgent: headers['user-agent'],
    clientHints: hintsOfHeaders(headers),
    address: address === '' ? undefined : address,
    locale: text(headers['accept-language']),
    library: version === undefined ? undefined : `plausible/${version}`,
    revenue: amount,
    currency: amount === undefined ? undefined : currency(revenue.currency),
    properties: propertiesOf(item, name === 'engagement'),
  });
}

/** Plain properties, and what the script measured. Its own word for "not known" is a depth of 255. */
function propertiesOf(item: JsonObject, engagement: boolean): JsonObject {
  const own = embedded(item.p ?? item.props ?? item.m ?? item.meta);
  const width = number(item.w ?? item.screen_width);
  const silent = item.i === false || item.interactive === false;
  if (!engagement && width === undefined && !silent) return own;
  return {
    ...own,
    ...(engagement && engagementOf(number(item.e), number(item.sd))),
    ...(width !== undefined && { screen_width: width }),
    ...(silent && { interactive: false }),
  };
}

/** An object, or JSON text of one. */
function embedded(value: JsonValue | undefined): JsonObject {
  if (typeof value !== 'string') return object(value);
  const parsed = parseText(value);
  return 'reason' in parsed ? {} : object(parsed.json);
}

export const plausible: Protocol = {
  name: 'plausible',
  keyless: true,
  route,
  read,
  refusal,
  tooLargeStatus: 413,
  itemLists: [],
  decode,
};
