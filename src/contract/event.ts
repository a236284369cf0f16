import type { GivenCommand } from './command.ts';
import type { LogLine } from './log-line.ts';

/** What any protocol's request decodes to: the canonical event, before enrichment. Pure data, JSON-safe. */
export type EventType = 'track' | 'page' | 'screen' | 'identify' | 'group' | 'alias';

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };
export type JsonObject = { readonly [key: string]: JsonValue };

/** Fields are absent (undefined) when the client did not say; never empty strings. */
export interface DecodedEvent {
  readonly type: EventType;
  /** Name of a track event; `page`, `screen`, `identify`, `group`, `alias` for the others. */
  readonly event: string;
  /** The client's own id of the event (messageId, eid): the key of deduplication. */
  readonly id?: string | undefined;
  /** Client clocks, milliseconds since the epoch. `trueAt` overrides all correction. */
  readonly occurredAt?: number | undefined;
  readonly sentAt?: number | undefined;
  readonly trueAt?: number | undefined;

  readonly userId?: string | undefined;
  readonly anonymousId?: string | undefined;
  /** Account the event belongs to; with `groups`, the one that counts most. */
  readonly accountId?: string | undefined;
  /** What kind of account `accountId` is: `company` unless the client says otherwise. */
  readonly accountKind?: string | undefined;
  /** All accounts the event belongs to, kind → id, when the client knows several kinds. */
  readonly groups?: Readonly<Record<string, string>> | undefined;
  /** alias: the id that is joined to userId. */
  readonly previousId?: string | undefined;
  /** alias: the client says that both are one person even when both are known users. */
  readonly merge?: true | undefined;
  readonly clientSessionId?: string | undefined;

  readonly url?: string | undefined;
  readonly referrer?: string | undefined;
  readonly title?: string | undefined;

  /** The END USER's user agent: absent for a server SDK that passes none (its transport agent is not the user's). */
  readonly userAgent?: string | undefined;
  readonly clientHints?: ClientHints | undefined;
  /** The END USER's address, as the event says or as the connection says for browsers; absent for a server SDK that passes none. */
  readonly address?: string | undefined;
  /** BCP 47. */
  readonly locale?: string | undefined;
  /** IANA name. */
  readonly timezone?: string | undefined;
  /** `1440x900`. */
  readonly screen?: string | undefined;
  readonly device?: DeviceFacts | undefined;
  readonly appVersion?: string | undefined;
  /** `analytics-node/3.1.0`. */
  readonly library?: string | undefined;
  readonly campaign?: CampaignFacts | undefined;

  readonly revenue?: number | undefined;
  /** ISO 4217, upper case. */
  readonly currency?: string | undefined;
  /** The order that `revenue` and `items` belong to. */
  readonly orderId?: string | undefined;
  readonly items?: readonly Item[] | undefined;

  /** Position among the events of this anonymous id, counted by the tracker from 1: a missing number is a lost event. */
  readonly sequence?: number | undefined;
  /** What the visitor allowed when it happened; absent when the client does not ask. */
  readonly consent?: Consent | undefined;

  /** Self-describing data that came along; of its schemas only the plan knows. */
  readonly contexts?: readonly SelfDescribing[] | undefined;

  /** Properties of a track/page/screen event. */
  readonly properties: JsonObject;
  /** What the event changes about the person, on events of any type. */
  readonly person?: ProfileChanges | undefined;
  /** What it changes about the account `accountId` of kind `accountKind`. */
  readonly account?: ProfileChanges | undefined;
}

/** `anonymous`: counted without cookies and without an id that lasts longer than the day. */
export type Consent = 'granted' | 'denied' | 'anonymous';

/** Data that names its schema. */
export interface SelfDescribing {
  /** `vendor/name/version`. */
  readonly schema: string;
  readonly data: JsonObject;
}

/** Changes of the profile of a person or an account, applied in this order. */
export interface ProfileChanges {
  /** Forgets the profile first. */
  readonly delete?: true | undefined;
  /** Segment's identify and group calls set; null takes a trait away. */
  readonly set?: JsonObject | undefined;
  /** Only where there is no value yet. */
  readonly setOnce?: JsonObject | undefined;
  /** To a number, or to 0 when there is none. */
  readonly add?: Readonly<Record<string, number>> | undefined;
  /** One value to the end of a list. */
  readonly append?: JsonObject | undefined;
  /** Those values of the list that it does not hold yet. */
  readonly union?: Readonly<Record<string, readonly JsonValue[]>> | undefined;
  /** A value out of a list. */
  readonly remove?: JsonObject | undefined;
  readonly unset?: readonly string[] | undefined;
}

/** One product of an order or a list. */
export interface Item {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly brand?: string | undefined;
  readonly category?: string | undefined;
  readonly variant?: string | undefined;
  readonly coupon?: string | undefined;
  /** Of one piece, in the event's currency. */
  readonly price?: number | undefined;
  readonly quantity?: number | undefined;
}

/** Device facts that a mobile or desktop SDK states itself. */
export interface DeviceFacts {
  readonly type?: string | undefined;
  readonly brand?: string | undefined;
  readonly model?: string | undefined;
  readonly os?: string | undefined;
  readonly osVersion?: string | undefined;
}

/** Campaign facts that the client states itself; those in the URL win over these. */
export interface CampaignFacts {
  readonly source?: string | undefined;
  readonly medium?: string | undefined;
  readonly name?: string | undefined;
  readonly term?: string | undefined;
  readonly content?: string | undefined;
}

/** User-Agent Client Hints, from headers or from the tracker. */
export interface ClientHints {
  readonly brands?: readonly { readonly brand: string; readonly version: string }[] | undefined;
  readonly mobile?: boolean | undefined;
  readonly model?: string | undefined;
  readonly platform?: string | undefined;
  readonly platformVersion?: string | undefined;
}

/** One event that failed, or a whole request (event = the bytes). */
export interface Failure {
  readonly stage: 'decode' | 'enrich' | 'load';
  /** Short and stable, for grouping: `not JSON`, `no event name`, … */
  readonly reason: string;
  /** The particulars, for a reader. */
  readonly detail: string;
  /** What failed: the item's JSON, or undefined when the whole request failed (then its body is kept). */
  readonly payload?: string | undefined;
  /** What stood around the item in its request, so that it can be decoded by itself later. */
  readonly envelope?: string | undefined;
}

/** The answer of a protocol's decoder: total, never throws. */
export interface Decoded {
  readonly events: readonly DecodedEvent[];
  readonly logs?: readonly LogLine[] | undefined;
  readonly commands?: readonly GivenCommand[] | undefined;
  readonly failures: readonly Failure[];
  /** Accepted on purpose without being kept (heartbeats, the client's own metrics), by reason. */
  readonly dropped?: Readonly<Record<string, number>> | undefined;
}
