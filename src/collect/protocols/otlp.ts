import type { Decoded, JsonObject, JsonValue } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { plainAddress } from '../accept/address.ts';
import { isObject, maxIdLength, maxNameLength, object, outOfBounds, text, url } from '../event/fields.ts';
import { parseJson } from '../event/payload.ts';
import { hideInBytes } from '../logs/addresses.ts';
import { contextOf, spanId, traceId } from '../logs/context.ts';
import { LogDecoding } from '../logs/decoding.ts';
import { readLine } from '../logs/formats.ts';
import { keyOfHeaders } from '../logs/key.ts';
import { maxLineLength, type ReadLine } from '../logs/line.ts';
import { LineDecoder, type LineOrigin } from '../logs/lines.ts';
import { severityOf } from '../logs/severity.ts';
import { eachJsonRecord } from '../otlp/json.ts';
import type { OtlpRecord } from '../otlp/log-record.ts';
import { eachProtobufRecord, hideInProtobuf } from '../otlp/protobuf.ts';
import type { Answer, DecodeContext, Incoming, Protocol, Reading, Route } from '../protocol.ts';

/**
 * OpenTelemetry's logs over HTTP, in JSON and in protobuf. A record is a log; one that has an event name and says of whom
 * (a user, a session, an anonymous id) is an event. Clients try again on 429, 502, 503 and 504 only.
 */
const path = '/v1/logs';
const jsonType = 'application/json';
const protobufType = 'application/x-protobuf';

function route(asked: string): Route | undefined {
  return asked === path ? { kind: 'events', methods: ['POST'], path } : undefined;
}

/** By the bytes: a protobuf request begins with the tag of its first field, 0x0a, or is empty. */
function isJson(contentType: string | undefined, body: Uint8Array): boolean {
  if (body.length === 0) return contentType?.includes('json') === true;
  const first = body[0];
  return first === 0x7b || (first !== 0x0a && contentType?.includes('json') === true);
}

function read({ query, headers, body }: Incoming): Reading {
  const json = isJson(headers['content-type'], body);
  const answer = {
    status: 200,
    headers: { 'content-type': json ? jsonType : protobufType },
    body: json ? '{}' : '',
  };
  return { key: keyOfHeaders(headers), query, answer };
}

/** Above this a body is not looked at while its sender waits; what is wrong in it goes to quarantine. */
const maxChecked = 1024 * 1024;

/** What cannot be read at all is refused, so that its sender learns of it; single records that cannot are kept and told. */
function admit({ headers, body }: Incoming): { keep: boolean; answer: Answer; outcome?: string } | undefined {
  if (body.length > maxChecked) return undefined;
  const json = isJson(headers['content-type'], body);
  if (!json) {
    try {
      eachProtobufRecord(body, () => undefined);
      return undefined;
    } catch (error) {
      const answer = failure(400, `the body is no ExportLogsServiceRequest: ${String(error)}`, protobufType);
      return { keep: false, outcome: 'malformed', answer };
    }
  }
  const parsed = parseJson(body);
  if ('reason' in parsed || !isObject(parsed.json)) {
    const why = 'reason' in parsed ? `${parsed.reason}: ${parsed.detail}` : 'the body is no JSON object';
    return { keep: false, outcome: 'malformed', answer: failure(400, why, jsonType) };
  }
  let rejected = 0;
  eachJsonRecord(
    parsed.json,
    () => undefined,
    () => rejected++,
  );
  if (rejected === 0) return undefined;
  const partialSuccess = {
    rejectedLogRecords: `${rejected}`,
    errorMessage: 'a log record must be an object',
  };
  return {
    keep: true,
    answer: { status: 200, headers: { 'content-type': jsonType }, body: JSON.stringify({ partialSuccess }) },
  };
}

const codes: Readonly<Record<number, number>> = { 400: 3, 401: 16, 403: 7, 404: 5, 413: 8, 429: 8, 503: 14 };

/** A google.rpc.Status in the encoding of the request. */
function failure(status: number, message: string, type: string): Answer {
  const code = codes[status] ?? 13;
  if (type === jsonType)
    return { status, headers: { 'content-type': type }, body: JSON.stringify({ code, message }) };
  const words = Buffer.from(message.slice(0, 100));
  const body = Buffer.concat([
    Buffer.from([0x08, code, 0x12, Math.min(127, words.length)]),
    words.subarray(0, 127),
  ]);
  return { status, headers: { 'content-type': type }, body };
}

function decode(record: LogRecord, context: DecodeContext): Decoded {
  const decoding = new LogDecoding();
  const lines = new LineDecoder(record, context, decoding);
  const take = (one: OtlpRecord): void =>
    decoding.item(
      () => JSON.stringify(one),
      () => recordOf(one, record, lines, decoding),
    );
  if (isJson(record.headers['content-type'], record.body)) {
    const parsed = parseJson(record.body);
    if ('reason' in parsed) return decoding.fail(parsed.reason, parsed.detail).result();
    if (!isObject(parsed.json)) return decoding.fail('not an object', 'the body is no JSON object').result();
    const refuse = (item: JsonValue): void => {
      decoding.fail(
        'not an object',
        'a log record must be an object',
        JSON.stringify(item)?.slice(0, 10_000),
      );
    };
    eachJsonRecord(parsed.json, take, refuse);
    return decoding.result();
  }
  try {
    eachProtobufRecord(record.body, take);
  } catch (error) {
    decoding.fail('not protobuf', String(error));
  }
  return decoding.result();
}

