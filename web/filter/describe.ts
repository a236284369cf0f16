import { columnInfo, profileProperty, propertyPrefix } from '../../src/contract/columns.ts';
import type { Filter } from '../../src/contract/query.ts';
import { countryFlag, countryName, languageName } from '../format/place.ts';

type Operator = Filter['op'];

export const operatorNames: Readonly<Record<Operator, string>> = {
  is: 'is',
  is_not: 'is not',
  contains: 'contains',
  not_contains: 'does not contain',
  gt: 'is greater than',
  lt: 'is less than',
  is_set: 'is set',
  is_not_set: 'is not set',
};

const textOperators: readonly Operator[] = [
  'is',
  'is_not',
  'contains',
  'not_contains',
  'is_set',
  'is_not_set',
];
const numberOperators: readonly Operator[] = ['is', 'is_not', 'gt', 'lt', 'is_set', 'is_not_set'];
const everyOperator: readonly Operator[] = [...textOperators.slice(0, 4), 'gt', 'lt', 'is_set', 'is_not_set'];

/** Operators that make sense: a column knows its kind, a property may be anything. */
export function operatorsOf(property: string): readonly Operator[] {
  const kind = columnInfo(property)?.kind;
  if (kind === undefined) return everyOperator;
  return kind === 'number' ? numberOperators : textOperators;
}

export function needsValue(op: Operator): boolean {
  return op !== 'is_set' && op !== 'is_not_set';
}

/** `Country`, the path of a property without its prefix, or `plan (person then)`. */
export function propertyLabel(property: string): string {
  const label = columnInfo(property)?.label;
  if (label !== undefined) return label;
  const trait = profileProperty(property);
  if (trait) return `${trait.name} (${trait.of} ${trait.atEvent ? 'then' : 'now'})`;
  return property.startsWith(propertyPrefix) ? property.slice(propertyPrefix.length) : property;
}

/** A value as people say it: `Germany`, `(none)`. */
export function valueLabel(property: string, value: string): string {
  if (value === '') return '(none)';
  if (property === 'country') return countryName(value);
  if (property === 'language') return languageName(value);
  return value;
}

/** With its flag where there is one. */
export function valueMark(property: string, value: string): string {
  return property === 'country' ? countryFlag(value) : '';
}

/** `Country is Germany or France` */
export function describeFilter(filter: Filter): string {
  const head = `${propertyLabel(filter.property)} ${operatorNames[filter.op]}`;
  if (!needsValue(filter.op)) return head;
  return `${head} ${filter.values.map((value) => valueLabel(filter.property, value)).join(' or ')}`;
}
