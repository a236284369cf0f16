import { compile } from 'json-schema-to-typescript';
import type { JsonObject, JsonValue } from '../contract/event.ts';
import type { PlannedEvent } from './plan.ts';
import { isObject, referred } from './schema.ts';

const banner = `// Written by \`tributary types\` from the tracking plan; change the schemas and run it again.
/* eslint-disable */`;

/** TypeScript source with `TributaryEvents`: the properties of each event by its name, for both trackers. */
export async function planTypes(events: readonly PlannedEvent[]): Promise<string> {
  const names = new Set<string>();
  const properties = Object.fromEntries(
    events.map((event) => [event.name, { ...expanded(event.schema), title: typeName(event.name, names) }]),
  );
  const all = {
    title: 'TributaryEvents',
    description: 'Properties of each event by its name.',
    type: 'object',
    additionalProperties: false,
    required: events.map(({ name }) => name),
    properties,
  };
  return compile(all as Parameters<typeof compile>[0], 'TributaryEvents', {
    // a name that the plan does not know is a mistake, unless the schema says that anything may come
    additionalProperties: false,
    bannerComment: banner,
    format: false,
    unknownAny: true,
    $refOptions: { resolve: { external: false } },
  });
}

/** Without references, and without the titles that would make a type of their own of each part. */
function expanded(schema: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(expand(schema, schema) as JsonObject).filter(
      ([keyword]) => !['$id', '$schema', 'self', '$defs', 'definitions', 'title'].includes(keyword),
    ),
  );
}

function expand(part: JsonValue, root: JsonObject): JsonValue {
  if (Array.isArray(part)) return part.map((one: JsonValue) => expand(one, root));
  if (!isObject(part)) return part;
  const { $ref, ...rest } = part;
  const target = typeof $ref === 'string' ? referred(root, $ref) : undefined;
  if (target !== undefined) return expand(isObject(target) ? { ...target, ...rest } : target, root);
  const parts = Object.entries(part).filter(([keyword]) => keyword !== '$defs' && keyword !== 'definitions');
  return Object.fromEntries(
    parts.map(([keyword, value]) => [
      keyword,
      keyword === 'properties' && isObject(value) ? expandProperties(value, root) : expand(value, root),
    ]),
  );
}

/** Names of properties are not keywords: one may be called `title`. */
function expandProperties(properties: JsonObject, root: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => {
      const whole = expand(schema, root);
      if (!isObject(whole)) return [name, whole];
      const { title: _, ...untitled } = whole;
      return [name, untitled];
    }),
  );
}

/** `Order Placed` → `OrderPlaced`; a second one that comes out the same gets a number. */
function typeName(event: string, taken: Set<string>): string {
  const words = event.match(/[\p{L}\p{N}]+/gu) ?? [];
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  const name = /^\p{L}/u.test(joined) ? joined : `Event${joined}`;
  let free = name === 'TributaryEvents' ? 'TributaryEvents1' : name;
  for (let number = 2; taken.has(free); number++) free = `${name}${number}`;
  taken.add(free);
  return free;
}
