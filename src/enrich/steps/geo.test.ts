import { afterAll, describe, expect, test } from 'vitest';
import { openGeo } from '../geo/geo.ts';
import { enriched } from '../items.fixture.ts';
import { geoStep } from './geo.ts';

const geo = openGeo();
afterAll(() => geo.close());

function place(address: string | undefined): string {
  const { row } = enriched([geoStep(geo)], { address });
  return [row.country, row.region, row.city].join('|');
}

describe('the place of an address', () => {
  test.each([
    ['8.8.8.0', 'US|California|Mountain View'],
    ['::ffff:8.8.8.0', 'US|California|Mountain View'],
    ['81.2.69.0', 'GB|England|London'],
    ['2a00:1450:4001::', 'DE|Hesse|Frankfurt am Main'],
  ])('%s is known, truncated as it is', (address, expected) => {
    expect(place(address)).toBe(expected);
  });

  test.each([
    undefined,
    '',
    '127.0.0.1',
    '10.1.2.0',
    '172.16.0.0',
    '192.168.1.0',
    '169.254.1.1',
    '100.64.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1%eth0',
    'fd00::1',
    'ff02::1',
    '::ffff:10.0.0.1',
    '999.1.1.1',
    'localhost',
    '8.8.8',
    '"><script>',
  ])('%s is nowhere', (address) => {
    expect(place(address)).toBe('||');
  });

  test('addresses all over both databases read without an error, countries are codes', () => {
    const countries = new Set<string>();
    for (let a = 1; a < 224; a++)
      countries.add(place(`${a}.${(a * 7) % 256}.${(a * 31) % 256}.0`).slice(0, 3));
    for (let b = 0; b < 256; b++)
      countries.add(place(`2a0${(b >> 4).toString(16)}:${(b * 16).toString(16)}::`).slice(0, 3));
    expect(countries.size).toBeGreaterThan(30);
    for (const country of countries) expect(country).toMatch(/^([A-Z]{2}\||\|\|)$/);
  });
});
