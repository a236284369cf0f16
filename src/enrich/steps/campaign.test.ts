import { describe, expect, test } from 'vitest';
import type { DecodedEvent } from '../../contract/event.ts';
import { enriched } from '../items.fixture.ts';
import { campaignStep } from './campaign.ts';
import { pageStep } from './page.ts';

function source(event: Partial<DecodedEvent>): string {
  const { row } = enriched([pageStep, campaignStep], { url: 'https://notes.example/', ...event });
  return [row.channel, row.source, row.medium, row.referrer].join('|');
}
const landing = (query: string): Partial<DecodedEvent> => ({ url: `https://notes.example/?${query}` });

describe('where a visit came from: channel, source, medium, referrer', () => {
  test.each<[string, Partial<DecodedEvent>, string]>([
    ['nothing', {}, 'Direct|||'],
    ['own host', { referrer: 'https://www.notes.example/a' }, 'Direct|||'],
    ['sister host', { referrer: 'https://app.notes.example/a' }, 'Direct|||'],
    ['sign-in page', { referrer: 'https://accounts.google.com/o/oauth2' }, 'Direct|||'],
    ['payment page', { referrer: 'https://checkout.stripe.com/c/pay' }, 'Direct|||'],
    ['junk referrer', { referrer: 'about:blank' }, 'Direct|||'],
    ['Google', { referrer: 'https://www.google.com/' }, 'Organic Search|Google|organic|google.com'],
    [
      'Google of Germany',
      { referrer: 'https://www.google.de/search' },
      'Organic Search|Google|organic|google.de/search',
    ],
    ['Google of Britain', { referrer: 'https://google.co.uk' }, 'Organic Search|Google|organic|google.co.uk'],
    [
      'another product of Google',
      { referrer: 'https://docs.google.com/document/d/1' },
      'Referral|docs.google.com|referral|docs.google.com/document/d/1',
    ],
    ['Gmail', { referrer: 'https://mail.google.com/' }, 'Email|Gmail|email|mail.google.com'],
    ['Gemini', { referrer: 'https://gemini.google.com/app' }, 'AI Assistant|Gemini|ai|gemini.google.com/app'],
    ['ChatGPT', { referrer: 'https://chatgpt.com/' }, 'AI Assistant|ChatGPT|ai|chatgpt.com'],
    ['ChatGPT by its own campaign parameter', landing('utm_source=chatgpt.com'), 'AI Assistant|ChatGPT|ai|'],
    ['chat of Bing', { referrer: 'https://www.bing.com/chat' }, 'AI Assistant|Copilot|ai|bing.com/chat'],
    ['Bing', { referrer: 'https://www.bing.com/search?q=x' }, 'Organic Search|Bing|organic|bing.com/search'],
    ['X', { referrer: 'https://t.co/abc' }, 'Organic Social|X|social|t.co/abc'],
    ['Reddit', { referrer: 'https://old.reddit.com/r/x' }, 'Organic Social|Reddit|social|old.reddit.com/r/x'],
    [
      'an app',
      { referrer: 'android-app://com.linkedin.android/' },
      'Organic Social|LinkedIn|social|android-app:com.linkedin.android',
    ],
    ['YouTube', { referrer: 'https://m.youtube.com/watch?v=1' }, 'Video|YouTube|video|m.youtube.com/watch'],
    ['a shop', { referrer: 'https://www.amazon.co.jp/' }, 'Shopping|Amazon|shopping|amazon.co.jp'],
    [
      'any other site',
      { referrer: 'https://www.blog.example.org/post?id=1' },
      'Referral|blog.example.org|referral|blog.example.org/post',
    ],
    [
      'not a known site that ends alike',
      { referrer: 'https://notgoogle.com/' },
      'Referral|notgoogle.com|referral|notgoogle.com',
    ],
    [
      'a link without campaign is not better than the referrer',
      { ...landing('x=1'), referrer: 'https://duckduckgo.com/' },
      'Organic Search|DuckDuckGo|organic|duckduckgo.com',
    ],
    ['paid search by campaign', landing('utm_source=google&utm_medium=cpc'), 'Paid Search|Google|cpc|'],
    [
      'paid search by click id',
      { ...landing('gclid=x'), referrer: 'https://www.google.com/' },
      'Paid Search|Google|cpc|google.com',
    ],
    ['gbraid', landing('gbraid=x'), 'Paid Search|Google|cpc|'],
    ['wbraid', landing('wbraid=x'), 'Paid Search|Google|cpc|'],
    ['dclid', landing('dclid=x'), 'Display|Google|display|'],
    ['msclkid', landing('msclkid=x'), 'Paid Search|Bing|cpc|'],
    ['ttclid', landing('ttclid=x'), 'Paid Social|TikTok|cpc|'],
    ['li_fat_id', landing('li_fat_id=x'), 'Paid Social|LinkedIn|cpc|'],
    ['twclid', landing('twclid=x'), 'Paid Social|X|cpc|'],
    ['fbclid is on every link, paid or not', landing('fbclid=x'), 'Organic Social|Facebook|social|'],
    [
      'fbclid of a paid campaign',
      landing('fbclid=x&utm_source=ig&utm_medium=paid_social'),
      'Paid Social|Instagram|paid_social|',
    ],
    ['e-mail', landing('utm_source=june&utm_medium=Email'), 'Email|june|email|'],
    ['a newsletter', landing('utm_source=newsletter'), 'Email|newsletter||'],
    ['affiliate', landing('utm_source=bob&utm_medium=affiliate'), 'Affiliate|bob|affiliate|'],
    ['display', landing('utm_source=site&utm_medium=banner'), 'Display|site|banner|'],
    ['push', landing('utm_source=app&utm_medium=web_push'), 'Push|app|web_push|'],
    ['sms', landing('utm_source=app&utm_medium=sms'), 'SMS|app|sms|'],
    ['paid, nobody known', landing('utm_source=site&utm_medium=cpc'), 'Paid Other|site|cpc|'],
    ['paid video', landing('utm_source=youtube&utm_medium=cpv'), 'Paid Video|YouTube|cpv|'],
    ['a medium that nobody defined', landing('utm_source=conf&utm_medium=booth'), 'Other|conf|booth|'],
    [
      'a campaign that the client states',
      { campaign: { source: 'facebook', medium: 'cpc' } },
      'Paid Social|Facebook|cpc|',
    ],
    [
      'the URL wins over what the client states',
      { ...landing('utm_source=bing'), campaign: { source: 'facebook' } },
      'Organic Search|Bing|organic|',
    ],
    ['"roads" is not an ad', landing('utm_source=x1&utm_medium=roads'), 'Other|x1|roads|'],
  ])('%s', (_, event, expected) => {
    expect(source(event)).toBe(expected);
  });

  test('campaign, term and content, and the click id as a property', () => {
    const { row, extra } = enriched(
      [pageStep, campaignStep],
      landing('utm_source=google&utm_campaign=Spring+Sale&utm_term=notes&utm_content=b&gclid=Cj0'),
    );
    expect([row.campaign, row.term, row.content]).toEqual(['Spring Sale', 'notes', 'b']);
    expect(extra).toEqual({ $gclid: 'Cj0' });
  });

  test('the words searched for, where the engine still tells them', () => {
    expect(
      enriched([pageStep, campaignStep], { referrer: 'https://yandex.ru/search/?text=meeting+notes' }).row
        .term,
    ).toBe('meeting notes');
  });
});
