import { type Found, findCards, mayHoldToken } from './find.ts';
import type { Rules } from './rules.ts';

/**
 * Whether a body may hold something that the rules change. Nearly no body does, and then this is all that is paid: half of what JSON.parse
 * of it takes. Patterns for rare beginnings are faster here than a loop over the bytes.
 */
export function mayHold(body: Buffer, rules: Rules): boolean {
  if (rules.isIdle || body.length === 0) return false;
  if (rules.byName) return true;
  const { urls, properties } = rules;
  if (urls.phone !== 'keep' || properties.phone !== 'keep') return true;
  if ((urls.email !== 'keep' || properties.email !== 'keep') && body.includes(at)) return true;
  const text = body.toString('latin1');
  if ((urls.email !== 'keep' || properties.email !== 'keep') && escapedAt.test(text)) return true;
  if (encoded.test(text)) return true;
  if (properties.token !== 'keep' && (secret.test(text) || mayHoldToken(text))) return true;
  if (urls.token !== 'keep' && (inAddress.test(text) || signs.some((sign) => hasParameter(text, sign))))
    return true;
  return (urls.card !== 'keep' || properties.card !== 'keep') && hasCard(text);
}

const at = 0x40;
const escapedAt = /%(?:25){0,5}40|\\u0040/;
/** JSON in base64: `{"`, `{ `, `{` and a new line, `[{`, `["`. */
const encoded = /["=](?:eyJ|eyA|ewo|ew0|W3s|WyJ|Wwo)/;
const inAddress =
  /[=/](?:eyJ|[sr]k_|gh[opsur]_|git|xox|A[KS]IA|AIza|glpat|npm_|SG\.|ya29|whsec|[Bb]earer|Basic)/;
const secret =
  /token|passw|passphrase|pwd|pass"|secret|key|auth|bearer|jwt|otp|pin"|cv[cv]|[cx]srf|sid|sess|signature|credential|cookie/i;
/** The same as the name of a parameter, whose value follows at once. */
const parameter =
  /(?:token|password|passphrase|secret|key|auth|authorization|bearer|jwt|otp|pin|cv[cv]|[cx]srf|sid|session[_-]?id|sess|signature|credentials?|pwd|passwd|pass|cookie)(?:\]|%(?:25){0,5}5d)?(?:%(?:25){0,5})?$/i;
/** `=`, plainly or escaped, without what may stand between. */
const signs = ['=', '3D', '3d', '\\u003'];
const longestName = 30;

function hasParameter(text: string, sign: string): boolean {
  for (let found = text.indexOf(sign); found >= 0; found = text.indexOf(sign, found + 1))
    if (parameter.test(text.slice(Math.max(0, found - longestName), found))) return true;
  return false;
}

/** Digits with their gaps: spaces, dashes, spaces that are escaped (`+`, `%20`). */
const digits = /\d[\d +%-]{13,40}/g;

function hasCard(text: string): boolean {
  for (const match of text.matchAll(digits)) {
    const found: Found[] = [];
    const around = text.slice(Math.max(0, match.index - 1), match.index + match[0].length + 2);
    findCards(around.replace(/%20|\+/g, ' '), true, found);
    // digits that end nowhere near may be anything
    if (found.length > 0 || match[0].length > 40) return true;
  }
  return false;
}
