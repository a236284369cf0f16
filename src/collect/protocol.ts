import type { IncomingHttpHeaders } from 'node:http';
import type { Decoded } from '../contract/event.ts';
import type { LogRecord } from '../contract/request.ts';

/** What the collector sends back. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** What a path means to a protocol. */
export interface Route {
  /** `events`: the request is kept; `answer`: it is only answered (settings, heartbeats). */
  readonly kind: 'events' | 'answer';
  readonly methods: readonly string[];
  /** The path that is kept: without tenant prefix and trailing slash. */
  readonly path: string;
  /** The write key, where the path carries it. */
  readonly key?: string | undefined;
}

/** One request as the collector sees it, body decompressed. */
export interface Incoming {
  readonly route: Route;
  readonly method: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The client speaks TLS with us or with the trusted proxy in front. */
  readonly secure: boolean;
  /** Host and port that the client called, and the prefix under which the protocol was called (`/segment` or empty). */
  readonly host: string;
  readonly prefix: string;
}

/** What a protocol reads from a request before it is kept. */
export interface Reading {
  /** The write key that the client states; it must be known. */
  readonly key?: string | undefined;
  /** May be a write key (an application id); when it is none, the default project takes the request, unless it looks like a key. */
  readonly hint?: string | undefined;
  /** The query to keep, without the write key. */
  readonly query: string;
  /** Kept besides the usual headers. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The client asks not to be identified: no address is kept. */
  readonly anonymous?: boolean | undefined;
  /** For when the request is durable. */
  readonly answer: Answer;
}

/**
 * One tracker protocol: a file in protocols/ and a line in protocols.ts. Everything here is pure.
 */
export interface Protocol {
  readonly name: string;
  /** Clients of this protocol may name no key at all; the default project takes their requests. */
  readonly keyless?: true;
  /** Undefined when the path (no prefix, no trailing slash, no query) is not of this protocol. */
  route(path: string): Route | undefined;
  read(incoming: Incoming): Reading;
  /** Answers a route of kind `answer`; `known` says whether the route's key is a write key. */
  answer?(incoming: Incoming, known: boolean): Answer;
  /** The status for a body over the limit that makes the protocol's clients drop it instead of sending it again. */
  readonly tooLargeStatus: 400 | 413;
  /** Total: never throws, whatever the bytes are. */
  decode(record: LogRecord): Decoded;
}
