import { TributaryError } from '../runtime/errors.ts';

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known) return known;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      calendar: 'iso8601',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (cause) {
    throw new TributaryError('bad-request', `"${timezone}" is not a time zone (like Europe/Berlin)`, {
      cause,
    });
  }
  formats.set(timezone, format);
  return format;
}

/** Milliseconds to add to UTC to get the wall clock of the zone at that instant. */
function offsetAt(at: number, timezone: string): number {
  const whole = Math.floor(at / 1_000) * 1_000;
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const part of formatOf(timezone).formatToParts(whole)) parts[part.type] = Number(part.value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - whole;
}

/** The calendar date of the zone at that instant, as a day number (days since 1970-01-01). */
export function dayAt(at: number, timezone: string): number {
  return Math.floor((at + offsetAt(at, timezone)) / 86_400_000);
}

/**
 * The first instant of a calendar day in the zone. Days are not always 24 hours long and do not always begin at
 * midnight: where the clock jumps over midnight the day begins at the jump.
 */
export function startOfDay(day: number, timezone: string): number {
  const midnight = day * 86_400_000;
  const before = offsetAt(midnight - 86_400_000, timezone);
  if (before === offsetAt(midnight + 86_400_000, timezone)) return midnight - before;
  // a change of the clock is near: search the second at which the date becomes this one
  let low = midnight - 16 * 3_600_000;
  let high = midnight + 16 * 3_600_000;
  while (high - low > 1_000) {
    const middle = Math.floor((low + high) / 2_000) * 1_000;
    if (dayAt(middle, timezone) >= day) high = middle;
    else low = middle;
  }
  return high;
}

/** Day number of an ISO date. */
export function dayOf(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / 86_400_000;
}

/** ISO date of a day number. */
export function dateOf(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}
