import { parse, unescape as unescapeAnyhow } from 'node:querystring';
import type { Problem } from './payload.ts';

/** As many as an event may have values. */
const maxNames = 1_000;

/** Parameters by name, the first value of each. Without a prototype; one name over the bound is kept, so that it is noticed. */
export function parametersOf(text: string): Readonly<Record<string, string>> {
  const parsed = parse(text, '&', '=', { maxKeys: maxNames + 2 });
  for (const name in parsed) {
    const value = parsed[name];
    if (Array.isArray(value)) parsed[name] = value[0];
  }
  return parsed as Record<string, string>;
}

/**
 * The parameters of a query, a form or a line of one, for decoders that look at few of many: values are unescaped when they are
 * asked for. What is not found is looked for in `base`, and what is empty is absent.
 */
export class Parameters {
  readonly #raw = new Map<string, string>();
  readonly #base: Parameters | undefined;
  #tooMany = false;

  constructor(text: string, base?: Parameters) {
    this.#base = base;
    let from = 0;
    while (from < text.length) {
      const ampersand = text.indexOf('&', from);
      const end = ampersand < 0 ? text.length : ampersand;
      const equals = text.indexOf('=', from);
      const middle = equals < 0 || equals > end ? end : equals;
      if (middle > from) this.#add(unescaped(text.slice(from, middle)), text.slice(middle + 1, end));
      if (this.#tooMany) break;
      from = end + 1;
    }
  }

  #add(name: string, raw: string): void {
    if (this.#raw.has(name)) return;
    this.#tooMany = this.#raw.size === maxNames;
    this.#raw.set(name, raw);
  }

  get(name: string): string | undefined {
    const raw = this.#raw.get(name);
    if (raw === undefined) return this.#base?.get(name);
    return raw === '' ? undefined : unescaped(raw);
  }

  /** Those of the base first, as they were sent: `unescaped` makes values of them. */
  each(visit: (name: string, raw: string) => void): void {
    this.#base?.each(visit);
    for (const [name, raw] of this.#raw) if (raw !== '') visit(name, raw);
  }

  get problem(): Problem | undefined {
    return this.#tooMany
      ? { reason: 'too many properties', detail: `a request has at most ${maxNames} parameters` }
      : this.#base?.problem;
  }
}

export function unescaped(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return unescapeAnyhow(spaced);
  }
}
