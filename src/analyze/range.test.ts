import { expect, test } from 'vitest';
import { axisBefore, axisOf } from './axis.ts';
import { bucketsOf, instantsOf, periodBefore } from './range.ts';

const iso = (at: number | undefined): string => new Date(at ?? Number.NaN).toISOString();

test('a day in UTC is half-open and 24 hours long', () => {
  const range = instantsOf({ from: '2026-03-01', to: '2026-03-01', timezone: 'UTC' });
  expect([iso(range.start), iso(range.end)]).toEqual([
    '2026-03-01T00:00:00.000Z',
    '2026-03-02T00:00:00.000Z',
  ]);
});

test('days of Berlin have 23 and 25 hours when the clock changes', () => {
  const hours = (date: string): number => {
    const range = instantsOf({ from: date, to: date, timezone: 'Europe/Berlin' });
    expect(bucketsOf(range, 'hour')).toHaveLength((range.end - range.start) / 3_600_000);
    return (range.end - range.start) / 3_600_000;
  };
  expect([hours('2026-03-28'), hours('2026-03-29'), hours('2026-10-25')]).toEqual([24, 23, 25]);
});

test('where the clock jumps over midnight the day begins at the jump', () => {
  const range = instantsOf({ from: '2018-11-04', to: '2018-11-04', timezone: 'America/Sao_Paulo' });
  expect([iso(range.start), iso(range.end)]).toEqual([
    '2018-11-04T03:00:00.000Z',
    '2018-11-05T02:00:00.000Z',
  ]);
});

test('a zone of three quarters of an hour begins its days there', () => {
  const range = instantsOf({ from: '2026-01-01', to: '2026-01-01', timezone: 'Asia/Kathmandu' });
  expect(iso(range.start)).toBe('2025-12-31T18:15:00.000Z');
});

test('weeks begin on Monday, months on the first, also before the range', () => {
  const range = instantsOf({ from: '2026-03-04', to: '2026-04-01', timezone: 'UTC' });
  expect(bucketsOf(range, 'week').map((bucket) => iso(bucket.start).slice(0, 10))).toEqual([
    '2026-03-02',
    '2026-03-09',
    '2026-03-16',
    '2026-03-23',
    '2026-03-30',
  ]);
  expect(bucketsOf(range, 'month').map((bucket) => iso(bucket.start).slice(0, 10))).toEqual([
    '2026-03-01',
    '2026-04-01',
  ]);
});

test('the period before has as many days, and ends where the range begins', () => {
  const range = instantsOf({ from: '2026-03-08', to: '2026-03-14', timezone: 'Europe/Berlin' });
  const before = periodBefore(range, 'day');
  expect(before.end).toBe(range.start);
  expect(iso(before.start)).toBe('2026-02-28T23:00:00.000Z');
});

test('whole months are compared with whole months', () => {
  const range = instantsOf({ from: '2026-03-01', to: '2026-04-30', timezone: 'UTC' });
  expect(iso(periodBefore(range, 'month').start)).toBe('2026-01-01T00:00:00.000Z');
  expect(iso(periodBefore(range, 'day').start)).toBe('2025-12-30T00:00:00.000Z');
});

test('an hour of the period before that the axis has no place for is left out', () => {
  const axis = axisOf(
    instantsOf({ from: '2026-10-26', to: '2026-10-26', timezone: 'Europe/Berlin' }),
    'hour',
  );
  const before = axisBefore(axis, periodBefore(axis.range, 'hour'), 'hour');
  expect(axis.times).toHaveLength(24);
  expect(before.indexOf(String(before.range.start / 1_000))).toBe(0);
  expect(before.indexOf(String(before.range.end / 1_000 - 3_600))).toBe(-1);
});

test('an unknown time zone and a range that ends before it begins are the caller’s errors', () => {
  expect(() => instantsOf({ from: '2026-01-01', to: '2026-01-01', timezone: 'Mars/Olympus' })).toThrow(
    /time zone/,
  );
  expect(() => instantsOf({ from: '2026-01-02', to: '2026-01-01', timezone: 'UTC' })).toThrow(
    /before it begins/,
  );
});
