import { hasFormat } from './validators.ts';

/** Names of properties that mean something personal, in the last word of a name: `billingEmail`, `phone_number`. */
const names: readonly (readonly [name: RegExp, kind: string])[] = [
  [/e-?mail(?:_?address)?$/i, 'email'],
  [/(?:phone|mobile|msisdn|fax)(?:_?(?:number|no))?$/i, 'phone'],
  [/(?:first|last|full|given|family|middle|maiden)_?name$/i, 'name'],
  [/(?:street|address_?line\d?|postal_?address|street_?address)$/i, 'address'],
  [/(?:^|_)(?:dob|birth_?(?:day|date))$|birth(?:Day|Date)$/, 'birthday'],
  [/(?:card_?number|iban|pan|cvc|cvv)$/i, 'card'],
  [/(?:ssn|passport(?:_?number)?|tax_?id|national_?id)$/i, 'id number'],
  [/(?:password|passwd|secret|token|api_?key)$/i, 'secret'],
  [/^(?:ip|ip_?address|client_?ip)$/i, 'ip'],
];

const looksLike: readonly (readonly [test: (text: string) => boolean, kind: string])[] = [
  [(text) => text.includes('@') && hasFormat('email', text), 'email'],
  [(text) => text.length <= 20 && /^\+\d[\d ()/.-]{6,18}$/.test(text), 'phone'],
  [(text) => hasFormat('ipv4', text), 'ip'],
];

/** What masking puts in the place of personal data: `(email)`, or a pseudonym. */
const masked = /\((email|phone|card|token|masked)\)/;
const pseudonym = /^ps\w{1,16}_[\w-]{22}$/;

/** What stood where a text was masked before it reached the log; undefined when it was not. */
export function maskedKind(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const kind = masked.exec(value)?.[1];
  if (kind !== undefined) return kind === 'masked' ? 'personal' : kind;
  return pseudonym.test(value) ? 'personal' : undefined;
}

/** What kind of personal data a property seems to hold, by its name or because values are of that kind; undefined when it does not. */
export function personalKind(name: string, values: readonly string[]): string | undefined {
  const named = names.find(([pattern]) => pattern.test(name.slice(-80)));
  if (named) return named[1];
  const mask = values.find((value) => maskedKind(value) !== undefined);
  if (mask !== undefined) return maskedKind(mask);
  return looksLike.find(([test]) => values.filter((value) => test(value)).length * 5 > values.length)?.[1];
}
