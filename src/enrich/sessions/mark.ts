import { worstOf } from '../../contract/bots.ts';
import type { EventRow } from '../../contract/row.ts';

/**
 * What is kept of a visitor's events for telling sessions apart: the events of one cell of five minutes that no rule can ever separate, or,
 * where they can be told apart by more than their time, the events of one instant. Adding is commutative: whatever the order in which
 * events come, the same events make the same marks.
 */
export interface Mark {
  /** Times of the first and the last event. */
  start: number;
  end: number;
  /** Events of a visit; else events that only join one. */
  readonly visit: boolean;
  /** Came from the user to the device whose session was open; its keys are the user's. */
  readonly adopted: boolean;
  events: number;
  pages: number;
  /** Millionths, since whole numbers add up to the same in any order. */
  revenue: number;
  bots: number;
  consents: number;
  /** Milliseconds that the client itself measured. */
  measured: number;
  /** Bits of the ten-second slots of the cell in which something happened; seconds counted already where marks were put together. */
  slots: number;
  reckoned: number;
  /** The campaign that a page names, where campaigns begin sessions. */
  campaign: string;
  entryAt: number;
  entry: string;
  exitAt: number;
  exit: string;
  userAt: number;
  user: string;
  clientAt: number;
  client: string;
  /** Of the first page; what tells its source without a page counts as later than any, see `withoutPage`. */
  sourceAt: number;
  source: Source | undefined;
  /** The devices and places seen, each with its first time; the four earliest. */
  contexts: readonly Sighting[];
  /** session_key of the events. */
  keys: readonly bigint[];
  /** The batch that changed it last; marks of other batches are read only. */
  batch: object | undefined;
  /** The mark of the same batch that it became part of. */
  into: Mark | undefined;
  /** The session that events of the batch with this mark were given. */
  given: Visit | undefined;
}

/** A session as the marks of its visitor make it. */
export interface Visit {
  /** 0 until it is known who the visitor is. */
  id: bigint;
  readonly start: number;
  end: number;
  /** What it is made of and what joined it, in order of time. */
  marks: Mark[];
  events: number;
  /** What its events of this batch get; 0 until one is there. */
  key: bigint;
  source: Source | undefined;
}

export interface Sighting {
  readonly at: number;
  readonly context: Context;
}

export const sourceColumns = [
  'host',
  'referrer',
  'channel',
  'source',
  'medium',
  'campaign',
  'term',
  'content',
] as const;
export const placeColumns = ['country', 'region', 'city'] as const;
export const deviceColumns = [
  'device_type',
  'device_brand',
  'device_model',
  'os',
  'os_version',
  'browser',
  'browser_version',
] as const;
export const settingColumns = ['language', 'timezone', 'screen', 'app_version'] as const;
export const contextColumns = [...placeColumns, ...deviceColumns, ...settingColumns] as const;

/** Texts in the order of the columns. */
export type Source = readonly string[];
export type Context = readonly string[];

export const minute = 60_000;
export const cellMs = 5 * minute;
export const slotMs = 10_000;
const maxContexts = 4;
/** Milliseconds added to the time of a source that no page tells. */
export const withoutPage = 1e14;

export function newMark(at: number, visit: boolean, batch: object): Mark {
  return {
    start: at,
    end: at,
    visit,
    adopted: false,
    events: 0,
    pages: 0,
    revenue: 0,
    bots: 0,
    consents: 0,
    measured: 0,
    slots: 0,
    reckoned: 0,
    campaign: '',
    entryAt: 0,
    entry: '',
    exitAt: 0,
    exit: '',
    userAt: 0,
    user: '',
    clientAt: 0,
    client: '',
    sourceAt: 0,
    source: undefined,
    contexts: noSightings,
    keys: noKeys,
    batch,
    into: undefined,
    given: undefined,
  };
}

export const noSightings: readonly Sighting[] = [];
export const noKeys: readonly bigint[] = [];

