const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** Every digit, grouped: for titles and tables. */
export function full(value: number): string {
  return grouped.format(value);
}

/** At most five characters or so: `9,876`, `12.3K`, `4.5M`; small fractions keep two digits. */
export function compact(value: number): string {
  const size = Math.abs(value);
  if (size >= 10_000) return short.format(value);
  if (size >= 100 || Number.isInteger(value))
    return new Intl.NumberFormat('en', { maximumFractionDigits: size >= 100 ? 0 : 2 }).format(value);
  return grouped.format(value);
}

/** A share of 0…1 as a percentage, one digit where it matters. */
export function percent(ratio: number): string {
  const value = ratio * 100;
  if (value > 0 && value < 0.1) return '<0.1%';
  if (Number.isInteger(value) || value >= 99.95) return `${Math.round(value)}%`;
  return `${value.toFixed(1).replace(/\.0$/, '')}%`;
}

/** Relative change, or undefined when there was nothing before. */
export function changeOf(now: number, before: number): number | undefined {
  return before === 0 ? undefined : (now - before) / before;
}

/** `+12%`, `−3.4%`, `0%`; large changes without digits. */
export function signed(ratio: number): string {
  const value = Math.abs(ratio * 100);
  const digits = value >= 10 ? 0 : 1;
  const text = value >= 1_000 ? compact(Math.round(value)) : value.toFixed(digits).replace(/\.0$/, '');
  if (text === '0') return '0%';
  return `${ratio > 0 ? '+' : '−'}${text}%`;
}

/** Events per second. */
export function rate(perSecond: number): string {
  if (perSecond === 0) return '0/s';
  if (perSecond < 0.1) return `${grouped.format(Math.round(perSecond * 600) / 10)}/min`;
  return `${perSecond < 10 ? grouped.format(Math.round(perSecond * 10) / 10) : compact(Math.round(perSecond))}/s`;
}

/** `1 person`, `2 people`. */
export function counted(count: number, one: string, many: string): string {
  return `${full(count)} ${count === 1 ? one : many}`;
}
