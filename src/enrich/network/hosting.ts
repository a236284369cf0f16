/**
 * Which networks are of machines. Written by the authors from general knowledge of these companies; the names that are matched are those
 * of the database. `relay`: people come out of it too (VPNs of companies, private relays of phones and browsers).
 */
export type NetworkKind = 'cloud' | 'hosting' | 'relay';

/** By number: large ones, and those whose name says nothing. */
const numbers: Readonly<Record<NetworkKind, string>> = {
  // Amazon, Microsoft, Google Cloud, Alibaba, Tencent, Oracle, IBM, Huawei, Yandex, Baidu, DigitalOcean, Linode, Vultr, Hetzner, OVH, Scaleway, Fly.io
  cloud:
    '16509 14618 8987 7224 801 38895 62785 8075 8070 8069 8068 3598 35106 396982 15169 19527 36384 36385 394089 396178 37963 45102 134963 45090 132203 133478 31898 54253 4192 20054 33517 6142 36351 55990 136907 200350 38365 55967 14061 63949 20473 24940 213230 212317 215859 16276 35540 12876 29447 54265 202023 40509 396986 13238 47764',
  // Crawlers' own networks, and hosting companies
  hosting:
    '32934 63293 13414 140577 9009 16247 42973 212238 60068 47583 203020 207990 36352 8560 15418 8972 20773 34011 395954 60781 32613 28753 7203 27411 30633 19148 396190 59253 51167 40021 141995 16125 30058 57043 12586 20454 19437 44066 42831 46606 26496 398101 398787 21859 29802 61317 49505 50340 25820 62240 32475 13789 32244 53824 36444 46261 9123 210976 40676 197540 214996 199524 202422 49544 46844 8315 49981 11878 25369 63023 197695 198610 32097 6724 210644 216246 29222 22612 34762 6364 35415 40824 50673 43350 33387 23470 2635 53667 36007 210329 63473 29169 203476 47541 58519 13649 8001 18779 19318 13030 31034 202613 213224 20860 61157 53831 64437',
  // Cloudflare (WARP, iCloud Private Relay), Akamai's and Fastly's parts of it, Zscaler, Netskope, Cisco, PacketHub (NordVPN), Proton
  relay:
    '13335 209242 14789 132892 202623 36183 20940 16625 54113 22616 53813 62044 55256 36692 136787 272096 207137 147049 141039 208172 62371 39351',
};

/** What hosting companies call themselves. Matched once per network, on at most 100 characters. */
const hostingName =
  /\b(?:web|e)?(?:hosting|hosted|hosters?)\b|\bcloud\b|\bvps\b|\bdata ?cent(?:er|re|rum)s?\b|\bdedicated\b|\bservers?\b|\bcolo(?:cation|crossing)\b|\b(?:digitalocean|hetzner|ovh|contabo|leaseweb|rackspace|softlayer|linode|vultr|kamatera|ionos|scaleway)\b/i;
/** Providers of access with such a word in their name. */
const accessName =
  /\b(?:telecom|telecomunicac|broadband|fib(?:er|re)|cable|mobile|university|college|school|bank|hospital|government)/i;

let byNumber: ReadonlyMap<number, NetworkKind> | undefined;

function known(): ReadonlyMap<number, NetworkKind> {
  const kinds: readonly NetworkKind[] = ['hosting', 'cloud', 'relay'];
  byNumber ??= new Map(
    kinds.flatMap((kind) =>
      numbers[kind].split(' ').map((number): [number, NetworkKind] => [Number(number), kind]),
    ),
  );
  return byNumber;
}

/** The kind of an autonomous system; undefined for those where people are at home. */
export function kindOfNetwork(number: number, name: string): NetworkKind | undefined {
  const kind = known().get(number);
  if (kind !== undefined) return kind;
  const shown = name.slice(0, 100);
  return hostingName.test(shown) && !accessName.test(shown) ? 'hosting' : undefined;
}
