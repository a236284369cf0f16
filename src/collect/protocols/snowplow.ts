import { randomUUID } from 'node:crypto';
import type {
  Decoded,
  DecodedEvent,
  DeviceFacts,
  Item,
  JsonObject,
  JsonValue,
  SelfDescribing,
} from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { plainAddress } from '../accept/address.ts';
import { hintsOfHeaders, hintsOfSnowplow } from '../event/client-hints.ts';
import { orderOf } from '../event/commerce.ts';
import {
  currency,
  isObject,
  maxIdLength,
  maxNameLength,
  number,
  object,
  outOfBounds,
  screen,
  text,
  time,
  url,
} from '../event/fields.ts';
import { itemsOf } from '../event/items.ts';
import { parametersOf } from '../event/parameters.ts';
import { Decoding, type Problem, parseJson, parseText } from '../event/payload.ts';
import type { Answer, Incoming, Protocol, Reading, Route } from '../protocol.ts';

/**
 * Snowplow's tracker protocol: GET /i (pixel) and POST tp2. It has no write key. Ours may stand before the path
 * (`/<key>/i`), in the query (`?key=`) or be the application id (`aid`); requests with none of these belong to the default
 * project. Trackers drop on 400, 401, 403, 410 and 422 and send everything else again for ever, 413 included.
 */
const postPath = '/com.snowplowanalytics.snowplow/tp2';
const get = ['GET', 'HEAD'] as const;
const routes: Readonly<Record<string, readonly string[]>> = {
  '/i': get,
  '/ice.png': get,
  [postPath]: ['POST', 'GET', 'HEAD'],
};

function route(path: string): Route | undefined {
  const methods = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (methods) return { kind: 'events', methods, path };
  const match = /^\/([\w-]{8,200})(\/i|\/com\.snowplowanalytics\.snowplow\/tp2)$/.exec(path);
  const inner = match ? routes[match[2] ?? ''] : undefined;
  return match && inner ? { kind: 'events', methods: inner, path: match[2] ?? '', key: match[1] } : undefined;
}

const pixel = Buffer.from('R0lGODlhAQABAPAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64');
const noStore = { 'cache-control': 'no-cache, no-store, must-revalidate' };
const noOne = '00000000-0000-0000-0000-000000000000';
const aidName = Buffer.from('"aid"');
const longestAid = 200;

function read(incoming: Incoming): Reading {
  const { headers, body, method, query } = incoming;
  const anonymous = headers['sp-anonymous'] !== undefined;
  const known = networkId(headers.cookie);
  const id = known ?? randomUUID();
  return {
    key: incoming.route.key ?? /(?:^|&)key=([^&]+)/.exec(query)?.[1],
    hint: method === 'POST' ? aidOfBody(body) : aidOfQuery(query),
    query: query.replace(/(^|&)key=[^&]*/g, '').replace(/^&/, ''),
    headers: anonymous ? { 'sp-anonymous': '*' } : { cookie: `sp=${id}` },
    anonymous,
    answer: answerOf(
      method,
      cookieOf(anonymous ? undefined : id, incoming),
      anonymous && known === undefined,
    ),
  };
}

function answerOf(method: string, cookie: string, withoutCookie: boolean): Answer {
  const headers: Record<string, string> = withoutCookie ? {} : { 'set-cookie': cookie };
  if (method === 'POST')
    return { status: 200, headers: { ...headers, 'content-type': 'text/plain' }, body: 'ok' };
  return { status: 200, headers: { ...headers, ...noStore, 'content-type': 'image/gif' }, body: pixel };
}

/** Browsers refuse SameSite=None without Secure, and Secure without TLS; so plain HTTP gets a first-party cookie. */
function cookieOf(id: string | undefined, { secure }: Incoming): string {
  const lifetime = id === undefined ? 'Max-Age=0' : 'Max-Age=31536000';
  return `sp=${id ?? ''}; ${lifetime}; Path=/; ${secure ? 'SameSite=None; Secure' : 'SameSite=Lax'}; HttpOnly`;
}

