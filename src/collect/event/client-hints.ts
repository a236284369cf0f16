import type { ClientHints, JsonObject, JsonValue } from '../../contract/event.ts';
import { isObject, text } from './fields.ts';

type Headers = Readonly<Record<string, string>>;

/** User-Agent Client Hints as a browser sends them in headers (structured fields). */
export function hintsOfHeaders(headers: Headers): ClientHints | undefined {
  const list = headers['sec-ch-ua-full-version-list'] ?? headers['sec-ch-ua'];
  const platform = unquoted(headers['sec-ch-ua-platform']);
  const mobile = headers['sec-ch-ua-mobile'];
  if (list === undefined && platform === undefined && mobile === undefined) return undefined;
  return {
    brands: list === undefined ? undefined : brandsOf(list),
    mobile: mobile === undefined ? undefined : mobile === '?1',
    model: unquoted(headers['sec-ch-ua-model']),
    platform,
    platformVersion: unquoted(headers['sec-ch-ua-platform-version']),
  };
}

/** The same as `navigator.userAgentData` gives them and trackers send them on. */
export function hintsOfData(data: JsonObject): ClientHints | undefined {
  const brands = data.fullVersionList ?? data.brands;
  const { mobile } = data;
  const hints = {
    brands: Array.isArray(brands) ? brands.flatMap(brandOf).slice(0, 20) : undefined,
    mobile: typeof mobile === 'boolean' ? mobile : undefined,
    model: text(data.model),
    platform: text(data.platform),
    platformVersion: text(data.platformVersion),
  };
  return Object.values(hints).some((hint) => hint !== undefined) ? hints : undefined;
}

/** `isMobile` is how Snowplow's schema calls it. */
export function hintsOfSnowplow(data: JsonObject): ClientHints | undefined {
  return hintsOfData({ ...data, mobile: data.isMobile ?? null });
}

function brandOf(item: JsonValue): { brand: string; version: string }[] {
  if (!isObject(item)) return [];
  const brand = text(item.brand);
  return brand === undefined ? [] : [{ brand, version: text(item.version) ?? '' }];
}

function brandsOf(list: string): { brand: string; version: string }[] {
  return [...list.matchAll(/"((?:[^"\\]|\\.){0,100})"\s{0,3};\s{0,3}v="([^"]{0,40})"/g)]
    .slice(0, 20)
    .map(([, brand = '', version = '']) => ({ brand, version }));
}

function unquoted(value: string | undefined): string | undefined {
  const inner = value?.replace(/^"|"$/g, '');
  return inner === '' ? undefined : inner;
}
