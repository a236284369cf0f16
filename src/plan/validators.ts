import { Ajv, type AnySchema, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { fastFormats } from 'ajv-formats/dist/formats.js';
import type { JsonObject, JsonValue } from '../contract/event.ts';
import { maxMatched, regExpEngine } from './pattern.ts';
import { isObject } from './schema.ts';

/** Two ways of looking at the same schema: the first fault ends it, or all are told with what was found in their place. */
export interface Validators {
  readonly fits: ValidateFunction;
  readonly faults: (properties: JsonObject) => readonly ErrorObject[];
}

const formats = [
  'date',
  'time',
  'date-time',
  'duration',
  'uri',
  'uri-reference',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uuid',
  'json-pointer',
] as const;

const common: Options = {
  // keywords of others' tools are no faults; what we know of is looked at in schema.ts
  strict: false,
  logger: false,
  validateFormats: true,
  // errors say what they found
  verbose: true,
  addUsedSchema: false,
  // else what every object has, like toString, were a property of the event
  ownProperties: true,
  code: { regExp: regExpEngine },
};

/** Compiling remembers nothing: schemas come and go, and an instance lives as long as the process. */
type Instance = Pick<Ajv, 'addFormat' | 'addKeyword' | 'compile' | 'removeKeyword' | 'removeSchema'>;

type Dialect = 'draft-07' | '2020-12';
const instances = new Map<string, Instance>();

function instanceOf(dialect: Dialect, all: boolean): Instance {
  const key = `${dialect} ${all}`;
  let instance = instances.get(key);
  if (instance === undefined) {
    const options = { ...common, allErrors: all };
    instance = prepared(dialect === 'draft-07' ? new Ajv(options) : new Ajv2020(options));
    instances.set(key, instance);
  }
  return instance;
}

/** Whether a text has that format: one of those that schemas can name. */
export function hasFormat(name: (typeof formats)[number], text: string): boolean {
  return text.length <= maxMatched && testOf(fastFormats[name])(text);
}

function prepared(instance: Instance): Instance {
  for (const name of formats)
    instance.addFormat(name, { type: 'string', validate: (text: string) => hasFormat(name, text) });
  // ajv compares every value with every other one, and lists are as long as the sender likes
  instance.removeKeyword('uniqueItems');
  instance.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (wanted: boolean, list: readonly unknown[]) =>
      !wanted || new Set(list.map((one) => JSON.stringify(one))).size === list.length,
    error: { message: 'must not hold a value twice' },
  });
  return instance;
}

function testOf(
  format: (typeof fastFormats)[keyof typeof fastFormats] | undefined,
): (text: string) => boolean {
  if (format instanceof RegExp) return (text) => format.test(text);
  if (typeof format === 'function') return format as (text: string) => boolean;
  if (typeof format === 'object' && 'validate' in format) return testOf(format.validate as RegExp);
  return () => true;
}

/** Before 2019-09 a list of schemas for a list of values was `items`; the drafts since then agree in what we take. */
const dialects: readonly (readonly [pattern: RegExp, dialect: Dialect])[] = [
  [/^https?:\/\/json-schema\.org\/draft-0[4-7]\/schema#?$/, 'draft-07'],
  [/^https?:\/\/json-schema\.org\/draft\/(?:2019-09|2020-12)\/schema#?$/, '2020-12'],
  // Iglu's own, which is draft 4 and a `self`
  [/^https?:\/\/iglucentral\.com\/schemas\/com\.snowplowanalytics\.self-desc\//, 'draft-07'],
];

/** Which rules a schema is read by; undefined when it names others than those we have. */
export function dialectOf({ $schema }: JsonObject): Dialect | undefined {
  if ($schema === undefined) return '2020-12';
  if (typeof $schema !== 'string') return undefined;
  return dialects.find(([pattern]) => pattern.test($schema))?.[1];
}

/** Names, and what is ours. */
const dropped: ReadonlySet<string> = new Set([
  '$id',
  'id',
  '$schema',
  'self',
  'title',
  'owner',
  'policy',
  'pii',
]);

/** Throws what ajv says of a schema that it cannot compile. */
export function compile(schema: JsonObject): Validators {
  const dialect = dialectOf(schema) ?? '2020-12';
  const bare = Object.fromEntries(Object.entries(schema).filter(([keyword]) => !dropped.has(keyword)));
  const whole = withOwnNames(modern(bare) as JsonObject);
  let faults: ValidateFunction | undefined;
  return {
    fits: compiled(instanceOf(dialect, false), whole),
    faults: (properties) => {
      faults ??= compiled(instanceOf(dialect, true), whole);
      return faults(properties) ? [] : (faults.errors ?? []);
    },
  };
}

function compiled(instance: Instance, schema: AnySchema): ValidateFunction {
  try {
    return instance.compile(schema);
  } finally {
    instance.removeSchema(schema);
  }
}

/** What libraries and enrichment add begins with `$`; a plan that allows no other property does not mean it. */
function withOwnNames(schema: JsonObject): JsonObject {
  if (schema.additionalProperties !== false && schema.unevaluatedProperties !== false) return schema;
  return {
    ...schema,
    patternProperties: { ...(schema.patternProperties as JsonObject | undefined), '^[$]': true },
  };
}

/** Values, not schemas. */
const verbatim: ReadonlySet<string> = new Set(['enum', 'const', 'examples', 'default', 'required']);

/**
 * Without ids, which would be remembered and collide; and in the words of draft 6 on: in draft 4, which Iglu's schemas are, `exclusiveMinimum`
 * says of `minimum` that it is one.
 */
function modern(part: JsonValue): JsonValue {
  if (Array.isArray(part)) return part.map((one: JsonValue) => modern(one));
  if (!isObject(part)) return part;
  const result: Record<string, JsonValue> = {};
  for (const [keyword, value] of Object.entries(part)) {
    if ((keyword === '$id' || keyword === 'id') && typeof value === 'string') continue;
    result[keyword] = verbatim.has(keyword) ? value : modern(value);
  }
  for (const [exclusive, bound] of exclusives) {
    if (typeof result[exclusive] !== 'boolean') continue;
    const limit = result[bound];
    const isExclusive = result[exclusive] && typeof limit === 'number';
    delete result[exclusive];
    if (!isExclusive) continue;
    delete result[bound];
    result[exclusive] = limit;
  }
  return result;
}

const exclusives = [
  ['exclusiveMinimum', 'minimum'],
  ['exclusiveMaximum', 'maximum'],
] as const;
