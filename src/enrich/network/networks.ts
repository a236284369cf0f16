import { createRequire } from 'node:module';
import { isIPv4, isIPv6 } from 'node:net';
import { dirname, join } from 'node:path';
import { RecentCache } from '../recent.ts';
import { kindOfNetwork, type NetworkKind } from './hosting.ts';
import { eachLine } from './lines.ts';

/** A network of machines that an address belongs to. */
export interface Network {
  /** Number of the autonomous system. */
  readonly number: number;
  readonly name: string;
  readonly kind: NetworkKind;
}

/** Which network of machines an address is in; never throws. Undefined: where people are, or unknown. */
export interface Networks {
  find(address: string): Network | undefined;
}

/** Ranges in order; an address is a number below 2^53: IPv4 whole, of IPv6 the first 48 bits, finer than which no network is announced. */
interface Ranges {
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  /** Index into the networks. */
  readonly of: Uint16Array;
}

/** Networks of machines, and by number which of them it is; -1 for those of people. */
class Known {
  readonly networks: Network[] = [];
  readonly #indexes = new Map<number, number>();

  /** `name` is asked for once. */
  indexOf(number: number, name: () => string): number {
    let index = this.#indexes.get(number);
    if (index !== undefined) return index;
    const said = name();
    const kind = kindOfNetwork(number, said);
    index = kind === undefined ? -1 : this.networks.push({ number, name: said, kind }) - 1;
    this.#indexes.set(number, index);
    return index;
  }
}

/**
 * Networks of hosting and cloud companies by address: IP to ASN by RouteViews and DB-IP (CC BY 4.0), through the npm package
 * `@ip-location-db/asn`. Of its half a million ranges the tenth that is of such companies is kept, under 2 MB; a file is read at the first
 * address of its kind, in about 0.3 s, and an address that was asked for lately is not searched again.
 */
export function openNetworks(folder: string = packageFolder()): Networks {
  const recent = new RecentCache<Network | 'none'>(20_000);
  const known = new Known();
  let four: Ranges | undefined;
  let six: Ranges | undefined;
  const search = (address: string): Network | undefined => {
    if (isIPv4(address)) {
      four ??= readRanges(join(folder, 'asn-ipv4-num.csv'), known, readNumber);
      return known.networks[within(four, numberOfIPv4(address))];
    }
    if (!isIPv6(address)) return undefined;
    const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
    if (mapped !== undefined) return search(mapped);
    six ??= readRanges(join(folder, 'asn-ipv6.csv'), known, readPrefix);
    const bytes = Buffer.from(`${address},`);
    return known.networks[within(six, readPrefix(bytes, 0))];
  };
  return {
    find(address) {
      const known = recent.get(address);
      if (known !== undefined) return known === 'none' ? undefined : known;
      const found = search(address);
      recent.set(address, found ?? 'none');
      return found;
    },
  };
}

function packageFolder(): string {
  const require = createRequire(import.meta.url);
  return dirname(require.resolve('@ip-location-db/asn/package.json'));
}

function numberOfIPv4(address: string): number {
  let number = 0;
  for (const part of address.split('.')) number = number * 256 + Number(part);
  return number;
}

/** Index of the network, -1 for none. */
function within({ starts, ends, of }: Ranges, address: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] ?? 0) <= address) low = middle + 1;
    else high = middle;
  }
  const last = low - 1;
  return last >= 0 && address <= (ends[last] ?? 0) ? (of[last] ?? -1) : -1;
}

const comma = 44;
const quote = 34;

/** Lines `start,end,number,name` in order of start, without overlaps. `read` makes a number of an address that ends with a comma. */
function readRanges(file: string, known: Known, read: (bytes: Buffer, from: number) => number): Ranges {
  const starts: number[] = [];
  const ends: number[] = [];
  const of: number[] = [];
  eachLine(file, (bytes, start, end) => {
    const second = afterComma(bytes, start);
    const third = afterComma(bytes, second);
    if (third >= end) return;
    const index = known.indexOf(readNumber(bytes, third), () => nameAt(bytes, afterComma(bytes, third), end));
    if (index === -1) return;
    const from = read(bytes, start);
    const to = read(bytes, second);
    const last = starts.length - 1;
    // Neighbours of one network become one range.
    if (of[last] === index && (ends[last] ?? 0) >= from - 1) ends[last] = to;
    else {
      starts.push(from);
      ends.push(to);
      of.push(index);
    }
  });
  return {
    starts: Float64Array.from(starts),
    ends: Float64Array.from(ends),
    of: Uint16Array.from(of),
  };
}

/** Written out: a call into the runtime for every field takes longer than the rest. */
function afterComma(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] !== comma && at < bytes.length) at++;
  return at + 1;
}

function nameAt(bytes: Buffer, start: number, end: number): string {
  const last = bytes[end - 1] === 13 ? end - 1 : end;
  return bytes[start] === quote
    ? bytes.toString('utf8', start + 1, last - 1).replaceAll('""', '"')
    : bytes.toString('utf8', start, last);
}

function readNumber(bytes: Buffer, from: number): number {
  let number = 0;
  for (let at = from; ; at++) {
    const digit = (bytes[at] ?? 0) - 48;
    if (digit < 0 || digit > 9) return number;
    number = number * 10 + digit;
  }
}

const colon = 58;

/** The first three groups of an IPv6 address: `2001:db8::` is 0x2001_0db8_0000. */
function readPrefix(bytes: Buffer, from: number): number {
  let prefix = 0;
  let groups = 0;
  let group = 0;
  for (let at = from; groups < 3; at++) {
    const digit = digits[bytes[at] ?? 0] ?? 16;
    if (digit < 16) {
      group = group * 16 + digit;
      continue;
    }
    prefix = prefix * 0x1_0000 + group;
    group = 0;
    groups++;
    // `::` stands for zeros up to the end of these three groups, or it would be longer than it is.
    if (bytes[at] !== colon || bytes[at + 1] === colon) break;
  }
  return prefix * 0x1_0000 ** (3 - groups);
}

/** Value of a hexadecimal digit by its byte, 16 for others. */
const digits = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(value) ? 16 : value;
});
