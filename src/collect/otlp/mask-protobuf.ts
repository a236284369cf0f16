import { PbfReader } from 'pbf';
import type { Masker } from '../../privacy/privacy.ts';
import { maxAnyDepth } from './log-record.ts';

/** Fields that hold messages, by the message they stand in (opentelemetry-proto 1.x). */
type Kind =
  | 'request'
  | 'resourceLogs'
  | 'resource'
  | 'scopeLogs'
  | 'scope'
  | 'record'
  | 'pair'
  | 'value'
  | 'values'
  | 'pairs';
const parts: Readonly<Record<Kind, Readonly<Record<number, Kind>>>> = {
  request: { 1: 'resourceLogs' },
  resourceLogs: { 1: 'resource', 2: 'scopeLogs' },
  resource: { 1: 'pair' },
  scopeLogs: { 1: 'scope', 2: 'record' },
  scope: { 3: 'pair' },
  record: { 5: 'value', 6: 'pair' },
  pair: { 2: 'value' },
  value: { 5: 'values', 6: 'pairs' },
  values: { 1: 'value' },
  pairs: { 1: 'pair' },
};

/** OTLP is protobuf or JSON; JSON begins with a brace. */
export function isProtobuf(body: Uint8Array): boolean {
  return body[0] !== 0x7b && body[0] !== 0x5b;
}

/** An ExportLogsServiceRequest with its texts masked and its lengths written again; what cannot be read is left for quarantine, masked as text. */
export function maskProtobuf(body: Buffer, masker: Masker): Buffer {
  try {
    return maskMessage(body, 'request', '', 0, masker);
  } catch {
    return Buffer.from(masker.lines(body.toString('latin1')), 'latin1');
  }
}

function maskMessage(bytes: Buffer, kind: Kind, name: string, depth: number, masker: Masker): Buffer {
  if (depth > 2 * maxAnyDepth + 12) return bytes;
  const reader = new PbfReader(bytes);
  const pieces: Buffer[] = [];
  let from = 0;
  const own = kind === 'pair' ? keyOf(bytes) : name;
  while (reader.pos < bytes.length) {
    const tag = reader.readVarint();
    const field = tag >>> 3;
    if ((tag & 7) !== 2) {
      reader.skip(tag);
      if (reader.pos > bytes.length) throw new Error('a field is longer than what it stands in');
      continue;
    }
    const lengthAt = reader.pos;
    const length = reader.readVarint();
    const start = reader.pos;
    const end = start + length;
    if (!(end <= bytes.length)) throw new Error('a field is longer than what it stands in');
    const before = bytes.subarray(start, end);
    const part = parts[kind][field];
    const after = part
      ? maskMessage(before, part, own, depth + 1, masker)
      : kind === 'value' && field === 1
        ? maskString(before, own, masker)
        : before;
    if (after !== before) {
      pieces.push(bytes.subarray(from, lengthAt), varint(after.length), after);
      from = end;
    }
    reader.pos = end;
  }
  return from === 0 ? bytes : Buffer.concat([...pieces, bytes.subarray(from)]);
}

function maskString(bytes: Buffer, name: string, masker: Masker): Buffer {
  const text = bytes.toString('latin1');
  const masked = masker.value(text, { name, in: 'properties', depth: 1 });
  return masked === text ? bytes : Buffer.from(masked, 'latin1');
}

function keyOf(bytes: Buffer): string {
  const reader = new PbfReader(bytes);
  while (reader.pos < bytes.length) {
    const tag = reader.readVarint();
    if (tag === 0x0a) {
      const end = reader.readVarint() + reader.pos;
      return bytes.toString('latin1', reader.pos, end);
    }
    reader.skip(tag);
  }
  return '';
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
