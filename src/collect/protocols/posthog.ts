import type { JsonObject, JsonValue } from '../../contract/event.ts';
import { bearer } from '../accept/authorization.ts';
import { hideInJson } from '../accept/privacy.ts';
import { keyInText, smallJson } from '../accept/stated-key.ts';
import { isObject, object, text } from '../event/fields.ts';
import { parameter, payloadBytes, rewriteWrapped, without } from '../event/payload-forms.ts';
import { decodeCapture } from '../posthog/events.ts';
import { cookielessId, distinctIdOf } from '../posthog/identity.ts';
import type { Admission, Answer, Incoming, Protocol, Reading, Route } from '../protocol.ts';

/**
 * PostHog's capture API of all ages (posthog, rust/capture/src/router.rs), and what its SDKs fetch before and beside it. Its
 * browser SDK takes anything but exactly 200 for a failure that it sends again, except 4xx; 204 is for beacons only.
 */
const any = ['POST', 'GET', 'HEAD'] as const;
const newest = '/i/v1/analytics/events';
const replay = '/s';
const captures = [
  '/capture',
  '/track',
  '/engage',
  '/e',
  '/i/v0/e',
  '/i/v0/ai/batch',
  '/batch',
  newest,
  replay,
];
/** What the SDKs ask for, and the answer of a project that uses none of it. */
const stubs: Readonly<Record<string, string>> = {
  '/decide':
    '{"config":{"enable_collect_everything":true},"supportedCompression":["gzip","gzip-js"],"sessionRecording":false,"surveys":false,"siteApps":[],"isAuthenticated":false,"toolbarParams":{},"featureFlags":{},"featureFlagPayloads":{},"errorsWhileComputingFlags":false}',
  '/api/surveys': '{"surveys":[]}',
  '/api/product_tours': '{"product_tours":[]}',
  '/api/early_access_features': '{"earlyAccessFeatures":[]}',
  '/api/web_experiments': '{"experiments":[]}',
  '/flags/definitions': '{"flags":[],"group_type_mapping":{},"cohorts":{}}',
  '/api/feature_flag/local_evaluation': '{"flags":[],"group_type_mapping":{},"cohorts":{}}',
};
const config =
  '{"supportedCompression":["gzip","gzip-js"],"hasFeatureFlags":false,"sessionRecording":false,"surveys":false,"siteApps":[],"heatmaps":false,"capturePerformance":false,"autocaptureExceptions":false}';

const routes = new Map<string, Route>([
  ...captures.map((path): [string, Route] => [path, { kind: 'events', methods: any, path }]),
  ...[...Object.keys(stubs), '/flags'].map((path): [string, Route] => [
    path,
    { kind: 'answer', methods: any, path },
  ]),
]);

function route(path: string): Route | undefined {
  const known = routes.get(path);
  if (known) return known;
  const [, key, file] = /^\/array\/([\w-]{1,200})\/(config|config\.js)$/.exec(path) ?? [];
  return key === undefined
    ? undefined
    : { kind: 'answer', methods: ['GET', 'HEAD'], path: `/array/${file}`, key };
}

/** Told from Mixpanel, whose SDK its own was made of, by where the token stands; from Amplitude by the name of the list. */
function claims(incoming: Incoming): boolean {
  const {
    route: { path },
    query,
    body,
  } = incoming;
  if (path === '/batch' && body.length > 0) return !listsEvents(incoming);
  if (path === '/flags' && parameter(query, 'v') !== undefined) return true;
  const json = smallJson(incoming);
  if (json === undefined) return keyInText(incoming, keyFields) !== undefined;
  const whole = Array.isArray(json) ? first(json) : object(json);
  const { token, api_key, $token, batch } = whole;
  if (typeof token === 'string' || typeof api_key === 'string' || batch !== undefined) return true;
  const properties = object(whole.properties);
  const nested = text($token) ?? text(properties.token);
  if (nested?.startsWith('phc_')) return true;
  return properties.$lib !== undefined && properties.mp_lib === undefined;
}

const [events, batch] = [Buffer.from('"events"'), Buffer.from('"batch"')];

function listsEvents({ body }: Incoming): boolean {
  const at = body.indexOf(events);
  const other = at < 0 ? -1 : body.indexOf(batch);
  return at >= 0 && (other < 0 || at < other);
}

const keyFields = /"(?:api_key|token|\$token)"\s{0,9}:\s{0,9}"([^"\\]{1,200})"/;
const json = { 'content-type': 'application/json' };
const captured: Answer = { status: 200, headers: json, body: '{"status":1}' };
const beaconed: Answer = { status: 204, headers: {}, body: '' };

function read(incoming: Incoming): Reading {
  const {
    route: { path },
    query,
    headers,
  } = incoming;
  const stated = path === newest ? bearer(headers.authorization) : undefined;
  return {
    key: stated ?? keyOf(incoming) ?? parameter(query, 'api_key') ?? parameter(query, 'token'),
    query: without(query, 'api_key', 'token'),
    headers: path === newest ? sdkHeaders(incoming) : undefined,
    cookieless: isCookieless(incoming) || undefined,
    answer: path === newest ? results(incoming) : parameter(query, 'beacon') === '1' ? beaconed : captured,
  };
}

