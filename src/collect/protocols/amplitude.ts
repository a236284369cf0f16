import type {
  CampaignFacts,
  Decoded,
  DecodedEvent,
  DeviceFacts,
  Item,
  JsonObject,
  JsonValue,
} from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { plainAddress } from '../accept/address.ts';
import { addressHider } from '../accept/stated-addresses.ts';
import { profileChangesOf } from '../amplitude/profile.ts';
import { hintsOfHeaders } from '../event/client-hints.ts';
import { nobody, withinBounds } from '../event/event-problem.ts';
import { currency, isObject, number, object, text, time, url } from '../event/fields.ts';
import { type Accounts, accountOf, accountsOf } from '../event/groups.ts';
import { itemsOf } from '../event/items.ts';
import { parametersOf } from '../event/parameters.ts';
import { Decoding, type Problem, parseJson, parseText } from '../event/payload.ts';
import { parameter, without } from '../event/payload-forms.ts';
import { remaining } from '../event/remaining.ts';
import type { Answer, Incoming, Protocol, Reading, Route } from '../protocol.ts';

/**
 * Amplitude: HTTP V2 and batch (JSON), and what its older clients send (forms: `event`, `identification`, or `e` with `client`).
 * Clients look into the answer, not at its status: without `"code"` in the JSON they send everything again, and of a 400 they
 * send again what it does not list, unless it says `Invalid API key` or names a missing field.
 */
const forms = ['POST', 'GET'] as const;
const routes: Readonly<Record<string, Route>> = {
  '/2/httpapi': { kind: 'events', methods: ['POST'], path: '/2/httpapi' },
  '/batch': { kind: 'events', methods: ['POST'], path: '/batch' },
  '/httpapi': { kind: 'events', methods: forms, path: '/httpapi' },
  '/identify': { kind: 'events', methods: forms, path: '/identify' },
  '/groupidentify': { kind: 'events', methods: forms, path: '/groupidentify' },
};

function route(path: string): Route | undefined {
  return Object.hasOwn(routes, path) ? routes[path] : undefined;
}

const eventsField = Buffer.from('"events"');
const batchField = Buffer.from('"batch"');

/** PostHog has `/batch` too, with a `batch` where Amplitude has `events`: the outer one comes first. */
function claims({ body }: Incoming): boolean {
  const events = body.indexOf(eventsField);
  if (events < 0) return false;
  const batch = body.indexOf(batchField);
  return batch < 0 || events < batch;
}

/** Above this only the key is looked for: the thread that parses here answers everybody. */
const maxBodyToCount = 1024 * 1024;

function read({ query, body, route: { path } }: Incoming): Reading {
  if (path === '/2/httpapi' || path === '/batch') {
    const parsed = body.length > maxBodyToCount ? undefined : parseJson(body);
    const whole = parsed === undefined || 'reason' in parsed ? undefined : object(parsed.json);
    const key = whole
      ? text(whole.api_key)
      : /"api_key"\s{0,9}:\s{0,9}"([^"\\]{1,200})"/.exec(headOf(body))?.[1];
    const count = Array.isArray(whole?.events) ? whole.events.length : undefined;
    return { key, query, answer: ingested(count, body.length) };
  }
  const form = body.length === 0 ? query : body.toString('latin1', 0, maxBodyToCount);
  const stated = parameter(form, 'api_key') ?? parameter(form, 'client') ?? parameter(query, 'api_key');
  return { key: stated ?? keyOfJson(body), query: without(query, 'api_key', 'client'), answer: success };
}

/** Clients put the key first or last. */
function headOf(body: Buffer): string {
  return body.toString('latin1', 0, 4_096) + body.toString('latin1', Math.max(4_096, body.length - 4_096));
}

function keyOfJson(body: Buffer): string | undefined {
  if (body[0] !== 0x7b || body.length > maxBodyToCount) return undefined;
  const parsed = parseJson(body);
  return 'reason' in parsed ? undefined : text(object(parsed.json).api_key);
}

const json = { 'content-type': 'application/json' };
/** Older clients compare the whole text. */
const success: Answer = { status: 200, headers: { 'content-type': 'text/html' }, body: 'success' };

function ingested(count: number | undefined, bytes: number): Answer {
  const body = { code: 200, events_ingested: count, payload_size_bytes: bytes };
  return { status: 200, headers: json, body: JSON.stringify(body) };
}

/** A refusal is final, except of too many bytes (the client halves its batches) and of ours (it tries again). */
function refusal(status: number, message: string): Answer {
  const refused = status < 500 && status !== 413 && status !== 429;
  const code = refused ? 400 : status;
  const error = status === 401 ? `Invalid API key: ${message}` : message;
  const body = refused && status !== 401 ? { code, error, missing_field: 'events' } : { code, error };
  return { status: code, headers: json, body: JSON.stringify(body) };
}

