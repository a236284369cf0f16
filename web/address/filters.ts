import type { Filter } from '../../src/contract/query.ts';
import { decodeList, encodeList } from './list.ts';

const operators: readonly string[] = [
  'is',
  'is_not',
  'contains',
  'not_contains',
  'gt',
  'lt',
  'is_set',
  'is_not_set',
] satisfies Filter['op'][];

function isOperator(text: string | undefined): text is Filter['op'] {
  return text !== undefined && operators.includes(text);
}

export function encodeFilter(filter: Filter): string {
  return encodeList([filter.property, filter.op, ...filter.values]);
}

/** Undefined for what somebody mistyped into the address: one bad filter must not break the page. */
export function decodeFilter(text: string): Filter | undefined {
  const [property, op, ...values] = decodeList(text);
  if (!property || !isOperator(op)) return undefined;
  return { property, op, values };
}

export function decodeFilters(texts: readonly string[] | undefined): Filter[] {
  return (texts ?? []).map(decodeFilter).filter((filter) => filter !== undefined);
}
