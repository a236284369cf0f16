import type { JsonObject, JsonValue } from '../../contract/event.ts';

/** What all records of one resource share. */
export interface OtlpResource {
  readonly attributes: JsonObject;
  readonly scope: string | undefined;
  readonly scopeVersion: string | undefined;
}

/** One log record as both encodings give it. */
export interface OtlpRecord {
  readonly resource: OtlpResource;
  /** Milliseconds, microseconds as the fraction. */
  readonly time: number | undefined;
  readonly observed: number | undefined;
  readonly severity: number | undefined;
  readonly severityText: string | undefined;
  readonly body: JsonValue | undefined;
  readonly attributes: JsonObject;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  readonly eventName: string | undefined;
}

/** Values in values; deeper ones are cut off. */
export const maxAnyDepth = 20;
