/** What is remembered of how a visitor behaves: a few numbers, whatever comes. */
export interface Habits {
  /** Time of the newest event. After a pause all of it begins anew. */
  seen: number;
  /** Events and pages of the minute (since the epoch) of the newest event, and of the minute before it. */
  minute: number;
  events: number;
  pages: number;
  eventsBefore: number;
  pagesBefore: number;
  /** Highest score for the rate since the last pause: who was that fast once stays suspect. */
  rate: number;
  /** Time of the newest page, how long after the one before it, and how many pages in a row kept that distance. */
  pageAt: number;
  gap: number;
  steady: number;
  /** Pages in a row without a sign that somebody looked at one; the most since the last pause. */
  silent: number;
  /** Highest score for distances since the last pause. */
  rhythm: number;
}

/** Milliseconds without an event after which a visitor is judged anew; as long as a session lasts by default. */
const pause = 30 * 60_000;

export function newHabits(at: number): Habits {
  return {
    seen: at,
    minute: 0,
    events: 0,
    pages: 0,
    eventsBefore: 0,
    pagesBefore: 0,
    rate: 0,
    pageAt: 0,
    gap: 0,
    steady: 0,
    silent: 0,
    rhythm: 0,
  };
}

/** The habits to judge an event at that time by. */
export function habitsAt(habits: Habits | undefined, at: number): Habits {
  if (habits === undefined || at - habits.seen > pause) return newHabits(at);
  if (at > habits.seen) habits.seen = at;
  return habits;
}

export function encodeHabits(habits: Habits): number[] {
  return [
    habits.seen,
    habits.minute,
    habits.events,
    habits.pages,
    habits.eventsBefore,
    habits.pagesBefore,
    habits.rate,
    habits.pageAt,
    habits.gap,
    habits.steady,
    habits.silent,
    habits.rhythm,
  ];
}

export function decodeHabits(values: readonly number[]): Habits {
  const [seen, minute, events, pages, eventsBefore, pagesBefore, rate, pageAt, gap, steady, silent, rhythm] =
    values;
  return {
    seen: seen ?? 0,
    minute: minute ?? 0,
    events: events ?? 0,
    pages: pages ?? 0,
    eventsBefore: eventsBefore ?? 0,
    pagesBefore: pagesBefore ?? 0,
    rate: rate ?? 0,
    pageAt: pageAt ?? 0,
    gap: gap ?? 0,
    steady: steady ?? 0,
    silent: silent ?? 0,
    rhythm: rhythm ?? 0,
  };
}
