/**
 * Lists of texts as one readable text for addresses: `country~is~DE`. `~` separates, `!` escapes, so that lists nest
 * (a series holds filters) and every text survives the round trip.
 */
export function encodeList(items: readonly string[]): string {
  return items.map((item) => item.replaceAll('!', '!0').replaceAll('~', '!1')).join('~');
}

export function decodeList(text: string): string[] {
  return text.split('~').map((item) => item.replaceAll('!1', '~').replaceAll('!0', '!'));
}
