import type { Calendar } from './calendar.ts';
import { hour } from './calendar.ts';
import type { Random } from './random.ts';
import type { Intent } from './site.ts';

export interface Campaign {
  readonly source: string;
  readonly medium: string;
  readonly name: string;
  readonly term?: string;
  readonly content?: string;
}

/** One way by which strangers reach the site. */
export interface Source {
  readonly referrer: string;
  readonly intent: Intent;
  /** Sign-ups of these visitors relative to the average visitor. */
  readonly quality: number;
  /** Fraction of them on a phone. */
  readonly mobile: number;
  /** Visitors per plain weekday at the start of the story; `when` shapes it over the story. */
  readonly volume: number;
  readonly when?: (calendar: Calendar, index: number) => number;
  readonly campaign?: Campaign;
  /** Query parameter that the ad platform adds to the address. */
  readonly clickId?: 'gclid' | 'li_fat_id' | 'fbclid';
}

type Shape = NonNullable<Source['when']>;

const rising =
  (times: number): Shape =>
  ({ days }, index) =>
    1 + (times - 1) * (index / days);
/** On only between two fractions of the story. */
const during =
  (from: number, to: number): Shape =>
  ({ days }, index) =>
    index >= from * days && index < to * days ? 1 : 0;
const tuesdays: Shape = (calendar, index) =>
  new Date(calendar.dayStart(index) + 12 * hour).getUTCDay() === 2 ? 1 : 0.12;
const launch =
  (quietly: number): Shape =>
  ({ launchDay }, index) =>
    index < launchDay ? 0 : quietly + Math.exp(-(index - launchDay) / 1.3);

const paid = (
  source: string,
  medium: string,
  name: string,
  more: Partial<Campaign> = {},
): Pick<Source, 'campaign'> => ({ campaign: { source, medium, name, ...more } });

export const sources: readonly Source[] = [
  { referrer: '', intent: 'brand', quality: 1.3, mobile: 0.28, volume: 25 },
  {
    referrer: 'https://www.google.com/',
    intent: 'content',
    quality: 0.55,
    mobile: 0.42,
    volume: 22,
    when: rising(1.5),
  },
  {
    referrer: 'https://www.google.com/',
    intent: 'brand',
    quality: 1.8,
    mobile: 0.3,
    volume: 13,
    when: rising(1.4),
  },
  { referrer: 'https://www.bing.com/', intent: 'content', quality: 0.7, mobile: 0.1, volume: 4 },
  { referrer: 'https://duckduckgo.com/', intent: 'content', quality: 0.8, mobile: 0.35, volume: 2.5 },
  {
    referrer: 'https://chatgpt.com/',
    intent: 'product',
    quality: 2.1,
    mobile: 0.25,
    volume: 3,
    when: rising(4),
  },
  {
    referrer: 'https://www.perplexity.ai/',
    intent: 'product',
    quality: 1.9,
    mobile: 0.2,
    volume: 1.2,
    when: rising(3),
  },
  {
    referrer: 'https://claude.ai/',
    intent: 'product',
    quality: 2.2,
    mobile: 0.15,
    volume: 0.8,
    when: rising(4),
  },
  { referrer: 'https://www.linkedin.com/', intent: 'content', quality: 0.7, mobile: 0.55, volume: 5 },
  { referrer: 'https://t.co/', intent: 'content', quality: 0.4, mobile: 0.7, volume: 4 },
  { referrer: 'https://www.reddit.com/', intent: 'product', quality: 0.8, mobile: 0.5, volume: 3 },
  {
    referrer: 'https://www.youtube.com/',
    intent: 'product',
    quality: 0.9,
    mobile: 0.5,
    volume: 3,
    when: rising(1.6),
  },
  { referrer: 'https://www.g2.com/', intent: 'product', quality: 2.4, mobile: 0.08, volume: 2 },
  { referrer: 'https://zoom.us/', intent: 'product', quality: 1.8, mobile: 0.1, volume: 1.5 },
  {
    referrer: 'https://www.producthunt.com/',
    intent: 'launch',
    quality: 0.7,
    mobile: 0.35,
    volume: 620,
    when: launch(0.004),
  },
  {
    referrer: 'https://news.ycombinator.com/',
    intent: 'launch',
    quality: 0.35,
    mobile: 0.4,
    volume: 240,
    when: launch(0.002),
  },
  {
    referrer: '',
    intent: 'content',
    quality: 1,
    mobile: 0.45,
    volume: 26,
    when: tuesdays,
    ...paid('newsletter', 'email', 'weekly-notes'),
  },
  {
    referrer: 'https://www.google.com/',
    intent: 'brand',
    quality: 1.9,
    mobile: 0.25,
    volume: 7,
    clickId: 'gclid',
    ...paid('google', 'cpc', 'brand-search', { term: 'meetnotes' }),
  },
  {
    referrer: 'https://www.google.com/',
    intent: 'offer',
    quality: 1.1,
    mobile: 0.35,
    volume: 11,
    clickId: 'gclid',
    ...paid('google', 'cpc', 'meeting-notes-generic', { term: 'meeting notes app' }),
  },
  {
    referrer: 'https://www.linkedin.com/',
    intent: 'offer',
    quality: 1.7,
    mobile: 0.3,
    volume: 9,
    when: during(0.3, 0.7),
    clickId: 'li_fat_id',
    ...paid('linkedin', 'paid-social', 'team-leads', { content: 'video-a' }),
  },
  {
    referrer: 'https://www.facebook.com/',
    intent: 'offer',
    quality: 0.5,
    mobile: 0.8,
    volume: 7,
    when: during(0.15, 0.5),
    clickId: 'fbclid',
    ...paid('facebook', 'paid-social', 'lookalike-founders', { content: 'carousel' }),
  },
  {
    // The campaign that looks best by clicks and worst by customers.
    referrer: 'https://ads.bannerfarm.example/',
    intent: 'offer',
    quality: 0.02,
    mobile: 0.85,
    volume: 34,
    when: during(0.55, 0.82),
    ...paid('bannerfarm', 'display', 'broad-reach', { content: 'banner-300x250' }),
  },
];

/** The search part of the landing address: campaign tags and the ad platform's click id. */
export function landingSearch(random: Random, { campaign, clickId }: Source): string {
  if (!campaign) return '';
  const { source, medium, name, term, content } = campaign;
  const query = new URLSearchParams({ utm_source: source, utm_medium: medium, utm_campaign: name });
  if (term) query.set('utm_term', term);
  if (content) query.set('utm_content', content);
  if (clickId) query.set(clickId, clickId === 'li_fat_id' ? random.uuid() : `Cj0KCQ${random.hex(32)}`);
  return `?${query.toString()}`;
}
