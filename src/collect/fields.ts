import type { JsonObject, JsonValue } from '../contract/event.ts';

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
    const parsed = Date.parse(value);
    return Number.isNaN(parsed) ? undefined : parsed;
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
  const values: readonly JsonValue[] = Array.isArray(node) ? node : Object.values(node);
  let rest = left - values.length;
  if (rest < 0) return -1;
  for (const value of values) {
    if (!isTree(value)) continue;
    rest = valuesLeft(value, depth + 1, rest);
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
