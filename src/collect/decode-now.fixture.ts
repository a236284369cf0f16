import type { Decoded } from '../contract/event.ts';
import type { LogRecord } from '../contract/request.ts';
import { createDecoder } from './collect.ts';

const decode = createDecoder();

/** Decodes a record of a protocol that has no reason to wait for anything. */
export function decodeNow(record: LogRecord): Decoded {
  const decoded = decode(record);
  if (decoded instanceof Promise) throw new Error(`${record.protocol} decodes later`);
  return decoded;
}