function networkId(cookies: string | undefined): string | undefined {
  return cookies === undefined ? undefined : /(?:^|;\s*)sp=([\w-]{1,64})/.exec(cookies)?.[1];
}

/** The first `aid` of the body, without parsing it: all events of a tracker carry the same. Some trackers write spaces into their JSON. */
function aidOfBody(body: Buffer): string | undefined {
  for (let at = body.indexOf(aidName); at >= 0; at = body.indexOf(aidName, at + aidName.length)) {
    const start = at + aidName.length;
    const value = /^\s{0,9}:\s{0,9}"([^"]+)"/.exec(body.toString('utf8', start, start + longestAid));
    if (value) return value[1];
  }
  return undefined;
}

function aidOfQuery(query: string): string | undefined {
  return /(?:^|&)aid=([\w.-]{1,200})(?:&|$)/.exec(query)?.[1];
}

function decode(record: LogRecord): Decoded {
  const decoding = new Decoding();
  if (record.method !== 'POST') {
    if (record.query === '') return decoding.fail('empty query', 'the request carries no event').result();
    decoding.item(parametersOf(record.query), (item) => decodeItem(item, record));
    return decoding.result();
  }
  const parsed = parseJson(record.body);
  if ('reason' in parsed) return decoding.fail(parsed.reason, parsed.detail).result();
  const { schema, data } = object(parsed.json);
  if (typeof schema !== 'string' || !schema.startsWith('iglu:com.snowplowanalytics.snowplow/payload_data/')) {
    return decoding
      .fail('not a payload_data', 'the body is no self-describing JSON of schema payload_data')
      .result();
  }
  if (!Array.isArray(data)) return decoding.fail('no data', 'the body has no array "data"').result();
  for (const item of data) decoding.item(item, (one) => decodeItem(one, record));
  return decoding.result();
}

interface Named {
  readonly type: DecodedEvent['type'];
  readonly event: string;
  readonly properties: JsonObject;
  readonly revenue?: number | undefined;
  readonly currency?: string | undefined;
  readonly orderId?: string | undefined;
  readonly items?: readonly Item[] | undefined;
}

function decodeItem(item: JsonValue, record: LogRecord): DecodedEvent | Problem {
  if (!isObject(item))
    return { reason: 'not an object', detail: 'an event must be an object of text fields' };
  for (const name of ['eid', 'uid', 'duid', 'nuid', 'tnuid', 'sid']) {
    if ((text(item[name])?.length ?? 0) > maxIdLength) {
      return { reason: 'identifier too long', detail: `"${name}" has more than ${maxIdLength} characters` };
    }
  }
  const read = contextsOf(item);
  if ('reason' in read) return read;
  const { contexts, described } = read;
  const named = name(item, contexts);
  if ('reason' in named) return named;
  const problem = outOfBounds(named.properties);
  if (problem) return problem;
  if (named.event.length > maxNameLength) {
    return { reason: 'event name too long', detail: `the name has more than ${maxNameLength} characters` };
  }
  return {
    ...named,
    ...who(item, contexts, record),
    ...where(item, contexts, record),
    contexts: described,
  };
}

/** The name and the properties of each kind of event. */
function name(item: JsonObject, contexts: Contexts): Named | Problem {
  const page = contexts.web_page ? { page_view_id: contexts.web_page.id ?? null } : {};
  switch (text(item.e) ?? '') {
    case 'pv':
      return { type: 'page', event: 'page', properties: page };
    case 'pp':
      return {
        type: 'track',
        event: 'page_ping',
        properties: {
          ...page,
          ...numbers(item, { pp_mix: 'min_x', pp_max: 'max_x', pp_miy: 'min_y', pp_may: 'max_y' }),
        },
      };
    case 'se':
      return structured(item);
    case 'ue':
      return selfDescribing(item);
    case 'tr':
      return transaction(item);
    case 'ti':
      return transactionItem(item);
    default:
      return {
        reason: 'unknown event type',
        detail: `"e" is ${JSON.stringify(item.e ?? null).slice(0, 80)}`,
      };
  }
}

