import type {
  AccountRow,
  EventRow,
  IdentityRow,
  LedgerEntry,
  LogRow,
  PersonRow,
  QuarantineRow,
  SessionRow,
} from '../contract/row.ts';
import type { NativeColumns } from './native.ts';

/** The rows of each table that the loader writes. */
export interface TableRows {
  events: EventRow;
  sessions: SessionRow;
  identities: IdentityRow;
  persons: PersonRow;
  accounts: AccountRow;
  logs: LogRow;
  quarantine: QuarantineRow;
  ledger: LedgerEntry;
}
export type Table = keyof TableRows;

const text = 'LowCardinality(String)';
const rareText = { rare: text } as const;

/** What repeats about the visitor's place and device, in events and in sessions alike. */
const visitor = {
  channel: text,
  source: text,
  medium: text,
  campaign: text,
  term: text,
  content: text,
  country: text,
  region: text,
  city: text,
  device_type: text,
  device_brand: text,
  device_model: text,
  os: text,
  os_version: text,
  browser: text,
  browser_version: text,
  language: text,
  timezone: text,
  screen: text,
  app_version: text,
} as const;

export const columnsOfVisitor = Object.keys(visitor) as (keyof typeof visitor)[];

/**
 * How each column travels. Types name the wire, not the table: the warehouse converts `String` to JSON where the table says so, and a dictionary
 * (`LowCardinality`) is worth it wherever texts repeat within a batch.
 */
export const tableColumns: { readonly [T in Table]: NativeColumns<TableRows[T]> } = {
  events: {
    project: text,
    event_id: 'String',
    type: text,
    event: text,
    timestamp: 'DateTime64(3)',
    received_at: 'DateTime64(3)',
    log_offset: 'UInt64',
    user_id: text,
    anonymous_id: text,
    person_key: 'UInt64',
    account_id: text,
    account_kind: { rare: 'String' },
    groups: 'Map(String, String)',
    session_id: 'UInt64',
    client_session_id: text,
    url: 'String',
    host: text,
    path: text,
    title: text,
    referrer: text,
    ...visitor,
    library: text,
    protocol: text,
    key_id: rareText,
    consent: { rare: 'String' },
    sequence: { rare: 'UInt32' },
    bot_score: 'UInt8',
    bot_reason: text,
    revenue: 'Nullable(Float64)',
    currency: text,
    order_id: { rare: 'String' },
    items: {
      nested: {
        id: 'String',
        name: 'String',
        brand: 'String',
        category: 'String',
        variant: 'String',
        coupon: 'String',
        price: 'Nullable(Float64)',
        quantity: 'Float64',
      },
    },
    properties: 'String',
  },
  sessions: {
    project: text,
    session_id: 'UInt64',
    person_key: 'UInt64',
    user_id: 'String',
    day_key: 'DateTime64(3)',
    started_at: 'DateTime64(3)',
    ended_at: 'DateTime64(3)',
    events: 'UInt32',
    page_views: 'UInt32',
    entry_path: text,
    exit_path: text,
    host: text,
    referrer: text,
    ...visitor,
    bot_score: 'UInt8',
    revenue: 'Float64',
    version: 'UInt64',
  },
  identities: {
    project: text,
    alias_key: 'UInt64',
    alias_id: 'String',
    person_key: 'UInt64',
    user_id: 'String',
    reason: text,
    linked_at: 'DateTime64(3)',
    version: 'UInt64',
  },
  persons: {
    project: text,
    person_key: 'UInt64',
    user_id: 'String',
    anonymous_id: 'String',
    traits: 'String',
    first_seen: 'DateTime64(3)',
    last_seen: 'DateTime64(3)',
    version: 'UInt64',
  },
  accounts: {
    project: text,
    kind: text,
    account_id: 'String',
    traits: 'String',
    first_seen: 'DateTime64(3)',
    last_seen: 'DateTime64(3)',
    version: 'UInt64',
  },
  logs: {
    project: text,
    line_id: 'String',
    timestamp: 'DateTime64(6)',
    observed_at: 'DateTime64(6)',
    received_at: 'DateTime64(3)',
    log_offset: 'UInt64',
    severity: 'UInt8',
    severity_text: text,
    service: text,
    host: text,
    stream: text,
    body: 'String',
    attributes: 'String',
    resource: text,
    trace_id: { rare: 'String' },
    span_id: { rare: 'String' },
    user_id: rareText,
    anonymous_id: rareText,
    account_id: rareText,
    person_key: 'UInt64',
    session_id: 'UInt64',
    client_session_id: rareText,
    request_id: { rare: 'String' },
    key_id: text,
    protocol: text,
  },
  quarantine: {
    project: text,
    received_at: 'DateTime64(3)',
    log_offset: 'UInt64',
    item: 'UInt32',
    protocol: text,
    key_id: text,
    stage: text,
    reason: text,
    detail: 'String',
    payload: 'String',
    payload_encoding: text,
    method: text,
    path: 'String',
    query: 'String',
    headers: text,
    address: text,
  },
  ledger: {
    project: text,
    minute: 'DateTime',
    protocol: text,
    hop: text,
    reason: text,
    count: 'UInt64',
  },
};
