export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

interface Raw {
  rawJSON(text: string): Json;
}

/** Undefined when it is none. Numbers that JavaScript cannot hold stay as they are written. */
export function readJson(text: string): Json | undefined {
  try {
    const revive = (_: string, value: Json, { source }: { source?: string } = {}): Json =>
      typeof value === 'number' && source !== undefined && String(value) !== source
        ? (JSON as unknown as Raw).rawJSON(source)
        : value;
    return JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text, revive) as Json;
  } catch {
    return undefined;
  }
}

export function isObject(json: Json | undefined): json is { [key: string]: Json } {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** What `JSON.rawJSON` makes is an object to look at, and a number to write. */
export function isRaw(json: Json): boolean {
  return (JSON as unknown as { isRawJSON(json: Json): boolean }).isRawJSON(json);
}
