import type { IncomingHttpHeaders } from 'node:http';
import type { DecodedEvent, JsonObject, JsonValue } from '../../contract/event.ts';
import type { Problem } from '../event/payload.ts';
import type { Outbound } from '../protocol.ts';

/** A webhook's request, before it is kept. */
export interface Call {
  readonly headers: IncomingHttpHeaders;
  readonly query: string;
  readonly body: Buffer;
  /** What the sender signs with; undefined when the owner of the source has not entered it. */
  readonly secret: string | undefined;
  /** Milliseconds. */
  readonly now: number;
  readonly outbound: Outbound;
}

/** Whether a call is the sender's; `answered`: it carries no event, only a question. */
export type Verdict =
  | { readonly kind: 'genuine' }
  | { readonly kind: 'refused'; readonly outcome: RefusedOutcome; readonly message: string }
  | { readonly kind: 'answered'; readonly outcome: 'challenge' | 'test'; readonly body: string }
  /** It cannot be told now; the sender should try again. */
  | { readonly kind: 'later'; readonly message: string };
type RefusedOutcome = 'bad-signature' | 'old-signature' | 'no-secret';

/** A webhook's request as it was kept. */
export interface Delivery {
  /** Id of the source's key: stands before ids that are the sender's own only within the source. */
  readonly source: string;
  /** Those of `keeps`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: string;
  /** Milliseconds. */
  readonly receivedAt: number;
}

/**
 * One sender of webhooks: a file in senders/ and a line in senders.ts. `check` runs before the request is kept, `event` when
 * the pipeline decodes it; both are given whatever anybody sent.
 */
export interface Sender {
  /** The `door` of its sources. */
  readonly door: string;
  /** Headers that `event` needs, in lower case. */
  readonly keeps: readonly string[];
  check(call: Call): Verdict | Promise<Verdict>;
  /** What a body holds, where that is more than one event. */
  items?(body: JsonValue): readonly JsonValue[];
  /** The event of one item; `nothing` says why there is none on purpose. */
  event(item: JsonValue, delivery: Delivery): DecodedEvent | Problem | Nothing;
}

/** Accepted without an event, for a reason. */
export interface Nothing {
  readonly nothing: string;
}

export const genuine: Verdict = { kind: 'genuine' };

export function refused(message: string, outcome: RefusedOutcome = 'bad-signature'): Verdict {
  return { kind: 'refused', outcome, message };
}

/** A sender that signs is believed only when there is something to check its signature with. */
export function withSecret(call: Call, what: string, check: (secret: string) => Verdict): Verdict {
  if (call.secret === undefined || call.secret === '')
    return refused(`this source has no ${what} yet; enter it under Sources`, 'no-secret');
  return check(call.secret);
}

/** Whether a time is within `seconds` of now: what was recorded must not be sent again later. */
export function isFresh(timeMs: number | undefined, now: number, seconds: number): boolean {
  return timeMs !== undefined && Math.abs(now - timeMs) <= seconds * 1_000;
}

export const tooOld = (seconds: number): Verdict =>
  refused(
    `the signature is older than ${seconds} seconds, or the clocks of sender and server differ that much`,
    'old-signature',
  );

/** The value of a header that has one. */
export function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The first of some fields that is there. */
export function firstOf(from: JsonObject, names: readonly string[]): JsonValue | undefined {
  for (const name of names) {
    const value = from[name];
    if (value !== undefined && value !== null && value !== '') return value;
  }
  return undefined;
}

/** The fields that have a value, as properties. */
export function said(fields: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  const kept: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(fields))
    if (value !== undefined && value !== null) kept[name] = value;
  return kept;
}

// Where senders let their customers put ids of their own: the names that people give them.
const userNames = ['user_id', 'userId', 'uid', 'user'];
const accountNames = [
  'account_id',
  'accountId',
  'company_id',
  'companyId',
  'organization_id',
  'organizationId',
  'org_id',
  'workspace_id',
  'team_id',
  'tenant_id',
];

/** The product's own user, out of what a customer of the sender attached. */
export const ownUser = (attached: JsonObject): JsonValue | undefined => firstOf(attached, userNames);
export const ownAccount = (attached: JsonObject): JsonValue | undefined => firstOf(attached, accountNames);

/** Who a sender's own id is until somebody joins it to a user of the product: `slack:U024BE7LH`. */
export function stranger(door: string, id: string | undefined): string | undefined {
  return id === undefined ? undefined : `${door}:${id}`;
}

/** An address of e-mail as the id of who has it: the same for every sender of e-mail, and for our own links. */
export function mailbox(address: string | undefined): string | undefined {
  const bare = /<([^<>]{3,320})>\s*$/.exec(address ?? '')?.[1] ?? address;
  const plain = bare?.trim().toLowerCase();
  return plain === undefined || plain === '' || plain.length > 320 ? undefined : `email:${plain}`;
}
