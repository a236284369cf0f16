import { toBytes, toText } from './bytes.ts';
import { factsOf } from './names.ts';

/** What becomes of a value; the same text (or undefined) leaves it as it is. */
export interface Change {
  text(value: string, name: string, inProfile: boolean): string;
  /** The digits of a number; a text stands in its place then. */
  number(digits: string, name: string): string | undefined;
}

interface Level {
  readonly isObject: boolean;
  /** Name of the value that comes next. */
  name: string;
  isKey: boolean;
  readonly inProfile: boolean;
  /** `"key": "email"` of OpenTelemetry's pairs names the value beside it. */
  pair: string;
}

/** Names under which the value of the name outside stands: GA4's and OpenTelemetry's way to write it. */
const inherit = new Set(['value', 'stringValue', 'intValue', 'string_value', 'int_value']);
const maxLevels = 500;
const numeral = /-?\d[\d.eE+-]*/y;

/**
 * Changes the values of a JSON text (or of several, one after the other) in place: what is not changed keeps its bytes. The text is
 * read from left to right once; what is no JSON is left as it stands.
 */
export function maskJson(text: string, inProfile: boolean, change: Change): string {
  return new JsonScan(text, inProfile, change).run();
}

class JsonScan {
  readonly #text: string;
  readonly #inProfile: boolean;
  readonly #change: Change;
  readonly #levels: Level[] = [];
  #level: Level | undefined;
  #result = '';
  /** Up to where the text is in the result. */
  #from = 0;

  constructor(text: string, inProfile: boolean, change: Change) {
    this.#text = text;
    this.#inProfile = inProfile;
    this.#change = change;
  }

  run(): string {
    const text = this.#text;
    for (let at = 0; at >= 0 && at < text.length; ) at = this.#token(text.charCodeAt(at), at);
    return this.#from === 0 ? text : this.#result + text.slice(this.#from);
  }

  /** Answers where the next token may begin; -1 where reading on makes no sense. */
  #token(code: number, at: number): number {
    const level = this.#level;
    if (code === 0x22) return this.#string(at);
    if (code === 0x7b || code === 0x5b) return this.#open(code === 0x7b) ? at + 1 : -1;
    if (code === 0x7d || code === 0x5d) {
      this.#levels.pop();
      this.#level = this.#levels.at(-1);
    } else if (code === 0x3a && level) level.isKey = false;
    else if (code === 0x2c && level) level.isKey = level.isObject;
    else if (level && !level.isKey && (code === 0x2d || (code >= 0x30 && code <= 0x39)))
      return this.#number(at, level);
    return at + 1;
  }

  #open(isObject: boolean): boolean {
    if (this.#levels.length >= maxLevels) return false;
    const name = this.#level?.name ?? '';
    const inProfile = (this.#level?.inProfile ?? this.#inProfile) || factsOf(name).isProfile;
    this.#level = { isObject, name, isKey: isObject, inProfile, pair: '' };
    this.#levels.push(this.#level);
    return true;
  }

  #string(at: number): number {
    const end = endOfText(this.#text, at + 1);
    if (end < 0) return -1;
    const raw = this.#text.slice(at + 1, end);
    const level = this.#level;
    if (level?.isKey) level.name = nameOf(raw, this.#levels);
    else if (raw !== '') this.#value(raw, at, end, level);
    return end + 1;
  }

  #value(raw: string, at: number, end: number, level: Level | undefined): void {
    const value = raw.includes('\\') ? parsed(raw) : raw;
    const name = level?.name ?? '';
    if (level?.isObject && name === 'key') level.pair = value;
    const masked = this.#change.text(value, name, level?.inProfile ?? this.#inProfile);
    if (masked === value) return;
    this.#result += `${this.#text.slice(this.#from, at)}${toBytes(JSON.stringify(toText(masked)))}`;
    this.#from = end + 1;
  }

  #number(at: number, { name }: Level): number {
    numeral.lastIndex = at;
    const digits = numeral.exec(this.#text)?.[0] ?? '-';
    const masked = digits === '-' ? undefined : this.#change.number(digits, name);
    if (masked !== undefined) {
      this.#result += `${this.#text.slice(this.#from, at)}"${masked}"`;
      this.#from = at + digits.length;
    }
    return at + digits.length;
  }
}

function nameOf(raw: string, levels: readonly Level[]): string {
  const name = raw.includes('\\') ? parsed(raw) : raw;
  if (!inherit.has(name)) return name;
  // the object of the value is in the one of the name: {"key":"user.id","value":{"stringValue":"…"}}
  const outer = levels.at(-2);
  const own = levels.at(-1);
  if (own?.pair) return own.pair;
  if (outer?.isObject && outer.pair !== '') return outer.pair;
  if (outer?.isObject && outer.name !== '') return outer.name;
  return name;
}

function endOfText(text: string, from: number): number {
  for (let end = text.indexOf('"', from); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c && end - 1 - slashes >= from) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return -1;
}

function parsed(raw: string): string {
  try {
    return toBytes(JSON.parse(`"${toText(raw)}"`) as string);
  } catch {
    return raw;
  }
}
