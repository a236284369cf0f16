import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject, JsonValue } from '../contract/event.ts';
import { messageOf, TributaryError } from '../runtime/errors.ts';
import { faultOf } from './schema.ts';

/** One event of the tracking plan. */
export interface PlannedEvent {
  readonly name: string;
  readonly description: string;
  /** Its file, below the folder of the plan. */
  readonly file: string;
  /** JSON Schema of its properties. */
  readonly schema: JsonObject;
}

/** No event name is longer; the collector refuses it. */
const maxNameLength = 200;

/**
 * The tracking plan: every `*.json` below `folder` is the JSON Schema of one event's properties. The event is called as
 * `title` says, else as Iglu's `self.name`, else as the last part of `$id`. All faults are found before any is told.
 */
export function readPlan(folder: string): readonly PlannedEvent[] {
  if (!existsSync(folder))
    throw new TributaryError(
      'plan-invalid',
      `there is no tracking plan: the folder ${folder} does not exist`,
    );
  const faults: string[] = [];
  const events = new Map<string, PlannedEvent>();
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.json'),
  );
  for (const file of files.toSorted()) {
    const event = readEvent(folder, file);
    if (typeof event === 'string') {
      faults.push(event);
      continue;
    }
    const other = events.get(event.name);
    if (other) faults.push(`${file}: the event "${event.name}" is in ${other.file} already`);
    else events.set(event.name, event);
  }
  if (faults.length > 0) throw new TributaryError('plan-invalid', faults.join('\n'));
  return [...events.values()];
}

/** The event, or what is wrong with the file. */
function readEvent(folder: string, file: string): PlannedEvent | string {
  let schema: JsonValue;
  try {
    schema = JSON.parse(readFileSync(join(folder, file), 'utf8')) as JsonValue;
  } catch (error) {
    return `${file}: not JSON: ${messageOf(error)}`;
  }
  const fault = faultOf(schema);
  if (fault) return `${file}: ${fault.place === '' ? 'the schema' : fault.place} ${fault.message}`;
  const event = schema as JsonObject;
  const name = nameOf(event);
  if (name === undefined) return `${file}: has no "title", which is the name of the event`;
  if (name.length > maxNameLength) return `${file}: /title is longer than ${maxNameLength} characters`;
  const description = typeof event.description === 'string' ? event.description : '';
  return { name, description, file, schema: event };
}

function nameOf({ title, self, $id }: JsonObject): string | undefined {
  if (typeof title === 'string' && title !== '') return title;
  const iglu = typeof self === 'object' && self !== null ? (self as JsonObject).name : undefined;
  if (typeof iglu === 'string' && iglu !== '') return iglu;
  const last = typeof $id === 'string' ? $id.split(/[/:#]/).findLast((part) => part !== '') : undefined;
  return last?.replace(/(?:\.schema)?\.json$/, '');
}
