import { createHash } from 'node:crypto';
import type {
  Decoded,
  DecodedEvent,
  DeviceFacts,
  EventType,
  JsonObject,
  JsonValue,
} from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { plainAddress } from '../accept/address.ts';
import { hintsOfHeaders } from '../event/client-hints.ts';
import { orderOf, revenueOf } from '../event/commerce.ts';
import {
  campaignOf,
  changesOf,
  deviceOf,
  knownBy,
  libraryOf,
  ownProperties,
  referrerOf,
  screenOf,
} from '../event/dollar-properties.ts';
import { currency, isObject, maxNameLength, number, object, text, time, url } from '../event/fields.ts';
import { itemsOf } from '../event/items.ts';
import { Decoding, type Problem } from '../event/payload.ts';
import { parameter, payloadOf } from '../event/payload-forms.ts';
import { accountsFor, distinctIdOf, idOf, whoIs } from './identity.ts';
import { ownFieldsOf } from './own-fields.ts';

const types: Readonly<Record<string, EventType>> = {
  $pageview: 'page',
  $screen: 'screen',
  $identify: 'identify',
  $set: 'identify',
  $groupidentify: 'group',
  $create_alias: 'alias',
  $merge_dangerously: 'alias',
};

/** Kept by no one here: recordings of screens, and maps of clicks whose keys are addresses. */
const droppedNames: Readonly<Record<string, string>> = {
  $snapshot: 'session replay',
  $snapshot_items: 'session replay',
  $performance_event: 'session replay',
  $$heatmap: 'heatmap',
  $$client_ingestion_warning: 'client warning',
};

/** Decodes the events of a capture request of any form and any age of the SDK. */
export function decodeCapture(record: LogRecord): Decoded {
  const decoding = new Decoding();
  const payload = payloadOf(record);
  if ('reason' in payload) return decoding.fail(payload.reason, payload.detail).result();
  const whole = object(payload.json);
  const batch: JsonValue = Array.isArray(payload.json) ? payload.json : (whole.batch ?? [payload.json]);
  if (!Array.isArray(batch)) {
    return decoding.fail('no batch', '"batch" must be an array of events').result();
  }
  const scope: Scope = { record, sentAt: sentAtOf(whole, record) };
  const dropped: Record<string, number> = {};
  for (const item of batch as readonly JsonValue[]) {
    const reason = dropReason(item);
    if (reason === undefined) decoding.item(item, (one) => decodeItem(one, scope));
    else dropped[reason] = (dropped[reason] ?? 0) + 1;
  }
  for (const { line, problem } of payload.broken) decoding.fail(problem.reason, problem.detail, line);
  const result = decoding.result();
  return Object.keys(dropped).length === 0 ? result : { ...result, dropped };
}

interface Scope {
  readonly record: LogRecord;
  readonly sentAt: number | undefined;
}

function dropReason(item: JsonValue): string | undefined {
  const name = isObject(item) ? item.event : undefined;
  return typeof name === 'string' && name.charCodeAt(0) === 0x24 && Object.hasOwn(droppedNames, name)
    ? droppedNames[name]
    : undefined;
}

/** 2020: a number below it is no time in milliseconds. */
const earliestSending = 1_577_836_800_000;

/** Of a request that is sent again: when this attempt was, if its header says so, else when the batch was made. */
function sentAtOf(whole: JsonObject, { headers, query }: LogRecord): number | undefined {
  const stated = time(headers['posthog-request-timestamp']) ?? time(whole.sent_at) ?? time(whole.sentAt);
  if (stated !== undefined) return stated;
  const created = time(whole.created_at);
  if (created !== undefined || query === '') return created;
  const asked = number(parameter(query, 'sent_at')) ?? number(parameter(query, '_'));
  return asked !== undefined && asked >= earliestSending ? asked : undefined;
}