/** Puts the events of the second mark into the first. */
export function fuse(into: Mark, from: Mark): void {
  into.start = Math.min(into.start, from.start);
  into.end = Math.max(into.end, from.end);
  into.events += from.events;
  into.pages += from.pages;
  into.revenue += from.revenue;
  into.bots = worstOf(into.bots, from.bots);
  into.consents |= from.consents;
  into.measured += from.measured;
  into.slots |= from.slots;
  setCampaign(into, from.campaign);
  if (from.entryAt !== 0) setPage(into, from.entryAt, from.entry);
  if (from.exitAt !== 0) setPage(into, from.exitAt, from.exit);
  if (from.user !== '') setUser(into, from.userAt, from.user);
  if (from.client !== '') setClient(into, from.clientAt, from.client);
  if (from.source !== undefined) setSource(into, from.sourceAt, from.source);
  for (const { at, context } of from.contexts) sight(into, at, context);
  for (const key of from.keys) addKey(into, key);
}

export function addKey(mark: Mark, key: bigint): void {
  if (!mark.keys.includes(key)) mark.keys = [...mark.keys, key];
}

// Of two at the same time the smaller text counts, so that no order of arrival does.

export function setPage(mark: Mark, at: number, page: string): void {
  if (mark.entryAt === 0 || at < mark.entryAt || (at === mark.entryAt && page < mark.entry)) {
    mark.entryAt = at;
    mark.entry = page;
  }
  if (mark.exitAt === 0 || at > mark.exitAt || (at === mark.exitAt && page > mark.exit)) {
    mark.exitAt = at;
    mark.exit = page;
  }
}

export function setUser(mark: Mark, at: number, user: string): void {
  if (mark.user !== '' && (at > mark.userAt || (at === mark.userAt && user >= mark.user))) return;
  mark.userAt = at;
  mark.user = user;
}

export function setClient(mark: Mark, at: number, client: string): void {
  if (mark.client !== '' && (at > mark.clientAt || (at === mark.clientAt && client >= mark.client))) return;
  mark.clientAt = at;
  mark.client = client;
}

export function setCampaign(mark: Mark, campaign: string): void {
  if (campaign !== '' && (mark.campaign === '' || campaign < mark.campaign)) mark.campaign = campaign;
}

export function setSource(mark: Mark, at: number, source: Source): void {
  if (
    mark.source !== undefined &&
    (at > mark.sourceAt || (at === mark.sourceAt && compareTexts(source, mark.source) >= 0))
  )
    return;
  mark.sourceAt = at;
  mark.source = source;
}

export function sight(mark: Mark, at: number, context: Context): void {
  const known = mark.contexts.findIndex((seen) => isSame(seen.context, context));
  if (known >= 0) {
    if ((mark.contexts[known] as Sighting).at <= at) return;
    mark.contexts = mark.contexts.with(known, { at, context }).toSorted(byTime);
    return;
  }
  const all = [...mark.contexts, { at, context }];
  mark.contexts = all.length === 1 ? all : all.sort(byTime).slice(0, maxContexts);
}

export function byTime(a: Sighting, b: Sighting): number {
  return a.at - b.at || compareTexts(a.context, b.context);
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  if (a === b) return true;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

export function compareTexts(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < a.length; at++) {
    const left = a[at] ?? '';
    const right = b[at] ?? '';
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

/** Whether the event says just what that context says: without making a list of it, and column by column, since loops over names cost ten times as much. */
export function isContextOf(context: Context, row: EventRow): boolean {
  return (
    row.country === context[0] &&
    row.region === context[1] &&
    row.city === context[2] &&
    row.device_type === context[3] &&
    row.device_brand === context[4] &&
    row.device_model === context[5] &&
    row.os === context[6] &&
    row.os_version === context[7] &&
    row.browser === context[8] &&
    row.browser_version === context[9] &&
    row.language === context[10] &&
    row.timezone === context[11] &&
    row.screen === context[12] &&
    row.app_version === context[13]
  );
}

export function contextOf(row: EventRow): Context {
  return contextColumns.map((column) => row[column]);
}

export function sourceOf(row: EventRow): Source {
  return sourceColumns.map((column) => row[column]);
}
