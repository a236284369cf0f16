import type { JsonValue } from '../../../contract/event.ts';
import { contextOf } from '../context.ts';
import { type LineFormat, maxPairs, type ReadLine } from '../line.ts';
import { type Severity, severityOf, severityOfWord } from '../severity.ts';
import { logTime } from '../time.ts';

/**
 * logfmt, and any text with `key=value` in it, with a time and a level in front or without: what is left when a line is of
 * no other format. Reads every line.
 */
export const keyValue: LineFormat = { name: 'logfmt', read };

const times = ['ts', 'time', 'timestamp', '@timestamp', 't', 'datetime'];
const levels = ['level', 'lvl', 'severity', 'loglevel', 'log.level', 'at'];

function read(line: string): ReadLine {
  const { values, free } = pairsOf(line);
  const lead = free ? leadOf(line) : {};
  const router =
    typeof values.dyno === 'string' && typeof values.method === 'string' ? routerOf(values) : undefined;
  const message = free ? undefined : (values.msg ?? values.message);
  const attributes: Record<string, JsonValue> = { ...values, ...router };
  const body = typeof message === 'string' && message !== '' ? message : line;
  if (body !== line) delete attributes[values.msg === undefined ? 'message' : 'msg'];
  const level = levels.map((name) => values[name]).find((value) => value !== undefined && value !== '');
  return {
    ...lead,
    ...(level === undefined ? undefined : severityOf(level)),
    timestamp:
      times.map((name) => logTime(values[name])).find((time) => time !== undefined) ?? lead.timestamp,
    service: typeof values.app === 'string' ? values.app : undefined,
    body,
    attributes,
    ...contextOf(values),
  };
}

type Values = Readonly<Record<string, string | number | boolean>>;

interface Pairs {
  readonly values: Values;
  /** Something stands outside of the pairs. */
  readonly free: boolean;
}

const nothing: Pairs = { values: {}, free: true };
const isKeyPart = (code: number): boolean =>
  (code >= 0x61 && code <= 0x7a) ||
  (code >= 0x41 && code <= 0x5a) ||
  (code >= 0x2d && code <= 0x39) ||
  code === 0x5f ||
  code === 0x40;
const isLetter = (code: number): boolean => (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
const maxKey = 64;

function pairsOf(line: string): Pairs {
  let at = line.indexOf('=');
  if (at < 0) return nothing;
  const values: Record<string, string | number | boolean> = {};
  let count = 0;
  let consumed = 0;
  let free = false;
  for (; at >= 0 && count < maxPairs; at = line.indexOf('=', Math.max(at + 1, consumed))) {
    const start = keyStart(line, at, consumed);
    if (start < 0) {
      free = true;
      continue;
    }
    free ||= line.slice(consumed, start).trim() !== '';
    const quoted = line.charCodeAt(at + 1) === 0x22;
    const end = quoted ? closing(line, at + 2) : bareEnd(line, at + 1);
    const value = quoted ? unescaped(line.slice(at + 2, end)) : typed(line.slice(at + 1, end));
    const key = line.slice(start, at);
    // assigning to this name would set the prototype
    if (key !== '__proto__') values[key] = value;
    count++;
    consumed = quoted ? end + 1 : end;
  }
  return { values, free: free || count === 0 || line.slice(consumed).trim() !== '' };
}

/** Where the key before the `=` begins: after a space, a bracket or a comma; -1 when there is none. */
function keyStart(line: string, equals: number, from: number): number {
  let start = equals;
  while (start > from && equals - start < maxKey && isKeyPart(line.charCodeAt(start - 1))) start--;
  if (start === equals) return -1;
  const first = line.charCodeAt(start);
  if (!isLetter(first) && first !== 0x5f && first !== 0x40) return -1;
  return start === from || ' \t([{,;|'.includes(line.charAt(start - 1)) ? start : -1;
}

function bareEnd(line: string, from: number): number {
  let at = from;
  while (at < line.length && line.charCodeAt(at) > 0x20) at++;
  // `a=1, b=2` and `(a=1)`: the mark is not the value's
  while (at > from && ',;)'.includes(line.charAt(at - 1))) at--;
  return at;
}

function closing(line: string, from: number): number {
  let at = from;
  while (at < line.length && line.charCodeAt(at) !== 0x22) at += line.charCodeAt(at) === 0x5c ? 2 : 1;
  return Math.min(at, line.length);
}

function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  const named: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
  return text.replace(/\\(.)/gs, (_all, one: string) => named[one] ?? one);
}

/** Numbers and booleans as such; digits with a zero in front, or too many, are an id. */
function typed(text: string): string | number | boolean {
  if (text === 'true') return true;
  if (text === 'false') return false;
  return /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?$/.test(text) ? Number(text) : text;
}

/** Heroku's router: `18ms` as numbers, and OpenTelemetry's names for what they have names for. */
function routerOf(values: Values): Record<string, JsonValue> {
  const result: Record<string, JsonValue> = { 'http.request.method': values.method ?? '' };
  const [path = '', query] = String(values.path ?? '').split('?', 2);
  result['url.path'] = path;
  if (query !== undefined) result['url.query'] = query;
  if (typeof values.status === 'number') result['http.response.status_code'] = values.status;
  if (typeof values.bytes === 'number') result['http.response.body.size'] = values.bytes;
  if (typeof values.host === 'string') result['server.address'] = values.host;
  const [client] = String(values.fwd ?? '').split(',', 1);
  if (client) result['client.address'] = client;
  for (const name of ['connect', 'service']) {
    const [, ms] = /^(\d{1,9})ms$/.exec(String(values[name] ?? '')) ?? [];
    if (ms !== undefined) result[`${name}_ms`] = Number(ms);
  }
  return result;
}

const leadTime =
  /^\[?(\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)\]?(?=[\s:|,]|$)/;
/** In capitals, in brackets, or right after the time. */
const leadLevel =
  /(?:^|[\s[(<|])(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|CRITICAL|CRIT|FATAL|ALERT|EMERG|PANIC|SEVERE)(?=[\s\])>|:,]|$)/;
const bracketLevel = /\[([a-z]{1,10}:)?([A-Za-z]{3,11})\]/;

function leadOf(line: string): Severity & { timestamp?: number | undefined } {
  const found = leadTime.exec(line);
  const timestamp = logTime(found?.[1]?.replaceAll('/', '-'));
  const start = found?.[0].length ?? 0;
  const near = line.slice(start, start + 60);
  const first = found
    ? /^[\s:|,]{1,3}([A-Za-z]{3,11})\b/.exec(near)?.[1]
    : /^([A-Za-z]{3,11}):/.exec(near)?.[1];
  for (const word of [first, bracketLevel.exec(near)?.[2], leadLevel.exec(near)?.[1]]) {
    const severity = word === undefined ? undefined : severityOfWord(word);
    if (severity !== undefined) return { timestamp, severity, severityText: word };
  }
  return { timestamp };
}