/** A record that failed, as it was kept: read already from whichever encoding it came in. */
function decodeItem(record: LogRecord, _envelope: string, context: DecodeContext): Decoded {
  const decoding = new LogDecoding();
  const parsed = parseJson(record.body);
  if ('reason' in parsed) return decoding.fail(parsed.reason, parsed.detail).result();
  const { json } = parsed;
  if (
    !isObject(json) ||
    !isObject(json.attributes) ||
    !isObject(json.resource) ||
    !isObject(json.resource.attributes)
  )
    return decoding
      .fail('not an object', 'a log record has "attributes", and a "resource" with "attributes"')
      .result();
  const one = json as unknown as OtlpRecord;
  decoding.item(
    () => JSON.stringify(one),
    () => recordOf(one, record, new LineDecoder(record, context, decoding), decoding),
  );
  return decoding.result();
}

function recordOf(one: OtlpRecord, record: LogRecord, lines: LineDecoder, decoding: LogDecoding): void {
  const problem = outOfBounds(one.attributes) ?? (isTree(one.body) ? outOfBounds(one.body) : undefined);
  if (problem) {
    decoding.fail(problem.reason, problem.detail, JSON.stringify(one).slice(0, maxLineLength));
    return;
  }
  const name = one.eventName ?? text(one.attributes['event.name']);
  const who = contextOf(one.attributes);
  const told = who.userId ?? who.anonymousId ?? who.clientSessionId;
  if (name !== undefined && told !== undefined && name.length <= maxNameLength) {
    decoding.event(eventOf(one, name, who));
    return;
  }
  const { attributes: resource, scope, scopeVersion } = one.resource;
  const scoped: Record<string, JsonValue> = {};
  if (scope !== undefined) scoped['otel.scope.name'] = scope;
  if (scopeVersion !== undefined) scoped['otel.scope.version'] = scopeVersion;
  if (one.eventName !== undefined) scoped['event.name'] = one.eventName;
  const origin: LineOrigin = {
    id: idOf(one.attributes),
    at: one.observed,
    observedAt: one.observed,
    service: text(resource['service.name']),
    host: text(resource['host.name']),
    stream: text(one.attributes['log.file.path']) ?? text(one.attributes['log.file.name']),
    attributes: scoped,
    resource,
  };
  lines.read(readOf(one, record.receivedAt), origin);
}

/** What the record says itself wins over what the line in its body says. */
function readOf(one: OtlpRecord, now: number): ReadLine {
  const body =
    typeof one.body === 'string' ? one.body : one.body === undefined ? '' : JSON.stringify(one.body);
  const inner =
    typeof one.body === 'string' && body.length <= maxLineLength ? readLine(body, now) : undefined;
  const line = inner === undefined || 'reason' in inner ? { body, attributes: {} as JsonObject } : inner;
  const level = one.severityText === undefined ? undefined : severityOf(one.severityText).severity;
  const severity =
    one.severity !== undefined && one.severity >= 1 && one.severity <= 24 ? one.severity : level;
  const who = contextOf(one.attributes);
  return {
    ...line,
    timestamp: one.time ?? line.timestamp,
    severity: severity ?? line.severity,
    severityText: one.severityText ?? line.severityText,
    attributes: { ...line.attributes, ...one.attributes },
    traceId: traceId(one.traceId) ?? who.traceId ?? line.traceId,
    spanId: spanId(one.spanId) ?? who.spanId ?? line.spanId,
    userId: who.userId ?? line.userId,
    anonymousId: who.anonymousId ?? line.anonymousId,
    accountId: who.accountId ?? line.accountId,
    requestId: who.requestId ?? line.requestId,
    clientSessionId: who.clientSessionId ?? line.clientSessionId,
  };
}

const pageViews = new Set(['browser.page_view', 'page_view', 'pageview']);

function eventOf(one: OtlpRecord, name: string, who: ReturnType<typeof contextOf>) {
  const { attributes, body } = one;
  const said = object(body);
  const page = pageViews.has(name);
  const own: JsonObject = isObject(body) ? body : typeof body === 'string' && body !== '' ? { body } : {};
  return {
    type: page ? ('page' as const) : ('track' as const),
    event: page ? 'page' : name,
    id: idOf(attributes),
    trueAt: one.time ?? one.observed,
    userId: who.userId,
    anonymousId: who.anonymousId,
    accountId: who.accountId,
    clientSessionId: who.clientSessionId,
    url: url(attributes['url.full']) ?? url(said.url),
    referrer: url(said.referrer),
    title: text(said.title),
    userAgent: text(attributes['user_agent.original']),
    address: plainAddress(text(attributes['client.address']) ?? '') || undefined,
    appVersion: text(one.resource.attributes['service.version']),
    library: text(one.resource.attributes['telemetry.sdk.name']),
    properties: { ...own, ...attributes },
  };
}

function idOf(attributes: JsonObject): string | undefined {
  const id = text(attributes['log.record.uid']) ?? text(attributes['event.id']);
  return id === undefined || id.length > maxIdLength ? undefined : id;
}

function isTree(value: JsonValue | undefined): value is JsonValue {
  return typeof value === 'object' && value !== null;
}

export const otlp: Protocol = {
  name: 'otlp',
  route,
  read,
  admit,
  refusal: (status, message) => failure(status, message, jsonType),
  hideAddresses: ({ query, body }, hide) => ({
    query,
    body: isJson('json', body) ? hideInBytes(body, hide) : hideInProtobuf(body, hide),
    complete: true,
  }),
  tooLargeStatus: 413,
  decode,
  decodeItem,
};
