import { hash } from 'node:crypto';
import { stringify } from 'node:querystring';
import type {
  CampaignFacts,
  ClientHints,
  Decoded,
  DecodedEvent,
  JsonObject,
  JsonValue,
} from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { plainAddress } from '../address.ts';
import { hintsOfData, hintsOfHeaders } from '../client-hints.ts';
import { withinBounds } from '../event-problem.ts';
import { isObject, number, object, screen, text, time, url } from '../fields.ts';
import { type MatomoAction, readMatomoAction } from '../matomo-action.ts';
import { type Parameters, parametersOf } from '../parameters.ts';
import { Decoding, type Problem, parseJson, parseText } from '../payload.ts';
import { without } from '../payload-forms.ts';
import type { Admission, Answer, Incoming, Protocol, Reading, Route } from '../protocol.ts';
import { addressHider } from '../stated-addresses.ts';
import { visitorOf } from '../visitor-id.ts';

/**
 * Matomo's tracking API: one event in the parameters of query and form together, or many in a JSON body with `requests`, whatever
 * its content type. `idsite` may be a write key; unknown sites belong to the default project. matomo.js sends the same event
 * again as an image when its beacon fails, so an event knows itself by its random number.
 */
const paths = new Set(['/matomo.php', '/piwik.php', '/js/tracker.php']);

function route(path: string): Route | undefined {
  return paths.has(path)
    ? { kind: 'events', methods: ['POST', 'GET', 'HEAD'], path: '/matomo.php' }
    : undefined;
}

const requestsField = Buffer.from('"requests"');
/** Bodies over this are answered without a look at each request: the thread that parses here answers everybody. */
const maxBodyToRead = 1024 * 1024;

function read({ query, body }: Incoming): Reading {
  const bulk = body.includes(requestsField);
  const parsed = bulk && body.length <= maxBodyToRead ? parseJson(body) : undefined;
  const whole = parsed && !('reason' in parsed) ? object(parsed.json) : undefined;
  const requests = whole
    ? requestsOf(whole)
    : bulk
      ? []
      : [parametersOf(body.length === 0 ? query : `${query}&${body.toString()}`)];
  const [first] = requests;
  const silent = (bulk ? text(whole?.send_image) : first?.send_image) === '0';
  return {
    hint: first?.idsite,
    query: without(query, 'token_auth'),
    body: withoutToken(body),
    // Of a body that was not looked at nobody knows: a visitor of the day hurts nobody who has an id.
    cookieless: requests.length === 0 || requests.some((one) => !one._id && !one.cid && !one.uid),
    answer: silent ? nothing : bulk ? tracked(requests.length) : image,
  };
}

const nothing: Answer = { status: 204, headers: {}, body: '' };
const image: Answer = {
  status: 200,
  headers: { 'content-type': 'image/gif', 'cache-control': 'no-store' },
  body: Buffer.from('R0lGODlhAQABAIAAAAAAAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64'),
};

function tracked(count: number): Answer {
  const body = JSON.stringify({ status: 'success', tracked: count, invalid: 0 });
  return { status: 200, headers: { 'content-type': 'application/json' }, body };
}

/** A token opens the whole of somebody's Matomo: it is never written down. */
const token = Buffer.from('token_auth');

