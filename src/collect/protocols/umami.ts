import { randomUUID } from 'node:crypto';
import type { Decoded, DecodedEvent, JsonObject, JsonValue } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { plainAddress } from '../accept/address.ts';
import { hintsOfHeaders } from '../event/client-hints.ts';
import { engagementEvent, engagementOf } from '../event/engagement.ts';
import { withinBounds } from '../event/event-problem.ts';
import { currency, isObject, number, object, screen, text, time, url } from '../event/fields.ts';
import { itemsOf } from '../event/items.ts';
import { Decoding, type Problem, parseJson } from '../event/payload.ts';
import { remaining } from '../event/remaining.ts';
import { visitorOf } from '../event/visitor-id.ts';
import type { Answer, Incoming, Protocol, Reading, Route } from '../protocol.ts';

/**
 * Umami: `{type, payload}` to /api/send, a list of them to /api/batch. It knows neither keys nor visitors: the website's id may
 * be a write key, and the collector tells visitors apart for a day. The script parses each answer as JSON, keeps its `cache` and
 * sends that back; it sends nothing twice.
 */
const routes: Readonly<Record<string, Route>> = {
  '/api/send': { kind: 'events', methods: ['POST'], path: '/api/send' },
  '/api/batch': { kind: 'events', methods: ['POST'], path: '/api/batch' },
};

function route(path: string): Route | undefined {
  return Object.hasOwn(routes, path) ? routes[path] : undefined;
}

const json = { 'content-type': 'application/json' };
/** Above this a body is not parsed on the thread that answers everybody. */
const maxBodyToRead = 1024 * 1024;

function read({ query, body, headers, route: { path } }: Incoming): Reading {
  const parsed = body.length > maxBodyToRead ? undefined : parseJson(body);
  const whole = parsed === undefined || 'reason' in parsed ? null : parsed.json;
  const first = Array.isArray(whole) ? (whole as readonly JsonValue[])[0] : whole;
  const { website, link, pixel } = object(object(first ?? undefined).payload);
  const answer =
    path === '/api/batch'
      ? batchAnswer(Array.isArray(whole) ? whole.length : undefined)
      : visitAnswer(headers['x-umami-cache']);
  return { hint: text(website ?? link ?? pixel), query, cookieless: true, answer };
}

const visitToken = /^([0-9a-f-]{36})\.([0-9a-f-]{36})$/;

/** The token names a visit of one page and nothing else: Umami's holds what it looked up, and here is nothing to look up. */
function visitAnswer(token: string | string[] | undefined): Answer {
  const [known, sessionId = randomUUID(), visitId = randomUUID()] =
    visitToken.exec(typeof token === 'string' ? token : '') ?? [];
  const body = { cache: known ?? `${sessionId}.${visitId}`, sessionId, visitId };
  return { status: 200, headers: json, body: JSON.stringify(body) };
}

function batchAnswer(size: number | undefined): Answer {
  return {
    status: 200,
    headers: json,
    body: JSON.stringify({ size, processed: size, errors: 0, details: [] }),
  };
}

function refusal(status: number, message: string): Answer {
  const body = { error: { message, code: status === 401 ? 'unauthorized' : 'bad-request', status } };
  return { status, headers: json, body: JSON.stringify(body) };
}

function decode(record: LogRecord): Decoded {
  const decoding = new Decoding();
  const parsed = parseJson(record.body);
  if ('reason' in parsed) return decoding.fail(parsed.reason, parsed.detail).result();
  const items = Array.isArray(parsed.json) ? (parsed.json as readonly JsonValue[]) : [parsed.json];
  for (const one of items) decoding.item(one, (item) => decodeItem(item, record));
  return decoding.result();
}

type Named = Pick<
  DecodedEvent,
  'type' | 'event' | 'properties' | 'person' | 'revenue' | 'currency' | 'orderId' | 'items'
>;

