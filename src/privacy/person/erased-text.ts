import { sha256 } from '../../runtime/ids.ts';

/** Whether an id is one that was erased. */
export type IsErased = (id: string | undefined) => boolean;

/** Names under which an id says whose something is; under others it is only spoken of. */
const identity =
  /user|anon|distinct|device|visitor|client|previous|alias|mail|identi|person|customer|value|^(?:u|a|uid|cid|id|_id|duid|nuid|tnuid|sub|who)$/i;
const maxLooks = 20_000;
const longest = 512;
/** Words that are shorter mean too much else. */
const shortest = 4;
/** JSON in base64. */
const hidden = /^(?:eyJ|eyA|ewo|ew0|W3s|WyJ|Wwo)[\w+/=-]+$/;

/**
 * Whether a text that could not be decoded names somebody who was erased: in JSON under names that say whose something is, else as any word.
 * Of a huge text the first 20,000 values are looked at.
 */
export function namesErased(text: string, isErased: IsErased): boolean {
  const budget = { left: maxLooks };
  const json = parsed(text);
  return json === undefined ? inWords(text, isErased, budget) : inJson(json, isErased, budget);
}

interface Budget {
  left: number;
}

function parsed(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function inJson(json: unknown, isErased: IsErased, budget: Budget): boolean {
  const open: Named[] = [{ name: '', value: json }];
  for (let one = open.pop(); one !== undefined && budget.left > 0; one = open.pop()) {
    const { name, value } = one;
    budget.left--;
    if (typeof value === 'object' && value !== null) open.push(...within(name, value));
    else if (typeof value === 'string' && value.startsWith('?')) {
      if (inWords(value, isErased, budget)) return true;
    } else if (identity.test(name) && isNamed(String(value), isErased)) return true;
  }
  return false;
}

interface Named {
  readonly name: string;
  readonly value: unknown;
}

/** Elements of a list are called as the list is. */
function within(name: string, value: object): Named[] {
  const inner = Array.isArray(value)
    ? value.map((one): [string, unknown] => [name, one])
    : Object.entries(value);
  return inner.slice(0, maxLooks).map(([of, one]) => ({ name: of, value: one }));
}

function inWords(text: string, isErased: IsErased, budget: Budget): boolean {
  for (const [found] of text.matchAll(/[^\s"'`,;&=<>{}[\]()\\]+/g)) {
    if (budget.left-- <= 0) return false;
    const word = unescaped(found);
    if (word.length < shortest) continue;
    if (hidden.test(found)) {
      const inner = Buffer.from(found, 'base64').toString();
      const json = parsed(inner);
      if (json === undefined ? inWords(inner, isErased, budget) : inJson(json, isErased, budget)) return true;
    }
    // `user:42ab` and `/users/42ab.` name 42ab, and `auth0|42ab` is an id itself
    const pieces = new Set([word, ...word.split(/[:|/?#]/)].map((one) => one.replace(/\.$/, '')));
    for (const piece of pieces)
      if (piece.length >= shortest && piece.length <= longest && isNamed(piece, isErased)) return true;
  }
  return false;
}

function unescaped(word: string): string {
  if (!word.includes('%')) return word;
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}

function isNamed(id: string, isErased: IsErased): boolean {
  if (id.length > longest) return false;
  return isErased(id) || (id.includes('@') && isErased(mailId(id)));
}

/** As the enricher knows an e-mail address. */
export function mailId(address: string): string {
  return sha256(address.trim().toLowerCase());
}
