import { isObject, outOfBounds } from '../../event/fields.ts';
import { parseText } from '../../event/payload.ts';
import { readFields } from '../fields.ts';
import type { LineFormat, ReadLine } from '../line.ts';
import { logTime } from '../time.ts';

/** One JSON object a line, with the field names of ECS, pino, bunyan, winston, zap, structlog, Python and Docker. */
export const json: LineFormat = { name: 'json', read };

function read(line: string): ReadLine | undefined {
  if (!line.startsWith('{')) return undefined;
  const parsed = parseText(line);
  if ('reason' in parsed || !isObject(parsed.json)) return undefined;
  const fields = parsed.json;
  // Docker's json-file driver wraps each line of the program.
  if (
    typeof fields.log === 'string' &&
    typeof fields.stream === 'string' &&
    typeof fields.time === 'string'
  ) {
    const { log, time, ...attributes } = fields;
    const inner = log.replace(/\r?\n$/, '');
    return { timestamp: logTime(time), body: inner, attributes, inner: inner === '' ? undefined : inner };
  }
  // The body keeps the whole text when its fields are more than anybody can ask for.
  if (outOfBounds(fields)) return { body: line, attributes: {} };
  return readFields(fields, line);
}
