import crawlers from 'crawler-user-agents';
import { describe, expect, test } from 'vitest';
import type { DecodedEvent } from '../../contract/event.ts';
import { chrome, enriched } from '../items.fixture.ts';
import { botStep } from './bot.ts';

function judged(event: Partial<DecodedEvent>): { score: number; reason: string } {
  const { row } = enriched([botStep], event);
  return { score: row.bot_score, reason: row.bot_reason };
}

describe('the bot score', () => {
  test.each<[string, Partial<DecodedEvent>]>([
    ['a browser', { userAgent: chrome }],
    ['a browser with its hints', { userAgent: chrome, clientHints: { platform: 'Windows', mobile: false } }],
    [
      'a phone that asks for the desktop site',
      {
        userAgent:
          'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
        clientHints: { platform: 'Android' },
      },
    ],
    ['a server SDK, which passes no agent', { library: 'analytics-node/3.1.0', userId: 'u1' }],
    ['a server SDK that names a page', { library: 'analytics-node/3.1.0', url: 'https://a.example/' }],
    [
      'a native app that speaks through an HTTP library',
      { userAgent: 'okhttp/4.12.0', device: { os: 'Android' } },
    ],
  ])('%s is innocent', (_, event) => {
    expect(judged(event)).toEqual({ score: 0, reason: '' });
  });

  test.each<[string, Partial<DecodedEvent>, string]>([
    [
      'a search crawler',
      { userAgent: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' },
      'crawler: Googlebot\\/, names itself',
    ],
    ['a headless browser', { userAgent: chrome.replace('Chrome/', 'HeadlessChrome/') }, 'headless browser'],
    [
      'a headless browser that only its hints give away',
      { userAgent: chrome, clientHints: { brands: [{ brand: 'HeadlessChrome', version: '131' }] } },
      'headless browser',
    ],
    [
      'a monitor',
      { userAgent: 'Mozilla/5.0 (Windows NT 10.0) Chrome/131.0.0.0 DatadogSynthetics' },
      'monitor',
    ],
    ['curl', { userAgent: 'curl/8.5.0' }, 'HTTP library'],
    ['a browser with an empty agent', { userAgent: ' ', url: 'https://a.example/' }, 'empty user agent'],
    [
      'a browser tracker without an agent',
      { library: 'js/4.10.1', url: 'https://a.example/' },
      'no user agent',
    ],
    [
      'Segment in a browser without an agent',
      { library: 'analytics.js/npm:next-1.84.3', url: 'https://a.example/' },
      'no user agent',
    ],
    [
      'an overridden agent',
      { userAgent: chrome, clientHints: { platform: 'Linux' } },
      'user agent is not of Linux',
    ],
  ])('%s is a bot', (_, event, reason) => {
    const { score, reason: found } = judged(event);
    expect(score).toBeGreaterThanOrEqual(50);
    expect(score).toBeLessThanOrEqual(100);
    expect(found).toContain(reason);
  });

  test('scores of weak facts add up', () => {
    const old = chrome.replace('131.0', '49.0');
    expect(judged({ userAgent: old }).score).toBe(30);
    expect(judged({ userAgent: old, screen: '0x0' })).toEqual({
      score: 60,
      reason: 'browser of before 2017, screen 0x0',
    });
  });

  test('every example in the list of crawlers is one', () => {
    const examples = crawlers.flatMap(({ instances }) => instances).filter((agent) => agent.length <= 500);
    expect(examples.length).toBeGreaterThan(1_000);
    expect(examples.filter((userAgent) => judged({ userAgent }).score < 50)).toEqual([]);
  });
});
