const countries = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'code' });
const languages = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'code' });

/** Name of an ISO 3166 code; the text itself when it is none. */
export function countryName(code: string): string {
  if (!/^[A-Za-z]{2}$/.test(code)) return code;
  return countries.of(code.toUpperCase()) ?? code;
}

/** The two regional indicator letters that fonts draw as a flag. */
export function countryFlag(code: string): string {
  if (!/^[A-Za-z]{2}$/.test(code)) return '';
  const letters = code.toUpperCase();
  return String.fromCodePoint(0x1f1a5 + letters.charCodeAt(0), 0x1f1a5 + letters.charCodeAt(1));
}

/** Name of a BCP 47 tag; the text itself when it is none. */
export function languageName(tag: string): string {
  try {
    return languages.of(tag) ?? tag;
  } catch {
    return tag;
  }
}
