import type { Decoded } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { hideInBytes } from '../logs/addresses.ts';
import { LogDecoding } from '../logs/decoding.ts';
import { framesOf, mapFrames } from '../logs/frames.ts';
import { keyOfHeaders } from '../logs/key.ts';
import type { ReadLine } from '../logs/line.ts';
import { decodeLine, LineDecoder, type LineOrigin, lineText, short, withoutEnd } from '../logs/lines.ts';
import type { DecodeContext, Incoming, Protocol, Reading, Route } from '../protocol.ts';

/**
 * Heroku's HTTPS drains: syslog messages without structured data, each with its count of bytes in front and nothing
 * between them, so that a message may have several lines. The key is user or password of the drain's URL, or the drain's own
 * token, registered as a key. Logplex waits five seconds, tries three times, and drops on any 4xx but 429.
 */
const path = '/logplex';

function route(asked: string): Route | undefined {
  return asked === path ? { kind: 'events', methods: ['POST'], path } : undefined;
}

function read({ query, headers }: Incoming): Reading {
  const kept: Record<string, string> = {};
  for (const name of ['logplex-frame-id', 'logplex-msg-count', 'logplex-drain-token']) {
    const value = short(headers[name] as string | undefined);
    if (value !== undefined) kept[name] = value;
  }
  const { 'logplex-drain-token': token, ...rest } = kept;
  return {
    key: keyOfHeaders(headers) ?? token,
    query,
    headers: rest,
    answer: { status: 204, headers: {}, body: '' },
  };
}

const lost = /^Error (L1[01])\b.{0,200}?(\d{1,12}) messages? dropped since/s;

function decode(record: LogRecord, context: DecodeContext): Decoded {
  const decoding = new LogDecoding();
  const lines = new LineDecoder(record, context, decoding);
  const body = Buffer.from(record.body.buffer, record.body.byteOffset, record.body.length);
  if (body.length === 0) return decoding.fail('empty body', 'the drain sent no messages').result();
  const { frames, rest } = framesOf(body);
  // what is announced longer than it is came shorter, and is still a message
  if (rest < body.length) frames.push({ start: rest, end: body.length });
  const frame = record.headers['logplex-frame-id'];
  const announced = record.headers['logplex-msg-count'];
  const mismatch = announced !== undefined && Number(announced) !== frames.length;
  const marks = mismatch
    ? { 'logplex.msg_count': Number(announced), 'logplex.found': frames.length }
    : undefined;
  for (const [index, { start, end }] of frames.entries()) {
    const message = lineText(withoutEnd(body.subarray(start, end)));
    if (message === '') continue;
    // Logplex tells its losses in a message of its own
    const dropped = message.includes('logplex')
      ? lost.exec(message.slice(Math.max(0, message.indexOf('Error L1'))))
      : null;
    const notice = dropped && {
      'logplex.code': dropped[1] ?? '',
      'logplex.dropped_messages': Number(dropped[2]),
    };
    const origin: LineOrigin = {
      id: frame === undefined ? undefined : `${frame}-${index}`,
      stream: 'logplex',
      format: 'syslog',
      attributes: marks || notice ? { ...marks, ...notice } : undefined,
    };
    lines.line(message, origin, dyno);
  }
  return decoding.result();
}

/** What syslog calls the app is `app` or `heroku` for all; the dyno says which program it was. The host is always `host`. */
function dyno(read: ReadLine): ReadLine {
  const process = read.attributes['syslog.procid'];
  if (typeof process !== 'string') return read;
  return { ...read, service: process, host: read.host === 'host' ? undefined : read.host };
}

export const logplex: Protocol = {
  name: 'logplex',
  route,
  read,
  hideAddresses: ({ query, body }, hide) => ({
    query,
    body: mapFrames(body, (message) => hideInBytes(message, hide)),
    complete: true,
  }),
  tooLargeStatus: 413,
  decode,
  decodeItem: (record, envelope, context) => decodeLine(record, envelope, context, dyno),
};
