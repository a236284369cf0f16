import { lookup } from 'node:dns';
import { request } from 'node:https';
import { BlockList, isIPv6, type LookupFunction } from 'node:net';
import type { Outbound } from '../protocol.ts';

const maxBytes = 64 * 1024;
const patience = 5_000;

/** Addresses that are this machine's, this network's, or nobody's: https://www.iana.org/assignments/iana-ipv4-special-registry */
const inside = new BlockList();
for (const [address, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  inside.addSubnet(address, bits, 'ipv4');

/** Only 2000::/3 is given out; of it, tunnels that lead to addresses of the old kind are left out. */
const given = new BlockList();
given.addSubnet('2000::', 3, 'ipv6');
const tunnels = new BlockList();
tunnels.addSubnet('2001::', 23, 'ipv6');
tunnels.addSubnet('2001:db8::', 32, 'ipv6');
tunnels.addSubnet('2002::', 16, 'ipv6');

export function isPublicAddress(address: string): boolean {
  if (!isIPv6(address)) return !inside.check(address, 'ipv4');
  return given.check(address, 'ipv6') && !tunnels.check(address, 'ipv6');
}

/** Refuses a name that leads inside; the connection goes to the very addresses that were looked at. */
const publicLookup: LookupFunction = (host, options, done) => {
  lookup(host, { ...options, all: true }, (error, addresses) => {
    const wrong = addresses?.find(({ address }) => !isPublicAddress(address));
    const [first] = addresses ?? [];
    if (error || wrong || !first) {
      done(error ?? new Error(`${host} does not lead to a public address`), '', 0);
    } else if (options.all) done(null, addresses);
    else done(null, first.address, first.family);
  });
};

/** The public internet. */
export const publicOutbound: Outbound = {
  get: (url) =>
    new Promise((resolve, reject) => {
      const { protocol, hostname } = new URL(url);
      if (protocol !== 'https:' || /^[\d.]+$|^\[/.test(hostname)) {
        reject(new Error(`only https URLs with a host name are asked, not ${url.slice(0, 200)}`));
        return;
      }
      const signal = AbortSignal.timeout(patience);
      const asked = request(url, { lookup: publicLookup, signal, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > maxBytes)
            asked.destroy(new Error(`${hostname} answers with more than ${maxBytes} bytes`));
          else chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
        );
      });
      asked.on('error', reject);
      asked.end();
    }),
};
