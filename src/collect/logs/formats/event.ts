import { isObject, maxNameLength } from '../../event/fields.ts';
import { type Problem, parseText } from '../../event/payload.ts';
import type { LineFormat, ReadLine } from '../line.ts';
import { logTime } from '../time.ts';

/**
 * `@[database.table] {"json": "object"}`: an event that a program prints, as Treasure Data's add-on reads them on Heroku. The
 * table is the event's name; `time` in the object (seconds) is when it happened.
 */
export const event: LineFormat = { name: 'event', read };

const name = /^@\[([\w-]{1,100})\.([\w.-]{1,200})\]\s{0,9}(?=\{)/;

function read(line: string): ReadLine | Problem | undefined {
  if (!line.startsWith('@[')) return undefined;
  const [all = '', database, table] = name.exec(line) ?? [];
  if (database === undefined || table === undefined || table.length > maxNameLength) return undefined;
  const parsed = parseText(line.slice(all.length));
  if ('reason' in parsed) return parsed;
  const { json } = parsed;
  if (!isObject(json))
    return { reason: 'not an object', detail: 'after @[database.table] comes one JSON object' };
  const event = { database, table, properties: json, at: logTime(json.time) };
  return { body: line, attributes: {}, event };
}
