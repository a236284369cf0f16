import { parse as parseQuery } from 'node:querystring';
import type { Decoded, JsonObject, JsonValue } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { basicUser } from '../accept/authorization.ts';
import { addressHider } from '../accept/stated-addresses.ts';
import { isObject, object, text } from '../event/fields.ts';
import { Decoding } from '../event/payload.ts';
import { parameter, without } from '../event/payload-forms.ts';
import { decodeCalls, decodeJson } from '../event/segment-events.ts';
import type { Answer, Incoming, Protocol, Reading, Route } from '../protocol.ts';

/**
 * RudderStack's gateway: Segment's calls, and a beacon, a pixel, `merge` and the settings that its SDKs fetch (rudder-server,
 * gateway/handle_lifecycle.go). Its SDKs drop on 4xx but 429 and send everything else again.
 */
const calls = ['track', 'page', 'screen', 'identify', 'group', 'alias', 'batch', 'import', 'merge'];
const get = ['GET', 'HEAD'] as const;
const routes = new Map<string, Route>([
  ...calls.map((name): [string, Route] => [
    `/v1/${name}`,
    { kind: 'events', methods: ['POST'], path: `/v1/${name}` },
  ]),
  ['/beacon/v1/batch', { kind: 'events', methods: ['POST'], path: '/beacon/v1/batch' }],
  ['/pixel/v1/track', { kind: 'events', methods: get, path: '/pixel/v1/track' }],
  ['/pixel/v1/page', { kind: 'events', methods: get, path: '/pixel/v1/page' }],
  ['/sourceConfig', { kind: 'answer', methods: get, path: '/sourceConfig' }],
  ['/health', { kind: 'answer', methods: get, path: '/health' }],
  ['/version', { kind: 'answer', methods: get, path: '/version' }],
  // Its SDKs' reports on themselves.
  ['/rsaMetrics', { kind: 'answer', methods: ['POST'], path: '/rsaMetrics' }],
]);

const pixel = Buffer.from('R0lGODlhAQABAPAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64');
const ok: Answer = { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'OK' };
const image: Answer = {
  status: 200,
  headers: { 'content-type': 'image/gif', 'cache-control': 'no-cache, no-store, must-revalidate' },
  body: pixel,
};

/** Told from Segment by the headers of its browser SDK and by the field that each of its SDKs writes into every event. */
const channel = Buffer.from('"channel":"');
const channels = ['server"', 'web"', 'mobile"', 'sources"'].map((name) => Buffer.from(name));

/** A property may have that name too, so the first few of them are looked at. */
const maxLooked = 20;

function claims({ headers, body }: Incoming): boolean {
  if (headers.anonymousid !== undefined || headers.sentat !== undefined) return true;
  let from = 0;
  for (let looked = 0; looked < maxLooked; looked++) {
    const at = body.indexOf(channel, from);
    if (at < 0) return false;
    from = at + channel.length;
    const start = from;
    if (channels.some((name) => name.equals(body.subarray(start, start + name.length)))) return true;
  }
  return false;
}

function route(path: string): Route | undefined {
  return routes.get(path);
}

function read({ route: { path }, query, headers }: Incoming): Reading {
  const { sentat } = headers;
  return {
    key: basicUser(headers.authorization) ?? parameter(query, 'writeKey'),
    query: without(query, 'writeKey'),
    headers: typeof sentat === 'string' ? { sentat: sentat.slice(0, 40) } : undefined,
    answer: path.startsWith('/pixel/') ? image : ok,
  };
}

