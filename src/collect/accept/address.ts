import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { TributaryError } from '../../runtime/errors.ts';

/** How client addresses are kept: last byte of IPv4 and all but /48 of IPv6 zeroed, whole, or not at all. */
export type IpPrivacy = 'truncate' | 'keep' | 'drop';

/** The address as it may be kept; empty when `text` is no address. */
export function privateAddress(text: string, privacy: IpPrivacy): string {
  if (privacy === 'drop') return '';
  const address = plainAddress(text);
  if (address === '' || privacy === 'keep') return address;
  if (!address.includes(':')) return `${address.slice(0, address.lastIndexOf('.'))}.0`;
  return truncateIPv6(address);
}

/** Without port, brackets, zone and IPv4-in-IPv6 notation; empty when it is no address. */
export function plainAddress(text: string): string {
  let address = text.trim();
  if (address.startsWith('[')) address = address.slice(1, Math.max(1, address.indexOf(']')));
  else if (/^[\d.]+:\d+$/.test(address)) address = address.slice(0, address.indexOf(':'));
  const zone = address.indexOf('%');
  if (zone >= 0) address = address.slice(0, zone);
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) address = mapped;
  return isIP(address) ? address : '';
}

function truncateIPv6(address: string): string {
  // The groups before `::` are the leading ones; what is elided there is zeros, and only the first three are kept.
  const [left = '', right] = address.toLowerCase().split('::');
  const groups = left === '' ? [] : left.split(':');
  if (right !== undefined) {
    const tail = right === '' ? [] : right.split(':');
    const tailGroups = tail.length + (right.includes('.') ? 1 : 0);
    while (groups.length + tailGroups < 8) groups.push('0');
    groups.push(...tail);
  }
  const kept = groups.slice(0, 3).map((group) => group.replace(/^0+(?=.)/, ''));
  while (kept.at(-1) === '0') kept.pop();
  return `${kept.join(':')}::`;
}

/** Which proxies' forwarding headers are believed, from addresses and CIDR ranges. */
export class TrustedProxies {
  readonly #list = new BlockList();
  // Connections live long, so the question is nearly always about the address of the request before.
  #lastAsked = '';
  #lastAnswer = false;

  constructor(ranges: readonly string[]) {
    for (const range of ranges.map((text) => text.trim()).filter((text) => text !== '')) {
      const [address = '', bits] = range.split('/');
      const family = isIPv6(address) ? 'ipv6' : 'ipv4';
      try {
        if (bits === undefined) this.#list.addAddress(address, family);
        else this.#list.addSubnet(address, Number(bits), family);
      } catch (error) {
        throw new TributaryError('config-invalid', `"${range}" is no address and no CIDR range`, {
          cause: error,
        });
      }
    }
  }

  has(address: string): boolean {
    if (address === this.#lastAsked) return this.#lastAnswer;
    this.#lastAsked = address;
    const plain = plainAddress(address);
    this.#lastAnswer = plain !== '' && this.#list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
    return this.#lastAnswer;
  }

  /** The client's address: the nearest one in the forwarding headers that is not a trusted proxy itself. */
  clientOf(connection: string, headers: IncomingHttpHeaders): string {
    if (!this.has(connection)) return connection;
    const hops = forwardedFor(headers);
    for (let index = hops.length - 1; index >= 0; index--) {
      const hop = plainAddress(hops[index] ?? '');
      // Something unreadable hides what comes before it; the proxy that wrote it is all that is known.
      if (hop === '') return '';
      if (index === 0 || !this.has(hop)) return hop;
    }
    return connection;
  }
}

function forwardedFor(headers: IncomingHttpHeaders): string[] {
  const plain = headers['x-forwarded-for'];
  if (plain !== undefined) return (Array.isArray(plain) ? plain.join(',') : plain).split(',');
  const { forwarded } = headers;
  if (forwarded === undefined) return [];
  return forwarded.split(',').flatMap((hop) => /(?:^|;)\s*for="?([^";]*)/i.exec(hop.trim())?.[1] ?? []);
}
