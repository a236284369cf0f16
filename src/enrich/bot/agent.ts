import crawlers from 'crawler-user-agents';
import { RecentCache } from '../recent.ts';
import { cut, type Draft, maxUserAgent } from '../step.ts';
import { type Finding, finding, type Layer, nothing, type Suspicion, together } from './layer.ts';
import { inBrowser, ofApp } from './visitor.ts';

/** What the user agent says of itself. */
export const agentLayer: Layer = { name: 'agent', find };

const recent = new RecentCache<Finding>(5_000);
const missing = finding('agent', 60, 'no user agent');

function find(draft: Draft): Finding {
  const { agentKey, event } = draft;
  const { userAgent } = event;
  if (userAgent === undefined) return event.url !== undefined && inBrowser(event.library) ? missing : nothing;
  if (ofApp(draft)) return nothing;
  let found = recent.get(agentKey);
  if (found === undefined) {
    const brands = event.clientHints?.brands?.map(({ brand }) => cut(brand, 64)).join() ?? '';
    found = together('agent', suspicionsOf(cut(userAgent, maxUserAgent), brands));
    recent.set(agentKey, found);
  }
  return found;
}

const headless =
  /HeadlessChrome|PhantomJS|SlimerJS|HtmlUnit|jsdom|Puppeteer|Playwright|Selenium|WebDriver|Cypress|Nightmare|Splash/i;
const monitor =
  /Pingdom|UptimeRobot|StatusCake|Site24x7|Datadog|Synthetic|Lighthouse|PageSpeed|GTmetrix|Checkly|NewRelic|Uptime|BetterStack|Catchpoint|Dynatrace|HetrixTools|Freshping|Zabbix|Nagios|Prometheus/i;
const program =
  /^(curl|wget|python|aiohttp|httpx|go-http|okhttp|java\/|apache-httpclient|axios|node|undici|got |ruby|perl|libwww|php|guzzle|postman|insomnia|dart)/i;
const confession = /https?:\/\/|[\w.-]+@[\w-]+\.\w|\b(bot|crawler|spider|scraper)\b/i;
const browserLike = /Mozilla\/|Opera\/|Dalvik|CFNetwork|\biOS\b|Android/;

function suspicionsOf(userAgent: string, brands: string): Suspicion[] {
  if (userAgent.trim() === '') return [{ score: 60, words: 'empty user agent' }];
  const found: Suspicion[] = [];
  if (headless.test(userAgent) || headless.test(brands)) found.push({ score: 90, words: 'headless browser' });
  const crawler = matchCrawler(userAgent);
  if (crawler !== undefined) found.push({ score: 95, words: `crawler ${crawler}` });
  if (monitor.test(userAgent)) found.push({ score: 90, words: 'monitor' });
  if (program.test(userAgent)) found.push({ score: 90, words: 'HTTP library' });
  if (confession.test(userAgent)) found.push({ score: 80, words: 'names itself' });
  if (found.length === 0 && !browserLike.test(userAgent)) found.push({ score: 30, words: 'not a browser' });
  const oldChrome = /Chrome\/(\d{1,4})\./.exec(userAgent);
  if (oldChrome !== null && Number(oldChrome[1]) < 60)
    found.push({ score: 30, words: 'browser of before 2017' });
  if (/MSIE [1-8]\./.test(userAgent)) found.push({ score: 30, words: 'browser of before 2011' });
  return found;
}

let combined: RegExp | undefined;

/** One expression of all patterns finds out whether; only then is asked which. ~10 µs for a browser, once per user agent. */
function matchCrawler(userAgent: string): string | undefined {
  combined ??= new RegExp(crawlers.map(({ pattern }) => `(?:${pattern})`).join('|'));
  if (!combined.test(userAgent)) return undefined;
  for (const { pattern } of crawlers) {
    const found = new RegExp(pattern).exec(userAgent)?.[0];
    // As it calls itself, without the marks around it: `Googlebot/` is Googlebot. Distances inside of a pattern can be long.
    if (found !== undefined) return found.slice(0, 40).replace(/^\W{1,9}|\W{1,9}$/g, '');
  }
  return 'of a list';
}
