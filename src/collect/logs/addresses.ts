import { isIPv4, isIPv6 } from 'node:net';

/**
 * Addresses stand anywhere in a log line: in front of an access log's, behind `client:`, in `fwd="…"`, in fields of any
 * name. So every public address of a line is hidden, wherever it stands. Left alone are addresses of the operator's own
 * machines (loopback, private, link-local), and numbers that a version has (`nginx/1.2.3.4`, `version 1.2.3.4`).
 */
const v4 = /(?<![\w./-])(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})(?!\w|[.-]\w)("?)/g;
const v6 = /(?<![\w:.])((?:[\da-fA-F]{1,4}:|::)[\da-fA-F:.]{2,43})("?)/g;
/** A query's parameter with an address in it, escaped as IPv6 must be: trackers put the user's own there. */
const escaped = /([?&](?:ip|uip|cip|_ip)=)([\da-fA-F]{0,4}%3[aA][\da-fA-F%.]{2,120})/g;

const own =
  /^(?:0\.|10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|255\.|f[cd][\da-f]{2}:|fe[89ab][\da-f]:|::1?$)/i;
const version = /version["'=:\s]{0,6}$/i;
const digit = /\d/;
const colon = 0x3a;

type Hide = (address: string) => string;

/**
 * The text with its addresses hidden; the same string when it has none. `pad`: the length stays, filled up with spaces,
 * behind the closing quote where there is one.
 */
export function hideInText(text: string, hide: Hide, pad = false): string {
  const changed = (address: string, rest: string): string => {
    const kept = (hide(address) || '-') + rest;
    return pad ? kept.padEnd(address.length + rest.length) : kept;
  };
  const inV6 = (all: string, found: string, quote: string): string => {
    if (!digit.test(found)) return all;
    // at the end of a sentence, or before a port
    const address = found.replace(/[.:]+$/, (end) => (end.startsWith('::') ? '::' : ''));
    if (!isIPv6(address) || own.test(address)) return all;
    return changed(address, found.slice(address.length) + quote);
  };
  const inV4 = (all: string, address: string, quote: string, at: number, whole: string): string => {
    if (!isIPv4(address) || own.test(address)) return all;
    return version.test(whole.slice(Math.max(0, at - 16), at)) ? all : changed(address, quote);
  };
  const inQuery = (_all: string, name: string, value: string): string => {
    const hidden = encodeURIComponent(hide(decoded(value)));
    return name + (pad ? hidden.padEnd(value.length, '&') : hidden);
  };
  return text.replace(escaped, inQuery).replace(v6, inV6).replace(v4, inV4);
}

/** The same in bytes; latin1 maps bytes to characters one to one, so whatever else there is comes back unchanged. */
export function hideInBytes(bytes: Buffer, hide: Hide, pad = false): Buffer {
  if (!bytes.includes(colon) && !bytes.includes(0x2e)) return bytes;
  const text = bytes.toString('latin1');
  const changed = hideInText(text, hide, pad);
  return changed === text ? bytes : Buffer.from(changed, 'latin1');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
