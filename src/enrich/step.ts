import type { DecodedEvent, JsonValue } from '../contract/event.ts';
import type { PipelineItem } from '../contract/pipeline.ts';
import type { EventRow } from '../contract/row.ts';
import { blockedId } from './blocked-id.ts';
import { type Account, accountKey, type Memory, type Subject, subjectKey } from './memory.ts';
import type { WebAddress } from './web-address.ts';

/** An event row in the making. Steps mutate it: a copy per step would cost more than the steps themselves. */
export interface Draft {
  readonly item: PipelineItem;
  readonly event: DecodedEvent;
  readonly row: EventRow;
  /** User agent and client hints as one text, under which steps remember what they found out; '' when the client said neither. */
  readonly agentKey: string;
  /** Keys of the ids in state, '' for ids that are absent or blocked. */
  readonly userKey: string;
  readonly anonymousKey: string;
  readonly accountKey: string;
  /** What is remembered of the ids, set before the first step; undefined for ids that are absent or blocked. */
  user: Subject | undefined;
  anonymous: Subject | undefined;
  account: Account | undefined;
  /** The page's address, once the page step has read it. */
  page: WebAddress | undefined;
  /** Properties that enrichment adds; their names begin with `$`. */
  extra: Record<string, JsonValue> | undefined;
}

/** Ends the way of one event: dropped on purpose, or failed and kept in quarantine. */
export type Verdict = { readonly drop: string } | { readonly fail: string; readonly detail: string };

/**
 * One step of enrichment. It may read and change the draft, and what is remembered of visitors; it must not know the
 * time of day or anything else that a replay would answer differently. What it throws becomes a failure of this event only.
 */
export interface Step {
  readonly name: string;
  run(draft: Draft, memory: Memory): Verdict | undefined;
}

/** Longest kept texts, in UTF-16 units. */
export const limit = { id: 512, name: 256, short: 128 } as const;

export function cut(text: string | undefined, max: number): string {
  if (text == null) return '';
  return text.length > max ? text.slice(0, max) : text;
}

/** Adds a property of our own; its name begins with `$`. */
export function addProperty(draft: Draft, name: `$${string}`, value: JsonValue): void {
  draft.extra ??= {};
  draft.extra[name] = value;
}

/** What regular expressions are given of a user agent at most, so that none can keep them busy. */
export const maxUserAgent = 500;

function agentKey({ clientHints, userAgent }: DecodedEvent): string {
  const agent = cut(userAgent, maxUserAgent);
  return clientHints === undefined ? agent : `${agent}\0${JSON.stringify(clientHints)}`;
}

/** The row as far as it needs no enrichment. Every column is named, so that all rows share one hidden class. */
export function draftOf(item: PipelineItem): Draft {
  const { event, record } = item;
  const row: EventRow = {
    project: record.project,
    event_id: item.eventId,
    type: event.type,
    event: cut(event.event, limit.name),
    timestamp: record.receivedAt,
    received_at: record.receivedAt,
    log_offset: record.offset,
    user_id: cut(event.userId, limit.id),
    anonymous_id: cut(event.anonymousId, limit.id),
    person_key: 0n,
    account_id: cut(event.accountId, limit.id),
    session_id: 0n,
    client_session_id: cut(event.clientSessionId, limit.short),
    url: '',
    host: '',
    path: '',
    title: '',
    referrer: '',
    channel: '',
    source: '',
    medium: '',
    campaign: '',
    term: '',
    content: '',
    country: '',
    region: '',
    city: '',
    device_type: '',
    device_brand: '',
    device_model: '',
    os: '',
    os_version: '',
    browser: '',
    browser_version: '',
    language: '',
    timezone: '',
    screen: cut(event.screen, limit.short),
    app_version: cut(event.appVersion, limit.short),
    library: cut(event.library, limit.short),
    protocol: record.protocol,
    bot_score: 0,
    bot_reason: '',
    revenue: null,
    currency: '',
    properties: '{}',
  };
  const { project, user_id, anonymous_id, account_id } = row;
  return {
    item,
    event,
    row,
    agentKey: agentKey(event),
    userKey: blockedId(user_id) ? '' : subjectKey('u', project, user_id),
    anonymousKey: blockedId(anonymous_id) ? '' : subjectKey('a', project, anonymous_id),
    accountKey: blockedId(account_id) ? '' : accountKey(project, account_id),
    user: undefined,
    anonymous: undefined,
    account: undefined,
    page: undefined,
    extra: undefined,
  };
}
