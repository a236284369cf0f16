import { quoted } from './statements.ts';

/** The members that every dimension has: facts without a business key, and facts to which the dimension does not apply. */
export const unknownKey = 0;
export const notApplicableKey = -1;

/**
 * The surrogate key of a business key: the first half of MD5 over its parts as text, as a signed number (which every BI tool can hold).
 * A hash and no counter, so that dimensions and facts agree without asking each other, in whatever order they are loaded. A key with an
 * empty or NULL part is unknown.
 */
export function surrogateSql(columns: readonly string[], notApplicable?: string): string {
  const parts = columns.map((name) => `ifNull(toString(${quoted(name)}), '')`);
  const joined = parts.length === 1 ? parts[0] : `concat(${parts.join(`, '\\0', `)})`;
  const hash = `if(has([${parts.join(', ')}], ''), toInt64(${unknownKey}), reinterpretAsInt64(halfMD5(${joined})))`;
  return notApplicable === undefined
    ? hash
    : `if(ifNull(toBool(${notApplicable}), false), toInt64(${notApplicableKey}), ${hash})`;
}
