import type { PersonalKind } from '../contract/privacy-settings.ts';

/** A piece of a text that is personal. */
export interface Found {
  readonly start: number;
  readonly end: number;
  readonly kind: PersonalKind;
}

const digit = /\d{3}|\d[ -]\d/;
const letter = /[\w\x80-\xff]/;
const local = /[\w.%+'\x80-\xff-]/;
const domain = /[\w.\x80-\xff-]/;
const wholeDomain =
  /^(?:[\w\x80-\xff](?:[\w\x80-\xff-]*[\w\x80-\xff])?\.)+(?:[a-z\x80-\xff]{2,63}|xn--[a-z0-9-]{2,59})$/i;
const maxLocal = 64;
const maxDomain = 253;

/** E-mail addresses, also with `%40`; each place is looked at a bounded number of times. */
export function findEmails(text: string, into: Found[]): void {
  let after = 0;
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1))
    after = emailAt(text, at, 1, after, into);
  after = 0;
  for (let at = text.indexOf('%40'); at >= 0; at = text.indexOf('%40', at + 3))
    after = emailAt(text, at, 3, after, into);
}

function emailAt(text: string, at: number, width: number, after: number, into: Found[]): number {
  let start = at;
  while (start > after && at - start < maxLocal && local.test(text[start - 1] ?? '')) start--;
  // a sign in front belongs to the sentence; so does an escape such as %20
  while (start < at && !letter.test(text[start] ?? '')) start += text[start] === '%' ? 3 : 1;
  if (start >= at) return after;
  let end = at + width;
  while (end < text.length && end - at < maxDomain && domain.test(text[end] ?? '')) end++;
  while (end > at + width && /[.-]/.test(text[end - 1] ?? '')) end--;
  if (!wholeDomain.test(text.slice(at + width, end))) return after;
  into.push({ start, end, kind: 'email' });
  return end;
}

/** With a country code, or as numbers are written in North America; plain digits are no phone. */
const phone =
  /(?<![\w.+/:-])(?:\+\d(?:[\s().\-/]{0,2}\d){7,14}|\([2-9]\d{2}\)\s?[2-9]\d{2}[-. ]\d{4}|[2-9]\d{2}([-. ])[2-9]\d{2}\1\d{4})(?![\w]|[.,-]\d)/g;
/** `+48.85661400` is a latitude. */
const decimal = /^\+\d{1,3}\.\d+$/;

export function findPhones(text: string, into: Found[]): void {
  if (text.length < 9 || !digit.test(text)) return;
  for (const match of text.matchAll(phone)) {
    if (!decimal.test(match[0]))
      into.push({ start: match.index, end: match.index + match[0].length, kind: 'phone' });
  }
}

const card = /(?<![\w.+-])\d(?:[ -]?\d){12,18}(?!\w|[.-]\w)/g;

/** `plain`: also digits without groups; a name such as `order_id` speaks against it. */
export function findCards(text: string, plain: boolean, into: Found[]): void {
  if (text.length < 14 || !digit.test(text)) return;
  for (const match of text.matchAll(card)) {
    if (isCard(match[0], plain))
      into.push({ start: match.index, end: match.index + match[0].length, kind: 'card' });
  }
}

/** Four digits each, or as American Express and Diners print them. */
const grouped = /^(?:\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|\d{4}([ -])\d{6}\2\d{4,5})$/;

/** Whether the digits are a payment card's: the issuer's range, the length and the check digit (ISO/IEC 7812) are right. */
export function isCard(text: string, plain: boolean): boolean {
  const digits = text.replace(/[ -]/g, '');
  if (digits.length !== text.length ? !grouped.test(text) : !plain) return false;
  return isIssued(digits) && luhn(digits);
}

function isIssued(digits: string): boolean {
  const { length } = digits;
  const two = Number(digits.slice(0, 2));
  const four = Number(digits.slice(0, 4));
  if (digits[0] === '4') return length === 16 || length === 19;
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return length === 16;
  if (two === 34 || two === 37) return length === 15;
  if (four === 6011 || two === 65 || (four >= 6440 && four <= 6499)) return length === 16 || length === 19;
  if (four >= 3528 && four <= 3589) return length === 16;
  if (two === 36 || two === 38 || (four >= 3000 && four <= 3059)) return length === 14;
  return two === 62 && length >= 16;
}

function luhn(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - 48;
    const value = at % 2 === 1 ? digit * 2 : digit;
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0 && !/^(\d)\1+$/.test(digits);
}

const jwt = /(?<![\w-])eyJ[\w-]{5,4000}\.eyJ[\w-]{5,8000}\.[\w-]{0,4000}/g;
/** Secrets that say what they are. */
const named =
  /(?<![\w-])(?:[sr]k_(?:live|test)_[A-Za-z0-9]{10,250}|gh[opsur]_[A-Za-z0-9]{20,250}|github_pat_\w{20,250}|xox[abeprs]-[A-Za-z0-9-]{10,250}|A(?:KIA|SIA)[A-Z0-9]{16}(?!\w)|AIza[\w-]{35}|glpat-[\w-]{20,60}|npm_[A-Za-z0-9]{30,60}|SG\.[\w-]{16,40}\.[\w-]{16,60}|ya29\.[\w-]{20,500}|whsec_[A-Za-z0-9+/=]{20,100}|[Bb]earer[ +][\w.~+/=-]{16,4000}|Basic [A-Za-z0-9+/=]{12,400})/g;

/** How they begin: cheaper to ask for than the patterns. */
const beginning =
  /eyJ|[sr]k_(?:live|test)_|gh[opsur]_|github_pat_|xox[abeprs]-|AKIA|ASIA|AIza|glpat-|npm_|SG\.|ya29\.|whsec_|[Bb]earer[ +]|Basic /;

export function mayHoldToken(text: string): boolean {
  return text.length > 2 && beginning.test(text);
}

export function findTokens(text: string, into: Found[]): void {
  if (text.length < 12 || !beginning.test(text)) return;
  for (const pattern of [jwt, named])
    for (const match of text.matchAll(pattern))
      into.push({ start: match.index, end: match.index + match[0].length, kind: 'token' });
}
