import { unescape as unescaped } from 'node:querystring';
import type { JsonValue } from '../../contract/event.ts';
import { type Problem, parseJson, parseText } from './payload.ts';

/** Query and body of a request, as it is kept. */
export interface Sent {
  readonly query: string;
  readonly body: Uint8Array;
}

/** The JSON of a request; of lines of JSON the list of those that could be read, and beside it what could not. */
export interface Payload {
  readonly json: JsonValue;
  readonly broken: readonly BrokenLine[];
}

export interface BrokenLine {
  readonly line: string;
  readonly problem: Problem;
}

/**
 * Reads what a client sent, whatever it declares: JSON, lines of JSON, a form or a query with `data=` in base64 or as JSON,
 * bare base64. The bytes are believed and no header is: SDKs send JSON as text and as forms. Never throws.
 */
export function payloadOf(sent: Sent): Payload | Problem {
  return parsePayload(locate(sent).bytes);
}

/** The same for bytes without wrapping. */
export function parsePayload(bytes: Buffer): Payload | Problem {
  const whole = parseJson(bytes);
  if (!('reason' in whole)) return { json: whole.json, broken: none };
  return (whole.reason === 'not JSON' ? linesOf(bytes) : undefined) ?? whole;
}

/** The JSON of a request as it would stand there without its wrapping; not parsed. */
export function payloadBytes(sent: Sent): Buffer {
  return locateOnce(sent).bytes;
}

/** Changes JSON inside of base64 or a form, where searching the bytes finds nothing. Plain JSON is left as it is. */
export function rewriteWrapped(
  sent: { readonly query: string; readonly body: Buffer },
  change: (json: Buffer) => Buffer,
): { readonly query: string; readonly body: Buffer } {
  const { bytes, put } = locateOnce(sent);
  if (bytes.buffer === sent.body.buffer && bytes.byteOffset === sent.body.byteOffset) return sent;
  const changed = change(bytes);
  return changed === bytes ? sent : { ...sent, ...put(changed) };
}

/** The value of a parameter of a query or a form; the first of a name. */
export function parameter(query: string, name: string): string | undefined {
  let from = 0;
  while (from < query.length) {
    const end = query.indexOf('&', from);
    const to = end < 0 ? query.length : end;
    if (query.startsWith(name, from) && query[from + name.length] === '=') {
      const value = unescaped(query.slice(from + name.length + 1, to).replaceAll('+', ' '));
      return value === '' ? undefined : value;
    }
    from = to + 1;
  }
  return undefined;
}

/** The query without the parameters that are named. */
export function without(query: string, ...names: readonly string[]): string {
  if (query === '') return query;
  return query
    .split('&')
    .filter((pair) => !names.includes(pair.slice(0, Math.max(0, pair.indexOf('=')))))
    .join('&');
}

const none: readonly BrokenLine[] = [];

interface Located {
  /** The JSON, without its wrapping. */
  readonly bytes: Buffer;
  /** The request with other bytes in the same wrapping. */
  readonly put: (bytes: Buffer) => { readonly query?: string; readonly body?: Buffer };
}

const located = new WeakMap<Uint8Array, Located>();

/** Who claims a request, reads it and hides its addresses asks for the same. */
function locateOnce(sent: Sent): Located {
  if (sent.body.length === 0) return locate(sent);
  const before = located.get(sent.body);
  if (before) return before;
  const found = locate(sent);
  located.set(sent.body, found);
  return found;
}

function locate({ query, body: sent }: Sent): Located {
  const body = Buffer.from(sent.buffer, sent.byteOffset, sent.length);
  if (body.length === 0) return inQuery(query);
  const plain: Located = { bytes: body, put: (bytes) => ({ body: bytes }) };
  if (beginsAsJson(body)) return plain;
  const form = inForm(body);
  if (form) return form;
  if (!/^[\w+/=\s-]+$/.test(body.toString('latin1', 0, 1_024))) return plain;
  const bytes = Buffer.from(body.toString('latin1'), 'base64');
  if (!beginsAsJson(bytes)) return plain;
  return { bytes, put: (changed) => ({ body: Buffer.from(changed.toString('base64')) }) };
}

function inQuery(query: string): Located {
  const [, before = '', value = ''] = /^((?:.*&)?data=)([^&]*)/s.exec(query) ?? [];
  const { bytes, wrap } = unwrap(value);
  const after = query.slice(before.length + value.length);
  return { bytes, put: (changed) => ({ query: `${before}${wrap(changed)}${after}` }) };
}

const dataField = Buffer.from('data=');

/** The field `data` of an urlencoded form. */
function inForm(body: Buffer): Located | undefined {
  let at = body.indexOf(dataField);
  while (at > 0 && body[at - 1] !== 0x26) at = body.indexOf(dataField, at + 1);
  if (at < 0) return undefined;
  const start = at + dataField.length;
  const ampersand = body.indexOf(0x26, start);
  const end = ampersand < 0 ? body.length : ampersand;
  const { bytes, wrap } = unwrap(body.toString('latin1', start, end));
  return {
    bytes,
    put: (changed) => ({
      body: Buffer.concat([body.subarray(0, start), Buffer.from(wrap(changed)), body.subarray(end)]),
    }),
  };
}

/** A field's value: JSON or base64 of it. A plus sign is a space in the one and a digit in the other. */
function unwrap(value: string): { readonly bytes: Buffer; readonly wrap: (bytes: Buffer) => string } {
  const text = value.includes('%') ? unescaped(value) : value;
  if (/^[+\s]{0,99}[[{]/.test(text)) {
    return {
      bytes: Buffer.from(unescaped(value.replaceAll('+', ' '))),
      wrap: (bytes) => encodeURIComponent(bytes.toString()),
    };
  }
  return {
    bytes: Buffer.from(text.replaceAll(' ', '+'), 'base64'),
    wrap: (bytes) => encodeURIComponent(bytes.toString('base64')),
  };
}

/** By the first byte that is no blank and no byte order mark. */
function beginsAsJson(body: Buffer): boolean {
  for (let at = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0; at < body.length; at++) {
    const byte = body[at];
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) continue;
    return byte === 0x7b || byte === 0x5b;
  }
  return false;
}

/** Undefined when the first line is no JSON by itself: then it is one broken text, not one line broken of many. */
function linesOf(bytes: Buffer): Payload | undefined {
  const lines = bytes.toString().split('\n');
  const values: JsonValue[] = [];
  const broken: BrokenLine[] = [];
  for (const line of lines) {
    if (line.trim() === '') continue;
    const parsed = parseText(line);
    if (!('reason' in parsed)) values.push(parsed.json);
    else if (values.length === 0) return undefined;
    else broken.push({ line, problem: parsed });
  }
  return values.length === 0 ? undefined : { json: values, broken };
}
