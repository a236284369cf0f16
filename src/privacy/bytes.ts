/**
 * Texts here are byte strings: one character per byte of UTF-8 (latin1), so that whatever is not changed comes back byte for byte.
 */
const ascii = /^[\0-\x7f]*$/;

export function toBytes(text: string): string {
  return ascii.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

export function toText(bytes: string): string {
  return ascii.test(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Of a URL or a form; undefined where it is not escaped as it should be. */
export function unescaped(text: string): string | undefined {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return toBytes(decodeURIComponent(toText(text.replaceAll('+', ' '))));
  } catch {
    return undefined;
  }
}

export function escaped(bytes: string): string {
  return encodeURIComponent(toText(bytes).toWellFormed());
}