function decodeItem(item: JsonValue, { record, sentAt }: Scope): DecodedEvent | Problem {
  if (!isObject(item)) return { reason: 'not an object', detail: 'an event must be a JSON object' };
  const event = nameOf(item);
  if (typeof event !== 'string') return event;
  const properties = object(item.properties);
  const distinctId = distinctIdOf(item, properties);
  if (distinctId === undefined) return { reason: 'no distinct_id', detail: 'an event names its distinct_id' };
  const type = Object.hasOwn(types, event) ? (types[event] as EventType) : 'track';
  const options = object(item.options);
  const who = whoIs(type, distinctId, item, properties, options, record);
  if ('reason' in who) return who;
  const accounts = accountsFor(type, properties);
  if (type === 'group' && accounts.accountId === undefined) {
    return { reason: 'no groupId', detail: 'a $groupidentify names "$group_type" and "$group_key"' };
  }
  const page = url(properties.$current_url);
  const client = clientOf(properties, record);
  const stated = currency(properties.currency);
  const revenue = revenueOf(properties, stated) ?? number(properties.$revenue);
  const kept = ownProperties(properties, ownFieldsOf(type, page), knownBy(client.agent, client.device));
  return {
    type,
    event: type === 'track' ? event : type,
    id: idOf(item.uuid) ?? idOf(properties.$insert_id) ?? operationId(type, item),
    occurredAt: time(item.timestamp) ?? time(properties.$time),
    sentAt: ignoresSentAt(properties, options) ? undefined : sentAt,
    trueAt: trueTime(item.offset, record.receivedAt),
    userId: who.userId,
    anonymousId: who.anonymousId,
    accountId: accounts.accountId,
    accountKind: accounts.accountKind,
    groups: accounts.groups,
    previousId: who.previousId,
    merge: event === '$merge_dangerously' ? true : undefined,
    clientSessionId: idOf(properties.$session_id) ?? idOf(item.session_id),
    url: page,
    referrer: referrerOf(properties),
    title: type === 'page' ? text(properties.title) : undefined,
    userAgent: client.agent,
    clientHints: client.inBrowser ? hintsOfHeaders(record.headers) : undefined,
    address: addressOf(properties, client, record),
    locale: text(properties.$browser_language) ?? text(properties.$locale),
    timezone: text(properties.$timezone),
    screen: screenOf(properties),
    device: client.device,
    appVersion: text(properties.$app_version),
    library: libraryOfEvent(client.library, properties, record),
    campaign: campaignOf(properties, page),
    revenue,
    currency: revenue === undefined ? undefined : stated,
    orderId: orderOf(properties),
    items: itemsOf(properties.products) ?? itemsOf(properties.items),
    consent: who.consent,
    properties: type === 'screen' ? namedScreen(properties, kept) : kept,
    person: changesOf(operationsOf(item, properties)),
    account: type === 'group' ? { set: object(properties.$group_set) } : undefined,
  };
}

/**
 * Some SDKs (Go) send operations on persons and groups without an id, and send them again: the same operation at the same
 * time is the same one.
 */
function operationId(type: EventType, item: JsonObject): string | undefined {
  if ((type !== 'identify' && type !== 'group' && type !== 'alias') || item.timestamp === undefined)
    return undefined;
  return createHash('sha256').update(JSON.stringify(item)).digest('base64url').slice(0, 22);
}

/** Old SDKs send operations on a person without a name, to /engage. */
function nameOf({ event, $set, $set_once, $unset }: JsonObject): string | Problem {
  if (event === undefined && ($set ?? $set_once ?? $unset) !== undefined) return '$set';
  if (typeof event !== 'string' || event === '')
    return { reason: 'no event name', detail: '"event" must be text' };
  if (event.length <= maxNameLength) return event;
  return { reason: 'event name too long', detail: `"event" has more than ${maxNameLength} characters` };
}

function ignoresSentAt({ $ignore_sent_at }: JsonObject, options: JsonObject): boolean {
  return $ignore_sent_at === true || options.disable_skew_correction === true;
}

/** Milliseconds before now, for a client that knows its clock to be wrong. */
function trueTime(offset: JsonValue | undefined, now: number): number | undefined {
  return typeof offset === 'number' && offset >= 0 && offset < now ? now - offset : undefined;
}

interface Client {
  readonly library: string | undefined;
  readonly inBrowser: boolean;
  readonly agent: string | undefined;
  readonly device: DeviceFacts | undefined;
}

function clientOf(properties: JsonObject, { headers }: LogRecord): Client {
  const library = text(properties.$lib);
  const inBrowser = library === 'web' || headers.origin !== undefined;
  const agent = text(properties.$raw_user_agent) ?? (inBrowser ? headers['user-agent'] : undefined);
  const device = agent === undefined && properties.$is_server !== true ? deviceOf(properties) : undefined;
  return { library, inBrowser, agent, device };
}

/** SDKs that run on the user's own device: their connection is the user's. */
const onDevice = /js$|ios|android|react-native|flutter|unity|swift|kotlin/;

function addressOf(
  properties: JsonObject,
  { library, inBrowser }: Client,
  record: LogRecord,
): string | undefined {
  if (properties.$geoip_disable === true) return undefined;
  const stated = text(properties.$ip);
  const said = stated === undefined ? '' : plainAddress(stated);
  if (said !== '') return said;
  const connected = inBrowser || (library !== undefined && onDevice.test(library));
  return connected && record.address !== '' ? record.address : undefined;
}

/** `web` is what the browser's SDK calls itself; the newest server SDKs tell their name only in a header. */
function libraryOfEvent(
  library: string | undefined,
  properties: JsonObject,
  record: LogRecord,
): string | undefined {
  if (library === undefined) return record.headers['posthog-sdk-info'];
  return libraryOf(library === 'web' ? 'posthog-js' : library, properties.$lib_version);
}

/** In an event's own fields and in its properties; the former are the newer way of the SDKs. */
function operationsOf(item: JsonObject, properties: JsonObject): JsonObject {
  return {
    $set: both(properties.$set, item.$set),
    $set_once: both(properties.$set_once, item.$set_once),
    $unset: item.$unset ?? properties.$unset ?? null,
  };
}

function both(first: JsonValue | undefined, second: JsonValue | undefined): JsonValue {
  if (isObject(first) && isObject(second)) return { ...first, ...second };
  return second ?? first ?? null;
}

function namedScreen(properties: JsonObject, kept: JsonObject): JsonObject {
  const name = text(properties.$screen_name);
  return name === undefined ? kept : { name, ...kept };
}
