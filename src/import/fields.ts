import { hash } from 'node:crypto';
import type { JsonObject, JsonValue } from '../contract/event.ts';

// Readers of columns: exports write the same thing as text, number or JSON in text, depending on the file they lie in.

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object, also written as JSON in text, as CSV and Parquet hold it. */
export function objectOf(value: JsonValue | undefined): JsonObject {
  if (isObject(value)) return value;
  if (typeof value !== 'string' || !value.trimStart().startsWith('{')) return {};
  try {
    const parsed = JSON.parse(value) as JsonValue;
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

export function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  if (Array.isArray(value)) return value;
  if (typeof value !== 'string' || !value.trimStart().startsWith('[')) return [];
  try {
    const parsed = JSON.parse(value) as JsonValue;
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}

/** Text; empty text and the ways exports write "nothing" are absent. */
export function textOf(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string' || value === '' || value === 'NULL' || value === '\\N') return undefined;
  return value;
}

export function numberOf(value: JsonValue | undefined): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/**
 * Milliseconds since the epoch, from ISO 8601 (with a space or a T; without a zone it is UTC) or from a count of seconds,
 * milliseconds or microseconds, told apart by their size.
 */
export function timeOf(value: JsonValue | undefined): number | undefined {
  const count = numberOf(value);
  if (count !== undefined) {
    const size = Math.abs(count);
    if (size < 1e11) return Math.round(count * 1_000);
    return Math.round(size < 1e14 ? count : count / 1_000);
  }
  if (typeof value !== 'string') return undefined;
  const match =
    /^\s*(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)\s?(UTC|Z|[+-]\d\d(?::?\d\d)?)?\s*$/i.exec(
      value,
    );
  if (!match) {
    const day = /^\s*(\d{4}-\d\d-\d\d)\s*$/.exec(value)?.[1];
    return day === undefined ? undefined : finite(Date.parse(`${day}T00:00:00Z`));
  }
  const [, date = '', clock = '', zone = 'Z'] = match;
  const offset = /^[+-]\d\d$/.test(zone) ? `${zone}:00` : /^(utc|z)$/i.test(zone) ? 'Z' : zone;
  return finite(Date.parse(`${date}T${clock.replace(',', '.')}${offset}`));
}

function finite(time: number): number | undefined {
  return Number.isNaN(time) ? undefined : time;
}

/** An id that is the same whenever the same parts come again. */
export function idOf(...parts: readonly (string | number | undefined)[]): string {
  return hash('sha256', parts.join('\0')).slice(0, 32);
}

/** The row without some of its columns, and without what is empty. */
export function without(row: JsonObject, columns: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(
    Object.entries(row).filter(
      ([name, value]) => !columns.has(name) && value !== null && value !== '' && value !== '\\N',
    ),
  );
}
