import { totalOf, worstOf } from '../../contract/bots.ts';
import type { SessionRow } from '../../contract/row.ts';
import {
  type Context,
  cellMs,
  compareTexts,
  contextColumns,
  type Mark,
  type Sighting,
  type Source,
  slotMs,
  sourceColumns,
  type Visit,
} from './mark.ts';

const slotsPerCell = cellMs / slotMs;
/** An event keeps somebody engaged for so many slots, unless the next one comes before. */
const slotsOfEvent = 3;

export interface Whose {
  readonly project: string;
  /** Key of the visitor's own id, and its text when it is a user's. */
  readonly key: bigint;
  readonly user: string;
  /** Key of the user who signed in. */
  keyOf(user: string): bigint;
}

/** The row of a session: its facts are those of its earliest events that have them. */
export function sessionRow(visit: Visit, whose: Whose, version: number): SessionRow {
  const sum = sumOf(visit.marks);
  const source = visit.source ?? firstSource(visit.marks);
  const context = contextOf(sum.sightings);
  const user = whose.user || sum.user;
  const text = (index: number): string => context[index] ?? '';
  const from = (index: number): string => source[index] ?? '';
  return {
    project: whose.project,
    session_id: visit.id,
    person_key: user === '' || user === whose.user ? whose.key : whose.keyOf(user),
    user_id: user,
    client_session_id: sum.client,
    day_key: visit.start,
    started_at: visit.start,
    ended_at: visit.end,
    events: visit.events,
    page_views: sum.pages,
    engaged_seconds: engagedSeconds(visit, sum.measured),
    entry_path: sum.entry,
    exit_path: sum.exit,
    // In the order of sourceColumns.
    host: from(0),
    referrer: from(1),
    channel: from(2),
    source: from(3),
    medium: from(4),
    campaign: from(5),
    term: from(6),
    content: from(7),
    // In the order of contextColumns.
    country: text(0),
    region: text(1),
    city: text(2),
    device_type: text(3),
    device_brand: text(4),
    device_model: text(5),
    os: text(6),
    os_version: text(7),
    browser: text(8),
    browser_version: text(9),
    language: text(10),
    timezone: text(11),
    screen: text(12),
    app_version: text(13),
    bot_score: totalOf(sum.bots),
    bot_layers: sum.bots,
    consents: sum.consents,
    revenue: sum.revenue / 1e6,
    is_deleted: 0,
    version,
  };
}

/** What makes a session disappear for readers: a later version of its row that says so. */
export function deletedRow(project: string, id: bigint, start: number, version: number): SessionRow {
  const nothing: Visit = { id, start, end: start, marks: [], events: 0, key: 0n, source: undefined };
  const whose: Whose = { project, key: 0n, user: '', keyOf: () => 0n };
  return { ...sessionRow(nothing, whose, version), is_deleted: 1 };
}

/** The source of the first page; without a page, that of the first event. */
export function firstSource(marks: readonly Mark[]): Source {
  let found: Mark | undefined;
  for (const mark of marks) {
    if (mark.source === undefined) continue;
    if (found?.source === undefined || mark.sourceAt < found.sourceAt) found = mark;
    else if (mark.sourceAt === found.sourceAt && compareTexts(mark.source, found.source) < 0) found = mark;
  }
  return found?.source ?? noSource;
}

interface Sum {
  pages: number;
  revenue: number;
  bots: number;
  consents: number;
  measured: number;
  entryAt: number;
  entry: string;
  exitAt: number;
  exit: string;
  userAt: number;
  user: string;
  clientAt: number;
  client: string;
  sightings: readonly Sighting[];
}

function sumOf(marks: readonly Mark[]): Sum {
  const sum: Sum = {
    pages: 0,
    revenue: 0,
    bots: 0,
    consents: 0,
    measured: 0,
    entryAt: 0,
    entry: '',
    exitAt: 0,
    exit: '',
    userAt: 0,
    user: '',
    clientAt: 0,
    client: '',
    sightings: [],
  };
  for (const mark of marks) {
    sum.pages += mark.pages;
    sum.revenue += mark.revenue;
    if (mark.bots !== 0) sum.bots = worstOf(sum.bots, mark.bots);
    sum.consents |= mark.consents;
    sum.measured += mark.measured;
    addFacts(sum, mark);
  }
  return sum;
}

