import type { EventRow } from '../../contract/row.ts';

/** What is remembered of a visitor for later events, when the project asks for it. Never changed in place. */
export interface VisitorProfile {
  /** The earliest page, however it was reached. */
  readonly first: Touch | undefined;
  /** The latest page that was reached from somewhere: a direct visit says nothing about where somebody came from. */
  readonly last: Touch | undefined;
  readonly pages: number;
  readonly counts: Readonly<Record<string, number>>;
}

/** One arrival on a page. `landing`: its path. */
export type Touch = readonly [
  at: number,
  channel: string,
  source: string,
  medium: string,
  campaign: string,
  referrer: string,
  landing: string,
];

export const noProfile: VisitorProfile = Object.freeze({
  first: undefined,
  last: undefined,
  pages: 0,
  counts: Object.freeze({}),
});

/** The profile after this event; the same object when the event changes nothing. */
export function afterEvent(
  profile: VisitorProfile,
  row: EventRow,
  counted: readonly string[],
): VisitorProfile {
  let next = profile;
  if (row.type === 'page' || row.type === 'screen') {
    next = { ...next, pages: next.pages + 1 };
    const touch = touchOf(row);
    if (next.first === undefined || touch[0] < next.first[0]) next = { ...next, first: touch };
    if (row.source !== '' && (next.last === undefined || touch[0] >= next.last[0]))
      next = { ...next, last: touch };
  }
  if (counted.includes(row.event))
    next = { ...next, counts: { ...next.counts, [row.event]: (next.counts[row.event] ?? 0) + 1 } };
  return next;
}

function touchOf({ timestamp, channel, source, medium, campaign, referrer, path }: EventRow): Touch {
  return [timestamp, channel, source, medium, campaign, referrer, path];
}

export type VisitorValue = [
  first: Touch | 0,
  last: Touch | 0,
  pages: number,
  counts: Readonly<Record<string, number>>,
];

export function encodeVisitor({ first, last, pages, counts }: VisitorProfile): VisitorValue {
  return [first ?? 0, last ?? 0, pages, counts];
}

export function decodeVisitor([first, last, pages, counts]: VisitorValue): VisitorProfile {
  return { first: first === 0 ? undefined : first, last: last === 0 ? undefined : last, pages, counts };
}
