import { day } from './calendar.ts';
import { type Random, Weighted } from './random.ts';

export type DeviceKind = 'browser' | 'mobile-browser' | 'desktop-app' | 'ios-app' | 'android-app';

/** One device of one person, with the anonymous id that its tracker made. */
export interface Device {
  readonly kind: DeviceKind;
  readonly anonymousId: string;
  readonly agent: Agent;
  readonly screen: readonly [width: number, height: number, density: number];
  /** Mobile apps: the SDK states the device itself. */
  readonly hardware?: Hardware;
  /** Days until this device takes a new release of the app. */
  readonly updateLag: number;
}

interface Hardware {
  readonly manufacturer: string;
  readonly model: string;
  readonly name: string;
  readonly type: 'ios' | 'android';
  readonly id: string;
  readonly osVersion: string;
}

type Agent = (at: number) => string;

// Vendors release on fixed rhythms, so the versions of any date follow from one known release each.
const since = (date: string, days: number, at: number): number =>
  Math.floor((at - Date.parse(date)) / (days * day));
const chrome = (at: number): number => 143 + since('2025-12-02', 30.5, at);
const firefox = (at: number): number => 145 + since('2025-11-11', 28, at);
const safari = (at: number): string => {
  const autumn = since('2025-09-15', 365.25, at);
  return `${26 + autumn}.${Math.min(6, since('2025-09-15', 50, at - autumn * 365.25 * day))}`;
};

const windows = 'Windows NT 10.0; Win64; x64';
const mac = 'Macintosh; Intel Mac OS X 10_15_7';
const linux = 'X11; Linux x86_64';
const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const chromeOn =
  (platform: string, mobile = ''): Agent =>
  (at) =>
    `Mozilla/5.0 (${platform}) ${webkit} Chrome/${chrome(at)}.0.0.0${mobile} Safari/537.36`;
const edgeOn =
  (platform: string): Agent =>
  (at) =>
    `${chromeOn(platform)(at)} Edg/${chrome(at)}.0.0.0`;
const firefoxOn =
  (platform: string): Agent =>
  (at) =>
    `Mozilla/5.0 (${platform}; rv:${firefox(at)}.0) Gecko/20100101 Firefox/${firefox(at)}.0`;
const safariOnMac: Agent = (at) =>
  `Mozilla/5.0 (${mac}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/${safari(at)} Safari/605.1.15`;
const safariOn =
  (platform: string): Agent =>
  (at) =>
    `Mozilla/5.0 (${platform}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/${safari(at)} Mobile/15E148 Safari/604.1`;
const samsung: Agent = (at) =>
  `Mozilla/5.0 (Linux; Android 10; K) ${webkit} SamsungBrowser/${29 + since('2025-11-01', 120, at)}.0 Chrome/${chrome(at) - 6}.0.0.0 Mobile Safari/537.36`;
const electronOn =
  (platform: string): Agent =>
  (at) =>
    `Mozilla/5.0 (${platform}) ${webkit} MeetNotes/${appVersion(at)} Chrome/${chrome(at) - 2}.0.7499.40 Electron/${39 + since('2025-10-28', 56, at)}.2.3 Safari/537.36`;
const nativeApp =
  (text: string): Agent =>
  (at) =>
    `MeetNotes/${appVersion(at)} ${text}`;

/** The app is released every 16 days: 5.0, 5.1, … counted from a fixed date so that it only ever rises. */
export function appVersion(at: number): string {
  const release = Math.max(0, since('2026-01-06', 16, at));
  return `${5 + Math.floor(release / 12)}.${release % 12}.0`;
}

const desktopBrowsers = new Weighted<Agent>([
  [chromeOn(windows), 34],
  [chromeOn(mac), 22],
  [safariOnMac, 13],
  [edgeOn(windows), 14],
  [edgeOn(mac), 1],
  [firefoxOn('Windows NT 10.0; Win64; x64'), 5],
  [firefoxOn('Macintosh; Intel Mac OS X 10.15'), 3],
  [firefoxOn(linux), 3],
  [chromeOn(linux), 4],
]);
const mobileBrowsers = new Weighted<Agent>([
  [safariOn('iPhone; CPU iPhone OS 18_7 like Mac OS X'), 50],
  [chromeOn('Linux; Android 10; K', ' Mobile'), 38],
  [samsung, 7],
  [safariOn('iPad; CPU OS 18_7 like Mac OS X'), 5],
]);
const desktopScreens = new Weighted<Device['screen']>([
  [[1920, 1080, 1], 34],
  [[1536, 864, 1.25], 14],
  [[1440, 900, 2], 13],
  [[1512, 982, 2], 10],
  [[1728, 1117, 2], 8],
  [[2560, 1440, 1], 12],
  [[1366, 768, 1], 7],
  [[3440, 1440, 1], 2],
]);
const mobileScreens = new Weighted<Device['screen']>([
  [[390, 844, 3], 25],
  [[393, 852, 3], 25],
  [[402, 874, 3], 14],
  [[430, 932, 3], 10],
  [[412, 915, 2.625], 16],
  [[360, 800, 3], 10],
]);
const iphones = [
  ['iPhone15,3', 'iPhone 14 Pro Max'],
  ['iPhone16,1', 'iPhone 15 Pro'],
  ['iPhone17,3', 'iPhone 16'],
  ['iPhone17,1', 'iPhone 16 Pro'],
  ['iPhone18,1', 'iPhone 17 Pro'],
] as const;
const androids = [
  ['Samsung', 'SM-S931B'],
  ['Samsung', 'SM-S921B'],
  ['Samsung', 'SM-A556B'],
  ['Google', 'Pixel 9'],
  ['Google', 'Pixel 8a'],
  ['Xiaomi', '2410DPN6CC'],
  ['OnePlus', 'CPH2581'],
] as const;

export function newDevice(random: Random, kind: DeviceKind): Device {
  const device = { kind, anonymousId: random.uuid(), updateLag: random.exponential(5) };
  if (kind === 'browser')
    return { ...device, agent: desktopBrowsers.draw(random), screen: desktopScreens.draw(random) };
  if (kind === 'desktop-app') {
    const agent = electronOn(random.chance(0.55) ? mac : windows);
    return { ...device, agent, screen: desktopScreens.draw(random) };
  }
  const screen = mobileScreens.draw(random);
  if (kind === 'mobile-browser') return { ...device, agent: mobileBrowsers.draw(random), screen };
  return { ...device, screen, ...nativePhone(random, kind) };
}

function nativePhone(random: Random, kind: 'ios-app' | 'android-app'): { agent: Agent; hardware: Hardware } {
  const id = random.uuid().toUpperCase();
  if (kind === 'ios-app') {
    const [model, name] = random.pick(iphones);
    const osVersion = random.pick(['18.7.1', '26.1', '26.2', '26.2', '26.3']);
    return {
      agent: nativeApp('CFNetwork/3860.200.71 Darwin/25.1.0'),
      hardware: { manufacturer: 'Apple', model, name, type: 'ios', id, osVersion },
    };
  }
  const [manufacturer, model] = random.pick(androids);
  const osVersion = random.pick(['14', '15', '15', '16', '16']);
  return {
    agent: nativeApp(`Dalvik/2.1.0 (Linux; U; Android ${osVersion}; ${model})`),
    hardware: { manufacturer, model, name: model, type: 'android', id: id.slice(0, 16), osVersion },
  };
}
