import { clickIds, sourceAliases } from '../data/aliases.ts';
import { isPassage, knownReferrer, type ReferrerKind } from '../data/referrers.ts';
import { RecentCache } from '../recent.ts';
import { siteOf } from '../site.ts';
import { addProperty, cut, type Draft, type Step } from '../step.ts';
import { clickIdNames, hostOf } from '../web-address.ts';

/**
 * Where the visit came from, as this event tells it; the session step then gives every event of a session the source of the
 * session's first page. `source` is '' for direct visits. Campaign parameters win over click ids, these over the referrer.
 */
export const campaignStep: Step = { name: 'campaign', run: readSource };

function readSource(draft: Draft): undefined {
  const { event, page, row } = draft;
  const marks = page?.marks;
  const stated = event.campaign;
  row.campaign = cut(marks?.get('utm_campaign') ?? stated?.name, 256);
  row.term = cut(marks?.get('utm_term') ?? stated?.term, 256);
  row.content = cut(marks?.get('utm_content') ?? stated?.content, 256);
  const utmSource = cut(marks?.get('utm_source') ?? stated?.source, 256).trim();
  const utmMedium = cut(marks?.get('utm_medium') ?? stated?.medium, 128)
    .trim()
    .toLowerCase();

  const referrer = event.referrer === undefined ? undefined : readReferrer(event.referrer);
  const from = referrer !== undefined && isInternal(referrer.host, row.host) ? undefined : referrer;
  if (from !== undefined) {
    row.referrer = from.text;
    if (row.term === '') row.term = from.words;
  }

  const click = marks === undefined ? undefined : clickOf(draft, marks);
  const alias = sourceAliases[utmSource.toLowerCase()];
  const kind = alias?.kind ?? (utmSource === '' ? (click?.kind ?? from?.kind) : undefined);
  row.source = alias?.name ?? (utmSource || click?.name || from?.name || '');
  row.medium =
    utmMedium ||
    click?.paid ||
    (row.source === '' ? '' : kind ? mediumOf[kind] : utmSource ? '' : 'referral');
  row.channel = channelOf(
    row.medium,
    row.source,
    kind,
    click?.paid !== undefined && utmMedium === '',
    row.campaign,
  );
}

type Click = (typeof clickIds)[string];

/** Who sent the click; its id is kept in the properties, for telling the ad system about conversions later. */
function clickOf(draft: Draft, marks: ReadonlyMap<string, string>): Click | undefined {
  let found: Click | undefined;
  for (const [name, value] of marks) {
    if (!clickIdNames.has(name)) continue;
    addProperty(draft, `$${name}`, value);
    const click = clickIds[name];
    if (
      click !== undefined &&
      (found === undefined || (click.paid !== undefined && found.paid === undefined))
    )
      found = click;
  }
  return found;
}

const mediumOf: Readonly<Record<ReferrerKind, string>> = {
  search: 'organic',
  social: 'social',
  ai: 'ai',
  email: 'email',
  video: 'video',
  shopping: 'shopping',
};

interface From {
  readonly host: string;
  /** Host and path, as `news.ycombinator.com/item`. */
  readonly text: string;
  readonly name: string;
  readonly kind: ReferrerKind | undefined;
  readonly words: string;
}

const recent = new RecentCache<From | null>(10_000);

function readReferrer(text: string): From | undefined {
  const known = recent.get(text);
  if (known !== undefined) return known ?? undefined;
  const from = parseReferrer(text.slice(0, 4_096));
  if (text.length <= 2_048) recent.set(text, from ?? null);
  return from;
}

function parseReferrer(text: string): From | undefined {
  const url =
    URL.parse(text) ?? (/^[\w-]+(\.[\w-]+)+(\/|$)/.test(text) ? URL.parse(`https://${text}`) : null);
  if (url === null) return undefined;
  const app = url.protocol === 'android-app:' || url.protocol === 'ios-app:';
  if (!app && url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  const host = app ? `${url.protocol}${url.hostname}` : hostOf(url);
  if (url.hostname === '' || isPassage(host, url.pathname)) return undefined;
  const known = knownReferrer(host, url.pathname);
  let words = '';
  for (const parameter of known?.words ?? []) words ||= url.searchParams.get(parameter) ?? '';
  const path = app || url.pathname === '/' ? '' : url.pathname;
  return {
    host,
    text: cut(host + path, 512),
    name: known?.name ?? host,
    kind: known?.kind,
    words: cut(words.trim(), 256),
  };
}

function isInternal(from: string, host: string): boolean {
  return host !== '' && (from === host || siteOf(from) === siteOf(host));
}

interface Medium {
  readonly isDisplay: boolean;
  readonly isPaid: boolean;
  readonly isEmail: boolean;
  readonly isSocial: boolean;
}

/** Media are few: what their expressions find is remembered. */
const media = new RecentCache<Medium>(1_000);

function readMedium(medium: string): Medium {
  let known = media.get(medium);
  if (known === undefined) {
    known = {
      isDisplay: displayMedium.test(medium),
      isPaid: paidMedium.test(medium),
      isEmail: emailWord.test(medium),
      isSocial: socialMedium.test(medium),
    };
    media.set(medium, known);
  }
  return known;
}

const paidMedium = /^(.*cp[cmvap].*|ppc|sem|paid.*|.*[-_ ]paid|retargeting|remarketing|(.*[-_ ])?ads?)$/;
const displayMedium = /^(display|banner|expandable|interstitial|cpm|programmatic)$/;
const socialMedium = /^(social|sm|social[-_ ](network|media)|organic[-_ ]social)$/;
const emailWord = /^(e-?mail|e_mail|e mail|newsletter|drip)$/;

/** Default channel groups in the order in which they are tried, after the public definitions of Google Analytics, plus AI assistants. */
function channelOf(
  medium: string,
  source: string,
  kind: ReferrerKind | undefined,
  paidClick: boolean,
  campaign: string,
): string {
  if (source === '' && medium === '') return campaign === '' ? 'Direct' : 'Other';
  const known = readMedium(medium);
  if (known.isDisplay) return 'Display';
  if (paidClick || known.isPaid) return paidChannel(kind, medium);
  const named = mediumChannels[medium];
  if (named !== undefined) return named;
  if (known.isEmail || emailWord.test(source.toLowerCase())) return 'Email';
  if (medium.endsWith('push')) return 'Push';
  if (kind !== undefined) return kindChannels[kind];
  if (known.isSocial) return 'Organic Social';
  return medium === 'referral' || medium === 'link' || medium === 'app' ? 'Referral' : 'Other';
}

function paidChannel(kind: ReferrerKind | undefined, medium: string): string {
  if (kind === 'search' || (kind === undefined && /search|sem/.test(medium))) return 'Paid Search';
  if (kind === 'social' || (kind === undefined && medium.includes('social'))) return 'Paid Social';
  if (kind === 'video' || medium.includes('video')) return 'Paid Video';
  return 'Paid Other';
}

const mediumChannels: Readonly<Record<string, string>> = {
  affiliate: 'Affiliate',
  affiliates: 'Affiliate',
  partner: 'Affiliate',
  sms: 'SMS',
  push: 'Push',
  notification: 'Push',
  audio: 'Audio',
  podcast: 'Audio',
  video: 'Video',
  ai: 'AI Assistant',
  'ai-assistant': 'AI Assistant',
  organic: 'Organic Search',
};

const kindChannels: Readonly<Record<ReferrerKind, string>> = {
  search: 'Organic Search',
  social: 'Organic Social',
  ai: 'AI Assistant',
  email: 'Email',
  video: 'Video',
  shopping: 'Shopping',
};
