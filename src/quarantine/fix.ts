import type { Decoded, JsonObject, JsonValue } from '../contract/event.ts';
import type { QuarantinedItem } from '../contract/quarantine-endpoints.ts';
import type { ReplayedBody } from '../contract/replay.ts';
import type { AcceptedRequest, LogRecord } from '../contract/request.ts';
import type { KeptItem } from './items.ts';

export interface Problem {
  readonly reason: string;
  readonly detail: string;
}

export type Form = QuarantinedItem['form'];

/** What fixing and sending again asks of the rest of the program. */
export interface FixParts {
  /** Evaluates JSONata where it can hurt nobody. Never rejects. */
  evaluate(task: {
    readonly text: string;
    readonly body: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly query: Readonly<Record<string, string>>;
    readonly receivedAt: number;
  }): Promise<{ readonly json: JsonValue | undefined } | Problem>;
  /** One item in a request by itself. */
  requestOfItem(
    original: Pick<AcceptedRequest, 'protocol' | 'method' | 'path' | 'query'>,
    item: JsonValue,
    envelope: string,
  ): Pick<AcceptedRequest, 'query' | 'body'> & { readonly read?: ReplayedBody };
  /** The record of the log, as long as it is there. */
  original(offset: number): LogRecord | undefined;
  decode(record: LogRecord): Decoded | Promise<Decoded>;
}

/** What is sent again, without its mark; `value`: what the fix made, for a reader. */
export interface Sendable {
  readonly request: AcceptedRequest;
  readonly read: ReplayedBody | undefined;
  readonly value: JsonValue;
}

/** Payloads of this length and more are cut, see warehouse/quarantine.ts. */
const cutLength = 8_000_000;

export function formOf({
  stage,
  item,
  envelope,
  payload,
}: Pick<KeptItem, 'stage' | 'item' | 'envelope' | 'payload'>): Form {
  if (envelope === '"decoded event"') return 'event';
  if (envelope === '"decoded line"') return 'line';
  if (stage === 'decode') return item === 0 ? 'request' : 'item';
  return isEvent(payload) ? 'event' : 'line';
}

/** Of what decoding had let pass: a log line has neither name nor type. */
function isEvent(payload: string): boolean {
  const value = jsonOrText(payload);
  if (typeof value === 'string')
    return /"type":"(track|page|screen|identify|group|alias)"/.test(payload.slice(0, 2_000));
  return typeof value === 'object' && value !== null && 'event' in value && 'type' in value;
}

/** The item after the fix, ready to be sent; `transform` null: as it is. Never rejects. */
export async function fixedItem(
  kept: KeptItem,
  transform: string | null,
  parts: FixParts,
): Promise<Sendable | Problem> {
  if (kept.protocol === 'operator')
    return problem('not replayable', 'a command of an operator is given again by whoever may give it');
  const whole = wholeOf(kept, parts);
  if ('reason' in whole) return whole;
  const { request, form } = whole;
  if (form === 'request' && transform === null)
    return { request, read: undefined, value: requestValue(request) };
  const before = form === 'request' ? requestValue(request) : jsonOrText(kept.payload);
  const after = transform === null ? before : await transformed(before, transform, request, parts);
  if (isProblem(after)) return after;
  return form === 'request' ? changedRequest(request, after) : sendable(kept, request, form, after, parts);
}

/** What a fix is given of an item. */
export function inputOf(kept: KeptItem): JsonValue {
  if (formOf(kept) !== 'request') return jsonOrText(kept.payload);
  return requestValue(requestOf(kept, bodyOf(kept)));
}

function wholeOf(
  kept: KeptItem,
  parts: FixParts,
): { readonly request: AcceptedRequest; readonly form: Form } | Problem {
  const form = formOf(kept);
  if (kept.payload.length < cutLength) return { request: requestOf(kept, bodyOf(kept)), form };
  const original = form === 'request' ? parts.original(kept.offset) : undefined;
  if (original) return { request: requestOf(kept, original.body), form };
  return {
    reason: 'too large',
    detail: 'only its beginning is in quarantine, and the log has forgotten the rest',
  };
}

function bodyOf({ payload, encoding }: KeptItem): Uint8Array {
  return Buffer.from(payload, encoding === 'base64' ? 'base64' : 'utf8');
}

