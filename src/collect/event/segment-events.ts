import type {
  CampaignFacts,
  ClientHints,
  Decoded,
  DecodedEvent,
  DeviceFacts,
  EventType,
  JsonObject,
  JsonValue,
} from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { plainAddress } from '../accept/address.ts';
import { hintsOfData, hintsOfHeaders } from './client-hints.ts';
import { orderOf, revenueOf } from './commerce.ts';
import { consentOfContext } from './context-consent.ts';
import { currency, isObject, maxIdLength, maxNameLength, number, object, text, time, url } from './fields.ts';
import { itemsOf } from './items.ts';
import { Decoding, type Problem, parseJson } from './payload.ts';
import { payloadOf } from './payload-forms.ts';

/** The calls of Segment's HTTP API by the last part of their path; one letter is what the browser library writes. */
export const types: Readonly<Record<string, EventType | 'batch'>> = {
  track: 'track',
  t: 'track',
  page: 'page',
  p: 'page',
  screen: 'screen',
  s: 'screen',
  identify: 'identify',
  i: 'identify',
  group: 'group',
  g: 'group',
  alias: 'alias',
  a: 'alias',
  batch: 'batch',
  b: 'batch',
  import: 'batch',
};

/** What a protocol makes of an item before it is read as a call. */
export type Prepare = (item: JsonValue) => JsonValue;
const asItIs: Prepare = (item) => item;

/** Decodes what Segment's HTTP API takes, which RudderStack's is made after: one call, or a batch with what its calls share. */
export function decodeCalls(record: LogRecord, prepare: Prepare = asItIs): Decoded {
  // A GET is the pixel, whose query holds the call.
  const parsed = record.method === 'POST' ? parseJson(record.body) : payloadOf(record);
  if ('reason' in parsed) return new Decoding().fail(parsed.reason, parsed.detail).result();
  return decodeJson(parsed.json, record, prepare);
}

export function decodeJson(json: JsonValue, record: LogRecord, prepare: Prepare = asItIs): Decoded {
  const decoding = new Decoding();
  const typeOfPath = types[record.path.slice(record.path.lastIndexOf('/') + 1)];
  const whole = object(json);
  const batch = Array.isArray(json) ? json : whole.batch;
  const scope: Scope = {
    record,
    typeOfPath: typeOfPath === 'batch' ? undefined : typeOfPath,
    context: object(whole.context),
    hasContext: isObject(whole.context) && Array.isArray(batch),
    sentAt: time(whole.sentAt) ?? time(record.headers.sentat),
    ofBrowser: record.headers.origin !== undefined || record.method !== 'POST',
  };
  if (Array.isArray(batch)) {
    for (const item of batch) decoding.item(item, (one) => decodeItem(prepare(one), scope));
  } else if (typeOfPath === 'batch') {
    decoding.fail('no batch', 'the body has no array "batch"');
  } else {
    decoding.item(json, (one) => decodeItem(prepare(one), scope));
  }
  return decoding.result();
}

interface Scope {
  readonly record: LogRecord;
  readonly typeOfPath: EventType | undefined;
  readonly context: JsonObject;
  /** Whether the batch has a context that stands behind those of its events. */
  readonly hasContext: boolean;
  readonly sentAt: number | undefined;
  /** The connection is a browser's, whatever the library says of itself. */
  readonly ofBrowser: boolean;
}

function decodeItem(item: JsonValue, scope: Scope): DecodedEvent | Problem {
  if (!isObject(item)) return { reason: 'not an object', detail: 'an event must be a JSON object' };
  const type = typeOf(item, scope);
  if (!type) return { reason: 'unknown type', detail: `"type" is ${shown(item.type)}` };
  const problem = missing(item, type);
  if (problem) return problem;
  const own = object(item.context);
  const context: JsonObject = scope.hasContext ? { ...scope.context, ...own } : own;
  const properties = object(item.properties);
  const page = object(context.page);
  const app = object(context.app);
  const library = object(context.library);
  const browser = scope.ofBrowser || inBrowser.test(text(library.name) ?? '');
  const stated = currency(properties.currency);
  const revenue = revenueOf(properties, stated);
  // Named one by one: a literal with spreads in it costs as much as all of its fields.
  return {
    type,
    event: type === 'track' ? (text(item.event) ?? '') : type,
    id: text(item.messageId),
    // RudderStack's Node SDK sends both: the time that it was told, and that of the call
    occurredAt: time(item.timestamp) ?? time(item.originalTimestamp),
    sentAt: time(item.sentAt) ?? scope.sentAt,
    userId: text(item.userId),
    anonymousId: text(item.anonymousId),
    accountId: text(item.groupId) ?? text(context.groupId),
    previousId: text(item.previousId),
    merge: type === 'alias' && item.merge === true ? true : undefined,
    clientSessionId: text(context.sessionId),
    url: url(properties.url) ?? url(page.url),
    referrer: url(properties.referrer) ?? url(page.referrer),
    title: text(properties.title) ?? text(page.title),
    userAgent: text(context.userAgent) ?? (browser ? scope.record.headers['user-agent'] : undefined),
    clientHints: hintsOf(context, scope.record, browser),
    address: addressOf(context, scope.record, browser),
    locale: text(context.locale),
    timezone: text(context.timezone),
    screen: screenOf(object(context.screen)),
    device: deviceOf(context.device, context.os),
    appVersion: text(app.version),
    library: libraryOf(library),
    campaign: campaignOf(context.campaign),
    revenue,
    currency: revenue === undefined ? undefined : stated,
    orderId: orderOf(properties),
    items: itemsOf(properties.products),
    consent: consentOfContext(context),
    properties: type === 'page' || type === 'screen' ? viewProperties(item, properties) : properties,
    person: type === 'identify' ? { set: traitsOf(item, context) } : undefined,
    account: type === 'group' ? { set: object(item.traits) } : undefined,
  };
}

