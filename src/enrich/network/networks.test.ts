import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { kindOfNetwork } from './hosting.ts';
import { openNetworks } from './networks.ts';

const folder = dirname(createRequire(import.meta.url).resolve('@ip-location-db/asn/package.json'));
const networks = openNetworks();

/** Every so many lines of a file: start, end, number, name. */
function sample(file: string, every: number): (readonly [string, string, number, string])[] {
  return readFileSync(join(folder, file), 'utf8')
    .split('\n')
    .filter((line, index) => line !== '' && index % every === 0)
    .map((line) => {
      const [, start = '', end = '', number = '', name = ''] =
        /^([^,]*),([^,]*),(\d+),(.*)$/.exec(line) ?? [];
      return [start, end, Number(number), name.replace(/^"|"$/g, '').replaceAll('""', '"')] as const;
    });
}

describe('which network an address is in', () => {
  test.each<[string, number, string]>([
    ['3.5.140.0', 16509, 'cloud'],
    ['88.198.4.0', 24940, 'cloud'],
    ['45.77.0.0', 20473, 'cloud'],
    ['104.28.30.0', 13335, 'relay'],
    ['66.249.66.0', 15169, 'cloud'],
    ['2a01:4f8:c17::', 24940, 'cloud'],
    ['2600:1f18:1::', 14618, 'cloud'],
    ['::ffff:3.5.140.2', 16509, 'cloud'],
  ])('%s is in a network of machines', (address, number, kind) => {
    expect(networks.find(address)).toMatchObject({ number, kind });
  });

  test.each([
    '79.230.1.0',
    '2003:e1::',
    '17.5.7.0',
    '10.0.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1%eth0',
    '1.2.3',
    'nonsense',
    '',
  ])('%s is not', (address) => {
    expect(networks.find(address)).toBeUndefined();
  });

  test('agrees with the lines of the database', () => {
    let machines = 0;
    for (const [start, end, number, name] of sample('asn-ipv4.csv', 211)) {
      const kind = kindOfNetwork(number, name);
      if (kind !== undefined) machines++;
      const expected = kind === undefined ? undefined : expect.objectContaining({ number, kind });
      expect([start, networks.find(start)]).toEqual([start, expected]);
      expect([end, networks.find(end)]).toEqual([end, expected]);
    }
    for (const [start, , number, name] of sample('asn-ipv6.csv', 53)) {
      // the finer ones are not told apart
      if (!/^[\da-f]+:[\da-f]+(:[\da-f]+)?::$/.test(start)) continue;
      const kind = kindOfNetwork(number, name);
      if (kind !== undefined) machines++;
      const expected = kind === undefined ? undefined : expect.objectContaining({ number, kind });
      expect([start, networks.find(start)]).toEqual([start, expected]);
    }
    expect(machines).toBeGreaterThan(200);
  });
});

test.each([
  ['Example Hosting GmbH', 'hosting'],
  ['Some Cloud Ltd', 'hosting'],
  ['Universidad Nacional de Colombia', undefined],
  ['University Data Center', undefined],
  ['Deutsche Telekom AG', undefined],
  ['Fiber Cloud Telecom', undefined],
])('a network called %s is %s', (name, kind) => {
  expect(kindOfNetwork(64_512, name)).toBe(kind);
});
