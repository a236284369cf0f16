import { expect, test } from 'vitest';
import { describeFilter, operatorsOf, propertyLabel } from './describe.ts';
import { withFilter } from './with-filter.ts';

test('a filter reads as a sentence', () => {
  expect(describeFilter({ property: 'country', op: 'is', values: ['DE', 'FR'] })).toBe(
    'Country is Germany or France',
  );
  expect(describeFilter({ property: 'properties.plan', op: 'is_not_set', values: [] })).toBe(
    'plan is not set',
  );
  expect(describeFilter({ property: 'campaign', op: 'is_not', values: [''] })).toBe('Campaign is not (none)');
});

test('a property of an event is named without its prefix', () => {
  expect(propertyLabel('properties.cart.total')).toBe('cart.total');
  expect(propertyLabel('device_type')).toBe('Device');
});

test('numbers are compared, texts are searched, properties may be both', () => {
  expect(operatorsOf('revenue')).not.toContain('contains');
  expect(operatorsOf('path')).not.toContain('gt');
  expect(operatorsOf('properties.plan')).toEqual(expect.arrayContaining(['contains', 'gt']));
});

test('a second value of the same property joins the first filter', () => {
  const first = withFilter([], { property: 'country', op: 'is', values: ['DE'] });
  const second = withFilter(first, { property: 'country', op: 'is', values: ['FR'] });
  expect(second).toEqual([{ property: 'country', op: 'is', values: ['DE', 'FR'] }]);
  expect(withFilter(second, { property: 'country', op: 'is', values: ['FR'] })).toEqual(second);
  expect(withFilter(second, { property: 'country', op: 'is_not', values: ['US'] })).toHaveLength(2);
});
