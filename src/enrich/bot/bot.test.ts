import crawlers from 'crawler-user-agents';
import { describe, expect, test } from 'vitest';
import { explained } from '../../contract/bots.ts';
import type { DecodedEvent } from '../../contract/event.ts';
import { chrome, itemOf, noon } from '../items.fixture.ts';
import { Memory } from '../memory.ts';
import { draftOf } from '../step.ts';
import { botStep } from './bot.ts';
import { browsers, headersOf, hintsOf } from './browsers.fixture.ts';

interface Said {
  readonly event: Partial<DecodedEvent>;
  readonly headers?: Readonly<Record<string, string>>;
}

function judged({ event, headers = {} }: Said) {
  const item = itemOf(event, { receivedAt: noon });
  const draft = draftOf({ ...item, record: { ...item.record, headers } });
  botStep.run(draft, new Memory(1));
  const { bot_layers, bot_reason, bot_score } = draft.row;
  return { score: bot_score, found: explained(bot_layers, bot_reason) };
}

const page = 'https://notes.example/home';
/** What the collector and a decoder make of a browser's request. */
function visit(headers: Record<string, string>, more: Partial<DecodedEvent> = {}): Said {
  const hints = hintsOf(headers);
  const event = {
    url: page,
    userAgent: headers['user-agent'],
    ...(hints && { clientHints: hints }),
    ...more,
  };
  return { event, headers };
}

describe('people', () => {
  test.each(browsers.map((browser) => [browser.name, browser] as const))('%s is innocent', (_, browser) => {
    expect(judged(visit(headersOf(browser))).score).toBeLessThan(20);
  });

  test.each(browsers.map((browser) => [browser.name, browser] as const))(
    '%s behind a proxy that takes headers away, through a VPN, is below the threshold as long as one of them is there',
    (_, browser) => {
      const headers = headersOf(browser);
      const bare = { 'user-agent': browser.agent };
      expect(judged(visit(bare)).score).toBeLessThan(50);
      expect(judged(visit(headers, { address: '146.70.0.0' })).score).toBeLessThan(50);
    },
  );

  test.each<[string, Said]>([
    ['a server SDK, which passes no agent', { event: { library: 'analytics-node/3.1.0', userId: 'u1' } }],
    ['a server SDK that names a page', { event: { library: 'analytics-node/3.1.0', url: page } }],
    [
      'a server SDK in a cloud',
      { event: { library: 'analytics-node/3.1.0', userId: 'u1', address: '3.5.140.0' } },
    ],
    [
      'a native app that speaks through an HTTP library',
      {
        event: { userAgent: 'okhttp/4.12.0', device: { os: 'Android' } },
        headers: { 'user-agent': 'okhttp/4.12.0' },
      },
    ],
    [
      'a browser whose server passes its agent on',
      { event: { userAgent: chrome, url: page }, headers: { 'user-agent': 'node' } },
    ],
  ])('%s is innocent', (_, said) => {
    expect(judged(said)).toEqual({ score: 0, found: [] });
  });
});

describe('the agent', () => {
  test.each<[string, Partial<DecodedEvent>, string]>([
    [
      'a search crawler',
      { userAgent: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' },
      'crawler Googlebot, names itself',
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
    ['a browser with an empty agent', { userAgent: ' ', url: page }, 'empty user agent'],
    ['a browser tracker without an agent', { library: 'js/4.10.1', url: page }, 'no user agent'],
    ['our tracker without an agent', { library: 'tributary-js/0.1.0', url: page }, 'no user agent'],
  ])('%s is a bot', (_, event, words) => {
    const { found, score } = judged({ event });
    expect(score).toBeGreaterThanOrEqual(50);
    expect(found[0]?.layer).toBe('agent');
    expect(found[0]?.words).toContain(words);
  });

  test('every example in the list of crawlers is one', () => {
    const examples = crawlers.flatMap(({ instances }) => instances).filter((agent) => agent.length <= 500);
    expect(examples.length).toBeGreaterThan(1_000);
    expect(examples.filter((userAgent) => judged({ event: { userAgent } }).score < 50)).toEqual([]);
  });
});

describe('contradictions', () => {
  const headers = headersOf(browsers[0] as (typeof browsers)[0]);
  const without = (...names: string[]) =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));

  test.each<[string, Said, number, string]>([
    [
      'an overridden agent',
      visit({ ...headers, 'sec-ch-ua-platform': '"Linux"' }),
      50,
      'user agent is not of Linux',
    ],
    [
      'an agent of Firefox with hints of Chrome',
      visit({
        ...headers,
        'user-agent': browsers.find(({ name }) => name === 'Firefox on Windows')?.agent ?? '',
      }),
      50,
      'client hints of a browser that has none',
    ],
    [
      'an agent of another version',
      visit({ ...headers, 'user-agent': chrome.replace('131', '120') }),
      40,
      'another version in the client hints',
    ],
    [
      'a phone in the hints only',
      visit({ ...headers, 'sec-ch-ua-mobile': '?1' }),
      40,
      'a phone in the client hints only',
    ],
    ['no language', visit(without('accept-language')), 20, 'no Accept-Language, which browsers send'],
    [
      'the language of an HTTP library, without hints',
      visit({ ...without('sec-ch-ua', 'sec-ch-ua-platform', 'sec-ch-ua-mobile'), 'accept-language': '*' }),
      40,
      'Accept-Language of an HTTP library, no client hints, which this browser sends',
    ],
    [
      'another agent in the page than in the header',
      visit(
        { ...headers, 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Gecko Firefox/133.0' },
        { userAgent: chrome, clientHints: undefined },
      ),
      30,
      'another user agent in the header than in the page',
    ],
    ['an impossible screen', visit(headers, { screen: '0x0' }), 30, 'impossible screen'],
  ])('%s', (_, said, score, words) => {
    expect(judged(said)).toEqual({ score, found: [{ layer: 'contradiction', score, words }] });
  });
});

describe('the network', () => {
  test('never makes a bot alone, and says whose it is', () => {
    expect(judged({ event: { userAgent: chrome, address: '3.5.140.0' } })).toEqual({
      score: 40,
      found: [{ layer: 'network', score: 40, words: 'AS16509 Amazon.com, Inc. (cloud)' }],
    });
    expect(judged({ event: { userAgent: chrome, address: '104.28.30.0' } }).score).toBe(10);
    expect(judged({ event: { userAgent: chrome, address: '79.230.1.0' } }).score).toBe(0);
  });

  test('a browser’s agent from a script in a data centre is a bot by the sum', () => {
    const { found, score } = judged(
      visit({ 'user-agent': chrome, origin: 'https://notes.example' }, { address: '2a01:4f8:c17::' }),
    );
    expect(score).toBe(70);
    expect(found.map((one) => [one.layer, one.score])).toEqual([
      ['network', 40],
      ['contradiction', 30],
    ]);
  });
});

test('scores of weak facts add up, and the event says all of them', () => {
  const old = chrome.replace('131.0', '49.0');
  expect(judged({ event: { userAgent: old } }).score).toBe(30);
  expect(judged({ event: { userAgent: old, screen: '0x0', address: '3.5.140.0' } })).toEqual({
    score: 100,
    found: [
      { layer: 'network', score: 40, words: 'AS16509 Amazon.com, Inc. (cloud)' },
      { layer: 'agent', score: 30, words: 'browser of before 2017' },
      { layer: 'contradiction', score: 30, words: 'impossible screen' },
    ],
  });
});
