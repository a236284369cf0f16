import type { ReplayMark } from './replay.ts';

/**
 * What the collector accepted: one HTTP request of a tracker, as it came, after IP truncation and gunzip. This is the
 * record of the durable log, and the original that quarantine keeps.
 */
export interface AcceptedRequest {
  /** Milliseconds since the epoch, the collector's clock. */
  readonly receivedAt: number;
  /** Id of the project that the key named. */
  readonly project: string;
  /** Id of the key that the sender named; empty when the default project took a request without one. */
  readonly key: string;
  /** Name of the protocol that took the request: `segment`, `snowplow`, … */
  readonly protocol: string;
  readonly method: string;
  /** Path without the query string. */
  readonly path: string;
  /** Query string without the `?`. */
  readonly query: string;
  /** Lower-case names; only those that decoding needs (user-agent, client hints, referer, origin, content-type, cookies of ours). */
  readonly headers: Readonly<Record<string, string>>;
  /** Client address, already truncated when privacy says so; empty when unknown. */
  readonly address: string;
  /** Who sent it, for this day only: a hash of whole address and user agent under the day's salt; empty unless the protocol asks for it. */
  readonly visitor: string;
  /** Decompressed body; empty for GET. */
  readonly body: Uint8Array;
  /** Present when it was in quarantine before. */
  readonly replay?: ReplayMark | undefined;
}

export interface LogRecord extends AcceptedRequest {
  /** Position in the log: 1, 2, 3, … without gaps within a partition. */
  readonly offset: number;
}

/** When it came into the log: the order of the log, which `receivedAt` of what is replayed is not. */
export function appendedAt({ receivedAt, replay }: AcceptedRequest): number {
  return replay?.at ?? receivedAt;
}
