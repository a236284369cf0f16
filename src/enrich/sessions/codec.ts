import { consentBits } from '../../contract/consent.ts';
import {
  type Context,
  compareTexts,
  contextColumns,
  type Mark,
  newMark,
  noKeys,
  noSightings,
  type Source,
  sourceColumns,
  withoutPage,
} from './mark.ts';
import { emptyTrail, type Repair, type Told, type Trail } from './trail.ts';

/**
 * A trail as JSON: texts, devices, sources and keys once each, times as distances from the first, and of a mark no more than what is not 0 at its
 * end. Less than 150 bytes per visitor besides the texts.
 */
export type TrailValue =
  | []
  | [
      layout: 1,
      base: number,
      texts: string[],
      contexts: Context[],
      sources: Source[],
      keys: string[],
      marks: (number | number[])[][],
      told: number[][],
      repairs?: number[][],
    ];

/** Sessions of versions before this one: what they had come to, event by event no more. */
export type OldSession = readonly [
  id: string,
  person: string,
  user: string,
  day: number,
  start: number,
  end: number,
  events: number,
  pages: number,
  entry: string,
  exit: string,
  bot: number,
  revenue: number,
  entryAt: number,
  exitAt: number,
  sourced: number,
  texts: readonly string[],
  botLayers?: number,
  consents?: number,
];

export function encodeTrail({ marks, repairs, told }: Trail): TrailValue {
  if (marks.length === 0) return [];
  const base = (marks[0] as Mark).start;
  const texts = new Table<string>();
  const contexts = new Lists();
  const sources = new Lists();
  const keys = new Table<bigint>();
  const markValues = marks.map((mark) => encodeMark(mark, base, { texts, contexts, sources, keys }));
  const value: TrailValue = [
    1,
    base,
    texts.values,
    contexts.values,
    sources.values,
    [],
    markValues,
    told.map(({ end, events, id, start }) => [keys.place(id), start - base, end - start, events]),
  ];
  if (repairs.length > 0)
    value.push(repairs.map(({ from, id, key, to }) => [keys.place(key), from, to, keys.place(id)]));
  value[5] = keys.values.map(String);
  return value;
}

interface Tables {
  readonly texts: Table<string>;
  readonly contexts: Lists;
  readonly sources: Lists;
  readonly keys: Table<bigint>;
}

/** Each value once; few as they are, a search is cheaper than a map. */
class Table<V> {
  readonly values: V[] = [];

  place(value: V): number {
    const known = this.values.indexOf(value);
    return known >= 0 ? known : this.values.push(value) - 1;
  }
}

class Lists {
  readonly values: (readonly string[])[] = [];

  place(list: readonly string[]): number {
    const known = this.values.findIndex((value) => value === list || compareTexts(value, list) === 0);
    return known >= 0 ? known : this.values.push(list) - 1;
  }
}

function encodeMark(mark: Mark, base: number, tables: Tables): (number | number[])[] {
  const { start } = mark;
  const { contexts, keys, sources, texts } = tables;
  const since = (at: number): number => (at === 0 ? 0 : at - start);
  const text = (value: string): number => (value === '' ? 0 : texts.place(value) + 1);
  const value: (number | number[])[] = [
    start - base,
    (mark.visit ? 1 : 0) + (mark.adopted ? 2 : 0),
    mark.keys.length === 1 ? keys.place(mark.keys[0] as bigint) : mark.keys.map((key) => keys.place(key)),
    mark.events,
    mark.consents,
    mark.bots,
    mark.revenue,
    text(mark.user),
    since(mark.userAt),
    mark.end - start,
    mark.pages,
    mark.slots,
    mark.source === undefined ? 0 : sources.place(mark.source) + 1,
    mark.source === undefined
      ? 0
      : mark.sourceAt >= withoutPage
        ? withoutPage - mark.sourceAt + start - 1
        : mark.sourceAt - start,
    mark.contexts.length === 1 && mark.contexts[0]?.at === start
      ? contexts.place(mark.contexts[0].context) + 1
      : mark.contexts.flatMap(({ at, context }) => [at - start, contexts.place(context)]),
    text(mark.entry),
    since(mark.entryAt),
    text(mark.exit),
    since(mark.exitAt),
    text(mark.client),
    since(mark.clientAt),
    mark.measured,
    mark.reckoned,
    text(mark.campaign),
    mark.entryAt === 0 ? 0 : 1,
  ];
  while (value.length > 4 && isNothing(value.at(-1))) value.pop();
  return value;
}

function isNothing(value: number | number[] | undefined): boolean {
  return value === 0 || (Array.isArray(value) && value.length === 0);
}

export function decodeTrail(value: TrailValue | readonly OldSession[] | undefined): Trail {
  if (value === undefined || value.length === 0) return emptyTrail();
  return isTrail(value) ? decodeNew(value) : decodeOld(value);
}

