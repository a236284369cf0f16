import { expect } from 'vitest';
import type { Decoded, DecodedEvent, Failure } from '../contract/event.ts';
import type { LogRecord } from '../contract/request.ts';
import { decodeNow } from './decode-now.fixture.ts';
import type { SourceKey } from './protocol.ts';

export const receivedAt = 1_795_300_000_000;

/** A request as the log keeps it; objects become JSON. */
export function recordOf(
  protocol: string,
  path: string,
  { body = '', ...over }: { body?: unknown } & Partial<Omit<LogRecord, 'body'>> = {},
): LogRecord {
  const bytes =
    body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return {
    offset: 1,
    receivedAt,
    project: 'p',
    key: '',
    visitor: '',
    protocol,
    method: bytes.length === 0 ? 'GET' : 'POST',
    path,
    query: '',
    headers: {},
    address: '203.0.113.0',
    body: bytes,
    ...over,
  };
}

/** The one event that a record decodes to, without any failure. */
export function only(record: LogRecord): DecodedEvent {
  const decoded = decodeNow(record);
  expect(decoded.failures).toEqual([]);
  expect(decoded.events).toHaveLength(1);
  return decoded.events[0] as DecodedEvent;
}

export function reasons({ failures }: Decoded): string[] {
  return failures.map(({ reason }: Failure) => reason);
}

/** Keys of two projects, and a default project for protocols without keys. */
export function keyOf(key: string | undefined): SourceKey | undefined {
  const project = key === undefined ? 'default' : { wk_one: 'one', wk_two12: 'two' }[key];
  return project === undefined
    ? undefined
    : { id: key === undefined ? '' : `key-of-${project}`, project, door: 'tracker' };
}
