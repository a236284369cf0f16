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
import { plainAddress } from '../accept/address.ts';
import { addressHider } from '../accept/stated-addresses.ts';
import { hintsOfData, hintsOfHeaders } from '../event/client-hints.ts';
import { withinBounds } from '../event/event-problem.ts';
import { isObject, number, object, screen, text, time, url } from '../event/fields.ts';
import { Parameters, unescaped } from '../event/parameters.ts';
import { Decoding, type Problem, parseJson, parseText } from '../event/payload.ts';
import { without } from '../event/payload-forms.ts';
import { visitorOf } from '../event/visitor-id.ts';
import { type MatomoAction, readMatomoAction } from '../matomo/action.ts';
import type { Admission, Answer, Incoming, Protocol, Reading, Route } from '../protocol.ts';

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
      : [new Parameters(body.length === 0 ? query : `${query}&${body.toString()}`)];
  const [first] = requests;
  const silent = (bulk ? text(whole?.send_image) : first?.get('send_image')) === '0';
  return {
    hint: first ? first.get('idsite') : siteOf(body),
    query: without(query, 'token_auth'),
    body: withoutToken(body),
    // Of a body that was not looked at nobody knows: a visitor of the day hurts nobody who has an id.
    cookieless:
      requests.length === 0 || !requests.every((one) => one.get('_id') ?? one.get('cid') ?? one.get('uid')),
    answer: silent ? nothing : bulk ? tracked(whole && requests.length) : image,
  };
}

/** The site of a body too large to be parsed here: the first that is named. */
function siteOf(body: Buffer): string | undefined {
  const head = body.toString('latin1', 0, 16_384);
  return /\bidsite(?:=|"\s{0,9}:\s{0,9}"?)([\w.-]{1,200})/.exec(head)?.[1];
}

const nothing: Answer = { status: 204, headers: {}, body: '' };
const image: Answer = {
  status: 200,
  headers: { 'content-type': 'image/gif', 'cache-control': 'no-store' },
  body: Buffer.from('R0lGODlhAQABAIAAAAAAAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64'),
};

function tracked(count: number | undefined): Answer {
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
  if (typeof request === 'string') return new Parameters(request.slice(request.indexOf('?') + 1));
  if (!isObject(request)) return undefined;
  const said = Object.entries(request).map(([name, value]) => [
    name,
    typeof value === 'object' && value !== null ? JSON.stringify(value) : text(value),
  ]);
  return new Parameters(stringify(Object.fromEntries(said) as Record<string, string>));
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
  decoding.item(all, () => decodeRequest(new Parameters(all), record));
  return decoding.result();
}