function withoutToken(body: Buffer): Buffer | undefined {
  if (!body.includes(token)) return undefined;
  // latin1 maps bytes to characters one to one
  const kept = body
    .toString('latin1')
    .replace(/(token_auth)=[^&"\\\s]*/g, '$1=')
    .replace(/("token_auth"\s{0,9}:\s{0,9})(?:"(?:[^"\\]|\\.){0,1000}"|[\w.-]{1,1000})/g, '$1""');
  return Buffer.from(kept, 'latin1');
}

/** A POST without any parameter is a check of whether somebody answers. */
function admit({ method, query, body }: Incoming): Admission | undefined {
  if (method !== 'POST' || query !== '' || body.length > 0) return undefined;
  const answer = {
    status: 400,
    headers: { 'content-type': 'text/plain' },
    body: 'the request has no parameters',
  };
  return { keep: false, outcome: 'empty', answer };
}

/** The requests of a bulk body as parameters: query strings, or objects of the same names. */
function requestsOf(whole: JsonObject): Parameters[] {
  const { requests } = whole;
  if (!Array.isArray(requests)) return [];
  return (requests as readonly JsonValue[]).map(parametersIn).filter((one) => one !== undefined);
}

function parametersIn(request: JsonValue): Parameters | undefined {
  if (typeof request === 'string') return parametersOf(request.slice(request.indexOf('?') + 1));
  if (!isObject(request)) return undefined;
  const flat: Record<string, string> = {};
  for (const name in request) {
    const value = request[name];
    if (value === undefined || value === null || name === '__proto__') continue;
    flat[name] = typeof value === 'object' ? JSON.stringify(value) : `${value}`;
  }
  return flat;
}

function decode(record: LogRecord): Decoded {
  const decoding = new Decoding();
  const body = Buffer.from(record.body.buffer, record.body.byteOffset, record.body.length);
  if (body.includes(requestsField)) {
    const parsed = parseJson(body);
    if ('reason' in parsed) return decoding.fail(parsed.reason, parsed.detail).result();
    const { requests } = object(parsed.json);
    if (!Array.isArray(requests))
      return decoding.fail('no requests', 'the body has no array "requests"').result();
    for (const one of requests as readonly JsonValue[]) {
      decoding.item(one, (item) => {
        const parameters = parametersIn(item);
        return parameters
          ? decodeRequest(parameters, record)
          : { reason: 'not an object', detail: 'a request is a query string or a JSON object' };
      });
    }
    return decoding.result();
  }
  const all = [record.query, body.toString()].filter((part) => part !== '').join('&');
  if (all === '') return decoding.fail('empty query', 'the request carries no event').result();
  decoding.item(parametersOf(all), (item) => decodeRequest(item as Parameters, record));
  return decoding.result();
}

function decodeRequest(request: Parameters, record: LogRecord): DecodedEvent | Problem {
  const action = readMatomoAction(request);
  if ('reason' in action) return action;
  const occurredAt = timeOf(request, record);
  if (typeof occurredAt === 'object') return occurredAt;
  return withinBounds({
    ...action,
    ...who(request, record),
    id: idOf(request),
    occurredAt,
    url: url(request.url) ?? (record.method === 'GET' ? url(record.headers.referer) : undefined),
    referrer: url(request.urlref),
    title: action.title,
    locale: text(request.lang) ?? text(record.headers['accept-language']),
    screen: screen(request.res),
    campaign: campaignOf(request.url),
    properties: propertiesOf(request, action),
    person: personOf(request),
  });
}

/**
 * Matomo takes another address than that of the connection, and a time of more than a day ago, only with a `token_auth`. We
 * cannot check that. What we can: whether the request names a project's key. With one it may say what any client with a write
 * key may say here; a request that just anybody sends to the default project speaks for its own connection and for today.
 */
function trusted({ key }: LogRecord): boolean {
  return key !== '';
}

/** Apps and pages say what they are; what does not is a server, whose connection is not its user's. */
const device = /Mozilla\/|Opera\/|Dalvik\/|CFNetwork/;

function who(request: Parameters, record: LogRecord) {
  const { headers } = record;
  const connection = headers['user-agent'];
  const server = headers.origin === undefined && !device.test(connection ?? '');
  const stated = plainAddress(request.cip ?? '') || undefined;
  const agent = request.ua || undefined;
  // An address that is not believed is not replaced by that of the server which stated it.
  const believed = trusted(record) ? stated : undefined;
  const userId = request.uid || undefined;
  const visitor = userId === undefined ? visitorOf(record, stated, agent) : undefined;
  return {
    userId,
    anonymousId: request._id || request.cid || visitor,
    userAgent: agent ?? (server ? undefined : connection),
    clientHints: hintsOf(request.uadata) ?? (agent || server ? undefined : hintsOfHeaders(headers)),
    address: request.cip ? believed : (!server && record.address) || undefined,
  };
}

function hintsOf(data: string | undefined): ClientHints | undefined {
  if (!data?.startsWith('{')) return undefined;
  const parsed = parseText(data);
  return 'reason' in parsed ? undefined : hintsOfData(object(parsed.json));
}

const day = 86_400_000;

/** `cdt` when it is in the past, `cdo` seconds ago, else the time of receipt. */
function timeOf({ cdt, cdo }: Parameters, record: LogRecord): number | undefined | Problem {
  const { receivedAt } = record;
  const ago = number(cdo);
  const stated = time(cdt) ?? (ago !== undefined && ago > 0 ? receivedAt - ago * 1_000 : undefined);
  if (stated === undefined || stated > receivedAt) return undefined;
  if (receivedAt - stated <= day || trusted(record)) return stated;
  return {
    reason: 'time needs a key',
    detail: 'an event of more than a day ago is taken when its "idsite" is a write key of a project',
  };
}

/** The same event is sent with the same random number, as a beacon or as an image. */
function idOf(request: Parameters): string | undefined {
  if (!request.r || (!request.pv_id && !request._id && !request.cid)) return undefined;
  const { send_image: _way, ...rest } = request;
  return hash('sha256', stringify(rest)).slice(0, 32);
}

/** `mtm_campaign` and the older `pk_…` and `piwik_…`, where others write `utm_…`. */
const campaignParameter =
  /[?&#](?:mtm|matomo|pk|piwik)_(campaign|source|medium|keyword|kwd|content)=([^&#]{1,500})/g;

function campaignOf(address: string | undefined): CampaignFacts | undefined {
  if (address === undefined || !/[?&#](?:mtm|matomo|pk|piwik)_/.test(address)) return undefined;
  const found: Record<string, string> = {};
  for (const [, name = '', value = ''] of address.slice(0, 8_192).matchAll(campaignParameter)) {
    found[name] ??= parametersOf(`v=${value}`).v ?? '';
  }
  if (Object.keys(found).length === 0) return undefined;
  return {
    source: text(found.source),
    medium: text(found.medium),
    name: text(found.campaign),
    term: text(found.keyword) ?? text(found.kwd),
    content: text(found.content),
  };
}

/** Custom dimensions, variables of the page and the times of its loading; a request does not say which scope a dimension has. */
function propertiesOf(request: Parameters, { properties }: MatomoAction): JsonObject {
  const all: Record<string, JsonValue> = { ...properties };
  for (const name in request) {
    const value = request[name];
    if (value === undefined || value === '' || value === 'undefined') continue;
    if (name.startsWith('dimension') && /^dimension\d{1,3}$/.test(name)) all[name] = value;
    else if (name.startsWith('pf_') || name === 'gt_ms') {
      const ms = number(value);
      if (ms !== undefined && name.length < 20) all[name] = ms;
    }
  }
  return request.cvar ? { ...all, ...variablesOf(request.cvar) } : all;
}

/** `_cvar`: custom variables of visit scope belong to the visitor. */
function personOf({ _cvar }: Parameters): DecodedEvent['person'] {
  const set = _cvar ? variablesOf(_cvar) : undefined;
  return set && Object.keys(set).length > 0 ? { set } : undefined;
}

/** `{"1":["name","value"]}`. */
function variablesOf(json: string): JsonObject {
  const parsed = parseText(json.slice(0, 20_000));
  if ('reason' in parsed || typeof parsed.json !== 'object' || parsed.json === null) return {};
  const variables: Record<string, JsonValue> = {};
  for (const pair of Object.values(parsed.json).slice(0, 50)) {
    const [name, value] = Array.isArray(pair) ? (pair as readonly JsonValue[]) : [];
    if (typeof name === 'string' && name !== '' && name !== '__proto__')
      variables[name] = text(value) ?? null;
  }
  return variables;
}

export const matomo: Protocol = {
  name: 'matomo',
  keyless: true,
  route,
  read,
  admit,
  hideAddresses: addressHider(['cip']),
  tooLargeStatus: 413,
  decode,
};
