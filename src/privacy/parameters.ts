/** `name=value` somewhere in a text. */
export interface Parameter {
  readonly name: string;
  readonly valueStart: number;
  readonly end: number;
  /** It stands in a query or a fragment, where values are escaped. */
  readonly isUrl: boolean;
}

const maxName = 64;
const nameCharacter = /[\w.$\-[\]%]/;
const endOfUrlValue = /[&#\s"'<>\\^`{|}]/g;
const endOfValue = /[\s"'<>,;&)\]}]/g;

/** The next one from `from` on; each character is looked at a bounded number of times. */
export function nextParameter(text: string, from: number): Parameter | undefined {
  for (let equals = text.indexOf('=', from); equals >= 0; equals = text.indexOf('=', equals + 1)) {
    let start = equals;
    while (start > from && equals - start < maxName && nameCharacter.test(text[start - 1] ?? '')) start--;
    if (start === equals) continue;
    const before = text[start - 1] ?? '';
    const isUrl = before === '?' || before === '&' || before === '#' || before === ';';
    const quote = text[equals + 1];
    if (!isUrl && (quote === '"' || quote === "'")) {
      const end = text.indexOf(quote, equals + 2);
      if (end < 0 || end === equals + 2) continue;
      return { name: text.slice(start, equals), valueStart: equals + 2, end, isUrl };
    }
    const pattern = isUrl ? endOfUrlValue : endOfValue;
    pattern.lastIndex = equals + 1;
    const end = pattern.exec(text)?.index ?? text.length;
    if (end > equals + 1) return { name: text.slice(start, equals), valueStart: equals + 1, end, isUrl };
  }
  return undefined;
}