function structured(item: JsonObject): Named | Problem {
  const action = text(item.se_ac);
  if (action === undefined)
    return { reason: 'no event name', detail: 'a structured event has an action, "se_ac"' };
  const texts = strings(item, { se_ca: 'category', se_la: 'label', se_pr: 'property' });
  return { type: 'track', event: action, properties: { ...texts, ...numbers(item, { se_va: 'value' }) } };
}

/** vendor, name and version of `iglu:vendor/name/format/version`. */
const igluSchema = /^iglu:([\w.-]+)\/([\w.-]+)\/[\w.-]+\/([\w.-]+)$/;

function selfDescribing(item: JsonObject): Named | Problem {
  const outer = embedded(item.ue_pr, item.ue_px);
  if (outer === undefined)
    return { reason: 'no event', detail: 'a self-describing event has "ue_px" or "ue_pr"' };
  if ('reason' in outer) return outer;
  const inner = object(object(outer.json).data);
  const schema = text(inner.schema);
  const [, vendor, event, version] = igluSchema.exec(schema ?? '') ?? [];
  if (vendor === undefined || event === undefined || version === undefined) {
    return { reason: 'no schema', detail: 'the event is no self-describing JSON with an iglu: schema' };
  }
  const data = object(inner.data);
  const properties: JsonObject = { ...data, $schema: `${vendor}/${event}/${version}` };
  if (event === 'screen_view') return { type: 'screen', event: 'screen', properties };
  const items = itemsOf(data.items) ?? itemsOf(data.products);
  return { type: 'track', event, properties, orderId: orderOf(data), items };
}

function transaction(item: JsonObject): Named {
  return {
    type: 'track',
    event: 'transaction',
    revenue: number(item.tr_tt),
    currency: currency(item.tr_cu),
    orderId: text(item.tr_id),
    properties: {
      ...strings(item, {
        tr_id: 'order_id',
        tr_af: 'affiliation',
        tr_ci: 'city',
        tr_st: 'state',
        tr_co: 'country',
      }),
      ...numbers(item, { tr_tt: 'total', tr_tx: 'tax', tr_sh: 'shipping' }),
    },
  };
}

/** Without revenue: its money is in the transaction already, and a sum over all events would count it twice. */
function transactionItem(item: JsonObject): Named {
  return {
    type: 'track',
    event: 'transaction_item',
    orderId: text(item.ti_id),
    items: itemsOf([
      [item.ti_sk ?? null, item.ti_nm ?? null, item.ti_ca ?? null, item.ti_pr ?? null, item.ti_qu ?? null],
    ]),
    properties: {
      ...strings(item, {
        ti_id: 'order_id',
        ti_sk: 'sku',
        ti_nm: 'name',
        ti_ca: 'category',
        ti_cu: 'currency',
      }),
      ...numbers(item, { ti_pr: 'price', ti_qu: 'quantity' }),
    },
  };
}

/** A tracker on a server (platform `srv`) has a connection, a cookie and a user agent of its own, not of the user. */
function who(item: JsonObject, contexts: Contexts, record: LogRecord) {
  const server = text(item.p) === 'srv';
  const session = contexts.client_session ?? {};
  const network = server ? undefined : networkId(record.headers.cookie);
  const ids = [item.duid, session.userId, item.tnuid, item.nuid, network];
  const stated = text(item.ip);
  const address = stated === undefined ? '' : plainAddress(stated);
  return {
    id: text(item.eid),
    occurredAt: time(item.dtm),
    sentAt: time(item.stm),
    trueAt: time(item.ttm),
    userId: text(item.uid),
    anonymousId: ids.map(text).find((id) => id !== undefined && id !== noOne),
    clientSessionId: text(item.sid) ?? text(session.sessionId),
    userAgent: text(item.ua) ?? (server ? undefined : record.headers['user-agent']),
    clientHints:
      hintsOfSnowplow(contexts.http_client_hints ?? {}) ??
      (server ? undefined : hintsOfHeaders(record.headers)),
    address: address || (server ? '' : record.address) || undefined,
  };
}