function decodeItem(item: JsonValue, record: LogRecord): DecodedEvent | Problem {
  if (!isObject(item)) return { reason: 'not an object', detail: 'an event must be a JSON object' };
  const { payload } = item;
  if (!isObject(payload))
    return { reason: 'no payload', detail: 'an event of Umami has an object "payload"' };
  const named = nameOf(text(item.type), payload);
  if ('reason' in named) return named;
  const stated = plainAddress(text(payload.ip) ?? '') || undefined;
  const agent = text(payload.userAgent);
  const connection = record.headers['user-agent'];
  // The library for servers names itself, and its connection is not its user's.
  const server = record.headers.origin === undefined && connection?.includes(' Umami/') === true;
  return withinBounds({
    ...named,
    occurredAt: time(payload.timestamp),
    userId: text(payload.id),
    anonymousId: visitorOf(record, stated, agent),
    url: addressOf(payload),
    referrer: url(payload.referrer),
    title: text(payload.title),
    userAgent: agent ?? (server ? undefined : connection),
    clientHints: agent === undefined && !server ? hintsOfHeaders(record.headers) : undefined,
    address: stated ?? (server || record.address === '' ? undefined : record.address),
    locale: text(payload.language) ?? (server ? undefined : text(record.headers['accept-language'])),
    screen: screen(payload.screen),
    device: deviceOf(payload),
    library: server ? /Umami\/[\w.]{1,20}/.exec(connection ?? '')?.[0] : undefined,
  });
}

const money = new Set(['revenue', 'currency']);

function nameOf(type: string | undefined, payload: JsonObject): Named | Problem {
  const data = object(payload.data);
  const tag = text(payload.tag);
  if (type === 'identify') {
    return {
      type: 'identify',
      event: 'identify',
      properties: {},
      person: isObject(payload.data) ? { set: data } : undefined,
    };
  }
  if (type === 'performance') {
    return { type: 'track', event: '$web_vitals', properties: vitals(payload) };
  }
  if (type === 'engagement') {
    return {
      type: 'track',
      event: engagementEvent,
      properties: { ...data, ...engagementOf(number(payload.engagement)) },
    };
  }
  if (type !== 'event' && type !== undefined) {
    return { reason: 'unknown type', detail: `"type" is ${JSON.stringify(type).slice(0, 80)}` };
  }
  const name = text(typeof payload.name === 'object' ? null : payload.name);
  const sale = saleOf(data);
  const properties = sale.revenue === undefined ? data : remaining(data, money);
  return {
    type: name === undefined ? 'page' : 'track',
    event: name ?? 'page',
    properties: tag === undefined ? properties : { ...properties, tag },
    ...sale,
  };
}

/** `revenue` and `currency` among the data, or an order under `commerce`, whose sum is that of its items, its tax and its shipping. */
function saleOf(data: JsonObject): Pick<DecodedEvent, 'revenue' | 'currency' | 'orderId' | 'items'> {
  const { commerce } = data;
  if (!isObject(commerce)) {
    const revenue = number(data.revenue);
    return { revenue, currency: revenue === undefined ? undefined : currency(data.currency) };
  }
  const items = itemsOf(commerce.items);
  const orderId = text(commerce.orderId);
  const sum = (items ?? []).reduce((total, { price = 0, quantity = 1 }) => total + price * quantity, 0);
  const more = (number(commerce.tax) ?? 0) + (number(commerce.shipping) ?? 0);
  return {
    // without an order it is a cart
    revenue: orderId === undefined ? undefined : Math.round((sum + more) * 10_000) / 10_000,
    currency: currency(commerce.currency),
    orderId,
    items,
  };
}

/** What a server knows of its user without an agent. */
function deviceOf(payload: JsonObject): DecodedEvent['device'] {
  const type = text(payload.device);
  const os = text(payload.os);
  return type === undefined && os === undefined ? undefined : { type, os };
}

function vitals(payload: JsonObject): JsonObject {
  const measured: Record<string, number> = {};
  for (const name of ['lcp', 'inp', 'cls', 'fcp', 'ttfb']) {
    const value = number(payload[name]);
    if (value !== undefined) measured[name] = value;
  }
  return measured;
}

/** Servers and older scripts send the path alone, and the host beside it. */
function addressOf(payload: JsonObject): string | undefined {
  const page = url(payload.url);
  const host = text(payload.hostname);
  if (page === undefined || !page.startsWith('/') || host === undefined) return page;
  return /^[\w.:-]{1,253}$/.test(host) ? `https://${host}${page}` : page;
}

export const umami: Protocol = {
  name: 'umami',
  keyless: true,
  route,
  read,
  refusal,
  tooLargeStatus: 413,
  itemLists: [],
  decode,
};
