import type { DecodedEvent, Item, JsonValue } from '../contract/event.ts';
import type { PipelineItem } from '../contract/pipeline.ts';
import type { EventRow, ItemRow } from '../contract/row.ts';
import { defaultKind, kindOf, maxKinds } from './account-kind.ts';
import { blockedId } from './identity/blocked-id.ts';
import { mailIdOf } from './identity/mail-address.ts';
import { type Account, accountKey, type Memory, type Subject, subjectKey } from './memory.ts';
import { RecentCache } from './recent.ts';
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
  /** Of the e-mail address that it says its person has. */
  readonly mailKey: string;
  /** Keys of the accounts of other kinds; those with blocked ids are not among them. */
  readonly groupKeys: readonly string[];
  /** What is remembered of the ids, set before the first step; undefined for ids that are absent or blocked. */
  user: Subject | undefined;
  anonymous: Subject | undefined;
  mail: Subject | undefined;
  /** The one of them that the event is of: the user, else the anonymous id, else the address. */
  own: Subject | undefined;
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

interface Name {
  readonly project: string;
  readonly id: string;
  /** '' when the id is blocked. */
  readonly key: string;
}

/**
 * Ids with their keys, by kind. An id comes again and again, each time as a new text; here it is one, whose hash is known and
 * which equals itself at a glance, in every map on the way.
 */
const names = { a: new RecentCache<Name>(10_000), u: new RecentCache<Name>(10_000) };

function nameOf(kind: 'a' | 'u', project: string, text: string | undefined): Name {
  if (text === undefined || text === '') return noName;
  const known = names[kind].get(text);
  if (known?.project === project) return known;
  const id = cut(text, limit.id);
  const name: Name = { project, id, key: blockedId(id) ? '' : subjectKey(kind, project, id) };
  if (text === id) names[kind].set(id, name);
  return name;
}

function mailKeyOf(event: DecodedEvent, project: string): string {
  const id = mailIdOf(event);
  return id === '' ? '' : subjectKey('e', project, id);
}

const noName: Name = { project: '', id: '', key: '' };

interface AccountName extends Name {
  readonly kind: string;
  /** The groups of an event that has no other. */
  readonly groups: EventRow['groups'];
}

const accounts = new RecentCache<AccountName>(2_000);
const noGroups: EventRow['groups'] = Object.freeze({});
const noAccount: AccountName = { ...noName, kind: '', groups: noGroups };

/** The account of that kind and id, as rows and state name it. */
export function accountName(
  project: string,
  said: string | undefined,
  text: string | undefined,
): AccountName {
  if (text === undefined || text === '') return noAccount;
  const kind = said === undefined ? defaultKind : kindOf(said);
  const known = accounts.get(text);
  if (known?.project === project && known.kind === kind) return known;
  const id = cut(text, limit.id);
  const key = blockedId(id) ? '' : accountKey(project, kind, id);
  const name: AccountName = { project, kind, id, key, groups: Object.freeze({ [kind]: id }) };
  if (text === id) accounts.set(id, name);
  return name;
}

interface Groups {
  readonly groups: EventRow['groups'];
  readonly keys: readonly string[];
}

const noKeys: readonly string[] = [];

/** All accounts of an event, the main one first, and the keys of the others. */
function groupsOf({ groups: said }: DecodedEvent, project: string, main: AccountName): Groups {
  if (said === undefined) return { groups: main.groups, keys: noKeys };
  const groups: Record<string, string> = { ...main.groups };
  const keys: string[] = [];
  for (const [text, of] of Object.entries(said).slice(0, maxKinds)) {
    const { id, key, kind } = accountName(project, text, of);
    if (text === '' || id === '' || kind === '__proto__' || Object.hasOwn(groups, kind)) continue;
    groups[kind] = id;
    if (key !== '') keys.push(key);
  }
  return { groups, keys };
}

const noItems: EventRow['items'] = [];
const maxItems = 200;

function itemsOf(items: readonly Item[] | undefined): EventRow['items'] {
  return items === undefined ? noItems : items.slice(0, maxItems).map(itemRow);
}

function itemRow(item: Item): ItemRow {
  return {
    id: cut(item.id, limit.id),
    name: cut(item.name, limit.id),
    brand: cut(item.brand, limit.name),
    category: cut(item.category, limit.name),
    variant: cut(item.variant, limit.name),
    coupon: cut(item.coupon, limit.name),
    price: item.price ?? null,
    quantity: item.quantity ?? 1,
  };
}

/** Counts from 1; what is no such number says nothing. */
function sequenceOf(sequence: number | undefined): number {
  return sequence !== undefined && Number.isInteger(sequence) && sequence > 0 && sequence < 2 ** 32
    ? sequence
    : 0;
}

/** The row as far as it needs no enrichment. Every column is named, so that all rows share one hidden class. */
export function draftOf(item: PipelineItem): Draft {
  const { event, record } = item;
  const user = nameOf('u', record.project, event.userId);
  const anonymous = nameOf('a', record.project, event.anonymousId);
  const account = accountName(record.project, event.accountKind, event.accountId);
  const { groups, keys } = groupsOf(event, record.project, account);
  const row: EventRow = {
    project: record.project,
    event_id: item.eventId,
    type: event.type,
    event: cut(event.event, limit.name),
    timestamp: record.receivedAt,
    received_at: record.receivedAt,
    log_offset: record.offset,
    user_id: user.id,
    anonymous_id: anonymous.id,
    person_key: 0n,
    account_id: account.id,
    account_kind: account.kind,
    groups,
    session_key: 0n,
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
    key_id: record.key,
    consent: event.consent ?? '',
    sequence: sequenceOf(event.sequence),
    bot_score: 0,
    bot_reason: '',
    bot_layers: 0,
    revenue: null,
    currency: '',
    order_id: cut(event.orderId, limit.id),
    items: itemsOf(event.items),
    plan_status: '',
    plan_errors: '',
    properties: '{}',
  };
  return {
    item,
    event,
    row,
    agentKey: agentKey(event),
    userKey: user.key,
    anonymousKey: anonymous.key,
    accountKey: account.key,
    mailKey: mailKeyOf(event, record.project),
    groupKeys: keys,
    user: undefined,
    anonymous: undefined,
    mail: undefined,
    own: undefined,
    account: undefined,
    page: undefined,
    extra: undefined,
  };
}
