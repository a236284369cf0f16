import { type IpPrivacy, privateAddress } from './address.ts';

/**
 * Addresses that the tracker itself puts into the body or the query are made private before anything reaches the disk.
 * A byte search decides first: nearly no request has one, and only then the text is looked at. What stands there and is
 * not written as an address is emptied: nobody can say that it is not one in disguise.
 */
const escapedLetters = ['\\u0024', '\\u0069', '\\u0070'].map((text) => Buffer.from(text));
const ip = Buffer.from('ip');
const [quote, backslash, dollar] = [0x22, 0x5c, 0x24];

/**
 * `"ip": "…"` and `"$ip": "…"` at any depth, and at the outermost level of strings, where the value may hold escapes.
 * All counts are bounded: the text comes from anybody, and a pattern must not look at it more than a few times over.
 */
const inJson =
  /(?<!\\)"((?:\$|\\u0024)?(?:i|\\u0069)(?:p|\\u0070))"(\s{0,9}:\s{0,9})"((?:[^"\\]|\\.){0,200})"/gs;
/** The same inside JSON that is a string in JSON: `\"ip\":\"…\"`, at any level of escaping. */
const inEscapedJson =
  /(?<!\\)(\\{1,15})"((?:\$|\\{1,16}u0024)?(?:i|\\{1,16}u0069)(?:p|\\{1,16}u0070))\1"(\s{0,9}:\s{0,9})\1"([^"\\]{0,200})\1"/g;
const inQuery = /(^|&)((?:i|%69)(?:p|%70))=([^&]*)/g;
const inQueryJson =
  /(%22(?:\$|%24)?ip%22(?:%20|\+){0,9}%3[aA](?:%20|\+){0,9}%22)((?:(?!%22)[^&]){0,200})(?=%22)/g;

export function privateBody(body: Buffer, privacy: IpPrivacy): Buffer {
  return privacy === 'keep' ? body : hideInJson(body, (address) => privateAddress(address, privacy));
}

/** Puts `hide` of each address in its place; without any the very same buffer comes back. */
export function hideInJson(body: Buffer, hide: (address: string) => string): Buffer {
  if (!mayHoldAddress(body)) return body;
  // latin1 maps bytes to characters one to one, so whatever else the body holds comes back unchanged.
  const text = body.toString('latin1');
  const changed = text
    .replace(inJson, (_all, key: string, colon: string, value: string) => `"${key}"${colon}"${hide(value)}"`)
    .replace(
      inEscapedJson,
      (_all, level: string, key: string, colon: string, value: string) =>
        `${level}"${key}${level}"${colon}${level}"${hide(value)}${level}"`,
    );
  return changed === text ? body : Buffer.from(changed, 'latin1');
}

/** Looks for `ip` between quotes: searching for the quote first takes four times as long, there are so many of them. */
function mayHoldAddress(body: Buffer): boolean {
  for (let at = body.indexOf(ip); at >= 0; at = body.indexOf(ip, at + 2)) {
    const next = body[at + 2];
    if (next !== quote && next !== backslash) continue;
    const before = body[at - 1];
    if (before === quote || before === dollar) return true;
  }
  return escapedLetters.some((letter) => body.includes(letter));
}

export function privateQuery(query: string, privacy: IpPrivacy): string {
  if (privacy === 'keep' || !/(?:i|%69)(?:p|%70)/.test(query)) return query;
  return query
    .replace(
      inQuery,
      (_all, start: string, key: string, value: string) =>
        `${start}${key}=${encodeURIComponent(privateAddress(decoded(value), privacy))}`,
    )
    .replace(
      inQueryJson,
      (_all, before: string, value: string) => before + privateAddress(decoded(value), privacy),
    );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return '';
  }
}
