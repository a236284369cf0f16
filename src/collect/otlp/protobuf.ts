import { PbfReader } from 'pbf';
import type { JsonObject, JsonValue } from '../../contract/event.ts';
import { hideInBytes } from '../logs/addresses.ts';
import { maxAnyDepth, type OtlpRecord, type OtlpResource } from './log-record.ts';

/**
 * The protobuf encoding of an ExportLogsServiceRequest (opentelemetry-proto 1.x, logs/v1). Calls back for each record; throws
 * when the bytes are no such message. Lengths are checked against what they stand in: the library itself believes them.
 */
export function eachProtobufRecord(bytes: Uint8Array, take: (record: OtlpRecord) => void): void {
  requestOf(new LogsReader(bytes), take);
}

class LogsReader extends PbfReader {
  /** Where the texts of values are. */
  texts: { readonly start: number; readonly end: number }[] | undefined;
}

/** The request with the addresses in its texts hidden. Lengths stay: what is shorter is filled up with spaces. */
export function hideInProtobuf(bytes: Buffer, hide: (address: string) => string): Buffer {
  const reader = new LogsReader(bytes);
  reader.texts = [];
  try {
    requestOf(reader, () => undefined);
  } catch {
    // what cannot be read is kept for quarantine, and may hold addresses all the same
    return hideInBytes(bytes, hide, true);
  }
  let result = bytes;
  for (const { start, end } of reader.texts) {
    const before = bytes.subarray(start, end);
    const after = hideInBytes(before, hide, true);
    if (after === before) continue;
    if (result === bytes) result = Buffer.from(bytes);
    after.copy(result, start);
  }
  return result;
}

function requestOf(reader: LogsReader, take: (record: OtlpRecord) => void): void {
  const { length } = reader;
  fields(reader, length, (field) => {
    if (field === 1) resourceLogs(reader, endOf(reader, length), take);
  });
}

/** Calls `read` with each field's number; what it does not read is skipped. */
function fields(reader: LogsReader, end: number, read: (field: number) => void): void {
  while (reader.pos < end) {
    const tag = reader.readVarint();
    const start = reader.pos;
    reader.type = tag & 7;
    read(tag >>> 3);
    if (reader.pos === start) reader.skip(tag);
    if (reader.pos > end) throw new Error('a field is longer than what it stands in');
  }
}

function endOf(reader: LogsReader, limit: number): number {
  if (reader.type !== 2) throw new Error('a message is no message');
  const end = reader.readVarint() + reader.pos;
  if (!(end <= limit)) throw new Error('a message is longer than what it stands in');
  return end;
}

function stringOf(reader: LogsReader, limit: number): string {
  const end = endOf(reader, limit);
  const found = Buffer.from(
    reader.buf.buffer,
    reader.buf.byteOffset + reader.pos,
    end - reader.pos,
  ).toString();
  reader.pos = end;
  return found;
}

/** A hidden address is as long as it was, filled up with spaces. */
const filled = /^([\d.:a-f]{2,45}|-) +$/;

function textOf(reader: LogsReader, limit: number): string {
  const end = endOf(reader, limit);
  const start = reader.pos;
  const found = Buffer.from(reader.buf.buffer, reader.buf.byteOffset + start, end - start).toString();
  reader.pos = end;
  // millions of texts fit into a request, few of which can hold an address
  if (reader.texts && /[.:]/.test(found)) reader.texts.push({ start, end });
  return found.endsWith(' ') && found.length < 50 ? (filled.exec(found)?.[1] ?? found) : found;
}

/** Present and not the default, which is how absent looks. */
function wordOf(reader: LogsReader, limit: number): string | undefined {
  return stringOf(reader, limit) || undefined;
}

function resourceLogs(reader: LogsReader, end: number, take: (record: OtlpRecord) => void): void {
  // The resource may stand behind its records, and all of them are its.
  const start = reader.pos;
  let attributes: JsonObject = {};
  fields(reader, end, (field) => {
    if (field === 1) attributes = attributesOf(reader, endOf(reader, end), 1);
  });
  reader.pos = start;
  fields(reader, end, (field) => {
    if (field === 2) scopeLogs(reader, endOf(reader, end), attributes, take);
  });
}

function scopeLogs(
  reader: LogsReader,
  end: number,
  attributes: JsonObject,
  take: (record: OtlpRecord) => void,
): void {
  const start = reader.pos;
  let scope: string | undefined;
  let scopeVersion: string | undefined;
  fields(reader, end, (field) => {
    if (field !== 1) return;
    const inner = endOf(reader, end);
    fields(reader, inner, (one) => {
      if (one === 1) scope = wordOf(reader, inner);
      else if (one === 2) scopeVersion = wordOf(reader, inner);
    });
  });
  reader.pos = start;
  const resource: OtlpResource = { attributes, scope, scopeVersion };
  fields(reader, end, (field) => {
    if (field === 2) take(recordOf(reader, endOf(reader, end), resource));
  });
}

