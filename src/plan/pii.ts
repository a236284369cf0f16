import type { JsonObject, JsonValue } from '../contract/event.ts';
import type { PlanSchema } from '../contract/plan.ts';
import { isObject, referred } from './schema.ts';

/** A property that the plan calls personal. */
export interface PersonalProperty {
  /** Names from the outside in; `[]` stands for each value of a list. */
  readonly path: readonly string[];
  /** What it is, as the schema says: `email`, `phone`, …; `personal` when it only says that it is. */
  readonly kind: string;
}

const maxDepth = 20;

/** Properties marked `pii` by the name of their event. Of a name with several versions, those of all of them. */
export function personalProperties(
  schemas: readonly Pick<PlanSchema, 'event' | 'schema'>[],
): ReadonlyMap<string, readonly PersonalProperty[]> {
  const marked = new Map<string, PersonalProperty[]>();
  for (const { event, schema } of schemas) {
    const found = new Map((marked.get(event) ?? []).map((one) => [one.path.join('\0'), one]));
    look(schema, schema, [], found);
    if (found.size > 0) marked.set(event, [...found.values()]);
  }
  return marked;
}

function look(
  part: JsonValue | undefined,
  root: JsonObject,
  path: readonly string[],
  found: Map<string, PersonalProperty>,
  depth = 0,
): void {
  if (!isObject(part) || depth > maxDepth) return;
  const { pii, $ref, properties, items } = part;
  if ((pii === true || (typeof pii === 'string' && pii !== '')) && path.length > 0)
    found.set(path.join('\0'), { path, kind: pii === true ? 'personal' : pii });
  if (typeof $ref === 'string') look(referred(root, $ref), root, path, found, depth + 1);
  if (isObject(properties))
    for (const [name, child] of Object.entries(properties))
      look(child, root, [...path, name], found, depth + 1);
  if (items !== undefined) look(items, root, [...path, '[]'], found, depth + 1);
  for (const keyword of ['allOf', 'anyOf', 'oneOf']) {
    const branches = part[keyword];
    if (Array.isArray(branches))
      for (const branch of branches as readonly JsonValue[]) look(branch, root, path, found, depth + 1);
  }
}
