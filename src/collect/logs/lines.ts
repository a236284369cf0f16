import { isUtf8 } from 'node:buffer';
import type { Decoded, DecodedEvent, JsonObject, JsonValue } from '../../contract/event.ts';
import type { LogLine } from '../../contract/log-line.ts';
import type { LogRecord } from '../../contract/request.ts';
import { maxNameLength, outOfBounds } from '../event/fields.ts';
import type { DecodeContext } from '../protocol.ts';
import { contextOf } from './context.ts';
import { LogDecoding } from './decoding.ts';
import { readLine } from './formats.ts';
import { type LineEvent, maxLineLength, type ReadLine, type ServedRequest } from './line.ts';

/** What is known of a line beside its text. */
export interface LineOrigin {
  readonly id?: string | undefined;
  /** When it was written, where the text does not say. */
  readonly at?: number | undefined;
  readonly observedAt?: number | undefined;
  /** What the line's own words win over. */
  readonly service?: string | undefined;
  readonly host?: string | undefined;
  readonly stream?: string | undefined;
  readonly attributes?: JsonObject | undefined;
  readonly resource?: JsonObject | undefined;
  /** Name of a format in formats.ts, or `plain`; found out from the line when absent. */
  readonly format?: string | undefined;
}

/** Reads lines of one record: each becomes a log, an event, the event of a tracker's request, or a failure of its own. */
export class LineDecoder {
  readonly #record: LogRecord;
  readonly #context: DecodeContext;
  readonly #decoding: LogDecoding;

  constructor(record: LogRecord, context: DecodeContext, decoding: LogDecoding) {
    this.#record = record;
    this.#context = context;
    this.#decoding = decoding;
  }

  /** `change`: what the sender's protocol knows better. */
  line(text: string, origin: LineOrigin, change?: (read: ReadLine) => ReadLine): void {
    if (text === '') {
      this.#decoding.drop('empty line');
      return;
    }
    if (text.length > maxLineLength) {
      const detail = `a line has at most ${maxLineLength} characters`;
      this.#decoding.fail('line too long', detail, text, JSON.stringify(origin));
      return;
    }
    this.#decoding.item(
      () => text,
      () => {
        const read = readLine(text, this.#record.receivedAt, origin.format);
        if ('reason' in read) this.#decoding.fail(read.reason, read.detail, text, JSON.stringify(origin));
        else this.read(change ? change(read) : read, origin);
      },
      () => JSON.stringify(origin),
    );
  }

  read(read: ReadLine, origin: LineOrigin): void {
    if (read.event) this.#event(read.event, read, origin);
    else if (!read.request || !this.#served(read.request, read, origin))
      this.#decoding.log(logLine(read, origin));
  }

  #event(event: LineEvent, read: ReadLine, origin: LineOrigin): void {
    const problem = outOfBounds(event.properties);
    if (problem) {
      this.#decoding.fail(problem.reason, problem.detail, read.body, JSON.stringify(origin));
      return;
    }
    const properties: JsonObject = { ...event.properties, $database: event.database };
    const { userId, anonymousId, accountId, clientSessionId } = contextOf(event.properties);
    this.#decoding.event({
      type: 'track',
      event: event.table.slice(0, maxNameLength),
      id: origin.id,
      // whatever wrote the line is a server, with a clock that needs no correction
      trueAt: event.at ?? read.timestamp ?? origin.at,
      userId: read.userId ?? userId,
      anonymousId: read.anonymousId ?? anonymousId,
      accountId: read.accountId ?? accountId,
      clientSessionId: read.clientSessionId ?? clientSessionId,
      properties,
    });
  }

  /** Whether the request was a tracker's: then its events are the events of the line. */
  #served(request: ServedRequest, read: ReadLine, origin: LineOrigin): boolean {
    // what was answered with an error the client sends again
    if (request.query === '' || request.status < 200 || request.status >= 400) return false;
    if (request.method !== 'GET' && request.method !== 'HEAD') return false;
    const { project, key, receivedAt } = this.#record;
    const at = read.timestamp ?? origin.at ?? receivedAt;
    const headers: Record<string, string> = {};
    if (request.userAgent !== undefined) headers['user-agent'] = request.userAgent;
    if (request.referer !== undefined) headers.referer = request.referer;
    const decoded = this.#context.request({
      receivedAt: at,
      project,
      key,
      method: 'GET',
      path: request.path,
      query: request.query,
      headers,
      address: request.address,
      visitor: '',
      body: noBody,
    });
    // ordinary requests have paths that trackers have too, and become logs
    if (!decoded || decoded.events.length === 0) return false;
    for (const [index, event] of decoded.events.entries()) {
      const own = origin.id === undefined || index === 0 ? origin.id : `${origin.id}.${index}`;
      this.#decoding.event({ ...event, id: event.id ?? own, trueAt: happened(event, at), sentAt: undefined });
    }
    return true;
  }
}

/** The client's time, corrected by the clock of the server that wrote the line, not by ours that reads it later. */
function happened({ trueAt, occurredAt, sentAt }: DecodedEvent, at: number): number {
  if (trueAt !== undefined) return trueAt;
  if (occurredAt === undefined) return at;
  const skew = sentAt === undefined ? 0 : at - sentAt;
  const corrected = occurredAt + (Math.abs(skew) < clockTolerance ? 0 : skew);
  return sentAt !== undefined && occurredAt > sentAt ? at : corrected;
}

/** As in the pipeline's own correction: a smaller difference is the time that a request takes. */
const clockTolerance = 5_000;
const noBody = new Uint8Array(0);

/** Decodes one line that failed, by itself: the record's body, with what its failure said of its origin. */
export function decodeLine(
  record: LogRecord,
  envelope: string,
  context: DecodeContext,
  change?: (read: ReadLine) => ReadLine,
): Decoded {
  const decoding = new LogDecoding();
  const origin = envelope === '' ? {} : (JSON.parse(envelope) as LineOrigin);
  new LineDecoder(record, context, decoding).line(lineText(record.body), origin, change);
  return decoding.result();
}

export function logLine(read: ReadLine, origin: LineOrigin): LogLine {
  const attributes: JsonObject =
    origin.attributes === undefined ? read.attributes : { ...origin.attributes, ...read.attributes };
  return {
    id: origin.id,
    timestamp: read.timestamp ?? origin.at,
    observedAt: origin.observedAt,
    severity: read.severity,
    severityText: read.severityText,
    service: read.service ?? origin.service,
    host: read.host ?? origin.host,
    stream: origin.stream,
    body: read.body,
    attributes,
    resource: origin.resource ?? read.resource,
    traceId: read.traceId,
    spanId: read.spanId,
    userId: read.userId,
    anonymousId: read.anonymousId,
    accountId: read.accountId,
    requestId: read.requestId,
    clientSessionId: read.clientSessionId,
  };
}

/** Bytes that are no UTF-8 are read as latin1, which keeps every one of them. */
export function lineText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString(isUtf8(buffer) ? 'utf8' : 'latin1');
}

/** Without the line's end. */
export function withoutEnd(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end--;
  return end === bytes.length ? bytes : bytes.subarray(0, end);
}

/** Text that a header or a parameter carried, within the length of an id. */
export function short(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, 512) : undefined;
}
