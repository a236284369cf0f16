import { type IpPrivacy, privateAddress } from './address.ts';

/**
 * Addresses that the tracker itself puts into the body or the query are made private before anything reaches the disk.
 * A byte search decides first: nearly no request has one, and only then the text is looked at. What stands there and is
 * not written as an address is emptied: nobody can say that it is not one in disguise.
 */
const escapedLetters = ['\\u0069', '\\u0070'].map((text) => Buffer.from(text));
const ip = Buffer.from('ip');
const [quote, backslash] = [0x22, 0x5c];

/**
 * `"ip": "…"` at any depth, and at the outermost level of strings, where the value may hold escapes. All counts are
 * bounded: the text comes from anybody, and a pattern must not look at it more than a few times over.
 */
const inJson = /(?<!\\)"((?:i|\\u0069)(?:p|\\u0070))"(\s{0,9}:\s{0,9})"((?:[^"\\]|\\.){0,200})"/gs;
/** The same inside JSON that is a string in JSON: `\"ip\":\"…\"`, at any level of escaping. */
const inEscapedJson =
  /(\\{1,15})"((?:i|\\{1,16}u0069)(?:p|\\{1,16}u0070))\1"(\s{0,9}:\s{0,9})\1"([^"\\]{0,200})\1"/g;
const inQuery = /(^|&)((?:i|%69)(?:p|%70))=([^&]*)/g;
const inQueryJson = /(%22ip%22(?:%20|\+){0,9}%3[aA](?:%20|\+){0,9}%22)((?:(?!%22)[^&]){0,200})(?=%22)/g;

export function privateBody(body: Buffer, privacy: IpPrivacy): Buffer {
  if (privacy === 'keep' || !mayHoldAddress(body)) return body;
  // latin1 maps bytes to characters one to one, so whatever else the body holds comes back unchanged.
  const text = body.toString('latin1');
  const changed = text
    .replace(
      inJson,
      (_all, key: string, colon: string, value: string) =>
        `"${key}"${colon}"${privateAddress(value, privacy)}"`,
    )
    .replace(
      inEscapedJson,
      (_all, level: string, key: string, colon: string, value: string) =>
        `${level}"${key}${level}"${colon}${level}"${privateAddress(value, privacy)}${level}"`,
    );
  return changed === text ? body : Buffer.from(changed, 'latin1');
}

/** Looks for `ip` between quotes: searching for the quote first takes four times as long, there are so many of them. */
function mayHoldAddress(body: Buffer): boolean {
  for (let at = body.indexOf(ip); at >= 0; at = body.indexOf(ip, at + 2)) {
    const next = body[at + 2];
    if (body[at - 1] === quote && (next === quote || next === backslash)) return true;
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
