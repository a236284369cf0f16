import { hash } from 'node:crypto';
import type { Decoded } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { isObject, text } from '../event/fields.ts';
import { parseJson } from '../event/payload.ts';
import { hideInBytes } from '../logs/addresses.ts';
import { LogDecoding } from '../logs/decoding.ts';
import { keyOfHeaders } from '../logs/key.ts';
import { decodeLine, LineDecoder, type LineOrigin, lineText, short, withoutEnd } from '../logs/lines.ts';
import type { DecodeContext, Incoming, Protocol, Reading, Route } from '../protocol.ts';

/**
 * Lines of files. `tributary tail` sends chunks of files as they are: each a line of JSON
 * `{"id", "file", "offset", "bytes", "format"?, "service"?, "host"?, "cut"?}`, then that many bytes of whole lines. `id` is the
 * file's identity and `offset` the place of the first byte in it, so that a line has the same id however often and in
 * whatever chunks it comes. Any other content type: the body is the lines, and the same facts may stand in the query.
 */
const path = '/lines/v1';
const chunked = 'application/vnd.tributary.lines';
const json = { 'content-type': 'application/json' };
/** Headers longer than this are none. */
const maxHeader = 16_384;
const newline = 0x0a;

function route(asked: string): Route | undefined {
  return asked === path ? { kind: 'events', methods: ['POST'], path } : undefined;
}

function read({ query, headers }: Incoming): Reading {
  const key = keyOfHeaders(headers) ?? new URLSearchParams(query).get('key') ?? undefined;
  const kept = query.replace(/(^|&)key=[^&]*/g, '').replace(/^&/, '');
  return { key, query: kept, answer: { status: 200, headers: json, body: '{"success":true}' } };
}

function decode(record: LogRecord, context: DecodeContext): Decoded {
  const decoding = new LogDecoding();
  const lines = new LineDecoder(record, context, decoding);
  const body = Buffer.from(record.body.buffer, record.body.byteOffset, record.body.length);
  if (body.length === 0) return decoding.fail('empty body', 'the request has no lines').result();
  if (!record.headers['content-type']?.startsWith(chunked)) {
    chunk(body, factsOf(Object.fromEntries(new URLSearchParams(record.query))), lines);
    return decoding.result();
  }
  for (let at = 0; at < body.length; ) {
    const end = body.indexOf(newline, at);
    const header = end < 0 || end - at > maxHeader ? undefined : factsOfJson(body.subarray(at, end));
    if (!header || !(header.bytes >= 0)) {
      const rest = body.toString('latin1', at, at + 1_000);
      return decoding
        .fail('broken chunk', 'a chunk begins with a line of JSON that says its "bytes"', rest)
        .result();
    }
    const start = end + 1;
    chunk(body.subarray(start, start + header.bytes), header, lines);
    if (start + header.bytes > body.length)
      decoding.fail(
        'short chunk',
        `${header.bytes} bytes were announced and ${body.length - start} came`,
        '',
      );
    at = start + header.bytes;
  }
  return decoding.result();
}

interface Facts extends LineOrigin {
  readonly file: string | undefined;
  readonly offset: number;
  readonly bytes: number;
  /** The last line was longer than the sender sends. */
  readonly cut: boolean;
}

function factsOfJson(bytes: Buffer): Facts | undefined {
  const parsed = parseJson(bytes);
  return 'reason' in parsed || !isObject(parsed.json) ? undefined : factsOf(parsed.json);
}

function factsOf(fields: Readonly<Record<string, unknown>>): Facts {
  const fact = (name: string): string | undefined => {
    const value = fields[name];
    return short(typeof value === 'number' ? text(value) : typeof value === 'string' ? value : undefined);
  };
  const bytes = Number(fact('bytes'));
  return {
    id: fact('id'),
    file: fact('file'),
    stream: fact('file'),
    format: fact('format'),
    service: fact('service'),
    host: fact('host'),
    offset: Number(fact('offset') ?? 0),
    bytes: Number.isSafeInteger(bytes) ? bytes : -1,
    cut: fields.cut === true,
  };
}

function chunk(bytes: Buffer, facts: Facts, lines: LineDecoder): void {
  const { cut, format, host, service, stream } = facts;
  for (let at = 0; at < bytes.length; ) {
    const found = bytes.indexOf(newline, at);
    const end = found < 0 ? bytes.length : found + 1;
    const line = withoutEnd(bytes.subarray(at, end));
    const origin: LineOrigin = {
      id: facts.id === undefined ? undefined : idOf(facts.id, facts.offset + at, line),
      stream,
      format: format === 'auto' ? undefined : format,
      service,
      host,
      attributes: cut && end === bytes.length ? { 'log.cut': true } : undefined,
    };
    // blank lines are no loss, and nobody counts them
    if (line.length > 0) lines.line(lineText(line), origin);
    at = end;
  }
}

/** With the line in it, so that two files that were taken for one lose nothing. */
function idOf(file: string, offset: number, line: Buffer): string {
  return hash('md5', Buffer.concat([Buffer.from(`${file}\0${offset}\0`), line]), 'base64url');
}

export const lines: Protocol = {
  name: 'lines',
  route,
  read,
  hideAddresses: ({ query, body }, hide) => ({ query, body: hideInBytes(body, hide, true), complete: true }),
  tooLargeStatus: 413,
  decode,
  decodeItem: decodeLine,
};
