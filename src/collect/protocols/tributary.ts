import type {
  CampaignFacts,
  ClientHints,
  Consent,
  Decoded,
  DecodedEvent,
  DeviceFacts,
  EventType,
  JsonObject,
  JsonValue,
  ProfileChanges,
} from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { plainAddress } from '../accept/address.ts';
import { hintsOfData, hintsOfHeaders } from '../event/client-hints.ts';
import {
  currency,
  isObject,
  maxIdLength,
  maxNameLength,
  number,
  object,
  text,
  time,
  url,
} from '../event/fields.ts';
import { accountsOf } from '../event/groups.ts';
import { itemsOf } from '../event/items.ts';
import { Decoding, type Problem, parseJson } from '../event/payload.ts';
import type { Answer, Incoming, Protocol, Reading, Route } from '../protocol.ts';

/**
 * Our own protocol (docs/tracker.md): `POST /t` with a JSON batch `{k: key, s: sent at, l: library, d: context, e: events}`,
 * whatever the content type says, so that beacons need no preflight. What stands beside `e` holds for each event that does
 * not say otherwise.
 */
const path = '/t';
const routeOfEvents: Route = { kind: 'events', methods: ['POST'], path };

const types = new Set<string>([
  'track',
  'page',
  'screen',
  'identify',
  'group',
  'alias',
] satisfies EventType[]);

const ok: Answer = { status: 200, headers: { 'content-type': 'text/plain' }, body: 'ok' };

