import type { Consent, EventType } from './event.ts';
import type { PlanStatus } from './plan.ts';

/** What events and sessions say alike: where a visit came from, and on what it happened. */
interface VisitColumns {
  referrer: string;
  channel: string;
  source: string;
  medium: string;
  campaign: string;
  term: string;
  content: string;
  country: string;
  region: string;
  city: string;
  device_type: string;
  device_brand: string;
  device_model: string;
  os: string;
  os_version: string;
  browser: string;
  browser_version: string;
  language: string;
  timezone: string;
  screen: string;
  app_version: string;
}

/**
 * A row of `tributary.events`, in the words of its columns: what enrichment produces and the warehouse stores. Ids of
 * 64 bits are bigint; times are milliseconds since the epoch; absent text is ''; absent numbers are 0 except where null is said.
 */
export interface EventRow extends VisitColumns {
  project: string;
  event_id: string;
  type: EventType;
  event: string;
  timestamp: number;
  received_at: number;
  /** Offset of the request in the log: where the event came from, and the order of Live. */
  log_offset: number;
  user_id: string;
  anonymous_id: string;
  /** Key of the event's own id: the user's if it has one, else the anonymous one's; who that is, queries resolve (`person_id`). */
  person_key: bigint;
  /** The account that counts most, and what kind of account it is: `company` unless the client says otherwise. */
  account_id: string;
  account_kind: string;
  /** kind → id of all accounts, when the client knows several kinds; else empty. */
  groups: Readonly<Record<string, string>>;
  /** The session as known when the event came; queries look up what was repaired since (`session_id`). Ends in 16 zero bits when none was open. */
  session_key: bigint;
  client_session_id: string;
  url: string;
  host: string;
  path: string;
  title: string;
  library: string;
  protocol: string;
  /** Id of the write key; '' for requests without one. */
  key_id: string;
  consent: Consent | '';
  /** The tracker's count for this anonymous id, from 1. */
  sequence: number;
  /** 0…100; 50 and more counts as a bot by default. */
  bot_score: number;
  bot_reason: string;
  /** The scores of the layers whose sum it is: see bots.ts. */
  bot_layers: number;
  revenue: number | null;
  currency: string;
  order_id: string;
  items: readonly ItemRow[];
  /** What the tracking plan says of it. */
  plan_status: PlanStatus;
  /** Violations, one a line: `property: what is wrong`. */
  plan_errors: string;
  /** JSON text of the properties. */
  properties: string;
}

/** One product of an event, a tuple of the column `items`. */
export interface ItemRow {
  readonly id: string;
  readonly name: string;
  readonly brand: string;
  readonly category: string;
  readonly variant: string;
  readonly coupon: string;
  readonly price: number | null;
  /** 1 when the client does not say. */
  readonly quantity: number;
}

/** A row of `tributary.logs`: one log line, in the words of OpenTelemetry's log data model where it has one. */
export interface LogRow {
  project: string;
  /** The sender's id of the line, or `#<offset>.<index>` after its place in our log. */
  line_id: string;
  /** Milliseconds, with microseconds as the fraction; so is `observed_at`. */
  timestamp: number;
  observed_at: number;
  received_at: number;
  log_offset: number;
  /** OpenTelemetry's SeverityNumber, 0 when unknown. */
  severity: number;
  severity_text: string;
  service: string;
  host: string;
  stream: string;
  body: string;
  /** JSON texts. */
  attributes: string;
  resource: string;
  trace_id: string;
  span_id: string;
  user_id: string;
  anonymous_id: string;
  account_id: string;
  /** Computed as for events; 0 when the line names nobody. */
  person_key: bigint;
  /** As of events: the session that the person had open then. */
  session_key: bigint;
  client_session_id: string;
  request_id: string;
  key_id: string;
  protocol: string;
}

/** The state of one session after a batch: replaces the row with a smaller version. */
export interface SessionRow extends VisitColumns {
  project: string;
  session_id: bigint;
  /** Key of the own id of the user who signed in first, else of the visitor. */
  person_key: bigint;
  user_id: string;
  /** The session that the client itself named, the first of them. */
  client_session_id: string;
  /** Start and end, milliseconds. `day_key` is the start: a session with another start has another id. */
  day_key: number;
  started_at: number;
  ended_at: number;
  events: number;
  page_views: number;
  /** Seconds in which somebody was there: see enrich/sessions/row.ts. */
  engaged_seconds: number;
  entry_path: string;
  exit_path: string;
  host: string;
  bot_score: number;
  /** Layer by layer the highest of its events. */
  bot_layers: number;
  /** What its events say of consent, as bits: see consent.ts. */
  consents: number;
  revenue: number;
  /** There is no such session any more: its events belong to others. */
  is_deleted: 0 | 1;
  version: number;
}

