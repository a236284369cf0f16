import type { JsonObject, JsonValue } from '../../contract/event.ts';

/** The properties without those that became fields of the event; the very same object when there are none of them. */
export function remaining(properties: JsonObject, taken: ReadonlySet<string>): JsonObject {
  let found = false;
  for (const key in properties) {
    if (taken.has(key)) {
      found = true;
      break;
    }
  }
  if (!found) return properties;
  const rest: Record<string, JsonValue> = {};
  for (const key in properties) {
    const value = properties[key];
    // assigning to this name would set the prototype
    if (value !== undefined && key !== '__proto__' && !taken.has(key)) rest[key] = value;
  }
  return rest;
}