/** Above this the key must be in the query or come first: the body would be parsed on the thread that answers everybody. */
const maxBodyForKey = 1024 * 1024;
/** Our trackers write the key first. */
const keyFirst = /^\s{0,9}\{\s{0,9}"k"\s{0,9}:\s{0,9}"([\w.~-]{1,200})"/;
const withoutId = Buffer.from('"anonymous"');

function read({ query, body }: Incoming): Reading {
  const stated = query === '' ? undefined : (new URLSearchParams(query).get('k') ?? undefined);
  const kept = query === '' ? '' : query.replace(/(^|&)k=[^&]*/g, '').replace(/^&/, '');
  const key = stated ?? keyFirst.exec(body.toString('latin1', 0, 256))?.[1];
  const mayBeCookieless = body.includes(withoutId);
  if ((key !== undefined && !mayBeCookieless) || body.length > maxBodyForKey)
    return { key, query: kept, answer: ok, cookieless: mayBeCookieless || undefined };
  const parsed = parseJson(body);
  const batch = 'json' in parsed ? object(parsed.json) : {};
  return { key: key ?? text(batch.k), query: kept, answer: ok, cookieless: isCookieless(batch) || undefined };
}

function isCookieless(batch: JsonObject): boolean {
  if (batch.c === 'anonymous') return true;
  return Array.isArray(batch.e) && batch.e.some((event: JsonValue) => object(event).c === 'anonymous');
}

function decode(record: LogRecord): Decoded {
  const decoding = new Decoding();
  const parsed = parseJson(record.body);
  if ('reason' in parsed) return decoding.fail(parsed.reason, parsed.detail).result();
  const batch = object(parsed.json);
  if (!Array.isArray(batch.e)) return decoding.fail('no batch', 'the body has no array "e"').result();
  const library = text(batch.l);
  const scope: Scope = {
    record,
    batch,
    context: object(batch.d),
    sentAt: time(batch.s),
    library,
    connected: record.headers.origin !== undefined || (library?.startsWith(`${browserLibrary}/`) ?? false),
  };
  for (const item of batch.e) decoding.item(item, (one) => decodeItem(one, scope));
  return decoding.result();
}

/** As our tracker in the browser calls itself. */
const browserLibrary = 'tributary-js';

interface Scope {
  readonly record: LogRecord;
  readonly batch: JsonObject;
  readonly context: JsonObject;
  readonly sentAt: number | undefined;
  readonly library: string | undefined;
  /** The connection is the end user's own; of a server only what it says of its user counts. */
  readonly connected: boolean;
}

function decodeItem(item: JsonValue, scope: Scope): DecodedEvent | Problem {
  if (!isObject(item)) return { reason: 'not an object', detail: 'an event must be a JSON object' };
  const { record, batch, context, connected } = scope;
  const type = item.t === undefined ? 'track' : item.t;
  if (!isType(type)) return { reason: 'unknown type', detail: `"t" is ${shown(type)}` };
  const consent = consentOf(item.c ?? batch.c);
  const userId = text(orBatch(item.u, batch.u));
  const anonymousId = text(orBatch(item.a, batch.a)) ?? visitorOf(consent, record);
  const accounts = accountsOf(kindsOf(orBatch(item.g, batch.g)));
  const problem = missing(item, type, userId ?? anonymousId, accounts.accountId);
  if (problem) return problem;
  const facts = isObject(item.d) ? { ...context, ...item.d } : context;
  const properties = object(item.p);
  const revenue = number(item.revenue) ?? number(properties.revenue);
  return {
    type,
    event: type === 'track' ? (text(item.n) ?? '') : type,
    id: text(item.i),
    occurredAt: time(item.o),
    sentAt: scope.sentAt,
    trueAt: time(item.trueAt),
    userId,
    anonymousId,
    accountId: accounts.accountId,
    accountKind: accounts.accountKind,
    groups: accounts.groups,
    previousId: text(item.previousId),
    clientSessionId: text(item.sessionId),
    url: url(facts.url),
    referrer: url(facts.ref),
    title: text(facts.title),
    userAgent: agentOf(facts, record, connected),
    clientHints: hintsOf(facts, record, connected),
    address: addressOf(facts, record, connected),
    locale: text(facts.locale),
    timezone: text(facts.tz),
    screen: text(facts.screen),
    device: deviceOf(facts.device),
    appVersion: text(facts.app),
    library: scope.library,
    campaign: campaignOf(facts.campaign),
    revenue,
    currency: revenue === undefined ? undefined : (currency(item.currency) ?? currency(properties.currency)),
    orderId: text(item.orderId),
    items: item.items === undefined ? undefined : itemsOf(item.items),
    sequence: sequenceOf(item.q),
    consent,
    properties: type === 'page' || type === 'screen' ? named(item.n, properties) : properties,
    person: changesOf(item.person, type === 'identify'),
    account: changesOf(item.account, type === 'group'),
  };
}

/** Null is an answer too: this event has none. */
function orBatch(own: JsonValue | undefined, ofBatch: JsonValue | undefined): JsonValue | undefined {
  return own === undefined ? ofBatch : own;
}

function visitorOf(consent: Consent | undefined, record: LogRecord): string | undefined {
  return consent === 'anonymous' ? text(record.visitor) : undefined;
}

function agentOf(facts: JsonObject, record: LogRecord, connected: boolean): string | undefined {
  return text(facts.ua) ?? (connected ? record.headers['user-agent'] : undefined);
}

function isType(value: JsonValue): value is EventType {
  return typeof value === 'string' && types.has(value);
}

const identifiers = ['i', 'u', 'a', 'previousId', 'sessionId', 'orderId'] as const;

function missing(
  item: JsonObject,
  type: EventType,
  who: string | undefined,
  account: string | undefined,
): Problem | undefined {
  for (const name of identifiers) {
    const value = item[name];
    if (typeof value === 'object' && value !== null)
      return { reason: 'wrong type', detail: `"${name}" must be text, not ${shown(value)}` };
    if (typeof value === 'string' && value.length > maxIdLength)
      return { reason: 'identifier too long', detail: `"${name}" has more than ${maxIdLength} characters` };
  }
  if (type === 'track') {
    const name = typeof item.n === 'object' ? undefined : text(item.n);
    if (name === undefined) return { reason: 'no event name', detail: `"n" is ${shown(item.n)}` };
    if (name.length > maxNameLength)
      return { reason: 'event name too long', detail: `"n" has more than ${maxNameLength} characters` };
  }
  if (type === 'group' && account === undefined)
    return { reason: 'no groupId', detail: 'a group event names its account in "g"' };
  if (type === 'alias' && !(text(item.previousId) && text(item.u)))
    return { reason: 'no previousId or userId', detail: 'an alias event joins "previousId" to "u"' };
  return who === undefined || who.length > maxIdLength ? nobody(who) : undefined;
}

function nobody(who: string | undefined): Problem {
  return who === undefined
    ? { reason: 'no userId and no anonymousId', detail: 'an event needs one of "u" and "a"' }
    : { reason: 'identifier too long', detail: `an id of the batch has more than ${maxIdLength} characters` };
}

/** Text is the id of a company: the kind of account that nearly everybody has. */
function kindsOf(said: JsonValue | undefined): JsonValue | undefined {
  return typeof said === 'string' || typeof said === 'number' ? { company: said } : said;
}

function consentOf(said: JsonValue | undefined): Consent | undefined {
  return said === 'granted' || said === 'denied' || said === 'anonymous' ? said : undefined;
}

function sequenceOf(said: JsonValue | undefined): number | undefined {
  return typeof said === 'number' && Number.isSafeInteger(said) && said > 0 ? said : undefined;
}

function hintsOf(facts: JsonObject, record: LogRecord, connected: boolean): ClientHints | undefined {
  if (isObject(facts.hints)) return hintsOfData(facts.hints);
  return connected ? hintsOfHeaders(record.headers) : undefined;
}

function addressOf(facts: JsonObject, record: LogRecord, connected: boolean): string | undefined {
  const said = text(facts.ip);
  const address = said === undefined ? '' : plainAddress(said);
  return text(address === '' && connected ? record.address : address);
}

function deviceOf(said: JsonValue | undefined): DeviceFacts | undefined {
  if (!isObject(said)) return undefined;
  const { type, brand, model, os, osVersion } = said;
  return {
    type: text(type),
    brand: text(brand),
    model: text(model),
    os: text(os),
    osVersion: text(osVersion),
  };
}

function campaignOf(said: JsonValue | undefined): CampaignFacts | undefined {
  if (!isObject(said)) return undefined;
  const { source, medium, name, term, content } = said;
  return {
    source: text(source),
    medium: text(medium),
    name: text(name),
    term: text(term),
    content: text(content),
  };
}

/** The name of a page or screen is a property, as everywhere. */
function named(name: JsonValue | undefined, properties: JsonObject): JsonObject {
  const said = text(name);
  return said === undefined ? properties : { name: said, ...properties };
}

/** `always`: identify and group calls change a profile even when they say nothing of it. */
function changesOf(said: JsonValue | undefined, always: boolean): ProfileChanges | undefined {
  if (!isObject(said)) return always ? { set: {} } : undefined;
  return {
    delete: said.delete === true ? true : undefined,
    set: optionalObject(said.set),
    setOnce: optionalObject(said.setOnce),
    add: entriesOf(said.add, (value): value is number => typeof value === 'number'),
    append: optionalObject(said.append),
    union: entriesOf(said.union, (value): value is readonly JsonValue[] => Array.isArray(value)),
    remove: optionalObject(said.remove),
    unset: Array.isArray(said.unset)
      ? said.unset.filter((name: JsonValue): name is string => typeof name === 'string')
      : undefined,
  };
}

function optionalObject(said: JsonValue | undefined): JsonObject | undefined {
  return isObject(said) ? said : undefined;
}

function entriesOf<T extends JsonValue>(
  said: JsonValue | undefined,
  fits: (value: JsonValue) => value is T,
): Readonly<Record<string, T>> | undefined {
  if (!isObject(said)) return undefined;
  const entries = Object.entries(said).filter((entry): entry is [string, T] => fits(entry[1]));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function shown(value: JsonValue | undefined): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return JSON.stringify(value).slice(0, 80);
}

export const tributary: Protocol = {
  name: 'tributary',
  route: (asked) => (asked === path ? routeOfEvents : undefined),
  read,
  tooLargeStatus: 413,
  itemLists: ['e'],
  decode,
};
