import type { JsonObject, JsonValue } from '../contract/event.ts';
import { planPolicies } from '../contract/plan.ts';

/** What is wrong in a schema, and where: a JSON Pointer, empty for the whole. */
export interface SchemaFault {
  readonly place: string;
  readonly message: string;
}

const types = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']);
/** Deeper than any event may be (`collect/fields.ts`). */
const maxDepth = 20;
/** Parts of a schema with all its references followed: each can be looked at for each value of an event. */
const maxParts = 5_000;

/** What is wrong with the JSON Schema of an event's properties; undefined when nothing is. */
export function faultOf(schema: JsonValue): SchemaFault | undefined {
  if (!isObject(schema)) return { place: '', message: 'must be an object' };
  if (schema.type !== undefined && schema.type !== 'object')
    return { place: '/type', message: 'must be "object": an event has properties' };
  return wrongTerms(schema) ?? look(schema, { schema, parts: 0 }, '', 0);
}

/** Our own keywords, which say things of the event as a whole. */
function wrongTerms({ policy, owner, projects }: JsonObject): SchemaFault | undefined {
  if (policy !== undefined && !planPolicies.some((one) => one === policy))
    return { place: '/policy', message: `must be one of ${planPolicies.join(', ')}` };
  if (owner !== undefined && (typeof owner !== 'string' || owner.length > 200))
    return { place: '/owner', message: 'must be text: a person or a team' };
  if (
    projects !== undefined &&
    !(Array.isArray(projects) && projects.every((one) => typeof one === 'string'))
  )
    return { place: '/projects', message: 'must be a list of ids of projects' };
  return undefined;
}

interface Root {
  readonly schema: JsonObject;
  /** Parts seen so far. */
  parts: number;
}

function look(schema: JsonValue, root: Root, place: string, depth: number): SchemaFault | undefined {
  if (typeof schema === 'boolean') return undefined;
  if (!isObject(schema)) return { place, message: 'must be a schema: an object, true or false' };
  root.parts++;
  if (root.parts > maxParts)
    return { place, message: `is too much: ${maxParts} parts are looked at, references included` };
  if (depth > maxDepth)
    return { place, message: `is nested deeper than ${maxDepth} levels, or refers to itself` };
  return (
    wrongKeyword(schema, place) ??
    wrongRequired(schema, place) ??
    wrongReference(schema, root, place, depth) ??
    wrongChild(schema, root, place, depth)
  );
}

function wrongKeyword(schema: JsonObject, place: string): SchemaFault | undefined {
  const { type, enum: values, properties, title, description, pii } = schema;
  for (const one of Array.isArray(type) ? type : type === undefined ? [] : [type])
    if (typeof one !== 'string' || !types.has(one))
      return { place: `${place}/type`, message: `must be one of ${[...types].join(', ')}` };
  if (values !== undefined && (!Array.isArray(values) || values.length === 0))
    return { place: `${place}/enum`, message: 'must be a list with at least one value' };
  if (properties !== undefined && !isObject(properties))
    return { place: `${place}/properties`, message: 'must be an object: name → schema' };
  if (pii !== undefined && typeof pii !== 'boolean' && typeof pii !== 'string')
    return { place: `${place}/pii`, message: 'must be true, or say what it is: "email", "phone", …' };
  for (const [name, text] of Object.entries({ title, description }))
    if (text !== undefined && typeof text !== 'string')
      return { place: `${place}/${name}`, message: 'must be text' };
  return undefined;
}

function wrongRequired(schema: JsonObject, place: string): SchemaFault | undefined {
  const { required, properties } = schema;
  if (required === undefined) return undefined;
  if (!Array.isArray(required)) return { place: `${place}/required`, message: 'must be a list of names' };
  for (const [index, name] of required.entries()) {
    if (typeof name !== 'string') return { place: `${place}/required/${index}`, message: 'must be a name' };
    if (!isObject(properties) || !Object.hasOwn(properties, name))
      return { place: `${place}/required/${index}`, message: `"${name}" is not among the properties` };
  }
  return undefined;
}

function wrongReference(
  schema: JsonObject,
  root: Root,
  place: string,
  depth: number,
): SchemaFault | undefined {
  const { $ref } = schema;
  for (const name of ['$dynamicRef', '$recursiveRef'])
    if (schema[name] !== undefined) return { place: `${place}/${name}`, message: 'is not taken; use $ref' };
  if ($ref === undefined) return undefined;
  const target = typeof $ref === 'string' ? referred(root.schema, $ref) : undefined;
  if (target === undefined)
    return { place: `${place}/$ref`, message: 'must point into the same file: "#/$defs/name"' };
  return look(target, root, place, depth + 1);
}

/** Keywords whose value is a schema, a list of schemas, or schemas by name. */
const single = [
  'items',
  'additionalItems',
  'additionalProperties',
  'contains',
  'else',
  'if',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
];
const lists = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const maps = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'];

function wrongChild(schema: JsonObject, root: Root, place: string, depth: number): SchemaFault | undefined {
  for (const keyword of [...single, ...lists, ...maps]) {
    const value = schema[keyword];
    if (value === undefined) continue;
    // before 2020-12 a list of schemas for a list of values was `items`
    const isOne = single.includes(keyword) && !(keyword === 'items' && Array.isArray(value));
    const children: [string, JsonValue][] = isOne
      ? [['', value]]
      : Object.entries(value ?? {}).map(([name, child]) => [`/${name}`, child as JsonValue]);
    for (const [name, child] of children) {
      const fault = look(child, root, `${place}/${keyword}${name}`, depth + 1);
      if (fault) return fault;
    }
  }
  return undefined;
}

/** What a reference within the file means. */
export function referred(root: JsonObject, reference: string): JsonValue | undefined {
  if (!reference.startsWith('#/')) return undefined;
  let at: JsonValue | undefined = root;
  for (const part of reference.slice(2).split('/')) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    at = isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }
  return at;
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
