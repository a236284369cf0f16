import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject, JsonValue } from '../contract/event.ts';
import type { PlanPolicy } from '../contract/plan.ts';
import { messageOf, TributaryError } from '../runtime/errors.ts';
import { byVersion, type Iglu, igluOf } from './iglu.ts';
import { faultOf } from './schema.ts';
import { compile, dialectOf } from './validators.ts';

// biome-ignore lint/performance/noBarrelFile: the face of this folder; nothing outside imports past it
export { describedProperties } from './described.ts';
export { inferSchema } from './infer.ts';
export { createPlanReader, judgeOf } from './judge.ts';
export { type PersonalProperty, personalProperties } from './pii.ts';
export { type ProjectOfPlan, planOfProject, planSetOf } from './set.ts';

/** One event of the tracking plan. */
export interface PlannedEvent {
  readonly name: string;
  readonly description: string;
  /** Its file, below the folder of the plan. */
  readonly file: string;
  /** JSON Schema of its properties. */
  readonly schema: JsonObject;
  /** Of a self-describing schema. */
  readonly iglu?: Iglu | undefined;
  readonly policy: PlanPolicy;
  /** Who answers for it; '' when the schema does not say. */
  readonly owner: string;
  /** Ids of the projects it is for; undefined: all of them, without the demo. */
  readonly projects?: readonly string[] | undefined;
}

export interface PlanProblem {
  readonly file: string;
  /** Where in the file, and what: `/properties/a/type must be …`. */
  readonly message: string;
}

export interface Plan {
  /** In the order of names; of a self-describing schema all versions, the newest last. */
  readonly events: readonly PlannedEvent[];
  readonly problems: readonly PlanProblem[];
}

/** No event name is longer; the collector refuses it. */
const maxNameLength = 200;
const maxFiles = 2_000;
const maxBytes = 256 * 1024;

/**
 * The tracking plan: every `*.json` below `folder` is the JSON Schema of one event's properties, and so is `1-0-0` in a folder `jsonschema`, as
 * Iglu has it. The event is called as Iglu's `self.name` says, else as `title`, else as the last part of `$id`. What is wrong with one file
 * keeps no other from being read. No folder is no plan.
 */
export function lookAtPlan(folder: string): Plan {
  const problems: PlanProblem[] = [];
  const events: PlannedEvent[] = [];
  const files = planFiles(folder);
  if (files.length > maxFiles)
    problems.push({ file: files[maxFiles] ?? '', message: `is one too many: ${maxFiles} files are read` });
  const taken = new Map<string, string>();
  for (const file of files.slice(0, maxFiles)) {
    const event = readEvent(folder, file);
    if ('message' in event) {
      problems.push(event);
      continue;
    }
    const key = event.iglu?.key ?? event.name;
    const other = taken.get(key);
    if (other !== undefined) problems.push({ file, message: `the event "${key}" is in ${other} already` });
    else events.push(event);
    taken.set(key, other ?? file);
  }
  return { events: events.toSorted(byNameAndVersion), problems };
}

function byNameAndVersion(a: PlannedEvent, b: PlannedEvent): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return byVersion(a.iglu?.version ?? '', b.iglu?.version ?? '');
}

/** The plan when nothing is wrong with it, each event once, in the order of files; of versions the newest. All faults are told at once. */
export function readPlan(folder: string): readonly PlannedEvent[] {
  if (!existsSync(folder))
    throw new TributaryError(
      'plan-invalid',
      `there is no tracking plan: the folder ${folder} does not exist`,
    );
  const { events, problems } = lookAtPlan(folder);
  if (problems.length > 0)
    throw new TributaryError(
      'plan-invalid',
      problems.map(({ file, message }) => `${file}: ${message}`).join('\n'),
    );
  return newest(events).toSorted((a, b) => (a.file < b.file ? -1 : 1));
}

/** Each event once: of versions the newest. */
export function newest<Event extends PlannedEvent>(events: readonly Event[]): readonly Event[] {
  return [...new Map(events.map((event) => [event.name, event])).values()];
}

/** Paths below the folder, in order. */
export function planFiles(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json') || /(?:^|\/)jsonschema\/\d+-\d+-\d+$/.test(name))
    .toSorted();
}

function readEvent(folder: string, file: string): PlannedEvent | PlanProblem {
  let text: string;
  try {
    const { size } = statSync(join(folder, file));
    if (size > maxBytes) return { file, message: `has ${size} bytes; ${maxBytes} are the most` };
    text = readFileSync(join(folder, file), 'utf8');
  } catch (error) {
    return { file, message: `cannot be read: ${messageOf(error)}` };
  }
  return eventOf(text, file);
}

/** The event that the text of a schema plans, or what is wrong with the text. */
export function eventOf(text: string, file: string): PlannedEvent | PlanProblem {
  let schema: JsonValue;
  try {
    schema = JSON.parse(text) as JsonValue;
  } catch (error) {
    return { file, message: `not JSON: ${messageOf(error)}` };
  }
  const fault = faultOf(schema);
  if (fault) return { file, message: `${fault.place === '' ? 'the schema' : fault.place} ${fault.message}` };
  const event = schema as JsonObject;
  const iglu = igluOf(event.self);
  if (typeof iglu === 'string') return { file, message: iglu };
  const name = iglu?.name ?? nameOf(event);
  if (name === undefined) return { file, message: 'has no "title", which is the name of the event' };
  if (name.length > maxNameLength)
    return { file, message: `/title is longer than ${maxNameLength} characters` };
  const message = compileFault(event);
  if (message !== undefined) return { file, message };
  const { description, owner, policy = 'mark', projects } = event;
  return {
    name,
    description: typeof description === 'string' ? description : '',
    file,
    schema: event,
    iglu,
    // faultOf has looked at them
    policy: policy as PlanPolicy,
    owner: typeof owner === 'string' ? owner : '',
    projects: projects as readonly string[] | undefined,
  };
}

function nameOf({ title, $id }: JsonObject): string | undefined {
  if (typeof title === 'string' && title !== '') return title;
  const last = typeof $id === 'string' ? $id.split(/[/:#]/).findLast((part) => part !== '') : undefined;
  return last?.replace(/(?:\.schema)?\.json$/, '');
}

/** What the validator says of it: keywords with values they cannot have, patterns that could be slow. */
function compileFault(schema: JsonObject): string | undefined {
  if (dialectOf(schema) === undefined)
    return '/$schema is not known: http://json-schema.org/draft-07/schema#, or https://json-schema.org/draft/2020-12/schema';
  try {
    compile(schema);
    return undefined;
  } catch (error) {
    // "schema is invalid: data/properties/a/minimum must be number"
    const [, place, what] =
      /^schema is invalid: data(\/\S*)? (.*?)(?:, data.*)?$/s.exec(messageOf(error)) ?? [];
    return what === undefined
      ? `the schema cannot be used: ${messageOf(error)}`
      : `${place ?? 'the schema'} ${what}`;
  }
}
