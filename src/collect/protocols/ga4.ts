import { hash } from 'node:crypto';
import type {
  CampaignFacts,
  Decoded,
  DecodedEvent,
  DeviceFacts,
  JsonObject,
  JsonValue,
} from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { plainAddress } from '../accept/address.ts';
import { addressHider } from '../accept/stated-addresses.ts';
import { hintsOfHeaders } from '../event/client-hints.ts';
import { nobody } from '../event/event-problem.ts';
import { isObject, number, object, text, time } from '../event/fields.ts';
import { Parameters } from '../event/parameters.ts';
import { Decoding, type Problem, parseJson } from '../event/payload.ts';
import { parameter, without } from '../event/payload-forms.ts';
import { visitorOf } from '../event/visitor-id.ts';
import { decodeGa4 } from '../ga4/event.ts';
import { campaignOfHit, consentOf, hintsOfHit, readHit } from '../ga4/hit.ts';
import type { Answer, Incoming, Protocol, Reading, Route } from '../protocol.ts';

/**
 * Google Analytics 4: the Measurement Protocol (`/mp/collect`, JSON of a server or an app) and what gtag.js sends
 * (`/g/collect`: parameters in the query, and one more line of them per event in the body). Neither has errors: clients read no
 * answer and send nothing twice. A measurement id may be a write key; unknown ones belong to the default project.
 */
const either = ['POST', 'GET', 'HEAD'] as const;
const routes: Readonly<Record<string, Route>> = {
  '/mp/collect': { kind: 'events', methods: ['POST'], path: '/mp/collect' },
  '/debug/mp/collect': { kind: 'answer', methods: ['POST'], path: '/debug/mp/collect' },
  '/g/collect': { kind: 'events', methods: either, path: '/g/collect' },
  '/ag/g/c': { kind: 'events', methods: either, path: '/g/collect' },
  '/collect': { kind: 'events', methods: either, path: '/g/collect' },
};

function route(path: string): Route | undefined {
  return Object.hasOwn(routes, path) ? routes[path] : undefined;
}

const nothing: Answer = { status: 204, headers: { 'cache-control': 'no-store' }, body: '' };

function read({ query, route: { path } }: Incoming): Reading {
  const secret = parameter(query, 'api_secret');
  const ids =
    path === '/mp/collect'
      ? (parameter(query, 'measurement_id') ?? parameter(query, 'firebase_app_id'))
      : parameter(query, 'tid');
  return {
    // A secret made by Google means nothing here and is not kept; one of ours is meant as the key.
    key: secret?.startsWith('wk_') ? secret : undefined,
    hint: ids?.split(',', 1)[0],
    query: without(query, 'api_secret'),
    cookieless: path === '/g/collect' && !hasClientId(query),
    answer: nothing,
  };
}

/** Without consent to analytics gtag invents a client id per page: that is none. */
function hasClientId(query: string): boolean {
  return parameter(query, 'cid') !== undefined && consentOf(parameter(query, 'gcs')) !== 'anonymous';
}

/** The endpoint that keeps nothing and tells what would be wrong. */
function answer(incoming: Incoming): Answer {
  const decoding = new Decoding();
  decodeMessages({ ...unkept, body: incoming.body }, decoding);
  const validationMessages = decoding.result().failures.map(({ reason, detail }) => ({
    fieldPath: 'events',
    description: `${reason}: ${detail}`,
    validationCode: 'VALUE_INVALID',
  }));
  const headers = { 'content-type': 'application/json' };
  return { status: 200, headers, body: JSON.stringify({ validationMessages }) };
}

type Sent = Pick<LogRecord, 'receivedAt' | 'query' | 'headers' | 'address' | 'visitor' | 'body'>;
const unkept = { receivedAt: 0, query: '', headers: {}, address: '', visitor: '' };

function decode(record: LogRecord): Decoded {
  const decoding = new Decoding();
  if (record.path === '/mp/collect') decodeMessages(record, decoding);
  else decodeHits(record, decoding);
  return decoding.result();
}

/** A server speaks: its address and agent are not its user's. A page may call the Measurement Protocol too, and has an origin. */
function decodeMessages(record: Sent, decoding: Decoding): void {
  const parsed = parseJson(record.body);
  if ('reason' in parsed) {
    decoding.fail(parsed.reason, parsed.detail);
    return;
  }
  const message = object(parsed.json);
  const { events } = message;
  if (!Array.isArray(events)) {
    decoding.fail('no events', 'the body has no array "events"');
    return;
  }
  const userProperties = plainValues(message.user_properties);
  const device = object(message.device);
  const page = record.headers.origin !== undefined;
  const stated = plainAddress(text(message.ip_override) ?? '');
  const sender = {
    userId: text(message.user_id),
    anonymousId: text(message.client_id) ?? text(message.app_instance_id),
    userProperties,
    address: stated || (page ? record.address : '') || undefined,
    userAgent: text(message.user_agent) ?? (page ? record.headers['user-agent'] : undefined),
    clientHints: page ? hintsOfHeaders(record.headers) : undefined,
    device: deviceOf(device),
    locale: text(device.language),
  };
  let index = 0;
  for (const one of events as readonly JsonValue[]) {
    const place = index++;
    decoding.item(one, (item) => {
      if (!isObject(item)) return { reason: 'not an object', detail: 'an event must be a JSON object' };
      if (!sender.userId && !sender.anonymousId) return nobody;
      const params = object(item.params);
      const timed = text(item.timestamp_micros) ?? text(message.timestamp_micros);
      return decodeGa4({
        ...sender,
        name: item.name,
        params,
        id: timed ? idOfMessage(item, `${sender.anonymousId ?? sender.userId} ${timed} ${place}`) : undefined,
        occurredAt: microseconds(timed),
        campaign: item.name === 'campaign_details' ? campaignOf(params) : undefined,
      });
    });
  }
}

