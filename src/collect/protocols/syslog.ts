import type { Decoded } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { hideInBytes } from '../logs/addresses.ts';
import { LogDecoding } from '../logs/decoding.ts';
import { framesOf, mapFrames } from '../logs/frames.ts';
import { keyOfHeaders } from '../logs/key.ts';
import { decodeLine, LineDecoder, lineText, withoutEnd } from '../logs/lines.ts';
import type { DecodeContext, Incoming, Protocol, Reading, Route } from '../protocol.ts';

/**
 * Syslog messages, RFC 5424 and 3164, framed as RFC 6587 says. The listeners of `src/syslog` put what comes by TCP and UDP
 * into records of this protocol; relays that speak HTTP (rsyslog's omhttp) post the same to `/syslog/v1`.
 */
const path = '/syslog/v1';

function route(asked: string): Route | undefined {
  return asked === path ? { kind: 'events', methods: ['POST'], path } : undefined;
}

function read({ query, headers }: Incoming): Reading {
  return {
    key: keyOfHeaders(headers),
    query,
    answer: { status: 200, headers: { 'content-type': 'application/json' }, body: '{"success":true}' },
  };
}

function decode(record: LogRecord, context: DecodeContext): Decoded {
  const decoding = new LogDecoding();
  const lines = new LineDecoder(record, context, decoding);
  const body = Buffer.from(record.body.buffer, record.body.byteOffset, record.body.length);
  if (body.length === 0) return decoding.fail('empty body', 'the request has no messages').result();
  const { frames, rest } = framesOf(body);
  if (rest < body.length) frames.push({ start: rest, end: body.length });
  const origin = { stream: 'syslog', format: 'syslog' };
  for (const { start, end } of frames) {
    const message = withoutEnd(body.subarray(start, end));
    if (message.length > 0) lines.line(lineText(message), origin);
  }
  return decoding.result();
}

export const syslog: Protocol = {
  name: 'syslog',
  route,
  read,
  hideAddresses: ({ query, body }, hide) => ({
    query,
    body: mapFrames(body, (message) => hideInBytes(message, hide)),
    complete: true,
  }),
  tooLargeStatus: 413,
  decode,
  decodeItem: decodeLine,
};