function where(item: JsonObject, contexts: Contexts, record: LogRecord) {
  const tracker = text(item.tv);
  const application = contexts.application ?? {};
  return {
    // The pixel in a page without script says nothing but the page it stands on.
    url: url(item.url) ?? (record.method === 'GET' ? url(record.headers.referer) : undefined),
    referrer: url(item.refr),
    title: text(item.page),
    locale: text(item.lang),
    timezone: text(item.tz),
    screen: screen(item.res),
    device: deviceOf(contexts.mobile_context),
    appVersion: text(application.version),
    library: tracker === undefined ? undefined : tracker.replace('-', '/'),
  };
}

function deviceOf(mobile: JsonObject | undefined): DeviceFacts | undefined {
  if (!mobile) return undefined;
  return {
    type: 'mobile',
    brand: text(mobile.deviceManufacturer),
    model: text(mobile.deviceModel),
    os: text(mobile.osType),
    osVersion: text(mobile.osVersion),
  };
}

/** The data of each context, by the name of its schema; the first of a name. */
type Contexts = { readonly [name: string]: JsonObject | undefined };

interface ReadContexts {
  readonly contexts: Contexts;
  readonly described?: DecodedEvent['contexts'];
}

function contextsOf(item: JsonObject): ReadContexts | Problem {
  const outer = embedded(item.co, item.cx);
  if (outer === undefined) return { contexts: {} };
  if ('reason' in outer) return { reason: 'broken contexts', detail: `${outer.reason}: ${outer.detail}` };
  const contexts = new Map<string, JsonObject>();
  const described: SelfDescribing[] = [];
  const list = object(outer.json).data;
  for (const one of Array.isArray(list) ? list.slice(0, 100) : []) {
    const schema = text(object(one).schema);
    if (schema === undefined) continue;
    const data = object(object(one).data);
    const [, vendor, name, version] = igluSchema.exec(schema) ?? [];
    if (version !== undefined && !outOfBounds(data))
      described.push({ schema: `${vendor}/${name}/${version}`, data });
    const short = schema.split('/')[1];
    if (short !== undefined && /^[a-z_]{3,40}$/.test(short) && !contexts.has(short))
      contexts.set(short, data);
  }
  return { contexts: Object.fromEntries(contexts), described };
}

/** JSON inside a field: plain, or base64 of either alphabet, padded or not. */
function embedded(
  plain: JsonValue | undefined,
  base64: JsonValue | undefined,
): { readonly json: JsonValue } | Problem | undefined {
  if (typeof plain === 'string' && plain !== '') return parseText(plain);
  if (typeof base64 !== 'string' || base64 === '') return undefined;
  return parseJson(Buffer.from(base64, 'base64'));
}

function strings(item: JsonObject, names: Record<string, string>): JsonObject {
  return pick(item, names, text);
}

function numbers(item: JsonObject, names: Record<string, string>): JsonObject {
  return pick(item, names, number);
}

function pick(
  item: JsonObject,
  names: Record<string, string>,
  read: (value: JsonValue | undefined) => string | number | undefined,
): JsonObject {
  const result: Record<string, JsonValue> = {};
  for (const [key, name] of Object.entries(names)) {
    const value = read(item[key]);
    if (value !== undefined) result[name] = value;
  }
  return result;
}

/** A GET's event stands in its query. */
function itemRequest(
  item: JsonValue,
  { method }: Pick<LogRecord, 'method'>,
): { query: string; body: string } | undefined {
  if (method === 'POST' || !isObject(item)) return undefined;
  const fields = Object.entries(item).map(([name, value]): [string, string] => [
    name,
    text(value) ?? JSON.stringify(value),
  ]);
  return { query: new URLSearchParams(fields).toString(), body: '' };
}

export const snowplow: Protocol = {
  name: 'snowplow',
  keyless: true,
  route,
  read,
  tooLargeStatus: 400,
  itemLists: ['data'],
  itemRequest,
  decode,
};