function decode(record: LogRecord): Decoded {
  const decoding = new Decoding();
  const whole = wholeOf(record);
  if ('reason' in whole) return decoding.fail(whole.reason, whole.detail).result();
  const found = eventsOf(whole.json);
  if ('reason' in found) return decoding.fail(found.reason, found.detail).result();
  const scope: Scope = { record, ...scopeOf(whole.json, record) };
  for (const event of found.events) decoding.item(event, (item) => decodeItem(item, scope));
  return decoding.result();
}

/** The JSON of the body; of a form its fields. */
function wholeOf({ query, body: bytes }: LogRecord): { readonly json: JsonObject } | Problem {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (isForm(body)) return { json: parametersOf(body.toString()) };
  if (body.length === 0 && query !== '') return { json: parametersOf(query) };
  const parsed = parseJson(body);
  return 'reason' in parsed ? parsed : { json: object(parsed.json) };
}

const formStart = /^\s{0,9}[\w.$-]{1,40}=/;

function isForm(body: Buffer): boolean {
  return formStart.test(body.toString('latin1', 0, 60));
}

/** One event or a list, as JSON or as text of it. */
function eventsOf(whole: JsonObject): { readonly events: readonly JsonValue[] } | Problem {
  const stated = whole.events ?? whole.event ?? whole.e ?? whole.identification;
  const parsed = typeof stated === 'string' ? parseText(stated) : undefined;
  if (parsed && 'reason' in parsed) return parsed;
  const events = parsed ? parsed.json : stated;
  if (Array.isArray(events)) return { events: events as readonly JsonValue[] };
  if (isObject(events)) return { events: [events] };
  return {
    reason: 'no events',
    detail: 'the request has no "events" (old clients: "event", "identification")',
  };
}

interface Scope {
  readonly record: LogRecord;
  readonly sentAt: number | undefined;
  /** What an item of this path is that does not say so. */
  readonly unnamed: string | undefined;
}

/** Below this the difference of the clocks is not corrected: as Amplitude does it, with the time of the device as truth. */
const maxSkew = 60_000;

function scopeOf(whole: JsonObject, { path, receivedAt }: LogRecord): Pick<Scope, 'sentAt' | 'unnamed'> {
  const uploaded = time(whole.client_upload_time ?? whole.upload_time);
  const skewed = uploaded !== undefined && Math.abs(receivedAt - uploaded) >= maxSkew;
  const unnamed =
    path === '/identify' ? '$identify' : path === '/groupidentify' ? '$groupidentify' : undefined;
  return { sentAt: skewed ? uploaded : undefined, unnamed };
}

function decodeItem(item: JsonValue, { record, sentAt, unnamed }: Scope): DecodedEvent | Problem {
  if (!isObject(item)) return { reason: 'not an object', detail: 'an event must be a JSON object' };
  const name = text(typeof item.event_type === 'object' ? null : item.event_type) ?? unnamed;
  if (name === undefined)
    return { reason: 'no event name', detail: 'an event of Amplitude has an "event_type"' };
  // An operation on a group says who sent it, and does not put them into the group.
  const about = name === '$groupidentify' ? 'group' : 'person';
  const userId = about === 'person' ? text(item.user_id) : undefined;
  const anonymousId = about === 'person' ? text(item.device_id) : undefined;
  const accounts = item.groups ? accountsOf(item.groups) : accountOf(item.group_type, item.group_value);
  const type = typeOf(name, accounts);
  if (about === 'person' && !userId && !anonymousId) return nobody;
  if (about === 'group' && accounts.accountId === undefined)
    return { reason: 'no groupId', detail: '"groups" or "group_type" and "group_value" name the group' };
  const properties = object(item.event_properties);
  const library = libraryOf(item);
  const web = text(item.platform) === 'Web' || /^amplitude-(ts|js)\//.test(library ?? '');
  const session = text(item.session_id);
  const sale = moneyOf(item, properties);
  return withinBounds({
    type,
    event: type === 'track' ? name : type,
    id: text(item.insert_id) ?? text(item.uuid),
    occurredAt: time(item.time) ?? time(item.timestamp),
    sentAt,
    userId,
    anonymousId,
    ...accounts,
    clientSessionId: session === '-1' ? undefined : session,
    ...(web ? onPage(item, properties, record) : onDevice(item, record)),
    // a server may speak of pages too
    url: url(properties['[Amplitude] Page Location']) ?? url(properties['[Amplitude] Page URL']),
    referrer: url(properties['[Amplitude] Previous Page Location']) ?? url(properties.referrer),
    title: text(properties['[Amplitude] Page Title']),
    locale: text(item.language),
    appVersion: text(item.app_version) ?? text(item.version_name),
    library,
    ...sale,
    properties: remaining(propertiesOf(properties, type), sale === noMoney ? taken : takenOfSale),
    person: about === 'person' ? profileChangesOf(item.user_properties) : undefined,
    account: about === 'group' ? profileChangesOf(item.group_properties) : undefined,
  });
}

