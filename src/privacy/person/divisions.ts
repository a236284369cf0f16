import type { LogRecord } from '../../contract/request.ts';
import { isObject, type Json, readJson } from './json-text.ts';
import { payloadsOf } from './payloads.ts';

/** A record taken apart: maybe into its items. Whoever uses it compares what it decodes to. */
export interface Division {
  /** Each by itself, as text. */
  readonly units: readonly string[];
  /** The record with only those that are to be kept, by their place. */
  readonly keep: (isKept: (place: number) => boolean) => LogRecord;
}

/** More fields with lists than any client has beside its items. */
const maxLists = 20;

/** The ways to take a record apart, the likeliest first. */
export function* divisionsOf(record: LogRecord): Generator<Division> {
  if (record.protocol === 'syslog' || record.protocol === 'logplex') {
    const frames = framesOf(record.body);
    if (frames) yield ofFrames(record, frames);
  }
  for (const { text, put } of payloadsOf(record)) {
    const json = readJson(text);
    if (json !== undefined) yield* ofJson(json, (one) => put(JSON.stringify(one)));
    // protobuf counts its bytes
    else if (record.protocol !== 'otlp')
      yield ofParts(record.protocol === 'elasticsearch' ? actionsOf(text) : text.split('\n'), put);
  }
}

function ofParts(units: readonly string[], put: (text: string) => LogRecord): Division {
  return { units, keep: (isKept) => put(units.filter((_, place) => isKept(place)).join('\n')) };
}

/** A line that says what to do, and the document below it. */
function actionsOf(text: string): string[] {
  const units: string[] = [];
  let needsDocument = false;
  for (const line of text.split('\n')) {
    if (needsDocument) units.push(`${units.pop() ?? ''}\n${line}`);
    else units.push(line);
    needsDocument = !needsDocument && /^\s*\{\s*"(?:index|create|update)"/.test(line);
  }
  return units;
}

function* ofJson(json: Json, put: (json: Json) => LogRecord): Generator<Division> {
  if (Array.isArray(json)) yield ofList(json, put);
  if (!isObject(json)) return;
  if (Array.isArray(json.resourceLogs)) yield ofNested(json, put);
  const lists = Object.entries(json).flatMap(([name, list]) => (Array.isArray(list) ? [{ name, list }] : []));
  const longestFirst = lists.toSorted((one, other) => other.list.length - one.list.length);
  for (const { name, list } of longestFirst.slice(0, maxLists))
    yield ofList(list, (left) => put({ ...json, [name]: left }));
  // old clients have a list as text in JSON
  for (const [name, text] of Object.entries(json)) {
    const list = typeof text === 'string' && /^\s*\[/.test(text) ? readJson(text) : undefined;
    if (Array.isArray(list)) yield ofList(list, (left) => put({ ...json, [name]: JSON.stringify(left) }));
  }
}

function ofList(list: readonly Json[], put: (left: Json[]) => LogRecord): Division {
  return {
    units: list.map((one) => JSON.stringify(one)),
    keep: (isKept) => put(list.filter((_, place) => isKept(place))),
  };
}

/** OpenTelemetry's records lie in scopes, and these in resources. */
const nested = ['resourceLogs', 'scopeLogs', 'logRecords'];

function ofNested(json: Json, put: (json: Json) => LogRecord): Division {
  const units: string[] = [];
  eachNested(json, 0, (one) => units.push(JSON.stringify(one)) > 0);
  const keep = (isKept: (place: number) => boolean): LogRecord => {
    let place = 0;
    return put(eachNested(json, 0, () => isKept(place++)));
  };
  return { units, keep };
}

function eachNested(json: Json, depth: number, isKept: (record: Json) => boolean): Json {
  const name = nested[depth];
  if (name === undefined || !isObject(json) || !Array.isArray(json[name])) return json;
  const list =
    depth === nested.length - 1
      ? json[name].filter(isKept)
      : json[name].map((one) => eachNested(one, depth + 1, isKept));
  return { ...json, [name]: list };
}

function ofFrames(record: LogRecord, frames: readonly Buffer[]): Division {
  return {
    units: frames.map(String),
    keep: (isKept) => ({ ...record, body: Buffer.concat(frames.filter((_, place) => isKept(place))) }),
  };
}

/** Messages with their count of bytes in front; undefined when they have none. */
function framesOf(bytes: Uint8Array): Buffer[] | undefined {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const frames: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(body.toString('latin1', at, space));
    if (!Number.isSafeInteger(length) || length <= 0) return undefined;
    const end = Math.min(body.length, space + 1 + length);
    frames.push(body.subarray(at, end));
    at = end;
  }
  return frames;
}
