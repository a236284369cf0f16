import { expect, test } from 'vitest';
import { cellText, isNumberType } from './cell.ts';

test('numbers are found inside of their wrappers', () => {
  expect(
    ['UInt64', 'Nullable(Float64)', 'LowCardinality(Nullable(Int8))', 'Decimal(9, 2)'].every(isNumberType),
  ).toBe(true);
  expect(['String', 'DateTime64(3)', 'Array(UInt8)', 'LowCardinality(String)'].some(isNumberType)).toBe(
    false,
  );
});

test('cells say NULL and show what is nested', () => {
  expect(cellText(null)).toBe('NULL');
  expect(cellText([1, { a: 'b' }])).toBe('[1,{"a":"b"}]');
  expect(cellText('')).toBe('');
});
