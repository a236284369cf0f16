import crawlers from 'crawler-user-agents';
import type { DecodedEvent } from '../../contract/event.ts';
import { RecentCache } from '../recent.ts';
import { cut, type Draft, maxUserAgent, type Step } from '../step.ts';

interface Suspicion {
  readonly score: number;
  readonly reason: string;
}

const innocent: Suspicion = { score: 0, reason: '' };

/**
 * How likely a program made the event: 0…100, 50 and more counts as a bot. Scores of independent facts add up. Events are
 * marked, never dropped. Only the end user's agent is judged: a server SDK that passes none (its own agent is never in
 * `userAgent`) scores 0, or every backend event would be a bot's.
 */
export const botStep: Step = { name: 'bot', run: judge };

const recent = new RecentCache<Suspicion>(5_000);

function judge({ agentKey, event, row }: Draft): undefined {
  const { userAgent, clientHints } = event;
  if (userAgent === undefined) {
    if (event.url !== undefined && browserLibrary.test(event.library ?? '')) {
      row.bot_score = 60;
      row.bot_reason = 'no user agent';
    }
    return;
  }
  // Native apps rightly use the names of HTTP libraries.
  if (event.device !== undefined && event.url === undefined) return;
  let suspicion = recent.get(agentKey);
  if (suspicion === undefined) {
    suspicion = judgeAgent(cut(userAgent, maxUserAgent), clientHints);
    recent.set(agentKey, suspicion);
  }
  if (event.screen !== undefined && strangeScreen.test(event.screen)) {
    suspicion = add([suspicion, { score: 30, reason: `screen ${event.screen}` }]);
  }
  row.bot_score = suspicion.score;
  row.bot_reason = suspicion.reason;
}

/** Trackers that only ever run in a browser, where a user agent cannot be missing. */
const browserLibrary =
  /^(analytics\.js|analytics-next|npm:next-|js[-/]\d|RudderLabs JavaScript|posthog-js|tributary-browser)/i;
const strangeScreen = /^(0x0|1x1|[01]?\d?\dx[01]?\d?\d)$/;
const headless =
  /HeadlessChrome|PhantomJS|SlimerJS|HtmlUnit|jsdom|Puppeteer|Playwright|Selenium|WebDriver|Cypress|Nightmare|Splash/i;
const monitor =
  /Pingdom|UptimeRobot|StatusCake|Site24x7|Datadog|Synthetic|Lighthouse|PageSpeed|GTmetrix|Checkly|NewRelic|Uptime|BetterStack|Catchpoint|Dynatrace|HetrixTools|Freshping|Zabbix|Nagios|Prometheus/i;
const program =
  /^(curl|wget|python|aiohttp|httpx|go-http|okhttp|java\/|apache-httpclient|axios|node|undici|got |ruby|perl|libwww|php|guzzle|postman|insomnia|dart)/i;
const confession = /https?:\/\/|[\w.-]+@[\w-]+\.\w|\b(bot|crawler|spider|scraper)\b/i;
const browserLike = /Mozilla\/|Opera\/|Dalvik|CFNetwork|\biOS\b|Android/;

function judgeAgent(userAgent: string, hints: DecodedEvent['clientHints']): Suspicion {
  if (userAgent.trim() === '') return { score: 60, reason: 'empty user agent' };
  const found: Suspicion[] = [];
  if (headless.test(userAgent) || hints?.brands?.some(({ brand }) => headless.test(brand))) {
    found.push({ score: 90, reason: 'headless browser' });
  }
  const crawler = matchCrawler(userAgent);
  if (crawler !== undefined) found.push({ score: 95, reason: `crawler: ${crawler}` });
  if (monitor.test(userAgent)) found.push({ score: 90, reason: 'monitor' });
  if (program.test(userAgent)) found.push({ score: 90, reason: 'HTTP library' });
  if (confession.test(userAgent)) found.push({ score: 80, reason: 'names itself' });
  if (found.length === 0 && !browserLike.test(userAgent)) found.push({ score: 30, reason: 'not a browser' });
  const oldChrome = /Chrome\/(\d+)\./.exec(userAgent);
  if (oldChrome !== null && Number(oldChrome[1]) < 60)
    found.push({ score: 30, reason: 'browser of before 2017' });
  if (/MSIE [1-8]\./.test(userAgent)) found.push({ score: 30, reason: 'browser of before 2011' });
  const contradiction = contradicts(userAgent, hints);
  if (contradiction !== undefined) found.push({ score: 50, reason: contradiction });
  return add(found);
}

function add(found: readonly Suspicion[]): Suspicion {
  if (found.length === 0) return innocent;
  let score = 0;
  for (const { score: one } of found) score += one;
  const reasons = found.map(({ reason }) => reason).filter((reason) => reason !== '');
  return { score: Math.min(100, score), reason: reasons.slice(0, 3).join(', ').slice(0, 200) };
}

/** Client hints come from the browser itself; a user agent that was overridden does not agree with them. */
function contradicts(userAgent: string, hints: DecodedEvent['clientHints']): string | undefined {
  const platform = hints?.platform;
  if (platform === undefined) return undefined;
  const expected = platformMarks[platform];
  if (expected !== undefined && !expected.test(userAgent)) return `user agent is not of ${platform}`;
  return undefined;
}

/** "Desktop site" on a phone says Linux in the user agent and Android in the hints: no contradiction. */
const platformMarks: Readonly<Record<string, RegExp>> = {
  Windows: /Windows/,
  macOS: /Mac OS X|Macintosh/,
  Android: /Android|Linux|X11/,
  'Chrome OS': /CrOS/,
  Linux: /Linux|X11|Android/,
  iOS: /iPhone|iPad|Macintosh/,
};

let combined: RegExp | undefined;

/** One expression of all patterns finds out whether; only then is asked which. ~10 µs for a browser, once per user agent. */
function matchCrawler(userAgent: string): string | undefined {
  combined ??= new RegExp(crawlers.map(({ pattern }) => `(?:${pattern})`).join('|'));
  if (!combined.test(userAgent)) return undefined;
  return crawlers.find(({ pattern }) => new RegExp(pattern).test(userAgent))?.pattern ?? 'unknown';
}
