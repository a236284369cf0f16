import { isUtf8 } from 'node:buffer';
import type { LogRecord } from '../contract/request.ts';

/** One line of the archive: a record of the log, its fields in the words of the warehouse's columns. */
export interface ArchiveLine {
  readonly offset: number;
  /** Milliseconds since the epoch. */
  readonly received_at: number;
  readonly project: string;
  readonly key: string;
  readonly protocol: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly address: string;
  readonly visitor: string;
  /** How `body` is written: the text itself where the bytes are UTF-8, so that they can be read and searched. */
  readonly encoding: 'text' | 'base64';
  readonly body: string;
}

/** The record as a line of JSON, with the line's end. */
export function toLine(record: LogRecord): string {
  const isText = isUtf8(record.body);
  const bytes = Buffer.from(record.body.buffer, record.body.byteOffset, record.body.byteLength);
  const line: ArchiveLine = {
    offset: record.offset,
    received_at: record.receivedAt,
    project: record.project,
    key: record.key,
    protocol: record.protocol,
    method: record.method,
    path: record.path,
    query: record.query,
    headers: record.headers,
    address: record.address,
    visitor: record.visitor,
    encoding: isText ? 'text' : 'base64',
    body: bytes.toString(isText ? 'utf8' : 'base64'),
  };
  return `${JSON.stringify(line)}\n`;
}

/** Throws where the line is not one of ours. */
export function fromLine(text: string): LogRecord {
  const line = JSON.parse(text) as ArchiveLine;
  if (typeof line.offset !== 'number' || typeof line.body !== 'string')
    throw new SyntaxError('the line is no record of the log');
  return {
    offset: line.offset,
    receivedAt: line.received_at,
    project: line.project,
    key: line.key,
    protocol: line.protocol,
    method: line.method,
    path: line.path,
    query: line.query,
    headers: line.headers,
    address: line.address,
    visitor: line.visitor,
    body: Buffer.from(line.body, line.encoding === 'base64' ? 'base64' : 'utf8'),
  };
}
