import type { Filter } from '../contract/query.ts';
import { type Expression, expressionOf } from './expression.ts';
import type { Parameters } from './parameters.ts';

/**
 * The SQL condition of one filter, values as native parameters. A filter holds when any of its values does
 * (`not_contains` and `is_not`: when none does). A filter without values (one that is just being edited) restricts nothing.
 */
export function filterSql(filter: Filter, parameters: Parameters): string {
  const expression = expressionOf(filter.property);
  if (filter.op === 'is_set' || filter.op === 'is_not_set') return setSql(expression, filter.op);
  if (filter.values.length === 0) return '1';
  switch (filter.op) {
    case 'is':
      return inSql(expression, filter.values, parameters);
    case 'is_not':
      return `NOT ${inSql(expression, filter.values, parameters)}`;
    case 'contains':
      return containsSql(expression, filter.values, parameters);
    case 'not_contains':
      return `NOT ${containsSql(expression, filter.values, parameters)}`;
    case 'gt':
      return compareSql(expression, '>', Math.min(...filter.values.map(numberOf)), parameters);
    case 'lt':
      return compareSql(expression, '<', Math.max(...filter.values.map(numberOf)), parameters);
  }
}

function setSql(expression: Expression, op: 'is_set' | 'is_not_set'): string {
  return `${expression.text} ${op === 'is_set' ? '!=' : '='} ''`;
}

function inSql(expression: Expression, values: readonly string[], parameters: Parameters): string {
  if (expression.kind === 'number') {
    const numbers = values.map(numberOf).filter((value) => !Number.isNaN(value));
    return `ifNull(has(${parameters.add('Array(Float64)', numbers)}, ${expression.number}), 0)`;
  }
  return `(${expression.text} IN ${parameters.add('Array(String)', values)})`;
}

/** Without regard to case. */
function containsSql(expression: Expression, values: readonly string[], parameters: Parameters): string {
  const needle = parameters.add('Array(String)', values);
  return `multiSearchAnyCaseInsensitiveUTF8(${expression.text}, ${needle})`;
}

/** Any of several bounds holds when the widest does. Text that is no number compares with nothing. */
function compareSql(expression: Expression, op: '<' | '>', bound: number, parameters: Parameters): string {
  if (Number.isNaN(bound)) return '0';
  return `ifNull(${expression.number} ${op} ${parameters.add('Float64', bound)}, 0)`;
}

function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}
