import { expect, test } from 'vitest';
import { ago, duration } from './duration.ts';
import { changeOf, compact, percent, rate, signed } from './number.ts';
import { countryFlag, countryName, languageName } from './place.ts';
import { bucketName, bucketTick, daysName, moment } from './time.ts';

test.each([
  [0, '0'],
  [7, '7'],
  [1.234, '1.23'],
  [123.4, '123'],
  [9_876, '9,876'],
  [12_345, '12.3K'],
  [4_500_000, '4.5M'],
])('%d in a small place is %s', (value, text) => {
  expect(compact(value)).toBe(text);
});

test.each([
  [0, '0%'],
  [0.0004, '<0.1%'],
  [0.423, '42.3%'],
  [0.5, '50%'],
  [0.99999, '100%'],
  [1, '100%'],
])('a share of %d is %s', (ratio, text) => {
  expect(percent(ratio)).toBe(text);
});

test('a change has a sign, and there is none from nothing', () => {
  expect(signed(0.123)).toBe('+12%');
  expect(signed(-0.034)).toBe('−3.4%');
  expect(signed(0)).toBe('0%');
  expect(signed(25)).toBe('+2,500%');
  expect(changeOf(5, 0)).toBeUndefined();
  expect(changeOf(15, 10)).toBeCloseTo(0.5);
});

test.each([
  [0, '0s'],
  [0.4, '400ms'],
  [59.6, '1m'],
  [134, '2m 14s'],
  [3_600, '1h'],
  [3_725, '1h 2m'],
  [187_200, '2d 4h'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test('time past is told in one unit', () => {
  expect(ago(1_000, 1_500)).toBe('now');
  expect(ago(0, 42_000)).toBe('42s ago');
  expect(ago(0, 7_300_000)).toBe('2h ago');
  expect(ago(5_000, 0)).toBe('now');
});

test('a rate below one in ten seconds is told per minute', () => {
  expect(rate(0)).toBe('0/s');
  expect(rate(0.05)).toBe('3/min');
  expect(rate(2.345)).toBe('2.3/s');
  expect(rate(12_345)).toBe('12.3K/s');
});

test('codes become names, and what is no code stays', () => {
  expect(countryName('DE')).toBe('Germany');
  expect(countryName('Atlantis')).toBe('Atlantis');
  expect(countryFlag('de')).toBe('🇩🇪');
  expect(countryFlag('')).toBe('');
  expect(languageName('pt-BR')).toBe('Brazilian Portuguese');
  expect(languageName('not a tag')).toBe('not a tag');
});

test('buckets and moments are named in the zone of the project', () => {
  const at = Date.parse('2026-11-22T23:30:05Z');
  expect(bucketTick(at, 'day', 'UTC')).toBe('22 Nov');
  expect(bucketTick(at, 'day', 'Asia/Tokyo')).toBe('23 Nov');
  expect(bucketTick(at, 'hour', 'Asia/Tokyo')).toBe('08:30');
  expect(bucketName(at, 'month', 'UTC')).toBe('November 2026');
  expect(bucketName(at, 'week', 'UTC')).toBe('Week of 22 Nov 2026');
  expect(moment(at, 'Europe/Berlin')).toBe('23 Nov 2026, 00:30:05');
});

test('a range is named with its year only when it is not this year', () => {
  expect(daysName('2026-11-16', '2026-11-22', '2026-11-22')).toBe('16 Nov – 22 Nov');
  expect(daysName('2026-11-22', '2026-11-22', '2026-11-22')).toBe('22 Nov');
  expect(daysName('2025-12-01', '2026-11-22', '2026-11-22')).toBe('1 Dec 2025 – 22 Nov 2026');
});
