import type { Interval, Range } from '../contract/query.ts';
import { TributaryError } from '../runtime/errors.ts';
import { dateOf, dayOf, startOfDay } from './time-zone.ts';

/** Half-open: start ≤ t < end, milliseconds since the epoch. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The same said as days of a zone: day numbers, `lastDay` inclusive. */
export interface Instants extends Span {
  readonly firstDay: number;
  readonly lastDay: number;
  readonly timezone: string;
}

const maxDays = 3_700;

/** The instants of a range of days: DST-right, a day may have 23, 24 or 25 hours. */
export function instantsOf(range: Range): Instants {
  return instants(dayOf(range.from), dayOf(range.to), range.timezone);
}

function instants(firstDay: number, lastDay: number, timezone: string): Instants {
  if (lastDay < firstDay) throw new TributaryError('bad-request', 'the range ends before it begins');
  if (lastDay - firstDay >= maxDays)
    throw new TributaryError('bad-request', 'the range is longer than ten years');
  return {
    start: startOfDay(firstDay, timezone),
    end: startOfDay(lastDay + 1, timezone),
    firstDay,
    lastDay,
    timezone,
  };
}

/** How a period lies before the current one: so many days or so many months. */
interface Shift {
  readonly unit: 'day' | 'month';
  readonly by: number;
}

export interface PreviousInstants extends Instants {
  readonly shift: Shift;
}

/**
 * The period of the same length just before: as many days. Whole calendar months have as many whole months before
 * them when the interval is a month, because that is what people compare.
 */
export function periodBefore(current: Instants, interval: Interval): PreviousInstants {
  const { firstDay, lastDay, timezone } = current;
  if (interval === 'month' && isFirst(firstDay) && isFirst(lastDay + 1)) {
    const by = monthIndex(lastDay) - monthIndex(firstDay) + 1;
    const first = monthStart(monthIndex(firstDay) - by);
    return { ...instants(first, firstDay - 1, timezone), shift: { unit: 'month', by } };
  }
  const by = lastDay - firstDay + 1;
  return { ...instants(firstDay - by, firstDay - 1, timezone), shift: { unit: 'day', by } };
}

/** One bucket of the time axis: when it starts, and the first day in it (hours: the day it is in). */
export interface Bucket {
  readonly start: number;
  readonly day: number;
}

/** Every bucket that the range touches, in order, also those without any event. Weeks start on Monday. */
export function bucketsOf(range: Instants, interval: Interval): Bucket[] {
  if (interval === 'hour') return hours(range);
  const buckets: Bucket[] = [];
  for (let day = floorDay(range.firstDay, interval); day <= range.lastDay; day = nextDay(day, interval)) {
    buckets.push({ day, start: startOfDay(day, range.timezone) });
  }
  return buckets;
}

const maxHours = 24 * 100;

function hours(range: Instants): Bucket[] {
  if (range.end - range.start > maxHours * 3_600_000) {
    throw new TributaryError('bad-request', 'hours are shown for at most 100 days; choose days');
  }
  const buckets: Bucket[] = [];
  for (let day = range.firstDay; day <= range.lastDay; day++) {
    const end = startOfDay(day + 1, range.timezone);
    for (let start = startOfDay(day, range.timezone); start < end; start += 3_600_000)
      buckets.push({ day, start });
  }
  return buckets;
}

/** When the last bucket is over. */
export function endOfBuckets(buckets: readonly Bucket[], range: Instants, interval: Interval): number {
  const last = buckets.at(-1);
  if (last === undefined || interval === 'hour') return range.end;
  return startOfDay(nextDay(last.day, interval), range.timezone);
}

/** The first day of the interval that the day is in. Day 0 was a Thursday, so Mondays are at 4 modulo 7. */
function floorDay(day: number, interval: Interval): number {
  if (interval === 'week') return Math.floor((day - 4) / 7) * 7 + 4;
  if (interval === 'month') return monthStart(monthIndex(day));
  return day;
}

function nextDay(day: number, interval: Interval): number {
  if (interval === 'week') return day + 7;
  if (interval === 'month') return monthStart(monthIndex(day) + 1);
  return day + 1;
}

function monthIndex(day: number): number {
  const date = new Date(day * 86_400_000);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

function monthStart(index: number): number {
  return Date.UTC(Math.floor(index / 12), index % 12, 1) / 86_400_000;
}

function isFirst(day: number): boolean {
  return dateOf(day).endsWith('-01');
}
