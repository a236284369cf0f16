import type { JsonObject } from './event.ts';

/**
 * One log line, whatever brought it (OTLP, Elasticsearch's bulk, syslog, a drain, a file), in the words of OpenTelemetry's
 * log data model. Fields are absent when the sender did not say; never empty strings.
 */
export interface LogLine {
  /** The sender's own id of the line: the key of deduplication. */
  readonly id?: string | undefined;
  /** When it happened: milliseconds since the epoch, with microseconds as the fraction. */
  readonly timestamp?: number | undefined;
  /** When the shipper saw it. */
  readonly observedAt?: number | undefined;
  /** OpenTelemetry's SeverityNumber: 1-4 trace, 5-8 debug, 9-12 info, 13-16 warn, 17-20 error, 21-24 fatal. */
  readonly severity?: number | undefined;
  /** The sender's own word for it. */
  readonly severityText?: string | undefined;
  /** What wrote it: `service.name`, the app name of syslog, the dyno. */
  readonly service?: string | undefined;
  readonly host?: string | undefined;
  /** Where it was read from: a file, an index, a drain. */
  readonly stream?: string | undefined;
  /** What a person reads; JSON text when it is no text. */
  readonly body: string;
  readonly attributes: JsonObject;
  readonly resource?: JsonObject | undefined;
  /** 32 lower-case hexadecimal digits. */
  readonly traceId?: string | undefined;
  /** 16 lower-case hexadecimal digits. */
  readonly spanId?: string | undefined;

  /** The context that joins a line to its person, account and session. */
  readonly userId?: string | undefined;
  readonly anonymousId?: string | undefined;
  readonly accountId?: string | undefined;
  readonly requestId?: string | undefined;
  readonly clientSessionId?: string | undefined;
}
