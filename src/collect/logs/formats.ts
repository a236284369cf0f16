import type { Problem } from '../event/payload.ts';
import { access } from './formats/access.ts';
import { event } from './formats/event.ts';
import { json } from './formats/json.ts';
import { keyValue } from './formats/key-value.ts';
import { syslog } from './formats/syslog.ts';
import { combined, type LineFormat, type ReadLine } from './line.ts';

/** Every format of lines. A line is of the first that can read it; the last reads all. */
export const formats: readonly LineFormat[] = [event, json, syslog, access, keyValue];

const byName = new Map(formats.map((format) => [format.name, format]));

/** How often a line may hold another one: a program's line in syslog's, and that one in Docker's. */
const maxInner = 3;

/**
 * Reads a line by its format: the one named, else (and where that one cannot) the first that can. `plain` reads nothing
 * and keeps the text.
 */
export function readLine(line: string, now: number, named?: string): ReadLine | Problem {
  if (named === 'plain') return { body: line, attributes: {} };
  let read = firstRead(line, now, named);
  for (let depth = 0; depth < maxInner && !('reason' in read) && read.inner !== undefined; depth++) {
    const inner = firstRead(read.inner, now);
    const timestamp = 'reason' in inner ? undefined : (inner.timestamp ?? read.timestamp);
    read = 'reason' in inner ? inner : combined(read, inner, { body: inner.body, timestamp });
  }
  return read;
}

function firstRead(line: string, now: number, named?: string): ReadLine | Problem {
  const read = named === undefined ? undefined : byName.get(named)?.read(line, now);
  if (read) return read;
  for (const format of formats) {
    const found = format.read(line, now);
    if (found) return found;
  }
  return { body: line, attributes: {} };
}
