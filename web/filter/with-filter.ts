import type { Filter } from '../../src/contract/query.ts';

/** A second value of the same property joins the first one («is DE or FR»); the same value again changes nothing. */
export function withFilter(filters: readonly Filter[], added: Filter): Filter[] {
  const at = filters.findIndex((filter) => filter.property === added.property && filter.op === added.op);
  const present = filters[at];
  if (!present) return [...filters, added];
  const values = [...new Set([...present.values, ...added.values])];
  return filters.with(at, { ...present, values });
}
