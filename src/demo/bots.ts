import { minute } from './calendar.ts';
import type { Device } from './devices.ts';
import { cities, type Place } from './places.ts';
import { Session } from './session.ts';
import { articles, docs, features, home, type Page, pricing } from './site.ts';
import type { World } from './world.ts';

/** Programs that read the site and run its scripts. */
interface Bot {
  readonly agent: string;
  /** Its operator's published network, or one where such programs run. */
  readonly address: string;
  readonly perDay: number;
  readonly pages: readonly Page[];
}

const everything = [home, pricing, ...features, ...articles, ...docs];
const chrome = 'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible;';

const crawlers: readonly Bot[] = [
  {
    agent: `${chrome} Googlebot/2.1; +http://www.google.com/bot.html) Chrome/142.0.7444.175 Safari/537.36`,
    address: '66.249.66.0',
    perDay: 14,
    pages: everything,
  },
  {
    agent: `${chrome} bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/136.0.0.0 Safari/537.36`,
    address: '157.55.39.0',
    perDay: 6,
    pages: everything,
  },
  {
    agent: `${chrome} GPTBot/1.3; +https://openai.com/gptbot)`,
    address: '20.171.207.0',
    perDay: 11,
    pages: [...articles, ...docs],
  },
  {
    agent: `${chrome} ClaudeBot/1.0; +claudebot@anthropic.com)`,
    address: '216.73.216.0',
    perDay: 7,
    pages: [...articles, ...docs],
  },
  {
    agent: 'Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)',
    address: '54.36.148.0',
    perDay: 5,
    pages: everything,
  },
  {
    agent:
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36',
    address: '178.128.120.0',
    perDay: 4,
    pages: [home, pricing],
  },
];
const monitor: Bot = {
  agent: 'Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)',
  address: '216.144.250.0',
  perDay: 24,
  pages: [home],
};

export function botsOfDay(world: World, index: number): void {
  const { random, calendar } = world;
  for (const bot of crawlers)
    for (let left = random.poisson(bot.perDay); left > 0; left--)
      hit(world, bot, calendar.dayStart(index) + random.between(0, 1_440) * minute);
  const every = 1_440 / monitor.perDay;
  for (let check = 0; check < monitor.perDay; check++)
    hit(world, monitor, calendar.dayStart(index) + (check * every + 3) * minute);
}

/** Crawlers keep no cookies, so each page view is a new visitor to the tracker. */
function hit(world: World, { agent, address, pages }: Bot, at: number): void {
  const city = cities[0];
  if (!city) return;
  const place: Place = { city: { ...city, timezone: 'UTC' }, address, locale: 'en-US' };
  const device: Device = {
    kind: 'browser',
    anonymousId: world.random.uuid(),
    agent: () => agent,
    screen: [800, 600, 1],
    updateLag: 0,
  };
  new Session(world, at, device, place).page(world.random.pick(pages), { referrer: '' });
}
