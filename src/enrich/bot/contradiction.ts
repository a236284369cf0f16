import type { ClientHints } from '../../contract/event.ts';
import { RecentCache } from '../recent.ts';
import { cut, type Draft, maxUserAgent } from '../step.ts';
import { type Finding, type Layer, nothing, type Suspicion, together } from './layer.ts';
import { ofApp } from './visitor.ts';

/**
 * Whether what a browser says in several places agrees: user agent, client hints, headers, screen. One who changes the user agent mostly
 * forgets the rest. What a proxy can have taken away weighs little: together it stays below the default threshold.
 */
export const contradictionLayer: Layer = { name: 'contradiction', find };

const none: readonly Suspicion[] = [];
/** Of an agent and its hints, which repeat. */
const recent = new RecentCache<readonly Suspicion[]>(5_000);
/** By agent and by what the headers and the screen add. */
const whole = new RecentCache<Finding>(5_000);
const strangeScreen = /^(0x0|1x1|[01]?\d?\dx[01]?\d?\d)$/;

function find(draft: Draft): Finding {
  const { agentKey, event } = draft;
  const { clientHints, screen, userAgent } = event;
  if (userAgent === undefined || ofApp(draft)) return nothing;
  let ofAgent = clientHints === undefined ? none : recent.get(agentKey);
  if (ofAgent === undefined) {
    ofAgent = disagreements(cut(userAgent, maxUserAgent), clientHints ?? {});
    recent.set(agentKey, ofAgent);
  }
  const more = missingHeaders(draft, userAgent) | (isStrange(screen) ? flags.screen : 0);
  if (more === 0 && ofAgent.length === 0) return nothing;
  const key = `${more} ${agentKey}`;
  let found = whole.get(key);
  if (found === undefined) {
    found = together('contradiction', [...ofAgent, ...suspicions.filter((_, bit) => (more >> bit) & 1)]);
    whole.set(key, found);
  }
  return found;
}

const flags = { language: 1, anyLanguage: 2, hints: 4, script: 8, screen: 16 } as const;
/** By bit of `flags`. */
const suspicions: readonly Suspicion[] = [
  { score: 20, words: 'no Accept-Language, which browsers send' },
  { score: 30, words: 'Accept-Language of an HTTP library' },
  { score: 10, words: 'no client hints, which this browser sends' },
  { score: 30, words: 'another user agent in the header than in the page' },
  { score: 30, words: 'impossible screen' },
];

let lastScreen = '';
let lastStrange = false;

function isStrange(screen: string | undefined): boolean {
  if (screen === undefined) return false;
  if (screen !== lastScreen) {
    lastScreen = screen;
    lastStrange = screen.length < 10 && strangeScreen.test(screen);
  }
  return lastStrange;
}

/** Chromium that is itself and sends hints; on iOS it is Safari, and says CriOS. */
const chromium = /Chrome\/(\d{2,3})\./;

/** Only of a browser's own request: a server's says nothing of its user's browser. */
function missingHeaders({ event, item }: Draft, userAgent: string): number {
  const { headers } = item.record;
  const sent = headers['user-agent'];
  if (sent === undefined) return 0;
  if (sent !== userAgent) {
    // Sent on by something with a name of its own: no contradiction, and its headers are not the browser's.
    return sent.startsWith('Mozilla/5.0 (') && headers.origin !== undefined && !cutOff(sent, userAgent)
      ? flags.script
      : 0;
  }
  const language = headers['accept-language'];
  let found = 0;
  if (language === undefined) found |= flags.language;
  else if (language === '*') found |= flags.anyLanguage;
  if (
    event.clientHints === undefined &&
    event.url?.startsWith('https:') === true &&
    Number(chromium.exec(userAgent)?.[1] ?? 0) >= 90
  )
    found |= flags.hints;
  return found;
}

/** Long agents are cut where they are kept. */
function cutOff(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a);
}

function disagreements(userAgent: string, hints: ClientHints): Suspicion[] {
  const found: Suspicion[] = [];
  const { brands, mobile, platform } = hints;
  const expected = platform === undefined ? undefined : platformMarks[platform];
  if (expected !== undefined && !expected.test(userAgent))
    found.push({ score: 50, words: `user agent is not of ${platform}` });
  const version = chromium.exec(userAgent)?.[1];
  if (version === undefined) {
    if (platform !== 'iOS' && /Firefox\/|Version\/\d|FxiOS|CriOS/.test(userAgent))
      found.push({ score: 50, words: 'client hints of a browser that has none' });
  } else {
    const hinted = brands?.find(({ brand }) => brand === 'Chromium')?.version.split('.', 1)[0];
    if (hinted !== undefined && hinted !== '' && hinted !== version && !frozen.test(userAgent))
      found.push({ score: 40, words: 'another version in the client hints' });
  }
  // "Desktop site" on a phone turns both around; a tablet is no phone for either.
  if (mobile === true && !/Mobile|Android|iPhone|iPad/.test(userAgent) && platform !== 'Android')
    found.push({ score: 40, words: 'a phone in the client hints only' });
  if (mobile === false && /\bMobile\b/.test(userAgent) && !/iPad/.test(userAgent))
    found.push({ score: 40, words: 'a phone in the user agent only' });
  return found;
}

/** Browsers that keep an old Chrome in their user agent on purpose. */
const frozen =
  /SamsungBrowser|YaBrowser|UCBrowser|MiuiBrowser|HuaweiBrowser|VivoBrowser|HeyTapBrowser|QQBrowser|OculusBrowser|Silk|; wv\)/;

/** "Desktop site" on a phone says Linux in the user agent and Android in the hints: no contradiction. */
const platformMarks: Readonly<Record<string, RegExp>> = {
  Windows: /Windows/,
  macOS: /Mac OS X|Macintosh/,
  Android: /Android|Linux|X11/,
  'Chrome OS': /CrOS/,
  Linux: /Linux|X11|Android/,
  iOS: /iPhone|iPad|Macintosh/,
};
