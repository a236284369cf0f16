import type { ClientHints } from '../../contract/event.ts';

/** Headers as browsers send them to a page's own host over HTTPS, by what is special about each. */
const chromium = (brand: string, version: number, chrome = version) =>
  `"Chromium";v="${chrome}", "${brand}";v="${version}", "Not_A Brand";v="24"`;

interface Browser {
  readonly name: string;
  readonly agent: string;
  readonly language?: string;
  readonly brands?: string;
  readonly platform?: string;
  readonly mobile?: '?0' | '?1';
}

const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)';
const macintosh = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)';
const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const safari = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';

export const browsers: readonly Browser[] = [
  {
    name: 'Chrome on Windows',
    agent: `${windows} ${webkit} Chrome/131.0.0.0 Safari/537.36`,
    brands: chromium('Google Chrome', 131),
    platform: 'Windows',
    mobile: '?0',
  },
  {
    name: 'Chrome on macOS',
    agent: `${macintosh} ${webkit} Chrome/142.0.0.0 Safari/537.36`,
    brands: chromium('Google Chrome', 142),
    platform: 'macOS',
    mobile: '?0',
  },
  {
    name: 'Chrome on Linux',
    agent: `Mozilla/5.0 (X11; Linux x86_64) ${webkit} Chrome/130.0.0.0 Safari/537.36`,
    brands: chromium('Google Chrome', 130),
    platform: 'Linux',
    mobile: '?0',
  },
  {
    name: 'Chrome on ChromeOS',
    agent: `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${webkit} Chrome/131.0.0.0 Safari/537.36`,
    brands: chromium('Google Chrome', 131),
    platform: 'Chrome OS',
    mobile: '?0',
  },
  {
    name: 'Chrome on an Android phone',
    agent: `Mozilla/5.0 (Linux; Android 10; K) ${webkit} Chrome/131.0.0.0 Mobile Safari/537.36`,
    brands: chromium('Google Chrome', 131),
    platform: 'Android',
    mobile: '?1',
  },
  {
    name: 'Chrome on an Android phone that asks for the desktop site',
    agent: `Mozilla/5.0 (X11; Linux x86_64) ${webkit} Chrome/131.0.0.0 Safari/537.36`,
    brands: chromium('Google Chrome', 131),
    platform: 'Android',
    mobile: '?0',
  },
  {
    name: 'Chrome on an Android tablet',
    agent: `Mozilla/5.0 (Linux; Android 10; K) ${webkit} Chrome/131.0.0.0 Safari/537.36`,
    brands: chromium('Google Chrome', 131),
    platform: 'Android',
    mobile: '?0',
  },
  {
    name: 'Chrome on an iPhone',
    agent: `Mozilla/5.0 (iPhone; CPU iPhone OS 17_7 like Mac OS X) ${safari} CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1`,
  },
  {
    name: 'a web view in an Android app',
    agent: `Mozilla/5.0 (Linux; Android 14; SM-S911B Build/UP1A; wv) ${webkit} Version/4.0 Chrome/131.0.6778.39 Mobile Safari/537.36`,
    brands: chromium('Android WebView', 131),
    platform: 'Android',
    mobile: '?1',
  },
  {
    name: 'Samsung Internet',
    agent: `Mozilla/5.0 (Linux; Android 10; K) ${webkit} SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36`,
    brands: chromium('Samsung Internet', 27, 125),
    platform: 'Android',
    mobile: '?1',
  },
  {
    name: 'Edge',
    agent: `${windows} ${webkit} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0`,
    brands: chromium('Microsoft Edge', 131),
    platform: 'Windows',
    mobile: '?0',
  },
  {
    name: 'Opera',
    agent: `${windows} ${webkit} Chrome/130.0.0.0 Safari/537.36 OPR/115.0.0.0`,
    brands: chromium('Opera', 115, 130),
    platform: 'Windows',
    mobile: '?0',
  },
  {
    name: 'Brave, which says Chrome',
    agent: `${macintosh} ${webkit} Chrome/131.0.0.0 Safari/537.36`,
    brands: chromium('Brave', 131),
    platform: 'macOS',
    mobile: '?0',
  },
  {
    name: 'Vivaldi, which says Chrome, without hints',
    agent: `${windows} ${webkit} Chrome/130.0.0.0 Safari/537.36`,
  },
  {
    name: 'Firefox on Windows',
    agent: `${windows.replace('x64)', 'x64; rv:133.0)')} Gecko/20100101 Firefox/133.0`,
  },
  {
    name: 'Firefox on Linux',
    agent: 'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  },
  {
    name: 'Firefox on Android',
    agent: 'Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0',
  },
  { name: 'Safari on macOS', agent: `${macintosh} ${safari} Version/18.1 Safari/605.1.15` },
  {
    name: 'Safari on an iPhone',
    agent: `Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) ${safari} Version/18.1 Mobile/15E148 Safari/604.1`,
  },
  { name: 'Safari on an iPad', agent: `${macintosh} ${safari} Version/17.6 Safari/605.1.15` },
  {
    name: 'Facebook on an iPhone',
    agent: `Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) ${safari} Mobile/15E148 [FBAN/FBIOS;FBAV/489.0.0.30.108;FBDV/iPhone14,5]`,
  },
  {
    name: 'Internet Explorer 11',
    agent: 'Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko',
  },
];

/** What the request of such a browser holds. */
export function headersOf({ agent, brands, language, mobile, platform }: Browser): Record<string, string> {
  return {
    'user-agent': agent,
    origin: 'https://notes.example',
    'accept-language': language ?? 'de-DE,de;q=0.9,en;q=0.8',
    ...(brands ? { 'sec-ch-ua': brands } : {}),
    ...(platform ? { 'sec-ch-ua-platform': `"${platform}"` } : {}),
    ...(mobile ? { 'sec-ch-ua-mobile': mobile } : {}),
  };
}

/** The client hints of such headers, as decoders read them. */
export function hintsOf(headers: Readonly<Record<string, string>>): ClientHints | undefined {
  const brands = headers['sec-ch-ua'];
  if (brands === undefined) return undefined;
  return {
    brands: Array.from(brands.matchAll(/"([^"]+)";v="(\d+)"/g), ([, brand = '', version = '']) => ({
      brand,
      version,
    })),
    mobile: headers['sec-ch-ua-mobile'] === '?1',
    platform: headers['sec-ch-ua-platform']?.replaceAll('"', ''),
  };
}
