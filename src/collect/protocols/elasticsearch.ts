import { hash, randomUUID } from 'node:crypto';
import type { Decoded, JsonObject, JsonValue } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { type Action, actionsOf } from '../elasticsearch/bulk.ts';
import { handshake, handshakeRoute, product } from '../elasticsearch/handshake.ts';
import { isObject, object, outOfBounds, text } from '../event/fields.ts';
import { parseText } from '../event/payload.ts';
import { hideInBytes } from '../logs/addresses.ts';
import { LogDecoding } from '../logs/decoding.ts';
import { readFields } from '../logs/fields.ts';
import { readLine } from '../logs/formats.ts';
import { keyOfHeaders } from '../logs/key.ts';
import { combined, maxLineLength, type ReadLine } from '../logs/line.ts';
import { LineDecoder, type LineOrigin } from '../logs/lines.ts';
import type { Answer, DecodeContext, Incoming, Protocol, Reading, Route } from '../protocol.ts';

/**
 * Elasticsearch's bulk API, as Filebeat, Logstash, Vector, Fluent Bit and the official clients speak it, with the handshakes
 * they need. Documents are logs in ECS's field names; one whose message is a line of a known format is read by that too.
 * Clients compare the items of the answer with their actions one by one, and Vector looks for `"errors":true` literally.
 */
function route(path: string): Route | undefined {
  if (path === '/_bulk') return { kind: 'events', methods: ['POST', 'PUT'], path };
  const index = /^\/([^_/+-][^/]{0,254})\/_bulk$/.exec(path)?.[1];
  if (index === 'elasticsearch') return { kind: 'events', methods: ['POST', 'PUT'], path: '/_bulk' };
  if (index !== undefined) return { kind: 'events', methods: ['POST', 'PUT'], path };
  return handshakeRoute(path);
}

function indexOf(path: string): string | undefined {
  const named = path === '/_bulk' ? undefined : path.slice(1, path.lastIndexOf('/'));
  try {
    return named === undefined ? undefined : decodeURIComponent(named);
  } catch {
    return named;
  }
}

function read({ query, headers }: Incoming): Reading {
  return { key: keyOfHeaders(headers), query, answer: accepted };
}

/** Replaced by the items when the key is known. */
const accepted: Answer = { status: 200, headers: product, body: '{"took":0,"errors":false,"items":[]}' };

function bulkAnswer(body: Buffer, path: string): Answer {
  const { actions, broken } = actionsOf(body, indexOf(path));
  // as Elasticsearch, which takes nothing of a body it cannot follow
  if (broken)
    return failure(
      400,
      'illegal_argument_exception',
      `Malformed action/metadata line [${broken.line}]: ${broken.why}`,
    );
  if (actions.length === 0) return failure(400, 'parse_exception', 'request body is required');
  const prefix = randomUUID().slice(0, 18);
  let errors = false;
  const items = actions.map((action, at) => {
    const item = itemOf(action, `${prefix}${at}`);
    errors ||= action.problem !== undefined;
    return item;
  });
  return { status: 200, headers: product, body: JSON.stringify({ took: 1, errors, items }) };
}

function itemOf({ name, index, id, problem }: Action, generated: string): object {
  const place = { _index: index ?? '', _id: id ?? generated };
  if (problem !== undefined) {
    const error = { type: 'mapper_parsing_exception', reason: problem };
    return { [name]: { ...place, status: 400, error } };
  }
  const written = { ...place, _version: 1, _seq_no: 0, _primary_term: 1 };
  const shards = { total: 1, successful: 1, failed: 0 };
  // nothing is deleted here, as if it had never been there
  if (name === 'delete') return { delete: { ...written, result: 'not_found', _shards: shards, status: 404 } };
  if (name === 'update') return { update: { ...written, result: 'updated', _shards: shards, status: 200 } };
  return { [name]: { ...written, result: 'created', _shards: shards, status: 201 } };
}

function failure(status: number, type: string, reason: string): Answer {
  const error = { root_cause: [{ type, reason }], type, reason };
  return { status, headers: product, body: JSON.stringify({ error, status }) };
}

const errorTypes: Readonly<Record<number, string>> = {
  401: 'security_exception',
  403: 'security_exception',
  413: 'content_too_long_exception',
  429: 'es_rejected_execution_exception',
  503: 'es_rejected_execution_exception',
};