/** Only what has a time of its own can be known again: the same client does not do the same twice in a microsecond. */
function idOfMessage(item: JsonObject, place: string): string {
  return hash('sha256', `${place} ${JSON.stringify(item)}`).slice(0, 32);
}

/** Microseconds, as text too; what is too small for them was meant in milliseconds or seconds. */
function microseconds(value: string | undefined): number | undefined {
  const count = number(value);
  return count === undefined ? undefined : Math.abs(count) < 1e14 ? time(count) : time(count / 1_000);
}

/** `{plan: {value: 'pro'}}`; null takes the property away. */
function plainValues(properties: JsonValue | undefined): JsonObject | undefined {
  if (!isObject(properties)) return undefined;
  const values: Record<string, JsonValue> = {};
  for (const name in properties) {
    const property = properties[name];
    const value = isObject(property) ? property.value : property;
    if (value !== undefined && name !== '__proto__') values[name] = value;
  }
  return values;
}

function deviceOf(device: JsonObject): DeviceFacts | undefined {
  const facts = {
    type: text(device.category),
    brand: text(device.brand),
    model: text(device.model),
    os: text(device.operating_system),
    osVersion: text(device.operating_system_version),
  };
  return Object.values(facts).some((fact) => fact !== undefined) ? facts : undefined;
}

function campaignOf(params: JsonObject): CampaignFacts {
  return {
    source: text(params.source),
    medium: text(params.medium),
    name: text(params.campaign),
    term: text(params.term),
    content: text(params.content),
  };
}

/** A tag sends at most some dozens in one request. */
const maxHits = 1_000;

function decodeHits(record: LogRecord, decoding: Decoding): void {
  const lines = record.body.length === 0 ? [] : linesOf(record.body);
  if (record.query === '' && lines.length === 0) {
    decoding.fail('empty query', 'the request carries no event');
    return;
  }
  if (lines.length > maxHits) {
    decoding.fail('too many events', `a request has at most ${maxHits} lines`);
    return;
  }
  const common = new Parameters(record.query);
  if (lines.length === 0) decoding.item(record.query, () => decodeHit(common, record, 0, ''));
  for (const [index, line] of lines.entries()) {
    decoding.item(line, () => decodeHit(new Parameters(line, common), record, index, line));
  }
}

function linesOf(body: Uint8Array): string[] {
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString();
  return text.split(/\r?\n/, maxHits + 1).filter((line) => line.trim() !== '');
}

function decodeHit(hit: Parameters, record: LogRecord, index: number, line: string): DecodedEvent | Problem {
  if (hit.problem) return hit.problem;
  if (hit.get('v') === '1') {
    return { reason: 'not GA4', detail: 'v=1 is Universal Analytics, which ended in 2023' };
  }
  const consent = consentOf(hit.get('gcs'));
  const known = consent !== 'anonymous';
  const client = known ? hit.get('cid') : undefined;
  const agent = hit.get('ua');
  const connection = record.headers['user-agent'];
  // The library for servers says that it is a browser on Windows.
  const server = record.headers.origin === undefined && connection?.includes('[GA4MP/') === true;
  const address = plainAddress(hit.get('_uip') ?? hit.get('uip') ?? '') || undefined;
  const { params, userProperties } = readHit(hit);
  return decodeGa4({
    params,
    userProperties,
    name: hit.get('en'),
    id: idOfHit(hit, index, `${record.query}\n${line}`),
    userId: known ? hit.get('uid') : undefined,
    anonymousId: client ?? visitorOf(record, address, agent),
    address: address ?? ((!server && record.address) || undefined),
    userAgent: agent ?? (server ? undefined : connection),
    clientHints: hintsOfHit(hit) ?? (server ? undefined : hintsOfHeaders(record.headers)),
    campaign: campaignOfHit(hit),
    consent,
    library: server ? /GA4MP\/[\w.]{1,20}/.exec(connection ?? '')?.[0] : undefined,
  });
}

/** A tag counts its hits within a page (`_s` within `_p`); a library within a session, and may not count at all. */
function idOfHit(hit: Parameters, index: number, whole: string): string | undefined {
  const count = hit.get('_s');
  const client = hit.get('cid');
  if (count === undefined || client === undefined) return undefined;
  const page = hit.get('_p');
  if (page !== undefined) return `${client}.${hit.get('tid') ?? ''}.${page}.${count}.${index}`;
  return hit.get('sid') === undefined ? undefined : hash('sha256', `${index}\n${whole}`).slice(0, 32);
}

/** What gtag sends is a line of parameters, whose others stand in the query. */
function itemRequest(
  item: JsonValue,
  { path, query }: Pick<LogRecord, 'path' | 'query'>,
  wholeQuery: boolean,
): { query: string; body: string } | undefined {
  if (path === '/mp/collect' || typeof item !== 'string') return undefined;
  return wholeQuery ? { query: item, body: '' } : { query, body: item };
}

export const ga4: Protocol = {
  name: 'ga4',
  keyless: true,
  route,
  read,
  answer,
  hideAddresses: addressHider(['_uip', 'uip', 'ip_override']),
  tooLargeStatus: 413,
  itemLists: ['events'],
  itemRequest,
  decode,
};
