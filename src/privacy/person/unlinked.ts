import { randomBytes } from 'node:crypto';
import type { LogRecord } from '../../contract/request.ts';
import { isObject, isRaw, type Json, readJson } from './json-text.ts';
import { payloadsOf } from './payloads.ts';

/** So long that it can only be the id. */
const surely = 8;
/** Names under which short texts are ids of whom it is about. */
const identity =
  /^\$?(?:(?:user|anonymous|device|distinct|client|previous|visitor|domain_user|network_user)_?(?:id)?|alias|a|u|uid|cid|_id|duid|nuid|tnuid)$/i;

/** Ways to write a record again without ids of a device, the least change first. Whoever uses it looks at what it decodes to. */
export function* unlinked(record: LogRecord, ids: ReadonlySet<string>): Generator<LogRecord> {
  // the day's id that the connection was given
  if (record.visitor !== '') yield { ...record, visitor: '' };
  const query = withoutParameters(record.query, ids);
  for (const { text, put } of payloadsOf({ ...record, query })) yield put(withoutFields(text, ids));
  // what counts its bytes keeps their count
  let bytes: LogRecord = record;
  for (const id of ids) if (id.length >= surely) bytes = overwritten(bytes, id);
  if (bytes !== record) yield bytes;
}

function withoutFields(text: string, ids: ReadonlySet<string>): string {
  const json = readJson(text);
  if (json !== undefined) return JSON.stringify(without(json, ids));
  return text
    .split('\n')
    .map((line) => {
      const one = readJson(line);
      return one === undefined ? withoutParameters(line, ids) : JSON.stringify(without(one, ids));
    })
    .join('\n');
}

function without(json: Json, ids: ReadonlySet<string>): Json {
  if (typeof json === 'string')
    return json.startsWith('?') ? `?${withoutParameters(json.slice(1), ids)}` : json;
  if (Array.isArray(json)) return json.map((one) => without(one, ids));
  if (!isObject(json) || isRaw(json)) return json;
  const left = Object.entries(json).filter(([name, value]) => !isLink(name, value, ids));
  return Object.fromEntries(left.map(([name, value]) => [name, without(value, ids)]));
}

function isLink(name: string, value: Json, ids: ReadonlySet<string>): boolean {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && ids.has(text) && (text.length >= surely || identity.test(name));
}

function withoutParameters(query: string, ids: ReadonlySet<string>): string {
  if (!query.includes('=')) return query;
  return query
    .split('&')
    .filter((pair) => ![...new URLSearchParams(pair)].some(([name, value]) => isLink(name, value, ids)))
    .join('&');
}

function overwritten(record: LogRecord, id: string): LogRecord {
  const length = Buffer.byteLength(id);
  const other = randomBytes(length).toString('hex').slice(0, length);
  const body = Buffer.from(record.body);
  const needle = Buffer.from(id);
  for (let at = body.indexOf(needle); at >= 0; at = body.indexOf(needle, at + needle.length))
    body.write(other, at);
  return { ...record, query: record.query.replaceAll(id, other), body };
}
