const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `812 B`, `4.2 MB`: powers of a thousand. */
export function bytes(count: number): string {
  let value = count;
  let at = 0;
  while (value >= 999.5 && at < units.length - 1) {
    value /= 1_000;
    at++;
  }
  const text = value >= 99.5 || at === 0 ? String(Math.round(value)) : value.toFixed(1).replace(/\.0$/, '');
  return `${text} ${units[at]}`;
}
