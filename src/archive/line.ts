import { isUtf8 } from 'node:buffer';
import type { LogRecord } from '../contract/request.ts';

/** One line of the archive: a record of the log with all its fields, times and bytes written as the warehouse's columns are. */
export type ArchiveLine = Omit<LogRecord, 'receivedAt' | 'body'> & {
  /** Milliseconds since the epoch. */
  readonly received_at: number;
  /** How `body` is written: the text itself where the bytes are UTF-8, so that they can be read and searched. */
  readonly encoding: 'text' | 'base64';
  readonly body: string;
};

/** The record as a line of JSON, with the line's end. */
export function toLine({ offset, receivedAt, body, ...fields }: LogRecord): string {
  const isText = isUtf8(body);
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const line: ArchiveLine = {
    offset,
    received_at: receivedAt,
    ...fields,
    encoding: isText ? 'text' : 'base64',
    body: bytes.toString(isText ? 'utf8' : 'base64'),
  };
  return `${JSON.stringify(line)}\n`;
}

/** Throws where the line is not one of ours. */
export function fromLine(text: string): LogRecord {
  const { received_at: receivedAt, encoding, body, ...fields } = JSON.parse(text) as ArchiveLine;
  if (typeof fields.offset !== 'number' || typeof body !== 'string')
    throw new SyntaxError('the line is no record of the log');
  return { ...fields, receivedAt, body: Buffer.from(body, encoding === 'base64' ? 'base64' : 'utf8') };
}
