import { expect, test } from 'vitest';
import { addDays, countDays, isDay, startOfMonth, today } from './days.ts';
import { customDays, daysBefore, daysOf, intervalFor, intervalsFor } from './presets.ts';

test('today is the day in the zone of the project, not of the browser', () => {
  const now = Date.parse('2026-11-22T23:30:00Z');
  expect(today('UTC', now)).toBe('2026-11-22');
  expect(today('Asia/Tokyo', now)).toBe('2026-11-23');
  expect(today('America/Los_Angeles', Date.parse('2026-11-22T07:59:00Z'))).toBe('2026-11-21');
});

test('days are counted over the change of the clocks and over leap days', () => {
  expect(addDays('2026-03-28', 2)).toBe('2026-03-30');
  expect(addDays('2028-03-01', -1)).toBe('2028-02-29');
  expect(countDays('2026-10-20', '2026-10-30')).toBe(11);
  expect(startOfMonth('2026-01-15', -1)).toBe('2025-12-01');
  expect(isDay('2026-02-30')).toBe(false);
  expect(isDay('2026-02-28')).toBe(true);
});

test.each([
  ['today', '2026-11-22', '2026-11-22'],
  ['yesterday', '2026-11-21', '2026-11-21'],
  ['7d', '2026-11-16', '2026-11-22'],
  ['28d', '2026-10-26', '2026-11-22'],
  ['90d', '2026-08-25', '2026-11-22'],
  ['month', '2026-11-01', '2026-11-22'],
  ['last-month', '2026-10-01', '2026-10-31'],
  ['12mo', '2025-12-01', '2026-11-22'],
  ['2026-01-05..2026-01-09', '2026-01-05', '2026-01-09'],
  ['gibberish', '2026-10-26', '2026-11-22'],
  [undefined, '2026-10-26', '2026-11-22'],
])('the range %s is %s to %s', (range, from, to) => {
  expect(daysOf(range, '2026-11-22')).toEqual({ from, to });
});

test('a custom range must be two days in order', () => {
  expect(customDays('2026-01-09..2026-01-05')).toBeUndefined();
  expect(customDays('2026-01-09')).toBeUndefined();
  expect(customDays('2026-13-01..2026-13-02')).toBeUndefined();
});

test('the period before has the same length and ends the day before', () => {
  expect(daysBefore({ from: '2026-11-16', to: '2026-11-22' })).toEqual({
    from: '2026-11-09',
    to: '2026-11-15',
  });
});

test('one day is drawn by hour, a month by day, a year by month', () => {
  expect(intervalFor({ from: '2026-11-22', to: '2026-11-22' }, 'day')).toBe('hour');
  expect(intervalFor(daysOf('28d', '2026-11-22'), undefined)).toBe('day');
  expect(intervalFor(daysOf('28d', '2026-11-22'), 'week')).toBe('week');
  expect(intervalFor(daysOf('28d', '2026-11-22'), 'hour')).toBe('day');
  expect(intervalFor(daysOf('12mo', '2026-11-22'), undefined)).toBe('month');
  expect(intervalsFor(daysOf('90d', '2026-11-22'))).toEqual(['day', 'week', 'month']);
});
