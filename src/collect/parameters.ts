import { parse } from 'node:querystring';

export type Parameters = Readonly<Record<string, string>>;

/** One more than an event may have values, so that a query with too many is refused and not cut. */
const maxKeys = 1_002;

/** The parameters of a query, a form or a line of one: the first value of each name. Without a prototype. */
export function parametersOf(text: string): Parameters {
  const parsed = parse(text, '&', '=', { maxKeys });
  for (const name in parsed) {
    const value = parsed[name];
    if (Array.isArray(value)) parsed[name] = value[0];
  }
  return parsed as Parameters;
}