function isTrail(value: TrailValue | readonly OldSession[]): value is Exclude<TrailValue, []> {
  return typeof value[0] === 'number';
}

function decodeNew([, base, texts, contexts, sources, keyTexts, marks, told, repairs]: Exclude<
  TrailValue,
  []
>): Trail {
  const keys = keyTexts.map(BigInt);
  const key = (index: number | undefined): bigint => keys[index ?? 0] ?? 0n;
  return {
    marks: marks.map((mark) => decodeMark(mark, base, { texts, contexts, sources, keys })),
    told: told.map(
      ([id, start = 0, lasted = 0, events = 0]): Told => ({
        id: key(id),
        start: base + start,
        end: base + start + lasted,
        events,
      }),
    ),
    repairs: (repairs ?? []).map(
      ([of, from = 0, to = 0, id]): Repair => ({ key: key(of), from, to, id: key(id) }),
    ),
  };
}

interface Known {
  readonly texts: readonly string[];
  readonly contexts: readonly Context[];
  readonly sources: readonly Source[];
  readonly keys: readonly bigint[];
}

function decodeMark(value: readonly (number | readonly number[])[], base: number, known: Known): Mark {
  const number = (at: number): number => (value[at] as number | undefined) ?? 0;
  const start = base + number(0);
  const text = (at: number): string => (number(at) === 0 ? '' : (known.texts[number(at) - 1] ?? ''));
  const time = (at: number, isKnown: boolean): number => (isKnown ? start + number(at) : 0);
  const ofKeys = value[2];
  const hasPage = number(24) === 1;
  const source = number(12) === 0 ? undefined : known.sources[number(12) - 1];
  const sourceAt = number(13);
  return {
    start,
    end: start + number(9),
    visit: (number(1) & 1) !== 0,
    adopted: (number(1) & 2) !== 0,
    events: number(3),
    pages: number(10),
    revenue: number(6),
    bots: number(5),
    consents: number(4),
    measured: number(21),
    slots: number(11),
    reckoned: number(22),
    campaign: text(23),
    entryAt: time(16, hasPage),
    entry: text(15),
    exitAt: time(18, hasPage),
    exit: text(17),
    userAt: time(8, number(7) !== 0),
    user: text(7),
    clientAt: time(20, number(19) !== 0),
    client: text(19),
    sourceAt: source === undefined ? 0 : sourceAt < 0 ? withoutPage + start - 1 - sourceAt : start + sourceAt,
    source,
    contexts: decodeContexts(value[14], start, known.contexts),
    keys: ofKeys === undefined ? noKeys : [ofKeys].flat().map((index) => known.keys[index] ?? 0n),
    batch: undefined,
    into: undefined,
    given: undefined,
  };
}

/** A number: one more than the place of the only one, seen at the beginning; 0 for none. */
function decodeContexts(
  value: number | readonly number[] | undefined,
  start: number,
  contexts: readonly Context[],
): Mark['contexts'] {
  if (typeof value === 'object')
    return Array.from({ length: value.length / 2 }, (_, at) => ({
      at: start + (value[at * 2] ?? 0),
      context: contexts[value[at * 2 + 1] ?? 0] ?? [],
    }));
  const context = value === undefined ? undefined : contexts[value - 1];
  return context === undefined ? noSightings : [{ at: start, context }];
}

const noBatch = {};

/** One mark that nothing splits; its row is told anew under the id of its true start. */
function decodeOld(sessions: readonly OldSession[]): Trail {
  const sorted = sessions.toSorted((a, b) => a[4] - b[4]);
  return {
    marks: sorted.map(oldMark),
    told: sorted.map(([id, , , day, , end]) => ({ id: BigInt(id), start: day, end, events: -1 })),
    repairs: [],
  };
}

function oldMark(session: OldSession): Mark {
  const [
    id,
    ,
    user,
    ,
    start,
    end,
    events,
    pages,
    entry,
    exit,
    bot,
    revenue,
    entryAt,
    exitAt,
    sourced,
    texts,
  ] = session;
  return {
    ...newMark(start, true, noBatch),
    end,
    events,
    pages,
    revenue: Math.round(revenue * 1e6),
    bots: session[16] ?? bot,
    consents: session[17] ?? consentBits[''],
    entryAt,
    entry,
    exitAt,
    exit,
    userAt: user === '' ? 0 : start,
    user,
    sourceAt: sourced ? start : start + withoutPage,
    source: sourceColumns.map((_, at) => texts[at] ?? ''),
    contexts: [{ at: start, context: contextColumns.map((_, at) => texts[sourceColumns.length + at] ?? '') }],
    keys: [BigInt(id)],
    batch: undefined,
  };
}
