import type { JsonObject } from '../../contract/event.ts';
import type { LogLine } from '../../contract/log-line.ts';
import type { Problem } from '../event/payload.ts';

/** What a format reads in one line. `body` and `attributes` together hold the whole line. */
export interface ReadLine extends Omit<LogLine, 'id' | 'stream' | 'observedAt'> {
  /** Text inside of the line that is a line of its own, such as syslog's message: its format is asked for again. */
  readonly inner?: string | undefined;
  /** The line is an event and not a log. */
  readonly event?: LineEvent | undefined;
  /** The request that a server wrote the line about. */
  readonly request?: ServedRequest | undefined;
}

export interface LineEvent {
  readonly database: string;
  readonly table: string;
  readonly properties: JsonObject;
  readonly at?: number | undefined;
}

/** A request in an access log. */
export interface ServedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly status: number;
  readonly address: string;
  readonly userAgent?: string | undefined;
  readonly referer?: string | undefined;
}

/** A way of writing lines: a file in formats/ and a line in formats.ts. Pure, and quick on hostile text. */
export interface LineFormat {
  readonly name: string;
  /** Undefined when the line is not of this format; a problem when it is and is broken. `now`: milliseconds. */
  read(line: string, now: number): ReadLine | Problem | undefined;
}

/** What longer lines are, nobody reads; they go to quarantine whole. */
export const maxLineLength = 1024 * 1024;
/** Names and values in one line of `key=value`. */
export const maxPairs = 250;

/**
 * What two readings of a line say together: `above` where it says something. A severity and its word come from the same
 * one. Named one by one: a loop over the fields costs more than reading the line.
 */
export function combined(
  below: ReadLine,
  above: ReadLine,
  { body, timestamp }: Pick<ReadLine, 'body' | 'timestamp'>,
): ReadLine {
  const level = above.severity === undefined ? below : above;
  return {
    timestamp,
    severity: level.severity,
    severityText: level.severityText,
    service: above.service ?? below.service,
    host: above.host ?? below.host,
    body,
    attributes: { ...below.attributes, ...above.attributes },
    traceId: above.traceId ?? below.traceId,
    spanId: above.spanId ?? below.spanId,
    userId: above.userId ?? below.userId,
    anonymousId: above.anonymousId ?? below.anonymousId,
    accountId: above.accountId ?? below.accountId,
    requestId: above.requestId ?? below.requestId,
    clientSessionId: above.clientSessionId ?? below.clientSessionId,
    inner: above.inner,
    event: above.event ?? below.event,
    request: above.request ?? below.request,
  };
}