function addFacts(sum: Sum, mark: Mark): void {
  if (mark.entryAt !== 0 && isBefore(mark.entryAt, mark.entry, sum.entryAt, sum.entry)) {
    sum.entryAt = mark.entryAt;
    sum.entry = mark.entry;
  }
  if (mark.exitAt > sum.exitAt || (mark.exitAt === sum.exitAt && mark.exit > sum.exit)) {
    sum.exitAt = mark.exitAt;
    sum.exit = mark.exit;
  }
  if (mark.user !== '' && isBefore(mark.userAt, mark.user, sum.userAt, sum.user)) {
    sum.userAt = mark.userAt;
    sum.user = mark.user;
  }
  if (mark.client !== '' && isBefore(mark.clientAt, mark.client, sum.clientAt, sum.client)) {
    sum.clientAt = mark.clientAt;
    sum.client = mark.client;
  }
  if (mark.contexts.length > 0)
    sum.sightings = sum.sightings.length === 0 ? mark.contexts : [...sum.sightings, ...mark.contexts];
}

function isBefore(at: number, text: string, thanAt: number, than: string): boolean {
  return thanAt === 0 || at < thanAt || (at === thanAt && text < than);
}

const noSource: Source = sourceColumns.map(() => '');
const noContext: Context = contextColumns.map(() => '');
/** Places in contextColumns of what belongs together: half a phone on a computer is neither. */
const place = [0, 1, 2];
const device = [3, 4, 5, 6, 7, 8, 9];
const settings = [10, 11, 12, 13];

/** Each fact as the first says it who knows it; a place and a device are one fact each. */
function contextOf(sightings: readonly Sighting[]): Context {
  const [first] = sightings;
  if (first === undefined) return noContext;
  if (sightings.every(({ context }) => context === first.context)) return first.context;
  const context = noContext.slice();
  for (const seen of sightings.toSorted((a, b) => a.at - b.at || compareTexts(a.context, b.context))) {
    take(context, seen.context, place);
    take(context, seen.context, device);
    for (const column of settings) take(context, seen.context, [column]);
  }
  return context;
}

function take(into: string[], from: Context, columns: readonly number[]): void {
  const [first = 0] = columns;
  if (into[first] !== '' || from[first] === '') return;
  for (const column of columns) into[column] = from[column] ?? '';
}

/**
 * Seconds of a session in which somebody was there. Measured by the client (`engaged_ms` of `$engagement` and of GA4) where it does; else every
 * event counts until the next one, 30 seconds at most, in steps of ten seconds, and never more than the session lasted.
 */
function engagedSeconds(visit: Visit, measured: number): number {
  if (measured > 0) return Math.round(measured) / 1_000;
  const lasted = (visit.end - visit.start) / 1_000;
  return lasted === 0 ? 0 : Math.min(lasted, secondsOfSlots(visit.marks));
}

function secondsOfSlots(marks: readonly Mark[]): number {
  let slots = 1;
  let seconds = 0;
  let last = -1;
  for (const mark of marks) {
    if (!mark.visit) continue;
    seconds += mark.reckoned;
    const cell = Math.floor(mark.start / cellMs) * slotsPerCell;
    for (let bits = mark.slots; bits !== 0; bits &= bits - 1) {
      const slot = cell + (31 - Math.clz32(bits & -bits));
      if (last >= 0 && slot > last) slots += Math.min(slot - last, slotsOfEvent);
      if (slot > last) last = slot;
    }
    // Of what was put together only the sum is known.
    if (mark.reckoned > 0) last = Math.floor(mark.end / slotMs);
  }
  return seconds + (slots * slotMs) / 1_000;
}

/** The same seconds for marks that are put together: what lies between them counts, too. */
export function reckon(marks: readonly Mark[]): number {
  const [first] = marks;
  return first === undefined ? 0 : secondsOfSlots(marks) - slotMs / 1_000;
}