function recordOf(reader: LogsReader, end: number, resource: OtlpResource): OtlpRecord {
  const record: { -readonly [Name in keyof OtlpRecord]: OtlpRecord[Name] } = {
    resource,
    time: undefined,
    observed: undefined,
    severity: undefined,
    severityText: undefined,
    body: undefined,
    attributes: {},
    traceId: undefined,
    spanId: undefined,
    eventName: undefined,
  };
  const attributes: Record<string, JsonValue> = {};
  fields(reader, end, (field) => {
    if (field === 1) record.time = moment(reader);
    else if (field === 11) record.observed = moment(reader);
    else if (field === 2) record.severity = reader.readVarint();
    else if (field === 3) record.severityText = wordOf(reader, end);
    else if (field === 5) record.body = anyValue(reader, endOf(reader, end), 1);
    else if (field === 6) keyValue(reader, endOf(reader, end), 1, attributes);
    else if (field === 9) record.traceId = hexOf(reader, end);
    else if (field === 10) record.spanId = hexOf(reader, end);
    else if (field === 12) record.eventName = wordOf(reader, end);
  });
  record.attributes = attributes;
  return record;
}

function moment(reader: LogsReader): number | undefined {
  if (reader.type !== 1) throw new Error('a time is no fixed64');
  const low = BigInt(reader.readFixed32());
  const nanoseconds = (BigInt(reader.readFixed32()) << 32n) | low;
  return nanoseconds === 0n ? undefined : Number(nanoseconds / 1_000n) / 1_000;
}

function hexOf(reader: LogsReader, limit: number): string | undefined {
  const end = endOf(reader, limit);
  const bytes = Buffer.from(reader.buf.buffer, reader.buf.byteOffset + reader.pos, end - reader.pos);
  reader.pos = end;
  return bytes.toString('hex') || undefined;
}

/** A list of KeyValue in field 1: a Resource, a KeyValueList. */
function attributesOf(reader: LogsReader, end: number, depth: number): JsonObject {
  const result: Record<string, JsonValue> = {};
  fields(reader, end, (field) => {
    if (field === 1) keyValue(reader, endOf(reader, end), depth, result);
  });
  return result;
}

function keyValue(reader: LogsReader, end: number, depth: number, into: Record<string, JsonValue>): void {
  let key = '';
  let value: JsonValue | undefined;
  fields(reader, end, (field) => {
    if (field === 1) key = stringOf(reader, end);
    else if (field === 2) value = anyValue(reader, endOf(reader, end), depth);
  });
  if (key !== '' && key !== '__proto__') into[key] = value ?? null;
}

function anyValue(reader: LogsReader, end: number, depth: number): JsonValue | undefined {
  let value: JsonValue | undefined;
  if (depth > maxAnyDepth) {
    reader.pos = end;
    return undefined;
  }
  fields(reader, end, (field) => {
    if (field === 1) value = textOf(reader, end);
    else if (field === 2) value = reader.readVarint() !== 0;
    else if (field === 3) value = integer(reader);
    else if (field === 4) value = double(reader);
    else if (field === 5) value = arrayOf(reader, endOf(reader, end), depth);
    else if (field === 6) value = attributesOf(reader, endOf(reader, end), depth + 1);
    else if (field === 7) value = base64Of(reader, endOf(reader, end));
  });
  return value;
}

/** As a number where that is exact, else its digits. */
function integer(reader: LogsReader): JsonValue {
  const start = reader.pos;
  const value = reader.readVarint(true);
  if (Number.isSafeInteger(value)) return value;
  let whole = 0n;
  for (let at = start; at < reader.pos; at++)
    whole |= BigInt((reader.buf[at] ?? 0) & 0x7f) << BigInt(7 * (at - start));
  return BigInt.asIntN(64, whole).toString();
}

function double(reader: LogsReader): JsonValue {
  if (reader.type !== 1) throw new Error('a double is none');
  const value = reader.readDouble();
  return Number.isFinite(value) ? value : `${value}`;
}

function arrayOf(reader: LogsReader, end: number, depth: number): JsonValue {
  const values: JsonValue[] = [];
  fields(reader, end, (field) => {
    if (field === 1) values.push(anyValue(reader, endOf(reader, end), depth + 1) ?? null);
  });
  return values;
}

function base64Of(reader: LogsReader, end: number): string {
  const bytes = Buffer.from(reader.buf.buffer, reader.buf.byteOffset + reader.pos, end - reader.pos);
  reader.pos = end;
  return bytes.toString('base64');
}