function decode(record: LogRecord, context: DecodeContext): Decoded {
  const decoding = new LogDecoding();
  const lines = new LineDecoder(record, context, decoding);
  const body = Buffer.from(record.body.buffer, record.body.byteOffset, record.body.length);
  const { actions, broken } = actionsOf(body, indexOf(record.path));
  if (broken) return decoding.fail('malformed bulk', `line ${broken.line}: ${broken.why}`).result();
  if (actions.length === 0) return decoding.fail('empty body', 'the request has no actions').result();
  for (const action of actions) {
    const payload = () => action.source.toString('latin1');
    decoding.item(
      payload,
      () => document(action, record, lines, decoding),
      () => envelopeOf(action),
    );
  }
  return decoding.result();
}

function envelopeOf({ name, index, id }: Action): string {
  return JSON.stringify({ name, index, id });
}

/** A document by itself, with the action that brought it. */
function decodeItem(record: LogRecord, envelope: string, context: DecodeContext): Decoded {
  const decoding = new LogDecoding();
  const lines = new LineDecoder(record, context, decoding);
  const action = envelope === '' ? { name: 'index', index: undefined, id: undefined } : JSON.parse(envelope);
  const source = Buffer.from(record.body);
  document({ ...(action as Omit<Action, 'source'>), source, problem: undefined }, record, lines, decoding);
  return decoding.result();
}

function document(action: Action, record: LogRecord, lines: LineDecoder, decoding: LogDecoding): void {
  const source = action.source.toString();
  if (action.name === 'delete') {
    decoding.drop('delete of a document');
    return;
  }
  if (action.problem !== undefined) {
    decoding.fail('bad document', action.problem, source, envelopeOf(action));
    return;
  }
  // what is no UTF-8 breaks in one place, and the rest of the document is still worth having
  const parsed = parseText(source);
  if ('reason' in parsed) {
    decoding.fail(parsed.reason, parsed.detail, source, envelopeOf(action));
    return;
  }
  const fields = documentOf(action, parsed.json);
  if (!fields) {
    const detail = 'the update has neither "doc" nor "upsert"';
    decoding.fail('no document', detail, source, envelopeOf(action));
    return;
  }
  const problem = outOfBounds(fields);
  if (problem) {
    decoding.fail(problem.reason, problem.detail, source, envelopeOf(action));
    return;
  }
  if (source.length > maxLineLength) {
    const detail = `a document has at most ${maxLineLength} characters`;
    decoding.fail('line too long', detail, source, envelopeOf(action));
    return;
  }
  const read = readFields(fields, source);
  const origin: LineOrigin = {
    id: idOf(action, fields),
    observedAt: read.timestamp,
    stream: action.index,
    service: read.service ?? text(object(fields.service).type) ?? text(object(fields.event).module),
    host: read.host,
  };
  lines.read(read.body === source ? read : merged(read, record), origin);
}

/** An update changes a document that may be here or not; what it brings is kept as a line of its own. */
function documentOf({ name }: Action, json: JsonValue): JsonObject | undefined {
  if (!isObject(json)) return undefined;
  if (name !== 'update') return json;
  if (isObject(json.doc)) return json.doc;
  return isObject(json.upsert) ? json.upsert : undefined;
}

/** `_id` when the client gives one; else the place in the file, which shippers send along. */
function idOf({ id, index }: Action, fields: JsonObject): string | undefined {
  if (id !== undefined) return hash('md5', `${index}\0${id}`, 'base64url');
  const log = object(fields.log);
  const offset = log.offset ?? fields['log.offset'];
  const path = text(object(log.file).path) ?? text(fields['log.file.path']);
  const agent = text(object(fields.agent).id) ?? text(fields['agent.id']);
  if (typeof offset !== 'number' || path === undefined || agent === undefined) return undefined;
  // a file that is rotated begins at 0 again, with other lines
  const message = typeof fields.message === 'string' ? fields.message : '';
  return hash('md5', `${agent}\0${path}\0${offset}\0${message}`, 'base64url');
}

/** What the line inside of the document says, below what the shipper says itself. */
function merged(read: ReadLine, record: LogRecord): ReadLine {
  const inner = readLine(read.body, record.receivedAt);
  if ('reason' in inner) return read;
  // a shipper's own time is when it read the line
  const timestamp = inner.timestamp ?? read.timestamp;
  return combined(inner, read, { body: inner.body, timestamp });
}

export const elasticsearch: Protocol = {
  name: 'elasticsearch',
  route,
  read,
  answer: handshake,
  admit: ({ route: { path }, body }) => {
    const answer = bulkAnswer(body, path);
    return answer.status === 200 ? { keep: true, answer } : { keep: false, answer, outcome: 'malformed' };
  },
  refusal: (status, message) => failure(status, errorTypes[status] ?? 'illegal_argument_exception', message),
  hideAddresses: ({ query, body }, hide) => ({ query, body: hideInBytes(body, hide) }),
  tooLargeStatus: 413,
  decode,
  decodeItem,
};
