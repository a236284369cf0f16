/** Everything a Tributary address can say after the `?`. Lists repeat their name. Absent means the default. */
export interface Search {
  project?: string | undefined;
  /** Preset id, or `2026-01-01..2026-01-31`. */
  range?: string | undefined;
  interval?: string | undefined;
  compare?: string | undefined;
  bots?: string | undefined;
  /** Filters. */
  f?: readonly string[] | undefined;
  /** Overview: the metric on the chart. */
  metric?: string | undefined;
  /** Explore: series, breakdown (also of the funnel), kind of chart. */
  s?: readonly string[] | undefined;
  by?: string | undefined;
  chart?: string | undefined;
  /** Funnel. */
  step?: readonly string[] | undefined;
  window?: string | undefined;
  /** Tracking plan: the event that is looked at, and which events are listed. */
  event?: string | undefined;
  show?: string | undefined;
  /** Sign-in. */
  token?: string | undefined;
  next?: string | undefined;
}

const listNames = ['f', 's', 'step'] as const;
const textNames = [
  'project',
  'range',
  'interval',
  'compare',
  'bots',
  'metric',
  'by',
  'chart',
  'window',
  'event',
  'show',
  'token',
  'next',
] as const;

export function parseSearch(text: string): Search {
  const parameters = new URLSearchParams(text);
  const search: Search = {};
  for (const name of textNames) {
    const value = parameters.get(name);
    if (value !== null) search[name] = value;
  }
  for (const name of listNames) {
    const values = parameters.getAll(name);
    if (values.length > 0) search[name] = values;
  }
  return search;
}

/** In a fixed order, so that the same view always has the same address; `''` when there is nothing to say. */
export function stringifySearch(search: Search): string {
  const parts: string[] = [];
  for (const name of textNames) {
    const value = search[name];
    if (value !== undefined && value !== '') parts.push(`${name}=${encode(value)}`);
  }
  for (const name of listNames) {
    for (const value of search[name] ?? []) parts.push(`${name}=${encode(value)}`);
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

/** Leaves `/`, `:` and `,` readable: they need no escape in a query. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll('%2F', '/').replaceAll('%3A', ':').replaceAll('%2C', ',');
}

/** What one page hands to the next: where, when and for whom, not what. */
export function carriedSearch(search: Search): Search {
  const { project, range, interval, compare, bots, f } = search;
  return { project, range, interval, compare, bots, f };
}