function sdkHeaders({ headers }: Incoming): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of ['posthog-request-timestamp', 'posthog-sdk-info']) {
    const value = headers[name];
    if (typeof value === 'string') kept[name] = value.slice(0, 100);
  }
  return kept;
}

/** Of the request, else of its events, which must agree. */
function keyOf(incoming: Incoming): string | undefined {
  const parsed = smallJson(incoming);
  if (parsed === undefined) return keyInText(incoming, keyFields);
  if (!Array.isArray(parsed)) {
    const whole = object(parsed);
    return tokenOf(whole) ?? (Array.isArray(whole.batch) ? agreed(whole.batch) : undefined);
  }
  return agreed(parsed);
}

function agreed(list: readonly JsonValue[]): string | undefined {
  const token = tokenOf(first(list));
  return list.every((item) => tokenOf(object(item)) === token) ? token : undefined;
}

function first(list: readonly JsonValue[]): JsonObject {
  return object(list[0]);
}

function tokenOf({ api_key, token, $token, properties }: JsonObject): string | undefined {
  const nested = object(properties);
  return text(api_key) ?? text(token) ?? text($token) ?? text(nested.token) ?? text(nested.api_key);
}

const cookielessMarks = [`"${cookielessId}"`, '"cookieless_mode":true'];

function isCookieless({ query, body }: Incoming): boolean {
  const bytes = payloadBytes({ query, body });
  return cookielessMarks.some((mark) => bytes.includes(mark));
}

/** One result per event, by its uuid; an event without one that is kept counts as taken. */
function results(incoming: Incoming): Answer {
  const { batch: list } = object(smallJson(incoming));
  const byId: Record<string, JsonValue> = {};
  for (const item of Array.isArray(list) ? (list as readonly JsonValue[]) : []) {
    const uuid = isObject(item) ? text(item.uuid) : undefined;
    if (uuid !== undefined && /^[\w-]{1,64}$/.test(uuid)) byId[uuid] = resultOf(object(item));
  }
  return { status: 200, headers: json, body: JSON.stringify({ results: byId }) };
}

function resultOf(event: JsonObject): JsonValue {
  if (!text(event.event)) return { result: 'drop', details: 'no event name: it is in quarantine' };
  if (!distinctIdOf(event, object(event.properties))) {
    return { result: 'drop', details: 'no distinct_id: it is in quarantine' };
  }
  return { result: 'ok' };
}

/** Recordings of screens are answered, so that the SDK does not send them again, and not kept. */
function admit({ route: { path } }: Incoming): Admission | undefined {
  return path === replay ? { keep: false, answer: captured, outcome: 'dropped' } : undefined;
}

function answer({ route: { path, key = '' } }: Incoming, known: boolean): Answer {
  if (path === '/array/config' || path === '/array/config.js') {
    if (!known) return refusal(404, 'no project has this token; use one shown in Sources');
    if (path === '/array/config') return { status: 200, headers: json, body: config };
    const body = `(function(){var c=window._POSTHOG_REMOTE_CONFIG=window._POSTHOG_REMOTE_CONFIG||{};c[${JSON.stringify(key)}]={config:${config},siteApps:[]}})();`;
    return { status: 200, headers: { 'content-type': 'text/javascript; charset=utf-8' }, body };
  }
  return { status: 200, headers: json, body: path === '/flags' ? noFlags : (stubs[path] ?? '{}') };
}

const noFlags =
  '{"flags":{},"featureFlags":{},"featureFlagPayloads":{},"errorsWhileComputingFlags":false,"requestId":"00000000-0000-0000-0000-000000000000"}';

/** In the words of PostHog's API: its SDKs show `detail` to their user. */
function refusal(status: number, message: string): Answer {
  const [type, code] = refusals[status] ?? ['validation_error', 'invalid_request'];
  return { status, headers: json, body: JSON.stringify({ type, code, detail: message, attr: null }) };
}

const refusals: Readonly<Record<number, readonly [type: string, code: string]>> = {
  400: ['validation_error', 'invalid_payload'],
  401: ['authentication_error', 'invalid_api_key'],
  403: ['permission_denied', 'not_allowed'],
  404: ['invalid_request', 'not_found'],
  413: ['validation_error', 'payload_too_large'],
  429: ['throttled_error', 'throttled'],
  503: ['server_error', 'service_unavailable'],
};

export const posthog: Protocol = {
  name: 'posthog',
  route,
  claims,
  read,
  answer,
  admit,
  refusal,
  hideAddresses: (sent, hide) => rewriteWrapped(sent, (bytes) => hideInJson(bytes, hide)),
  tooLargeStatus: 413,
  itemLists: ['batch'],
  decode: decodeCapture,
};
