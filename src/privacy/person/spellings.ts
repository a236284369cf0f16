import { unescape as unescaped } from 'node:querystring';

/** Finds texts however they are spelled. */
export interface Finder {
  readonly isIn: (text: string) => boolean;
  /** Standing by itself, and long enough to mean nothing else. */
  readonly isWordIn: (text: string) => boolean;
}

export function finderOf(wanted: Iterable<string>): Finder {
  const needles = [...new Set([...wanted].flatMap(spellings))];
  const long = needles.filter((one) => one.length >= shortest);
  const [inText, wordIn] = [inAnyCase(needles, contains), inAnyCase(long, isWord)];
  return { isIn: (text) => someReading(text, inText), isWordIn: (text) => someReading(text, wordIn) };
}

type Test = (text: string) => boolean;

const shortest = 4;

/** In forms a space is a plus. */
function spellings(text: string): string[] {
  return [text, text.toLowerCase()].flatMap((one) => [one, one.replaceAll(' ', '+')]).filter(Boolean);
}

/** E-mail addresses are the same in upper case and in lower case. */
function inAnyCase(needles: readonly string[], test: (text: string, needle: string) => boolean): Test {
  const addresses = needles.filter((one) => one.includes('@') && one === one.toLowerCase());
  return (text) => {
    if (needles.some((needle) => test(text, needle))) return true;
    const lower = addresses.length > 0 ? text.toLowerCase() : '';
    return lower !== '' && addresses.some((address) => test(lower, address));
  };
}

function contains(text: string, needle: string): boolean {
  return text.includes(needle);
}

/** JSON in a form in JSON is as deep as clients wrap. */
const maxLevels = 3;

/** The text as it stands, and as it reads without the escapes of JSON (`\u00e9`, `\/`) and of forms (`%C3%A9`). */
function someReading(text: string, test: Test): boolean {
  if (test(text)) return true;
  let read = text;
  for (let level = 0; level < maxLevels; level++) {
    const before = read;
    for (const plain of [plainJson, plainForm]) {
      const next = plain(read);
      if (next !== read && test(next)) return true;
      read = next;
    }
    if (read === before) return false;
  }
  return false;
}

const controls: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function plainJson(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(?:u([0-9a-f]{4})|(["\\/bfnrt]))/gi, (_, code?: string, one = '') =>
    code === undefined
      ? (controls[one as string] ?? (one as string))
      : String.fromCharCode(Number.parseInt(code, 16)),
  );
}

function plainForm(text: string): string {
  return text.includes('%') ? unescaped(text) : text;
}

function isWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1))
    if (!/[\w.-]/.test(text[at - 1] ?? ' ') && !/[\w-]/.test(text[at + word.length] ?? ' ')) return true;
  return false;
}

/** JSON in base64, where nothing can be searched. */
const wrapped = /(?:["=]|%3D|^)(?:eyJ|eyA|ewo|ew0|W3s|WyJ|Wwo)/;

export function mayHide(text: string): boolean {
  return wrapped.test(text);
}
