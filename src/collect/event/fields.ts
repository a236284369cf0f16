import type { JsonObject, JsonValue } from '../../contract/event.ts';

// Readers of fields whose types clients get wrong: each gives the value in its right type, or undefined.

/** Identifiers longer than this are nobody's; names longer than the other are data in the wrong place. */
export const maxIdLength = 512;
export const maxNameLength = 200;
/** Browsers stop at about this; longer ones are cut, the page is still known. */
const maxUrlLength = 8_192;
/**
 * Bounds of one event. Segment allows 32 KB an event, which is well under 1,000 values; every value costs a path in the
 * warehouse, and nesting deeper than 20 breaks recursive readers behind us.
 */
const maxValues = 1_000;
const maxDepth = 20;

const none: JsonObject = Object.freeze({});

export function object(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : none;
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Text, and numbers and booleans as text; empty text is absent. */
export function text(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (typeof value === 'number') return Number.isFinite(value) ? `${value}` : undefined;
  return typeof value === 'boolean' ? `${value}` : undefined;
}

export function url(value: JsonValue | undefined): string | undefined {
  return text(value)?.slice(0, maxUrlLength);
}

/** Numbers, also as text (`"12.50"`, ` 3 `); nothing that is not finite. */
export function number(value: JsonValue | undefined): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || value.length > 40 || value.trim() === '') return undefined;
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed : undefined;
}

/** ISO 4217; undefined when it is not three letters. */
export function currency(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && /^[A-Za-z]{3}$/.test(value) ? value.toUpperCase() : undefined;
}

/** `1440x900`; undefined for sizes of nothing, which trackers without a screen send. */
export function screen(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && /^[1-9]\d{0,5}x[1-9]\d{0,5}$/.test(value) ? value : undefined;
}

/** Largest time a Date can hold, so that what reads it later cannot fail. */
const maxTime = 8.64e15;
const isoTime =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)\s?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/**
 * Milliseconds since the epoch from ISO 8601 or a number (also as text) of seconds or milliseconds. A time without a
 * zone is UTC: the same bytes must mean the same on every machine.
 */
export function time(value: JsonValue | undefined): number | undefined {
  if (typeof value === 'string' && value.length === 24 && value.endsWith('Z')) {
    const parsed = dayOf(value) + clockOf(value);
    if (!Number.isNaN(parsed)) return parsed;
    const slow = Date.parse(value);
    return Number.isNaN(slow) ? undefined : slow;
  }
  const count = number(value);
  if (count !== undefined) {
    // 1e11 ms is March 1973, 1e11 s is the year 5138.
    const ms = Math.abs(count) < 1e11 ? count * 1_000 : count;
    return Math.abs(ms) <= maxTime ? Math.round(ms) : undefined;
  }
  const match = typeof value === 'string' ? isoTime.exec(value.trim()) : null;
  if (!match) return undefined;
  const [, date, clock = '00:00', zone = 'Z'] = match;
  const offset = /^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone.toUpperCase();
  const parsed = Date.parse(`${date}T${clock.replace(',', '.')}${offset}`);
  return Number.isNaN(parsed) ? undefined : parsed;
}

let lastDay = '';
let lastMidnight = Number.NaN;

/** Midnight of the day that an ISO time begins with: nearly every time is of the same day as the one before. */
function dayOf(iso: string): number {
  if (lastDay === '' || !iso.startsWith(lastDay)) {
    lastDay = iso.slice(0, 11);
    lastMidnight = Date.parse(`${lastDay}00:00:00.000Z`);
  }
  return lastMidnight;
}

/** Milliseconds into the day in `YYYY-MM-DDTHH:MM:SS.sssZ`; NaN for everything else, also for what only a calendar can judge. */
function clockOf(iso: string): number {
  if (iso.charCodeAt(10) !== 0x54 || iso.charCodeAt(13) !== 0x3a || iso.charCodeAt(16) !== 0x3a)
    return Number.NaN;
  if (iso.charCodeAt(19) !== 0x2e) return Number.NaN;
  const hour = digits(iso, 11, 13);
  const minute = digits(iso, 14, 16);
  const second = digits(iso, 17, 19);
  if (hour > 23 || minute > 59 || second > 59) return Number.NaN;
  return ((hour * 60 + minute) * 60 + second) * 1_000 + digits(iso, 20, 23);
}

function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** Why an event is out of bounds; undefined when it is not. Looks at no more than the bounds allow. */
export function outOfBounds(value: JsonValue): { reason: string; detail: string } | undefined {
  const left = isTree(value) ? valuesLeft(value, 1, maxValues) : maxValues;
  if (left >= 0) return undefined;
  return {
    reason: left === tooDeep ? 'too deep' : 'too many properties',
    detail: `an event has at most ${maxValues} values and ${maxDepth} levels`,
  };
}

type Tree = readonly JsonValue[] | JsonObject;
const tooDeep = -2;

function isTree(value: JsonValue | undefined): value is Tree {
  return typeof value === 'object' && value !== null;
}

/** How many of `left` values remain after those of `node`; negative when they do not suffice. */
function valuesLeft(node: Tree, depth: number, left: number): number {
  if (depth > maxDepth) return tooDeep;
  let rest = left;
  if (Array.isArray(node)) {
    rest -= node.length;
    if (rest < 0) return -1;
    for (const value of node) {
      if (isTree(value)) rest = valuesLeft(value, depth + 1, rest);
      if (rest < 0) return rest;
    }
    return rest;
  }
  // for…in makes no array of the values; what JSON.parse made inherits no key.
  const fields = node as JsonObject;
  for (const key in fields) {
    const value = fields[key];
    rest--;
    if (rest >= 0 && isTree(value)) rest = valuesLeft(value, depth + 1, rest);
    if (rest < 0) return rest;
  }
  return rest;
}

/** Halves of surrogate pairs cannot be written as UTF-8: each becomes U+FFFD. For values within the bounds above. */
export function wellFormed(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(wellFormed);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key.toWellFormed(), wellFormed(item)]),
  );
}
