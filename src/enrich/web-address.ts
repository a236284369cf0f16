import { RecentCache } from './recent.ts';

/** What is kept of a page's URL. */
export interface WebAddress {
  /** Without credentials, default port, campaign parameters and click ids. */
  readonly url: string;
  /** Lower case, without `www.`; '' for schemes other than http(s). */
  readonly host: string;
  readonly path: string;
  /** Campaign parameters (`utm_…`) and click ids, by lower-case name; undefined when there are none. */
  readonly marks: ReadonlyMap<string, string> | undefined;
}

/** Click ids: parameters that ad and mail systems add to links. They name one click, so a URL with them is never seen twice. */
export const clickIdNames: ReadonlySet<string> = new Set([
  'gclid',
  'gbraid',
  'wbraid',
  'dclid',
  'gclsrc',
  'gad_source',
  'gad_campaignid',
  'srsltid',
  'fbclid',
  'msclkid',
  'ttclid',
  'li_fat_id',
  'twclid',
  'yclid',
  'rdt_cid',
  'sccid',
  'epik',
  'igshid',
  'igsh',
  'mc_eid',
  'mc_cid',
  '_hsenc',
  '_hsmi',
  'vero_id',
  'mkt_tok',
  '_kx',
  'irclickid',
  '_gl',
  '_ga',
]);

const maxUrl = 2_048;
const maxPath = 1_024;
const maxMark = 512;

const recent = new RecentCache<WebAddress | null>(10_000);

/** Reads the address of a page; undefined when it is none. Tolerates a missing scheme (`example.com/a`) and bare paths (`/a`). */
export function readWebAddress(text: string): WebAddress | undefined {
  const known = recent.get(text);
  if (known !== undefined) return known ?? undefined;
  const address = parse(text.slice(0, 8_192).trim());
  if (text.length <= maxUrl) recent.set(text, address ?? null);
  return address;
}

/** Host of a URL, lower case, without `www.`; '' when there is none. */
export function hostOf(url: URL): string {
  const host = url.hostname;
  return host.startsWith('www.') ? host.slice(4) : host;
}

function parse(text: string): WebAddress | undefined {
  if (text === '') return undefined;
  if (text.startsWith('/') && !text.startsWith('//')) {
    const url = parseUrl(`http://relative.invalid${text}`);
    return url && describe(url, '', url.origin.length);
  }
  const url = parseUrl(text.startsWith('//') ? `https:${text}` : text) ?? guess(text);
  if (url === undefined) return undefined;
  const web = url.protocol === 'http:' || url.protocol === 'https:';
  return describe(url, web ? hostOf(url) : '', 0);
}

/** `example.com/a` or `localhost:3000/a`: a host somebody wrote without a scheme. */
function guess(text: string): URL | undefined {
  return /^[\w-]+(\.[\w-]+)+([:/?#]|$)/.test(text) ? parseUrl(`https://${text}`) : undefined;
}

function parseUrl(text: string): URL | undefined {
  const url = URL.parse(text) ?? undefined;
  // `localhost:3000` and `example.com:80` parse as schemes.
  if (url && url.host === '' && /^[\w.-]+:\d/.test(text)) return URL.parse(`http://${text}`) ?? undefined;
  return url;
}

function describe(url: URL, host: string, skip: number): WebAddress {
  url.username = '';
  url.password = '';
  // A fragment is a route in some single-page applications, and a position or a secret everywhere else.
  if (!/^#!?\//.test(url.hash)) url.hash = '';
  const marks = url.search === '' ? undefined : takeMarks(url);
  return {
    url: url.href.slice(skip, skip + maxUrl),
    host,
    path: (url.pathname || '/').slice(0, maxPath),
    marks,
  };
}

/** Moves campaign parameters and click ids out of the query. The rest keeps the spelling the client gave it. */
function takeMarks(url: URL): Map<string, string> | undefined {
  let marks: Map<string, string> | undefined;
  const kept: string[] = [];
  for (const pair of url.search.slice(1).split('&')) {
    const end = pair.indexOf('=');
    const name = (end < 0 ? pair : pair.slice(0, end)).toLowerCase();
    if (!name.startsWith('utm_') && !clickIdNames.has(name)) {
      if (pair !== '') kept.push(pair);
      continue;
    }
    marks ??= new Map();
    const value = end < 0 ? '' : decode(pair.slice(end + 1));
    // The first one wins, as in the tools that write these links.
    if (value !== '' && !marks.has(name)) marks.set(name, value.slice(0, maxMark));
  }
  if (marks !== undefined) url.search = kept.join('&');
  return marks;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' ')).trim();
  } catch {
    return text;
  }
}