function decodeRequest(request: Parameters, record: LogRecord): DecodedEvent | Problem {
  const action = request.problem ?? readMatomoAction(request);
  if ('reason' in action) return action;
  const occurredAt = timeOf(request, record);
  if (typeof occurredAt === 'object') return occurredAt;
  const page = request.get('url');
  const { headers } = record;
  return withinBounds({
    ...action,
    ...who(request, record),
    id: idOf(request),
    occurredAt,
    url: url(page) ?? (record.method === 'GET' ? url(headers.referer) : undefined),
    referrer: url(request.get('urlref')),
    locale: request.get('lang') ?? text(headers['accept-language']),
    screen: screen(request.get('res')),
    campaign: campaignOf(page),
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
  const another = request.get('cip');
  const stated = plainAddress(another ?? '') || undefined;
  const agent = request.get('ua');
  // An address that is not believed is not replaced by that of the server which stated it.
  const believed = trusted(record) ? stated : undefined;
  const userId = request.get('uid');
  const visitor = userId === undefined ? visitorOf(record, stated, agent) : undefined;
  return {
    userId,
    anonymousId: request.get('_id') ?? request.get('cid') ?? visitor,
    userAgent: agent ?? (server ? undefined : connection),
    clientHints: hintsOf(request.get('uadata')) ?? (agent || server ? undefined : hintsOfHeaders(headers)),
    address: another ? believed : (!server && record.address) || undefined,
  };
}

function hintsOf(data: string | undefined): ClientHints | undefined {
  if (!data?.startsWith('{"')) return undefined;
  const parsed = parseText(data);
  return 'reason' in parsed ? undefined : hintsOfData(object(parsed.json));
}

const day = 86_400_000;

/** `cdt` when it is in the past, `cdo` seconds ago, else the time of receipt. */
function timeOf(request: Parameters, record: LogRecord): number | undefined | Problem {
  const { receivedAt } = record;
  const ago = number(request.get('cdo'));
  const stated =
    time(request.get('cdt')) ?? (ago !== undefined && ago > 0 ? receivedAt - ago * 1_000 : undefined);
  if (stated === undefined || stated > receivedAt) return undefined;
  if (receivedAt - stated <= day || trusted(record)) return stated;
  return {
    reason: 'time needs a key',
    detail: 'an event of more than a day ago is taken when its "idsite" is a write key of a project',
  };
}

/** The same event is sent with the same random number of the same page view, as a beacon or as an image. */
function idOf(request: Parameters): string | undefined {
  const random = request.get('r');
  const view = request.get('pv_id');
  if (random === undefined || view === undefined) return undefined;
  const at = ['_id', 'h', 'm', 's'].map((name) => request.get(name) ?? '');
  return [view, random, ...at].join('.');
}

/** `mtm_campaign` and the older `pk_…` and `piwik_…`, where others write `utm_…`; after `#` too. */
const campaignMark = /[?&#](?:mtm|matomo|pk|piwik)_/;
const campaignName = /^(?:mtm|matomo|pk|piwik)_(campaign|source|medium|keyword|kwd|content)$/;

function campaignOf(page: string | undefined): CampaignFacts | undefined {
  if (page === undefined || !campaignMark.test(page)) return undefined;
  const found: Record<string, string> = {};
  new Parameters(page.slice(page.search(/[?#]/) + 1).replaceAll('#', '&')).each((parameter, raw) => {
    const name = campaignName.exec(parameter)?.[1];
    if (name !== undefined) found[name] ??= unescaped(raw);
  });
  const { source, medium, campaign, keyword, kwd, content } = found;
  return { source, medium, name: campaign, term: keyword ?? kwd, content };
}

/** Custom dimensions, variables of the page and the times of its loading; a request does not say which scope a dimension has. */
function propertiesOf(request: Parameters, { properties }: MatomoAction): JsonObject {
  let more: Record<string, JsonValue> | undefined;
  request.each((name, raw) => {
    const dimension = name.startsWith('dimension') && /^dimension\d{1,3}$/.test(name);
    if (!dimension && !measured.has(name)) return;
    const said = unescaped(raw);
    const kept = dimension ? said : number(said);
    if (kept === undefined || kept === 'undefined') return;
    more ??= {};
    more[name] = kept;
  });
  const variables = request.get('cvar');
  return more || variables
    ? { ...properties, ...more, ...(variables && variablesOf(variables)) }
    : properties;
}

/** Milliseconds of loading the page. */
const measured = new Set(['pf_net', 'pf_srv', 'pf_tfr', 'pf_dm1', 'pf_dm2', 'pf_onl', 'gt_ms']);

/** `_cvar`: custom variables of visit scope belong to the visitor. */
function personOf(request: Parameters): DecodedEvent['person'] {
  const variables = request.get('_cvar');
  const set = variables ? variablesOf(variables) : undefined;
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

/** Query and form of an event were one text when it failed. */
function itemRequest(item: JsonValue): { query: string; body: string } | undefined {
  return typeof item === 'string' ? { query: '', body: item } : undefined;
}

export const matomo: Protocol = {
  name: 'matomo',
  keyless: true,
  route,
  read,
  admit,
  hideAddresses: addressHider(['cip']),
  tooLargeStatus: 413,
  itemLists: ['requests'],
  itemRequest,
  decode,
};