function typeOf(item: JsonObject, { typeOfPath }: Scope): EventType | undefined {
  const stated = item.type;
  if (stated === undefined || stated === null) return typeOfPath;
  if (typeof stated !== 'string' || stated.length < 2) return undefined;
  const type = Object.hasOwn(types, stated) ? types[stated] : undefined;
  return type === 'batch' ? undefined : type;
}

const identifiers = ['messageId', 'userId', 'anonymousId', 'groupId', 'previousId'] as const;

/** What the Segment specification demands of each call. */
function missing(item: JsonObject, type: EventType): Problem | undefined {
  for (const name of identifiers) {
    const value = item[name];
    if (typeof value === 'object' && value !== null) {
      return { reason: 'wrong type', detail: `"${name}" must be text, not ${shown(value)}` };
    }
    if (typeof value === 'string' && value.length > maxIdLength) {
      return { reason: 'identifier too long', detail: `"${name}" has more than ${maxIdLength} characters` };
    }
  }
  if (type === 'track') {
    const event = item.event;
    const name = typeof event === 'object' ? undefined : text(event);
    if (name === undefined) return { reason: 'no event name', detail: `"event" is ${shown(event)}` };
    if (name.length > maxNameLength) {
      return { reason: 'event name too long', detail: `"event" has more than ${maxNameLength} characters` };
    }
  }
  if (type === 'group' && !text(item.groupId))
    return { reason: 'no groupId', detail: 'a group call names a group' };
  if (type === 'alias' && !(text(item.previousId) && text(item.userId))) {
    return { reason: 'no previousId or userId', detail: 'an alias call joins previousId to userId' };
  }
  if (!text(item.userId) && !text(item.anonymousId)) {
    return { reason: 'no userId and no anonymousId', detail: 'an event needs one of the two' };
  }
  return undefined;
}

/** SDKs that run on the user's own device: their connection is the user's. Server SDKs never send an Origin. */
const onDevice = /^analytics\.js$|javascript|ios|android|kotlin|swift|react-native|flutter/i;
const inBrowser = /^analytics\.js$|javascript/i;

// Who is at the other end: of a server SDK only what it says itself, of a browser also what the connection says.

function hintsOf(context: JsonObject, record: LogRecord, browser: boolean): ClientHints | undefined {
  const said = isObject(context.userAgentData) ? hintsOfData(context.userAgentData) : undefined;
  return said ?? (browser ? hintsOfHeaders(record.headers) : undefined);
}

function addressOf(context: JsonObject, record: LogRecord, browser: boolean): string | undefined {
  const ip = text(context.ip);
  const said = ip === undefined ? undefined : present(plainAddress(ip));
  if (said !== undefined) return said;
  const connected = browser || onDevice.test(text(object(context.library).name) ?? '');
  return connected ? present(record.address) : undefined;
}

function present(value: string): string | undefined {
  return value === '' ? undefined : value;
}

function screenOf(screen: JsonObject): string | undefined {
  const width = number(screen.width);
  const height = number(screen.height);
  return width && height && width > 0 && height > 0
    ? `${Math.round(width)}x${Math.round(height)}`
    : undefined;
}

function deviceOf(device: JsonValue | undefined, os: JsonValue | undefined): DeviceFacts | undefined {
  if (!isObject(device) && !isObject(os)) return undefined;
  const { type, manufacturer, brand, model } = object(device);
  const { name, version } = object(os);
  return absentWhenEmpty({
    type: text(type),
    brand: text(manufacturer) ?? text(brand),
    model: text(model),
    os: text(name),
    osVersion: text(version),
  });
}

function campaignOf(campaign: JsonValue | undefined): CampaignFacts | undefined {
  if (!isObject(campaign)) return undefined;
  return absentWhenEmpty({
    source: text(campaign.source),
    medium: text(campaign.medium),
    name: text(campaign.name),
    term: text(campaign.term),
    content: text(campaign.content),
  });
}

function absentWhenEmpty<T extends object>(facts: T): T | undefined {
  for (const key in facts) if (facts[key] !== undefined) return facts;
  return undefined;
}

function libraryOf(library: JsonObject): string | undefined {
  const name = text(library.name);
  const version = text(library.version);
  return name === undefined || version === undefined ? name : `${name}/${version}`;
}

/** Page fields have columns of their own; the name and the category of the call become properties. */
function viewProperties(item: JsonObject, properties: JsonObject): JsonObject {
  const hasUrl = typeof properties.url === 'string';
  const kept: Record<string, JsonValue> = {};
  const name = text(item.name);
  if (name !== undefined) kept.name = name;
  const category = text(item.category);
  if (category !== undefined) kept.category = category;
  for (const key in properties) {
    if (key === 'url' || key === 'referrer' || key === 'title') continue;
    if (hasUrl && (key === 'path' || key === 'search')) continue;
    const value = properties[key];
    // Assigning to this name would set the prototype.
    if (key === '__proto__') Object.defineProperty(kept, key, { value, enumerable: true });
    else if (value !== undefined) kept[key] = value;
  }
  return kept;
}

/** Old SDKs put the traits of an identify call only into the context. */
function traitsOf(item: JsonObject, context: JsonObject): JsonObject {
  return isObject(item.traits) ? item.traits : object(context.traits);
}

function shown(value: JsonValue | undefined): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return JSON.stringify(value).slice(0, 80);
}
