import type { JsonValue } from '../../contract/event.ts';

/** Largest time a Date can hold, so that what reads it later cannot fail. */
const maxTime = 8.64e15;
const iso =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?$/i;
const common = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?: ([+-]\d{4}))?$/;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * A log line's time: milliseconds since the epoch, microseconds as the fraction. Reads ISO 8601 (also with a space or a
 * comma), the common log format's time, and counts of seconds, milliseconds, microseconds or nanoseconds, told apart by
 * their size. A time without a zone is UTC.
 */
export function logTime(value: JsonValue | undefined): number | undefined {
  if (typeof value === 'number') return ofCount(value);
  if (typeof value !== 'string' || value.length < 8 || value.length > 40) return undefined;
  const first = value.charCodeAt(0);
  if (first < 0x30 || first > 0x39) return undefined;
  if (value.charCodeAt(2) === 0x2f) return ofCommon(value);
  if (value.charCodeAt(4) !== 0x2d)
    return /^\d{8,25}(?:\.\d{1,12})?$/.test(value) ? ofDigits(value) : undefined;
  const match = iso.exec(value);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second = '0', fraction, zone] = match;
  return assembled([year, month, day, hour, minute, second].map(Number), fraction, zone);
}

/** Number of the month from its English short name, 1 to 12; undefined for another word. */
export function monthOf(name: string): number | undefined {
  const index = months.indexOf(name);
  return index < 0 ? undefined : index + 1;
}

/** Nanoseconds as text, exact to the microsecond where a number would not be. */
export function ofNanoseconds(text: string): number | undefined {
  if (!/^\d{1,25}$/.test(text)) return undefined;
  const micros = text.length > 3 ? Number(text.slice(0, -3)) : 0;
  return micros === 0 ? undefined : bounded(micros / 1_000);
}

/** Milliseconds of a moment from its parts, month 1 to 12; undefined when there is no such moment. */
export function assembled(
  [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0]: readonly number[],
  fraction?: string,
  zone?: string,
): number | undefined {
  // 60 is a leap second
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || minute > 59 || second > 60)
    return undefined;
  const micros = fraction === undefined ? 0 : Number(fraction.slice(0, 6).padEnd(6, '0'));
  const ms = Date.UTC(year, month - 1, day, hour, minute, second) - offsetOf(zone);
  return bounded(ms + micros / 1_000);
}

function offsetOf(zone: string | undefined): number {
  if (zone === undefined || zone.length < 3 || !/^[+-]/.test(zone)) return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + (zone.length > 3 ? Number(zone.slice(-2)) : 0);
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}

function ofCommon(text: string): number | undefined {
  const match = common.exec(text);
  if (!match) return undefined;
  const [, day, name = '', year, hour, minute, second, fraction, zone] = match;
  const parts = [Number(year), monthOf(name) ?? 0, ...[day, hour, minute, second].map(Number)];
  return assembled(parts, fraction, zone);
}

function ofDigits(text: string): number | undefined {
  return text.length > 17 && !text.includes('.') ? ofNanoseconds(text) : ofCount(Number(text));
}

/** 1e11 s is the year 5138, 1e11 ms March 1973; the same for each unit after that. */
function ofCount(count: number): number | undefined {
  if (!Number.isFinite(count) || count <= 0) return undefined;
  if (count < 1e11) return bounded(Math.round(count * 1e6) / 1e3);
  if (count < 1e14) return bounded(Math.round(count * 1e3) / 1e3);
  return bounded(count < 1e17 ? Math.round(count) / 1e3 : Math.round(count / 1e3) / 1e3);
}

function bounded(ms: number): number | undefined {
  return Math.abs(ms) <= maxTime ? ms : undefined;
}
