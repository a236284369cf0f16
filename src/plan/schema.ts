import type { JsonObject, JsonValue } from '../contract/event.ts';

/** What is wrong in a schema, and where: a JSON Pointer, empty for the whole. */
export interface SchemaFault {
  readonly place: string;
  readonly message: string;
}

const types = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']);
/** Deeper than any event may be (`collect/fields.ts`). */
const maxDepth = 20;

/** What is wrong with the JSON Schema of an event's properties; undefined when nothing is. */
export function faultOf(schema: JsonValue): SchemaFault | undefined {
  if (!isObject(schema)) return { place: '', message: 'must be an object' };
  if (schema.type !== undefined && schema.type !== 'object')
    return { place: '/type', message: 'must be "object": an event has properties' };
  return look(schema, schema, '', 0);
}

function look(schema: JsonValue, root: JsonObject, place: string, depth: number): SchemaFault | undefined {
  if (typeof schema === 'boolean') return undefined;
  if (!isObject(schema)) return { place, message: 'must be a schema: an object, true or false' };
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
  const { type, enum: values, properties, title, description } = schema;
  for (const one of Array.isArray(type) ? type : type === undefined ? [] : [type])
    if (typeof one !== 'string' || !types.has(one))
      return { place: `${place}/type`, message: `must be one of ${[...types].join(', ')}` };
  if (values !== undefined && (!Array.isArray(values) || values.length === 0))
    return { place: `${place}/enum`, message: 'must be a list with at least one value' };
  if (properties !== undefined && !isObject(properties))
    return { place: `${place}/properties`, message: 'must be an object: name → schema' };
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
  root: JsonObject,
  place: string,
  depth: number,
): SchemaFault | undefined {
  const { $ref } = schema;
  if ($ref === undefined) return undefined;
  const target = typeof $ref === 'string' ? referred(root, $ref) : undefined;
  if (target === undefined)
    return { place: `${place}/$ref`, message: 'must point into the same file: "#/$defs/name"' };
  return look(target, root, place, depth + 1);
}

/** Keywords whose value is a schema, a list of schemas, or schemas by name. */
const single = ['items', 'additionalProperties', 'not', 'contains'];
const lists = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const maps = ['properties', 'patternProperties', '$defs', 'definitions'];

function wrongChild(
  schema: JsonObject,
  root: JsonObject,
  place: string,
  depth: number,
): SchemaFault | undefined {
  for (const keyword of [...single, ...lists, ...maps]) {
    const value = schema[keyword];
    if (value === undefined) continue;
    const children: [string, JsonValue][] = single.includes(keyword)
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