function onPage(item: JsonObject, properties: JsonObject, { headers, address }: LogRecord) {
  return {
    userAgent: text(item.user_agent) ?? headers['user-agent'],
    clientHints: hintsOfHeaders(headers),
    address: statedAddress(item) || address || undefined,
    campaign: campaignOf(properties),
  };
}

/**
 * `ip: "$remote"` asks for the address of the connection. It is no address, so the collector has emptied it like anything else
 * that stands where one belongs. Servers state none: their connection is not their user's.
 */
function onDevice(item: JsonObject, { address }: LogRecord) {
  const remote = typeof item.ip === 'string' ? address : '';
  return {
    userAgent: text(item.user_agent),
    address: statedAddress(item) || remote || undefined,
    device: deviceOf(item),
  };
}

function statedAddress({ ip }: JsonObject): string {
  return typeof ip === 'string' ? plainAddress(ip) : '';
}

function typeOf(name: string, { accountId }: Accounts): DecodedEvent['type'] {
  switch (name) {
    case '$identify':
      // `setGroup` sends an identify with the groups of its user: that puts the user into them.
      return accountId === undefined ? 'identify' : 'group';
    case '$groupidentify':
      return 'group';
    case '[Amplitude] Page Viewed':
      return 'page';
    case '[Amplitude] Screen Viewed':
      return 'screen';
    default:
      return 'track';
  }
}

/** What became fields of the event. */
const columns = [
  '[Amplitude] Page Location',
  '[Amplitude] Page URL',
  '[Amplitude] Page Title',
  '[Amplitude] Page Domain',
  '[Amplitude] Page Path',
  '[Amplitude] Previous Page Location',
];
const taken = new Set(columns);
const takenOfSale = new Set([...columns, '$revenue', '$price', '$quantity', '$productId', '$currency']);

function propertiesOf(properties: JsonObject, type: DecodedEvent['type']): JsonObject {
  const name = type === 'screen' ? properties['[Amplitude] Screen Name'] : undefined;
  return name === undefined ? properties : { ...properties, name };
}

interface Money {
  readonly revenue?: number | undefined;
  readonly currency?: string | undefined;
  readonly items?: readonly Item[] | undefined;
}
const noMoney: Money = Object.freeze({});

/** Stated on the event, or with a dollar sign in its properties; without a sum it is price times quantity. */
function moneyOf(item: JsonObject, properties: JsonObject): Money {
  const price = number(item.price) ?? number(properties.$price);
  const quantity = number(item.quantity) ?? number(properties.$quantity);
  const sum = number(item.revenue) ?? number(properties.$revenue);
  const product = text(item.productId) ?? text(properties.$productId);
  if (price === undefined && sum === undefined && product === undefined) {
    return Array.isArray(properties.products) || Array.isArray(properties.$products)
      ? { items: itemsOf(properties.products ?? properties.$products) }
      : noMoney;
  }
  return {
    revenue: sum ?? (price === undefined ? undefined : price * (quantity ?? 1)),
    currency: currency(item.currency) ?? currency(properties.$currency) ?? currency(properties.currency),
    items: itemsOf([{ id: product ?? null, price: price ?? null, quantity: quantity ?? null }]),
  };
}

function deviceOf(item: JsonObject): DeviceFacts | undefined {
  const facts = {
    brand: text(item.device_brand) ?? text(item.device_manufacturer),
    model: text(item.device_model),
    os: text(item.os_name) ?? text(item.platform),
    osVersion: text(item.os_version),
  };
  return (facts.brand ?? facts.model ?? facts.os ?? facts.osVersion) ? facts : undefined;
}

function libraryOf({ library }: JsonObject): string | undefined {
  if (!isObject(library)) return text(library);
  const name = text(library.name);
  const version = text(library.version);
  return name === undefined || version === undefined ? name : `${name}/${version}`;
}

function campaignOf(properties: JsonObject): CampaignFacts | undefined {
  const { utm_source, utm_medium, utm_campaign, utm_term, utm_content } = properties;
  const source = text(utm_source);
  const medium = text(utm_medium);
  const name = text(utm_campaign);
  if (source === undefined && medium === undefined && name === undefined) return undefined;
  return { source, medium, name, term: text(utm_term), content: text(utm_content) };
}

/** In JSON, where all but old clients write, addresses are found without help. */
const hideInForm = addressHider(['ip']);
const hideAddresses: NonNullable<Protocol['hideAddresses']> = (sent, hide) =>
  sent.body.length > 0 && !isForm(sent.body) ? sent : hideInForm(sent, hide);

export const amplitude: Protocol = {
  name: 'amplitude',
  route,
  claims,
  read,
  refusal,
  hideAddresses,
  tooLargeStatus: 413,
  itemLists: ['events', 'event', 'e', 'identification'],
  decode,
};
