import type { JsonObject, JsonValue } from '../contract/event.ts';

/**
 * What a self-describing schema says of itself.
 * https://docs.snowplow.io/docs/fundamentals/schemas/
 */
export interface Iglu {
  readonly vendor: string;
  readonly name: string;
  /** MODEL-REVISION-ADDITION. */
  readonly version: string;
  /** `vendor/name/version`, as events name their schema. */
  readonly key: string;
}

/** The block `self`; undefined when there is none, else what is wrong with it. */
export function igluOf(self: JsonValue | undefined): Iglu | string | undefined {
  if (self === undefined) return undefined;
  if (typeof self !== 'object' || self === null || Array.isArray(self)) return '/self must be an object';
  const { vendor, name, format, version } = self as JsonObject;
  if (!isName(vendor)) return '/self/vendor must be like "com.acme"';
  if (!isName(name)) return '/self/name must be letters, digits, "_", "-" and "."';
  if (format !== 'jsonschema') return '/self/format must be "jsonschema"';
  if (typeof version !== 'string' || !/^\d{1,6}-\d{1,6}-\d{1,6}$/.test(version))
    return '/self/version must be like "1-0-0"';
  return { vendor, name, version, key: `${vendor}/${name}/${version}` };
}

function isName(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && /^[\w.-]{1,200}$/.test(value);
}

/** The older version first. */
export function byVersion(a: string, b: string): number {
  const [left, right] = [a.split('-').map(Number), b.split('-').map(Number)];
  for (let part = 0; part < 3; part++) {
    const difference = (left[part] ?? 0) - (right[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
