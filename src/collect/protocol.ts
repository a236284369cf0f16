import type { IncomingHttpHeaders } from 'node:http';
import type { Decoded, JsonValue } from '../contract/event.ts';
import type { AcceptedRequest, LogRecord } from '../contract/request.ts';

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
  /** The path belongs to the interface as well; the protocol has only the requests whose headers are its clients'. */
  readonly only?: ((headers: IncomingHttpHeaders) => boolean) | undefined;
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
  /** The body to keep, where the client's own has secrets in it. */
  readonly body?: Buffer | undefined;
  /** Kept besides the usual headers. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The client asks not to be identified: no address is kept. */
  readonly anonymous?: boolean | undefined;
  /** Its visitor has no id of its own: the collector gives one that lasts for the day (`AcceptedRequest.visitor`). */
  readonly cookieless?: boolean | undefined;
  /** For when the request is durable. */
  readonly answer: Answer;
}

/** The key that a request names, and what its owner set for it. */
export interface SourceKey {
  /** Empty for requests without a key, in the default project. */
  readonly id: string;
  readonly project: string;
  /** What the key is for: `tracker`, or the sender of a webhook (`stripe`, `slack`, …). */
  readonly door: string;
  /** What the sender signs with. */
  readonly secret?: string | undefined;
  /** Pages that may send with it: `https://app.example.com`, `https://*.example.com`; all when absent. */
  readonly origins?: readonly string[] | undefined;
  readonly requestsPerSecond?: number | undefined;
}

/** What a protocol says after the key is found: `answer` instead of the reading's; kept in the log only if `keep`. */
export interface Admission {
  readonly keep: boolean;
  readonly answer: Answer;
  /** Label of the metric when it is not kept: `bad-signature`, `challenge`, … */
  readonly outcome?: string | undefined;
  /** Kept with the request as if it had had these headers: what only the key told. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Answered even when the request cannot be kept: a person waits for it, not a client that would try again. */
  readonly regardless?: true | undefined;
}

/** What a protocol may ask of the world outside while it admits a request. */
export interface Outbound {
  /**
   * GETs an https URL at a public address, following nothing. Rejects when it is neither, when there is no answer within five
   * seconds, and above 64 KB.
   */
  get(url: string): Promise<{ readonly status: number; readonly body: string }>;
}

/** What decoding may ask for beside the record. */
export interface DecodeContext {
  /** Decodes a request that was found inside of another, such as a tracker's GET in an access log; undefined when no protocol takes it. */
  request(inner: Omit<AcceptedRequest, 'protocol'>): Decoded | undefined;
  /** The JSONata text that the owner of the key wrote to make events of what comes; undefined when there is none. */
  mapping(keyId: string): Promise<string | undefined>;
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
  /** Whether the request is this protocol's, asked where several take the path; the last one in the table gets what nobody claims. */
  claims?(incoming: Incoming): boolean;
  read(incoming: Incoming): Reading;
  /** Answers a route of kind `answer`; `known` says whether the route's key is a write key. */
  answer?(incoming: Incoming, known: boolean): Answer;
  /** Says what can be said only with the key's own settings: that a signature is wrong, or a challenge. `now`: milliseconds. */
  admit?(
    incoming: Incoming,
    key: SourceKey,
    now: number,
    outbound: Outbound,
  ): Admission | undefined | Promise<Admission | undefined>;
  /** The answer to what the collector refuses, when the protocol's clients read more of it than the status. */
  refusal?(status: number, message: string, route: Route): Answer;
  /**
   * Hides client addresses in places that only this protocol knows (`collect/privacy.ts` finds `"ip": "…"` and `ip=…`
   * everywhere): `hide` makes of an address what may be kept of it.
   */
  hideAddresses?(
    sent: { readonly query: string; readonly body: Buffer },
    hide: (address: string) => string,
  ): {
    readonly query: string;
    readonly body: Buffer;
    /** Every address is found already; the body counts its own bytes, and nothing may change them again. */
    readonly complete?: true;
  };
  /** The status for a body over the limit that makes the protocol's clients drop it instead of sending it again. */
  readonly tooLargeStatus: 400 | 413;
  /** Total: never throws, whatever the bytes are. */
  decode(record: LogRecord, context: DecodeContext): Decoded | Promise<Decoded>;
  /** Fields of its JSON bodies that hold the list of items; none: a body is the list, or one item. For protocols whose items are JSON. */
  readonly itemLists?: readonly string[];
  /** The request of an item that stood in no such list; `wholeQuery`: the query was all there was. Undefined: the item is the body. */
  itemRequest?(
    item: JsonValue,
    original: Pick<AcceptedRequest, 'method' | 'path' | 'query'>,
    wholeQuery: boolean,
  ): { readonly query: string; readonly body: string } | undefined;
  /** For protocols without `itemLists`: decodes one item, which is the record's body; `envelope` is what its failure said of it. Total. */
  decodeItem?(record: LogRecord, envelope: string, context: DecodeContext): Decoded | Promise<Decoded>;
}
