import type { JsonObject, JsonValue } from '../../contract/event.ts';
import { basicUser } from '../accept/authorization.ts';
import { hideInJson } from '../accept/privacy.ts';
import { keyInText, smallJson } from '../accept/stated-key.ts';
import { isObject, object, text } from '../event/fields.ts';
import { parameter, rewriteWrapped, without } from '../event/payload-forms.ts';
import { decodeMixpanel, missingOfImport } from '../mixpanel/events.ts';
import type { Admission, Answer, Incoming, Protocol, Reading, Route } from '../protocol.ts';

/**
 * Mixpanel's ingestion API: track, engage, groups, import, by form, query or JSON, and what its SDKs ask beside it. They
 * read the answer's text: `1`, or with `verbose=1` a status of 1. The browser's sends again on 5xx and 429, Node's never.
 */
const any = ['POST', 'GET', 'HEAD'] as const;
const [importing, recording] = ['/import', '/record'];
const stubs: Readonly<Record<string, string>> = {
  '/flags': '{"flags":{}}',
  '/flags/definitions': '{"flags":[]}',
  '/decide': '{"notifications":[],"config":{"enable_collect_everything":false}}',
};
const routes = new Map<string, Route>([
  ...['/track', '/engage', '/groups', importing, recording].map((path): [string, Route] => [
    path,
    { kind: 'events', methods: any, path },
  ]),
  ...Object.keys(stubs).map((path): [string, Route] => [path, { kind: 'answer', methods: any, path }]),
]);

function route(path: string): Route | undefined {
  return routes.get(path);
}

const json = { 'content-type': 'application/json' };
const keyFields = /"\$?token"\s{0,9}:\s{0,9}"([^"\\]{1,200})"/;

function read(incoming: Incoming): Reading {
  const {
    route: { path },
    query,
    headers,
  } = incoming;
  return {
    key:
      (path === recording ? undefined : keyOf(incoming)) ??
      basicUser(headers.authorization) ??
      parameter(query, 'token') ??
      parameter(query, 'api_key'),
    query: queryToKeep(query),
    answer: answerTo(incoming),
  };
}

/** `ip` is a switch here and no address, which it must not be taken for when addresses are hidden. */
function queryToKeep(query: string): string {
  return without(query, 'token', 'api_key').replace(/(^|&)ip=([01])(?=&|$)/, '$1use_ip=$2');
}

function keyOf(incoming: Incoming): string | undefined {
  const parsed = smallJson(incoming);
  if (parsed === undefined) return keyInText(incoming, keyFields);
  const { $token, token, properties } = object(
    Array.isArray(parsed) ? (parsed as readonly JsonValue[])[0] : parsed,
  );
  return text($token) ?? text(object(properties).token) ?? text(token);
}

function answerTo(incoming: Incoming): Answer {
  const {
    route: { path },
    query,
    method,
    body,
  } = incoming;
  const verbose = parameter(query, 'verbose') === '1' || asksVerbosely(body);
  if (path === importing && method === 'POST' && !verbose && isPlainJson(incoming)) return imported(incoming);
  if (path === recording) return { status: 200, headers: json, body: '{"code":200,"status":"OK"}' };
  if (parameter(query, 'img') === '1') return image;
  const said = verbose ? '{"status":1,"error":null}' : '1';
  const callback = parameter(query, 'callback');
  if (callback !== undefined && functionName.test(callback)) {
    const headers = { 'content-type': 'text/javascript; charset=utf-8', 'x-content-type-options': 'nosniff' };
    return { status: 200, headers, body: `${callback}(${said});` };
  }
  return {
    status: 200,
    headers: verbose ? json : { 'content-type': 'text/plain; charset=utf-8' },
    body: said,
  };
}

const formStart = /^\w{1,20}=/;
const verboseField = /(?:^|&)verbose=1(?:&|$)/;
const edge = 100;

/** Python's SDK asks in the form, before or after the data. */
function asksVerbosely(body: Buffer): boolean {
  const start = body.toString('latin1', 0, edge);
  if (!formStart.test(start)) return false;
  return (
    verboseField.test(start) || verboseField.test(body.toString('latin1', Math.max(0, body.length - edge)))
  );
}

/** The names that its SDK writes; anything else would be somebody's script under our name. */
const functionName = /^(?:[\w$.]{1,100}(?:\[\d{1,12}\])?|\(function\(\)\{\}\))$/;
const image: Answer = {
  status: 200,
  headers: { 'content-type': 'image/gif', 'cache-control': 'no-cache, no-store, must-revalidate' },
  body: Buffer.from('R0lGODlhAQABAPAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64'),
};

/** JSON or lines of it: who sends a form to /import is an older SDK and wants the older answer. */
function isPlainJson({ body }: Incoming): boolean {
  return /^\s{0,9}[[{]/.test(body.toString('latin1', 0, 10));
}

interface FailedRecord {
  readonly index: number;
  readonly insert_id: string;
  readonly field: string;
  readonly message: string;
}

const fields: Readonly<Record<string, string>> = { 'no time': 'properties.time', 'no event name': 'event' };

/** With `strict=1` the records that are none are listed with a 400, which is a success for the others. */
function imported(incoming: Incoming): Answer {
  const parsed = smallJson(incoming);
  const list: readonly JsonValue[] = Array.isArray(parsed) ? parsed : parsed === undefined ? [] : [parsed];
  const failed = list.flatMap((item, index): FailedRecord[] => {
    const problem = isObject(item) ? missingOfImport(item) : notObject;
    if (!problem) return [];
    const insert_id = text(object(object(item).properties).$insert_id) ?? '';
    return [{ index, insert_id, field: fields[problem.reason] ?? '', message: problem.detail }];
  });
  const num_records_imported = list.length - failed.length;
  const strict = parameter(incoming.query, 'strict') === '1' && failed.length > 0;
  const body: JsonObject = strict
    ? {
        code: 400,
        error: 'some data points in the request failed validation',
        failed_records: failed.slice(0, maxListed).map((record) => ({ ...record })),
        num_records_imported,
        status: 'Bad Request',
      }
    : { code: 200, num_records_imported, status: 'OK' };
  return { status: strict ? 400 : 200, headers: json, body: JSON.stringify(body) };
}

const notObject = { reason: 'not an object', detail: 'an event must be a JSON object' };
const maxListed = 2_000;

/** Recordings of screens are answered, so that the SDK does not send them again, and not kept. */
function admit({ route: { path } }: Incoming): Admission | undefined {
  if (path !== recording) return undefined;
  return {
    keep: false,
    answer: { status: 200, headers: json, body: '{"code":200,"status":"OK"}' },
    outcome: 'dropped',
  };
}

function answer({ route: { path } }: Incoming): Answer {
  return { status: 200, headers: json, body: stubs[path] ?? '{}' };
}

/** `error` and a status of 0 is what its SDKs read; of an import the code in words. */
function refusal(status: number, message: string, asked?: Route): Answer {
  const body =
    asked?.path === importing
      ? { code: status, error: message, status: words[status] ?? 'Error' }
      : { status: 0, error: message };
  return { status, headers: json, body: JSON.stringify(body) };
}

const words: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  413: 'Request Entity Too Large',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

export const mixpanel: Protocol = {
  name: 'mixpanel',
  route,
  read,
  answer,
  admit,
  refusal,
  hideAddresses: (sent, hide) => rewriteWrapped(sent, (bytes) => hideInJson(bytes, hide)),
  tooLargeStatus: 413,
  itemLists: [],
  decode: decodeMixpanel,
};
