import type { Interval } from '../../src/contract/query.ts';

const cache = new Map<string, Intl.DateTimeFormat>();

/** Formatters are costly to build and a chart asks for hundreds. */
function formatter(timezone: string, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${name} ${timezone}`;
  const known = cache.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-GB', { timeZone: timezone, ...options });
  cache.set(key, made);
  return made;
}

/** Short name of a bucket, for an axis: `14:00`, `3 Nov`, `Nov 2026`. */
export function bucketTick(at: number, interval: Interval, timezone: string): string {
  if (interval === 'hour')
    return formatter(timezone, 'hour', { hour: '2-digit', minute: '2-digit' }).format(at);
  if (interval === 'month') {
    return formatter(timezone, 'month', { month: 'short', year: 'numeric' }).format(at);
  }
  return formatter(timezone, 'day', { day: 'numeric', month: 'short' }).format(at);
}

/** Full name of a bucket, for a tooltip or a table. */
export function bucketName(at: number, interval: Interval, timezone: string): string {
  switch (interval) {
    case 'hour':
      return formatter(timezone, 'hour-name', {
        weekday: 'short',
        day: 'numeric',
        month: 'short',
        hour: '2-digit',
        minute: '2-digit',
      }).format(at);
    case 'day':
      return formatter(timezone, 'day-name', {
        weekday: 'short',
        day: 'numeric',
        month: 'short',
        year: 'numeric',
      }).format(at);
    case 'week':
      return `Week of ${dayName(at, timezone)}`;
    case 'month':
      return formatter(timezone, 'month-name', { month: 'long', year: 'numeric' }).format(at);
  }
}

/** `3 Nov 2026` */
export function dayName(at: number, timezone: string): string {
  return formatter(timezone, 'date', { day: 'numeric', month: 'short', year: 'numeric' }).format(at);
}

/** `14:03:22` */
export function clockTime(at: number, timezone: string): string {
  return formatter(timezone, 'clock', { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(at);
}

/** `14:03` */
export function minuteTime(at: number, timezone: string): string {
  return formatter(timezone, 'minute', { hour: '2-digit', minute: '2-digit' }).format(at);
}

/** `3 Nov 2026, 14:03:22` */
export function moment(at: number, timezone: string): string {
  return `${dayName(at, timezone)}, ${clockTime(at, timezone)}`;
}

/** Days of a range in words: `3 Nov`, `26 Oct – 22 Nov`, with years when they are not this one. */
export function daysName(from: string, to: string, today: string): string {
  const withYear = !(from.slice(0, 4) === today.slice(0, 4) && to.slice(0, 4) === today.slice(0, 4));
  const name = (day: string) =>
    withYear
      ? dayName(Date.parse(day), 'UTC')
      : formatter('UTC', 'day', { day: 'numeric', month: 'short' }).format(Date.parse(day));
  return from === to ? name(from) : `${name(from)} – ${name(to)}`;
}