/** `/sourceConfig` for a source without destinations: what is asked of each answer before the browser SDK sends anything. */
function answer({ route: { path }, query, headers }: Incoming): Answer {
  if (path === '/rsaMetrics') return ok;
  const json = { 'content-type': 'application/json' };
  if (path === '/health') {
    return { status: 200, headers: json, body: '{"server":"UP","db":"UP","acceptingEvents":"TRUE"}' };
  }
  if (path === '/version') return { status: 200, headers: json, body: '{"Version":"tributary"}' };
  const key = basicUser(headers.authorization) ?? parameter(query, 'writeKey');
  if (key === undefined) return refusal(400, 'write key');
  const config = { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } };
  const source = {
    id: 'tributary',
    name: 'Tributary',
    writeKey: key,
    enabled: true,
    config,
    destinations: [],
    dataplanes: {},
    workspaceId: 'tributary',
    updatedAt: '2026-01-01T00:00:00.000Z',
  };
  return { status: 200, headers: json, body: JSON.stringify({ source, updatedAt: source.updatedAt }) };
}

const wordings: Readonly<Record<number, string>> = {
  400: 'invalid request',
  401: 'invalid write key',
  404: 'source is disabled',
  405: 'method not allowed',
  413: 'request size too large',
  429: 'too many requests',
  503: 'service unavailable',
};

/** The gateway's own word for it, and ours for what to mend. */
function refusal(status: number, message: string): Answer {
  const wording = wordings[status] ?? 'request refused';
  return { status, headers: ok.headers, body: `${wording}: ${message}` };
}

function decode(record: LogRecord): Decoded {
  if (record.path.startsWith('/pixel/')) return decodePixel(record);
  return decodeCalls(record, (item) => (isMerge(item, record.path) ? aliasOf(item) : item));
}

/** Parameters of the pixel are paths into the event: `properties.plan=pro`, `context.page.url=…`. */
const maxParameters = 200;
const maxLevels = 8;

function decodePixel(record: LogRecord): Decoded {
  const parameters = parseQuery(record.query, '&', '=', { maxKeys: maxParameters });
  const event: Nested = Object.create(null) as Nested;
  for (const [path, value] of Object.entries(parameters)) {
    const first = typeof value === 'string' ? value : value?.[0];
    if (first !== undefined) setAt(event, path.toWellFormed().split('.', maxLevels), first.toWellFormed());
  }
  if (Object.keys(event).length === 0) {
    return new Decoding().fail('empty query', 'the request carries no event').result();
  }
  const context = object(event.context);
  const userAgent = context.userAgent ?? record.headers['user-agent'] ?? null;
  const ip = context.ip ?? record.address;
  return decodeJson({ ...event, context: { ...context, userAgent, ip } }, record);
}

/** Without a prototype, so that no name in a query means anything. */
type Nested = { [key: string]: JsonValue };

function setAt(event: Nested, path: readonly string[], value: string): void {
  let at = event;
  for (const key of path.slice(0, -1)) {
    const next = at[key];
    if (isObject(next)) at = next as Nested;
    else {
      const made = Object.create(null) as Nested;
      at[key] = made;
      at = made;
    }
  }
  at[path.at(-1) ?? ''] = value;
}

function isMerge(item: JsonValue, path: string): item is JsonObject {
  return isObject(item) && (item.type === 'merge' || (path === '/v1/merge' && item.type === undefined));
}

/** `merge` joins two ids of a person, each with its kind; the user's stays. */
function aliasOf(item: JsonObject): JsonObject {
  const pair: readonly JsonValue[] = Array.isArray(item.mergeProperties) ? item.mergeProperties : [];
  const [first, second] = [object(pair[0]), object(pair[1])];
  const [stays, joins] =
    second.type === 'user_id' && first.type !== 'user_id' ? [second, first] : [first, second];
  return {
    ...item,
    type: 'alias',
    userId: text(stays.value) ?? null,
    previousId: text(joins.value) ?? null,
    // the client names both, each with its kind: no accident
    merge: true,
  };
}

export const rudderstack: Protocol = {
  name: 'rudderstack',
  route,
  claims,
  read,
  answer,
  refusal,
  hideAddresses: addressHider(['context.ip']),
  tooLargeStatus: 413,
  itemLists: ['batch'],
  decode,
};
