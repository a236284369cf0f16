import { describe, expect, test } from 'vitest';
import { enriched } from '../items.fixture.ts';
import { localeStep } from './locale.ts';

describe('language and time zone', () => {
  test.each([
    ['en-US', 'en-US'],
    ['EN-us', 'en-US'],
    ['en_US', 'en-US'],
    ['de', 'de'],
    ['zh-hant-tw', 'zh-Hant-TW'],
    ['en-US,en;q=0.9', 'en-US'],
    ['en_US.UTF-8', 'en-US'],
    ['*', ''],
    ['', ''],
    ['x'.repeat(5_000), ''],
    [undefined, ''],
  ])('%s is written %s', (locale, expected) => {
    expect(enriched([localeStep], { locale }).row.language).toBe(expected);
  });

  test.each([
    ['Europe/Berlin', 'Europe/Berlin'],
    ['America/Argentina/Buenos_Aires', 'America/Argentina/Buenos_Aires'],
    ['Etc/GMT+3', 'Etc/GMT+3'],
    ['<b>', ''],
    ['', ''],
    ['Z'.repeat(65), ''],
    [undefined, ''],
  ])('time zone %s is kept as %s', (timezone, expected) => {
    expect(enriched([localeStep], { timezone }).row.timezone).toBe(expected);
  });
});
