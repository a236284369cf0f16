import { type Found, findCards, mayHoldToken } from './find.ts';
import type { Rules } from './rules.ts';

/**
 * Whether a body may hold something that the rules change. Nearly no body does, and then this is all that is paid: one look at each
 * byte, with most bytes of no interest.
 */
export function mayHold(body: Buffer, rules: Rules): boolean {
  if (rules.isIdle || body.length === 0) return false;
  if (rules.byName) return true;
  const { urls, properties } = rules;
  if (urls.phone !== 'keep' || properties.phone !== 'keep') return true;
  const email = urls.email !== 'keep' || properties.email !== 'keep';
  if (hasSign(body, email, urls.token !== 'keep')) return true;
  if (properties.token !== 'keep') {
    const text = body.toString('latin1');
    if (secret.test(text) || mayHoldToken(text)) return true;
  }
  return (urls.card !== 'keep' || properties.card !== 'keep') && hasDigits(body);
}

const secret =
  /token|passw|passphrase|pwd|pass"|secret|key|auth|bearer|jwt|otp|pin"|cv[cv]|[cx]srf|sid|sess|signature|credential|cookie/i;
/** The same as the name of a parameter, whose value follows at once. */
const parameter =
  /(?:token|password|passphrase|secret|key|auth|authorization|bearer|jwt|otp|pin|cv[cv]|[cx]srf|sid|session[_-]?id|sess|signature|credentials?|pwd|passwd|pass|cookie)(?:\]|%(?:25){0,5}5d)?$/i;
const longestName = 24;
/** Beginnings as numbers of three bytes. JSON in base64: `{"`, `{ `, `{` and a new line, `[{`, `["`. */
const encoded = startsOf(['eyJ', 'eyA', 'ewo', 'ew0', 'W3s', 'WyJ', 'Wwo']);
const secrets = startsOf(
  'eyJ sk_ rk_ gho ghp ghr ghs ghu git xox AKI ASI AIz glp npm SG. ya2 whs Bea bea Bas'.split(' '),
);
const escapedSign = /^(?:%(?:25){0,5}|\\u00)(?:(40)|3d)/i;

const [quote, percent, slash, equals, at, backslash] = [0x22, 0x25, 0x2f, 0x3d, 0x40, 0x5c];
const isSign = new Uint8Array(256);
for (const sign of [quote, percent, slash, equals, at, backslash]) isSign[sign] = 1;

function hasSign(body: Buffer, email: boolean, token: boolean): boolean {
  for (let place = 0; place < body.length; place++) {
    const byte = body[place] ?? 0;
    if (isSign[byte] === 1 && isTelling(body, place, byte, email, token)) return true;
  }
  return false;
}

function isTelling(body: Buffer, place: number, byte: number, email: boolean, token: boolean): boolean {
  if (byte === at) return email;
  if (byte === quote) return encoded.has(startAt(body, place + 1));
  if (byte === percent || byte === backslash) {
    const sign = escapedSign.exec(body.toString('latin1', place, place + 13));
    return sign !== null && (sign[1] === undefined ? token && isParameter(body, place) : email);
  }
  const start = startAt(body, place + 1);
  if (token && secrets.has(start) && mayHoldToken(body.toString('latin1', place + 1, place + 14)))
    return true;
  return byte === equals && (encoded.has(start) || (token && isParameter(body, place)));
}

function startAt(body: Buffer, place: number): number {
  return ((body[place] ?? 0) << 16) | ((body[place + 1] ?? 0) << 8) | (body[place + 2] ?? 0);
}

function startsOf(texts: readonly string[]): ReadonlySet<number> {
  return new Set(texts.map((text) => startAt(Buffer.from(text), 0)));
}

function isParameter(body: Buffer, end: number): boolean {
  return parameter.test(body.toString('latin1', Math.max(0, end - longestName), end));
}

/** Digits of the shortest card, and more than the longest one with its gaps. */
const cardDigits = 14;
const reach = 32;

/** Looks at every 14th byte, since a run of digits that is long enough has one of these. */
function hasDigits(body: Buffer): boolean {
  for (let probe = cardDigits - 1; probe < body.length; probe += cardDigits) {
    if (!isDigitOrGap(body[probe] ?? 0)) continue;
    let start = probe;
    let end = probe + 1;
    while (start > 0 && probe - start < reach && isDigitOrGap(body[start - 1] ?? 0)) start--;
    while (end < body.length && end - probe < reach && isDigitOrGap(body[end] ?? 0)) end++;
    if (end - start < cardDigits) continue;
    const found: Found[] = [];
    const text = body.toString('latin1', Math.max(0, start - 1), end + 2);
    findCards(text.replace(/%20|\+/g, ' '), true, found);
    // digits that end nowhere near may be anything
    if (found.length > 0 || end - start > reach) return true;
  }
  return false;
}

/** Groups of a number are parted by spaces, dashes, or a space that is escaped (`+`, `%20`). */
function isDigitOrGap(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x20 || byte === 0x2d || byte === 0x2b || byte === 0x25;
}
