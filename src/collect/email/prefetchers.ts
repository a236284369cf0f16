import { BlockList, isIPv6 } from 'node:net';
import { plainAddress } from '../accept/address.ts';

/** How a request for a pixel or a link looks, as far as it was kept. */
export interface Fetched {
  readonly method?: string | undefined;
  readonly userAgent?: string | undefined;
  /** May be truncated to /24 or /48, or empty. */
  readonly address?: string | undefined;
  /** The value of Purpose, Sec-Purpose, X-Purpose or X-Moz. */
  readonly purpose?: string | undefined;
}

/**
 * Proxies and scanners that open pixels and links before or instead of the person, by what they call themselves. Each is
 * documented by its maker or seen in the field; a scanner that pretends to be a browser is known by its address at best.
 */
const agents: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/GoogleImageProxy|ggpht\.com/i, 'Gmail image proxy'],
  [/YahooMailProxy|YahooCacheSystem/i, 'Yahoo Mail proxy'],
  [/BingPreview|SafeLinks|Microsoft-?Protection|MSOffice Preview/i, 'Microsoft Safe Links'],
  [/barracuda/i, 'Barracuda'],
  [/mimecast/i, 'Mimecast'],
  [/proofpoint|\bppt?urldefense/i, 'Proofpoint'],
  [/symantec|messagelabs/i, 'Symantec Email Security'],
  [/trend ?micro/i, 'Trend Micro'],
  [/ironport|cisco.{0,20}(?:esa|email)/i, 'Cisco Secure Email'],
  [/fireeye|trellix/i, 'Trellix'],
  [/sophos/i, 'Sophos'],
  [/forcepoint|websense/i, 'Forcepoint'],
  [/fortimail|fortinet/i, 'Fortinet'],
  [/bitdefender|avast|kaspersky/i, 'antivirus'],
  [/zscaler/i, 'Zscaler'],
  [/cloudmark|vade ?secure|abnormal/i, 'mail filter'],
  [
    /slackbot|skypeuripreview|whatsapp|telegrambot|facebookexternalhit|twitterbot|discordbot|linkedinbot/i,
    'link preview',
  ],
  [/headlesschrome|phantomjs/i, 'headless browser'],
  [
    /^(?:curl|wget|python|go-http-client|java|okhttp|apache-httpclient|libwww|axios|node|undici)\b/i,
    'program',
  ],
];

/**
 * Networks of scanners: Exchange Online Protection as Microsoft publishes it, Apple's own, and what Barracuda, Mimecast and
 * Proofpoint have registered. All are wider than what truncation takes away.
 */
const networks: readonly (readonly [range: string, name: string])[] = [
  ['17.0.0.0/8', 'Apple Mail Privacy Protection'],
  ['2620:149::/32', 'Apple Mail Privacy Protection'],
  ['40.92.0.0/15', 'Microsoft Safe Links'],
  ['40.94.0.0/16', 'Microsoft Safe Links'],
  ['40.107.0.0/16', 'Microsoft Safe Links'],
  ['52.100.0.0/14', 'Microsoft Safe Links'],
  ['104.47.0.0/17', 'Microsoft Safe Links'],
  ['2a01:111:f400::/48', 'Microsoft Safe Links'],
  ['64.235.144.0/20', 'Barracuda'],
  ['209.222.80.0/21', 'Barracuda'],
  ['207.211.30.0/24', 'Mimecast'],
  ['205.139.110.0/23', 'Mimecast'],
  ['67.231.144.0/20', 'Proofpoint'],
  ['148.163.128.0/19', 'Proofpoint'],
];

const lists = new Map<string, BlockList>();
for (const [range, name] of networks) {
  const [address = '', bits] = range.split('/');
  const list = lists.get(name) ?? new BlockList();
  list.addSubnet(address, Number(bits), isIPv6(address) ? 'ipv6' : 'ipv4');
  lists.set(name, list);
}

/** Apple's proxies send this and nothing after it: https://www.apple.com/legal/privacy/data/en/mail-privacy-protection */
const bareMozilla = /^Mozilla\/5\.0$/;
const maxAgentLength = 1_000;

/** Who fetched it in a person's stead; undefined when nothing says that it was not the person. */
export function prefetcherOf({ method, userAgent, address, purpose }: Fetched): string | undefined {
  const agent = (userAgent ?? '').trim().slice(0, maxAgentLength);
  const named = agents.find(([pattern]) => pattern.test(agent))?.[1];
  if (named !== undefined) return named;
  if (bareMozilla.test(agent)) return 'Apple Mail Privacy Protection';
  if (purpose !== undefined && /prefetch|preview|prerender/i.test(purpose)) return 'browser prefetch';
  const plain = plainAddress(address ?? '');
  if (plain !== '') {
    const family = isIPv6(plain) ? 'ipv6' : 'ipv4';
    for (const [name, list] of lists) if (list.check(plain, family)) return name;
  }
  // people's mail clients and browsers get what they show; who asks only whether it is there is no person
  return method === 'HEAD' ? 'link checker' : undefined;
}
