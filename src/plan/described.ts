import type { JsonObject, JsonValue } from '../contract/event.ts';
import type { PlannedProperty } from '../contract/plan-endpoints.ts';
import { isObject, referred } from './schema.ts';

const maxDepth = 8;
const maxProperties = 500;
const maxValues = 30;

/** The properties of a schema as a list for readers: `cart.total`, `items[].price`. What several branches say is not joined. */
export function describedProperties(schema: JsonObject): PlannedProperty[] {
  const found: PlannedProperty[] = [];
  describe(schema, schema, '', 0, found);
  return found;
}

function describe(
  part: JsonObject,
  root: JsonObject,
  before: string,
  depth: number,
  found: PlannedProperty[],
): void {
  const { properties, required, items } = part;
  if (depth > maxDepth || found.length >= maxProperties) return;
  const names = new Set(Array.isArray(required) ? (required as readonly JsonValue[]) : []);
  for (const [name, said] of Object.entries(isObject(properties) ? properties : {})) {
    const child = resolved(said, root);
    const path = before === '' ? name : `${before}.${name}`;
    found.push(rowOf(child, path, names.has(name)));
    describe(child, root, path, depth + 1, found);
  }
  const each = resolved(items, root);
  if (Object.keys(each).length > 0 && before !== '') describe(each, root, `${before}[]`, depth + 1, found);
}

function resolved(part: JsonValue | undefined, root: JsonObject): JsonObject {
  let at = part;
  for (let hops = 0; isObject(at) && typeof at.$ref === 'string' && hops < maxDepth; hops++) {
    const { $ref, ...rest } = at;
    const target = referred(root, $ref);
    at = isObject(target) ? { ...target, ...rest } : rest;
  }
  return isObject(at) ? at : {};
}

function rowOf(part: JsonObject, path: string, required: boolean): PlannedProperty {
  const { description, enum: values, examples, pii } = part;
  const isEnum = Array.isArray(values);
  const shown = isEnum ? values : Array.isArray(examples) ? examples : [];
  return {
    path,
    type: typeOf(part),
    required,
    description: typeof description === 'string' ? description : '',
    values: (shown as readonly JsonValue[]).slice(0, maxValues).map(textOf),
    isEnum,
    pii: pii === true ? 'personal' : typeof pii === 'string' ? pii : '',
  };
}

function textOf(value: JsonValue): string {
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 200);
}

/** The types that a schema names or that its values have; '' for any. */
export function typeOf(part: JsonObject): string {
  const { type, enum: values, format, const: only } = part;
  const said = Array.isArray(type) ? type : type === undefined ? [] : [type];
  const known = Array.isArray(values) ? (values as readonly JsonValue[]) : only === undefined ? [] : [only];
  const types = new Set(said.length > 0 ? said.map(String) : known.map(kindOf));
  const text = [...types].toSorted().join(' | ');
  return typeof format === 'string' && text !== '' ? `${text} (${format})` : text;
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}
