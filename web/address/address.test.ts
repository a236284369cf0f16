import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeFilter, decodeFilters, encodeFilter } from './filters.ts';
import { decodeList, encodeList } from './list.ts';
import { carriedSearch, parseSearch, stringifySearch } from './search.ts';
import { decodeSeries, encodeSeries, measureOf } from './series.ts';
import { decodeStep, decodeWindow, encodeStep, encodeWindow, windowSeconds } from './step.ts';

const text = fc
  .string({ minLength: 1, maxLength: 20, unit: 'binary' })
  .filter((value) => value.isWellFormed());
const filter = fc.record({
  property: text,
  op: fc.constantFrom('is' as const, 'contains' as const, 'gt' as const),
  values: fc.array(text, { maxLength: 3 }),
});

test('a list of any texts survives the round trip, nested lists too', () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 1 }), (items) => {
      expect(decodeList(encodeList(items))).toEqual(items);
      expect(decodeList(decodeList(encodeList([encodeList(items), 'next']))[0] ?? '')).toEqual(items);
    }),
  );
});

test('filters, series and steps survive the whole address', () => {
  fc.assert(
    fc.property(fc.array(filter, { maxLength: 3 }), text, (filters, event) => {
      const series = { event, measure: { kind: 'p90' as const, property: 'properties.a~b' }, filters };
      const step = { event, filters };
      const search = parseSearch(
        stringifySearch({
          f: filters.map(encodeFilter),
          s: [encodeSeries(series)],
          step: [encodeStep(step)],
        }),
      );
      expect(decodeFilters(search.f)).toEqual(filters);
      expect(decodeSeries(search.s?.[0] ?? '')).toEqual(series);
      expect(decodeStep(search.step?.[0] ?? '')).toEqual(step);
    }),
  );
});

test('an address reads like a sentence', () => {
  const f = [encodeFilter({ property: 'path', op: 'is', values: ['/pricing', '/docs'] })];
  expect(stringifySearch({ project: 'demo', range: '7d', f })).toBe(
    '?project=demo&range=7d&f=path~is~/pricing~/docs',
  );
});

test('an empty search is an empty text', () => {
  expect(stringifySearch({ project: undefined, f: [] })).toBe('');
});

test('a mistyped filter is left out and the others stay', () => {
  expect(decodeFilter('country')).toBeUndefined();
  expect(decodeFilter('country~resembles~DE')).toBeUndefined();
  expect(decodeFilters(['nonsense', 'country~is~DE'])).toEqual([
    { property: 'country', op: 'is', values: ['DE'] },
  ]);
});

test('a measure of a property without the property counts instead', () => {
  expect(measureOf('sum', '')).toEqual({ kind: 'count' });
  expect(measureOf('sum', 'revenue')).toEqual({ kind: 'sum', property: 'revenue' });
  expect(measureOf('users', 'revenue')).toEqual({ kind: 'users' });
  expect(measureOf('median', 'revenue')).toEqual({ kind: 'count' });
});

test('another page gets the project, the range and the filters, not the series', () => {
  const carried = carriedSearch({ project: 'p', range: '7d', f: ['a~is~b'], s: ['x'], metric: 'sessions' });
  expect(stringifySearch(carried)).toBe('?project=p&range=7d&f=a~is~b');
});

test('a window that is not one is seven days, and none is longer than a year', () => {
  expect(decodeWindow('30m')).toEqual({ amount: 30, unit: 'm' });
  expect(encodeWindow(decodeWindow('0d'))).toBe('7d');
  expect(encodeWindow(decodeWindow('7 weeks'))).toBe('7d');
  expect(windowSeconds({ amount: 2, unit: 'h' })).toBe(7_200);
  expect(windowSeconds({ amount: 99_999, unit: 'd' })).toBe(366 * 86_400);
});
