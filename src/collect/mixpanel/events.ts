import type { Decoded, DecodedEvent, EventType, JsonObject, JsonValue } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { hintsOfHeaders } from '../event/client-hints.ts';
import { orderOf, revenueOf } from '../event/commerce.ts';
import {
  campaignOf,
  deviceOf,
  knownBy,
  libraryOf,
  ownProperties,
  referrerOf,
  screenOf,
} from '../event/dollar-properties.ts';
import { currency, isObject, maxNameLength, number, object, text, time, url } from '../event/fields.ts';
import { accountsAmong } from '../event/groups.ts';
import { itemsOf } from '../event/items.ts';
import { Decoding, type Problem } from '../event/payload.ts';
import { payloadOf } from '../event/payload-forms.ts';
import { idOf, whoIs } from './identity.ts';
import { ownFieldsOf } from './own-fields.ts';
import { accountOperation, personOperation } from './profiles.ts';
import { type Sender, senderOf, statedAddress } from './sender.ts';

const types: Readonly<Record<string, EventType>> = {
  $mp_web_page_view: 'page',
  mp_page_view: 'page',
  $identify: 'identify',
  $create_alias: 'alias',
  $merge: 'alias',
};

/** Decodes events and operations on persons and accounts, by the path they were sent to. */
export function decodeMixpanel(record: LogRecord): Decoded {
  const decoding = new Decoding();
  const payload = payloadOf(record);
  if ('reason' in payload) return decoding.fail(payload.reason, payload.detail).result();
  const { json } = payload;
  const list: readonly JsonValue[] = Array.isArray(json) ? json : [json];
  const sender = senderOf(record);
  const decode = decoders[record.path] ?? decodeEvent;
  for (const item of list) decoding.item(item, (one) => (isObject(one) ? decode(one, sender) : notObject));
  for (const { line, problem } of payload.broken) decoding.fail(problem.reason, problem.detail, line);
  return decoding.result();
}

const notObject: Problem = { reason: 'not an object', detail: 'an event must be a JSON object' };
const decoders: Readonly<Record<string, (item: JsonObject, sender: Sender) => DecodedEvent | Problem>> = {
  '/engage': personOperation,
  '/groups': accountOperation,
  '/import': (item, sender) => missingOfImport(item) ?? decodeEvent(item, sender),
};

/** Why an event of an import can be no event; its past would be taken for the present. */
export function missingOfImport(item: JsonObject): Problem | undefined {
  const name = nameOf(item);
  if (typeof name !== 'string') return name;
  return time(object(item.properties).time) === undefined
    ? { reason: 'no time', detail: 'an imported event names its "time" in the properties' }
    : undefined;
}

function nameOf({ event }: JsonObject): string | Problem {
  if (typeof event !== 'string' || event === '')
    return { reason: 'no event name', detail: '"event" must be text' };
  if (event.length <= maxNameLength) return event;
  return { reason: 'event name too long', detail: `"event" has more than ${maxNameLength} characters` };
}

function decodeEvent(item: JsonObject, { record, inBrowser, address }: Sender): DecodedEvent | Problem {
  const event = nameOf(item);
  if (typeof event !== 'string') return event;
  const properties = object(item.properties);
  const type = Object.hasOwn(types, event) ? (types[event] as EventType) : 'track';
  const who = whoIs(type, properties);
  if ('reason' in who) return who;
  const library = text(properties.mp_lib);
  const agent =
    text(properties.$user_agent) ??
    (inBrowser || library === 'web' ? record.headers['user-agent'] : undefined);
  const device = agent === undefined ? deviceOf(properties) : undefined;
  const page = url(properties.$current_url) ?? (type === 'page' ? url(properties.mp_page) : undefined);
  const stated = currency(properties.currency) ?? currency(properties.$currency);
  const revenue = revenueOf(properties, stated) ?? number(properties.$amount);
  const accounts = accountsAmong(properties);
  return {
    type,
    event: type === 'track' ? event : type,
    id: eventId(event, properties),
    occurredAt: time(properties.time),
    userId: who.userId,
    anonymousId: who.anonymousId,
    accountId: accounts.accountId,
    accountKind: accounts.accountKind,
    groups: accounts.groups,
    previousId: who.previousId,
    merge: who.merge,
    clientSessionId: idOf(properties.$session_id),
    url: page,
    referrer: referrerOf(properties) ?? text(properties.mp_referrer),
    title: type === 'page' ? text(properties.current_page_title) : undefined,
    userAgent: agent,
    clientHints: inBrowser ? hintsOfHeaders(record.headers) : undefined,
    address: statedAddress(properties.ip) ?? statedAddress(properties.$ip) ?? address,
    locale: text(properties.$locale) ?? text(properties.$language),
    timezone: text(properties.$timezone),
    screen: screenOf(properties),
    device,
    appVersion: text(properties.$app_version_string) ?? text(properties.$app_version),
    library: libraryOf(nameOfLibrary(library), properties.$lib_version),
    campaign: campaignOf(properties, page),
    revenue,
    currency: revenue === undefined ? undefined : stated,
    orderId: orderOf(properties),
    items: itemsOf(properties.products) ?? itemsOf(properties.items),
    properties: ownProperties(properties, ownFieldsOf(type, page), knownBy(agent, device)),
  };
}

/** They call themselves `web`, `node`, `swift`. */
function nameOfLibrary(library: string | undefined): string | undefined {
  if (library === undefined || library.startsWith('mixpanel')) return library;
  return library === 'web' ? 'mixpanel-js' : `mixpanel-${library}`;
}

/** As Mixpanel's own SDKs make them: 16 random characters, and UUIDs. */
const randomId = /^[a-z0-9]{16}$|^[\da-f]{8}-[\da-f-]{27}$/i;

/** An id that somebody chose is one of its event, person and time only: that is how Mixpanel tells duplicates. */
function eventId(event: string, { $insert_id, distinct_id, time: at }: JsonObject): string | undefined {
  const id = idOf($insert_id);
  if (id === undefined || randomId.test(id)) return id;
  return `${id}/${event}/${text(distinct_id) ?? ''}/${text(at) ?? ''}`.slice(0, 512);
}
