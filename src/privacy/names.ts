import type { PersonalKind } from '../contract/privacy-settings.ts';

/** What the name of a property or parameter says about its value. */
export interface NameFacts {
  /** Without case and signs. */
  readonly plain: string;
  /** What kind of personal data is kept under such a name. */
  readonly kind: PersonalKind | undefined;
  /** Names a user: `userId`, `distinct_id`, `uid`, …. */
  readonly isUser: boolean;
  /** Holds a number that identifies a thing: an order, an invoice. */
  readonly isNumber: boolean;
  /** Holds what is known of a person: `traits`, `$set`. */
  readonly isProfile: boolean;
}

const cards = new Set([
  'card',
  'cardnumber',
  'cardno',
  'cardnum',
  'creditcard',
  'creditcardnumber',
  'debitcard',
  'ccnumber',
  'ccnum',
  'cc',
  'pan',
  'primaryaccountnumber',
]);
const tokens = new Set([
  'auth',
  'authorization',
  'bearer',
  'jwt',
  'otp',
  'pin',
  'cvv',
  'cvc',
  'csrf',
  'xsrf',
  'sid',
  'sessionid',
  'sess',
  'phpsessid',
  'jsessionid',
  'signature',
  'credential',
  'credentials',
  'pwd',
  'passwd',
  'pass',
  'privatekey',
  'accesskey',
  'secretkey',
  'setcookie',
  'cookie',
]);
const tokenEnds = ['token', 'password', 'passphrase', 'secret', 'apikey'];
const phones = new Set([
  'tel',
  'telephone',
  'phone',
  'mobile',
  'cell',
  'cellphone',
  'fax',
  'msisdn',
  'whatsapp',
]);
const phoneEnds = ['phone', 'phonenumber', 'mobilenumber', 'phoneno'];
/** As their clients spell them; comparing is without case and signs. */
const users = new Set(['userid', 'uid', 'distinctid', 'enduserid', 'useridentifier', 'customeruserid']);
const profiles = new Set([
  'traits',
  'set',
  'setonce',
  'userproperties',
  'personproperties',
  'userattributes',
  'userdata',
]);
const numbers =
  /(?:id|no|nr|ref|num|number|order|invoice|transaction|tracking|sku|barcode|ean|gtin|imei|serial|time|timestamp|ts|at|hash|version|build)$/;

export const maxName = 128;
const known = new Map<string, NameFacts>();

/** What a name says; remembered, since names repeat. */
export function factsOf(name: string): NameFacts {
  const found = known.get(name);
  if (found) return found;
  const facts = read(name);
  // names come from outside, so there is an end to what is remembered
  if (known.size > 5_000) known.clear();
  known.set(name, facts);
  return facts;
}

function read(name: string): NameFacts {
  const plain = plainName(name);
  return {
    plain,
    kind: kindOf(plain),
    isUser: users.has(plain) || users.has(name.toLowerCase().replace(/[^a-z0-9]/g, '')),
    isNumber: numbers.test(plain),
    isProfile: profiles.has(plain),
  };
}

/** Without case and signs: `$email`, `E-Mail` and `e_mail` are one name. Of `ep.email` and `user[email]` the last part counts. */
export function plainName(name: string): string {
  const whole = name.slice(-maxName);
  const last =
    whole
      .replace(/[\]\s]+$/, '')
      .split(/[.[\]:]/)
      .at(-1) ?? '';
  return last.toLowerCase().replace(/[^a-z0-9]/g, '');
}

function kindOf(plain: string): PersonalKind | undefined {
  if (plain === 'mail' || plain.endsWith('email') || plain.endsWith('emailaddress')) return 'email';
  if (phones.has(plain) || phoneEnds.some((end) => plain.endsWith(end))) return 'phone';
  if (cards.has(plain)) return 'card';
  if (tokens.has(plain) || tokenEnds.some((end) => plain.endsWith(end))) return 'token';
  return undefined;
}