/** A row of `tributary.session_repairs`: events with that key and a time between the two (inclusive) belong to that session. */
export interface SessionRepairRow {
  project: string;
  session_key: bigint;
  from_time: number;
  to_time: number;
  session_id: bigint;
  is_deleted: 0 | 1;
  version: number;
}

/** What an id is: `anonymous` ids are devices' and browsers', `email` is the SHA-256 of an address. */
export type IdKind = 'anonymous' | 'user' | 'email';

/** An edge of the identity graph: this id was joined to that one, and counts as the person at the end of the edges. */
export interface IdentityRow {
  project: string;
  alias_key: bigint;
  alias_kind: IdKind;
  alias_id: string;
  /** The id that it was joined to. */
  target_key: bigint;
  target_kind: IdKind;
  target_id: string;
  /** The person both count as; of an edge that is removed, the alias itself. */
  person_key: bigint;
  /** That person's user id; '' when it has none. */
  user_id: string;
  reason: LinkReason;
  linked_at: number;
  /** Id of the operator; '' when an event said so. */
  by: string;
  removed: 0 | 1;
  version: number;
}

/** Why two ids are one person: an event had both, `alias`, `$merge_dangerously` and the like, one address of e-mail, an operator; `split`: what stayed together when another id went. */
export type LinkReason = 'identify' | 'alias' | 'merge' | 'email' | 'operator' | 'split';

/** What happened to an edge; never changed, never replaced. */
export interface IdentityHistoryRow {
  project: string;
  /** Time of the event, or of the operator's command. */
  at: number;
  action: 'linked' | 'refused' | 'merged' | 'undone' | 'split';
  alias_key: bigint;
  alias_kind: IdKind;
  alias_id: string;
  target_key: bigint;
  target_kind: IdKind;
  target_id: string;
  /** Of what was linked, its LinkReason; of what was refused, why. */
  reason: string;
  by: string;
  note: string;
  version: number;
}

export type ProfileOperation =
  | 'set'
  | 'set_once'
  | 'unset'
  | 'add'
  | 'append'
  | 'union'
  | 'remove'
  | 'delete'
  /** The value that held then already, said again because something of before it came late. */
  | 'known';

/** What an event changed about one trait. */
export interface ProfileHistoryRow {
  project: string;
  /** `person`, or the kind of the account. */
  kind: string;
  /** Of a person: the key of the id that the event was of; 0 for accounts. */
  key: bigint;
  id: string;
  trait: string;
  operation: ProfileOperation;
  /** JSON texts: what the event said, and the value after it ('' when there is none). */
  operand: string;
  value: string;
  timestamp: number;
  version: number;
}

/** Latest known traits of a person or an account. */
export interface PersonRow {
  project: string;
  person_key: bigint;
  user_id: string;
  anonymous_id: string;
  /** JSON text of all traits known. */
  traits: string;
  first_seen: number;
  last_seen: number;
  version: number;
}

export interface AccountRow {
  project: string;
  kind: string;
  account_id: string;
  traits: string;
  first_seen: number;
  last_seen: number;
  version: number;
}

export interface QuarantineRow {
  project: string;
  received_at: number;
  log_offset: number;
  /** Position of the item within its request; 0 for a whole request. */
  item: number;
  protocol: string;
  key_id: string;
  stage: string;
  reason: string;
  detail: string;
  /** The item's JSON, or the body of the request as base64 when it is not UTF-8. */
  payload: string;
  payload_encoding: 'text' | 'base64';
  method: string;
  path: string;
  query: string;
  headers: string;
  address: string;
  visitor: string;
  /** What stood around the item in its request. */
  envelope: string;
  /** Id of the replay that brought it, and where it first came; '' and 0 when this is its first arrival. */
  replay: string;
  origin_offset: number;
  origin_item: number;
}

/** What became of a row of quarantine later. */
export interface QuarantineOutcomeRow {
  project: string;
  log_offset: number;
  item: number;
  /** `loaded`, `failed`, `duplicate`, `dropped`: replayed, and with what result; `discarded`, `waiting`: what somebody decided. */
  outcome: string;
  at: number;
  replay: string;
  fix: string;
  by: string;
  /** Offset of the record that replayed it; 0 for what somebody decided. */
  replay_offset: number;
}

/** Counts of one range of the log: summed by (project, minute, protocol, hop, reason). */
export interface LedgerEntry {
  project: string;
  /** Start of the minute of received_at, milliseconds. */
  minute: number;
  protocol: string;
  hop: 'processed' | 'decoded' | 'loaded' | 'quarantined' | 'duplicate' | 'dropped' | 'removed';
  reason: string;
  count: number;
}