function requestOf(kept: KeptItem, body: Uint8Array): AcceptedRequest {
  const { receivedAt, project, key, protocol, method, path, query, headers, address, visitor } = kept;
  return {
    receivedAt,
    project,
    key,
    protocol,
    method,
    path,
    query,
    headers: JSON.parse(headers === '' ? '{}' : headers) as Record<string, string>,
    address,
    visitor,
    body,
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A whole request for a transform: its body as JSON when it is some, else as text; base64 when it is no text. */
function requestValue({ method, path, query, headers, body }: AcceptedRequest): JsonObject {
  const shown = { method, path, query, headers: ownHeaders(headers) };
  try {
    return { ...shown, body: jsonOrText(utf8.decode(body)) };
  } catch {
    return { ...shown, body: Buffer.from(body).toString('base64'), encoding: 'base64' };
  }
}

/** Those that we put there ourselves say how it was taken, and are nobody's to change. */
const isOurs = (name: string): boolean => name.startsWith('x-tributary-');

function ownHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !isOurs(name)));
}

function jsonOrText(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

async function transformed(
  before: JsonValue,
  transform: string,
  { headers, query, receivedAt }: AcceptedRequest,
  parts: FixParts,
): Promise<JsonValue | Problem> {
  const result = await parts.evaluate({
    text: transform,
    body: JSON.stringify(before),
    headers: ownHeaders(headers),
    query: Object.fromEntries(new URLSearchParams(query)),
    receivedAt,
  });
  if ('reason' in result)
    return problem(result.reason.replace('mapping', 'fix'), result.detail.replaceAll('mapping', 'fix'));
  const { json } = result;
  if (json === undefined || json === null || json === '')
    return problem(
      'the fix made nothing',
      'the expression gave no value for this item; it stays where it is',
    );
  return json;
}

/** Marks what is a problem apart from JSON that happens to have the same fields. */
class FixProblem implements Problem {
  readonly reason: string;
  readonly detail: string;

  constructor(reason: string, detail: string) {
    this.reason = reason;
    this.detail = detail;
  }
}

const problem = (reason: string, detail: string): FixProblem => new FixProblem(reason, detail);

function isProblem(value: JsonValue | Problem): value is FixProblem {
  return value instanceof FixProblem;
}

const requestFields = ['method', 'path', 'query', 'headers', 'body', 'encoding'];

/** The request with the fields that the fix gives; what it leaves out stays. */
function changedRequest(request: AcceptedRequest, after: JsonValue): Sendable | Problem {
  if (typeof after !== 'object' || after === null || Array.isArray(after))
    return problem('not a request', 'the fix of a request gives an object such as {"body": …}');
  const fields = after as JsonObject;
  const strange = Object.keys(fields).find((name) => !requestFields.includes(name));
  if (strange !== undefined)
    return problem('not a request', `"${strange.slice(0, 80)}" is none of ${requestFields.join(', ')}`);
  for (const name of ['method', 'path', 'query', 'encoding'] as const)
    if (fields[name] !== undefined && typeof fields[name] !== 'string')
      return problem('not a request', `"${name}" must be a text`);
  const headers = fields.headers === undefined ? ownHeaders(request.headers) : headersIn(fields.headers);
  if (headers === undefined) return problem('not a request', '"headers" must be an object of texts');
  const {
    method = request.method,
    path = request.path,
    query = request.query,
  } = fields as Record<string, string>;
  const kept = Object.fromEntries(Object.entries(request.headers).filter(([name]) => isOurs(name)));
  const body = fields.body === undefined ? request.body : bytesOf(fields.body, fields.encoding);
  const changed = { ...request, method, path, query, headers: { ...headers, ...kept }, body };
  return { request: changed, read: undefined, value: requestValue(changed) };
}

function headersIn(value: JsonValue): Record<string, string> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value);
  if (entries.some(([, text]) => typeof text !== 'string')) return undefined;
  return ownHeaders(
    Object.fromEntries(
      entries.map(([name, text]) => [name.toLowerCase(), typeof text === 'string' ? text : '']),
    ),
  );
}

function bytesOf(body: JsonValue, encoding: JsonValue | undefined): Uint8Array {
  if (typeof body !== 'string') return Buffer.from(JSON.stringify(body));
  return Buffer.from(body, encoding === 'base64' ? 'base64' : 'utf8');
}

function sendable(
  kept: KeptItem,
  request: AcceptedRequest,
  form: 'item' | 'event' | 'line',
  value: JsonValue,
  parts: FixParts,
): Sendable | Problem {
  try {
    if (form !== 'item')
      return {
        request: { ...request, body: Buffer.from(JSON.stringify(value)) },
        read: { kind: form },
        value,
      };
    const { query, body, read } = parts.requestOfItem(request, value, kept.envelope);
    return { request: { ...request, query, body }, read, value };
  } catch (error) {
    return problem('not sendable', String(error).slice(0, 300));
  }
}
