import { Column } from './column.ts';

/** What Date32 and DateTime64 hold: 1900-01-01 to 2299-12-31, in days since the epoch. */
const firstDay = -25_567;
const lastDay = 120_529;
const secondsOfDay = 86_400;
const zero = 0x30;

/** Dates as `2026-11-22`. Infinity becomes NULL; a year that the warehouse does not know, its nearest day. */
export class DateColumn extends Column {
  constructor() {
    super('Date32');
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    const day = readDay(bytes, start, end);
    if (day === undefined) {
      this.appendLost();
      return;
    }
    const held = Math.min(lastDay, Math.max(firstDay, day));
    if (held !== day) this.lost++;
    this.data.uint32(held);
    this.rows++;
  }

  protected blank(): void {
    this.data.zeros(4);
  }
}

/** Times as `2026-11-22 10:00:00.123456`, with or without `+00`: sources are asked for UTC. */
export class TimeColumn extends Column {
  constructor(type = "DateTime64(6, 'UTC')") {
    super(type);
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    const day = readDay(bytes, start, end);
    if (day === undefined) {
      this.appendLost();
      return;
    }
    let at = start + 1;
    while (at < end && bytes[at] !== 0x20 && bytes[at] !== 0x54) at++;
    at++;
    if (day < firstDay || day > lastDay) {
      this.lost++;
      this.#put(day < firstDay ? firstDay * secondsOfDay : lastDay * secondsOfDay + secondsOfDay - 1, 0);
      return;
    }
    const seconds = two(bytes, at) * 3600 + two(bytes, at + 3) * 60 + two(bytes, at + 6);
    let micros = 0;
    at += 8;
    if (bytes[at] === 0x2e) {
      let unit = 100_000;
      for (at++; at < end && isDigit(bytes[at] as number); at++, unit /= 10)
        micros += ((bytes[at] as number) - zero) * Math.floor(unit);
    }
    this.#put(day * secondsOfDay + seconds, micros);
  }

  protected blank(): void {
    this.data.zeros(8);
  }

  #put(seconds: number, micros: number): void {
    // after the year 2255 a double cannot hold the microseconds
    if (seconds < 9_000_000_000) this.data.int64(seconds * 1e6 + micros);
    else this.data.wide(BigInt(seconds) * 1_000_000n + BigInt(micros), 8);
    this.rows++;
  }
}

/** Days since the epoch; undefined when it is no date of the calendar: infinity, or a zero date. */
function readDay(bytes: Uint8Array, start: number, end: number): number | undefined {
  let at = start;
  let year = 0;
  for (; at < end && isDigit(bytes[at] as number); at++) year = year * 10 + (bytes[at] as number) - zero;
  if (at === start || bytes[at] !== 0x2d) return undefined;
  const month = two(bytes, at + 1);
  const day = two(bytes, at + 4);
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  // "… BC": the year 1 BC is the year 0 of the count
  const isBefore = bytes[end - 1] === 0x43 && bytes[end - 2] === 0x42;
  return daysOf(isBefore ? 1 - year : year, month, day);
}

/** Days from 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant, chrono-compatible low-level date algorithms). */
function daysOf(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function two(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) - zero) * 10 + (bytes[at + 1] as number) - zero;
}

function isDigit(code: number): boolean {
  return code >= zero && code < zero + 10;
}
