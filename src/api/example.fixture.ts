import { z } from 'zod';

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly minLength?: number;
  readonly format?: string;
  readonly pattern?: string;
}

/** The smallest input that a schema accepts. */
export function exampleOf(type: z.ZodObject): Record<string, unknown> {
  const example = build(z.toJSONSchema(type, { io: 'input' }) as Schema);
  type.parse(example);
  return example as Record<string, unknown>;
}

function build(schema: Schema): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const [first] = schema.oneOf ?? schema.anyOf ?? [];
  if (first) return build(first);
  if (schema.type === 'object') {
    return Object.fromEntries(
      (schema.required ?? []).map((field) => [field, build(schema.properties?.[field] ?? {})]),
    );
  }
  if (schema.type === 'array') {
    return Array.from({ length: schema.minItems ?? 0 }, () => build(schema.items ?? {}));
  }
  if (schema.type === 'integer' || schema.type === 'number') return Math.max(1, schema.minimum ?? 1);
  return schema.type === 'boolean' ? true : text(schema);
}

/** Ids of all kinds that are there: keys of persons, hashes. */
const ids = ['1', '0123456789abcdef'];

function text({ format, minLength = 1, pattern }: Schema): string {
  if (format === 'date') return '2026-01-05';
  if (format === 'email') return 'someone@example.com';
  const plain = 'x'.repeat(Math.max(1, minLength));
  return pattern === undefined
    ? plain
    : ([plain, ...ids].find((one) => new RegExp(pattern).test(one)) ?? plain);
}
