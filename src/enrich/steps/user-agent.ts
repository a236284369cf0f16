import UAParser from 'ua-parser-js';
import type { ClientHints, DeviceFacts } from '../../contract/event.ts';
import { RecentCache } from '../recent.ts';
import { cut, type Draft, maxUserAgent, type Step } from '../step.ts';

interface Device {
  type: string;
  brand: string;
  model: string;
  os: string;
  osVersion: string;
  browser: string;
  browserVersion: string;
}

const nothing: Device = {
  type: '',
  brand: '',
  model: '',
  os: '',
  osVersion: '',
  browser: '',
  browserVersion: '',
};

/** Device, system and browser: what an SDK states wins over client hints, and these win over the user agent. */
export const userAgentStep: Step = { name: 'user agent', run: readDevice };

const recent = new RecentCache<Device>(5_000);

function readDevice({ agentKey, event, row }: Draft): undefined {
  const { userAgent, clientHints, device: stated } = event;
  let device = nothing;
  if (agentKey !== '') {
    // Parsing takes about 40 µs, and the same few thousand user agents make nearly all of the traffic.
    const known = recent.get(agentKey);
    device = known ?? parse(cut(userAgent, maxUserAgent), clientHints);
    if (known === undefined) recent.set(agentKey, device);
  }
  if (stated !== undefined) device = merge(device, stated);
  row.device_type = device.type;
  row.device_brand = device.brand;
  row.device_model = device.model;
  row.os = device.os;
  row.os_version = device.osVersion;
  row.browser = device.browser;
  row.browser_version = device.browserVersion;
}

function parse(userAgent: string, hints: ClientHints | undefined): Device {
  const { browser, os, device } = new UAParser(userAgent).getResult();
  const parsed: Device = {
    type: deviceTypes[device.type ?? ''] ?? '',
    brand: device.vendor ?? '',
    model: device.model ?? '',
    os: systemNames[os.name ?? ''] ?? os.name ?? '',
    osVersion: shortVersion(os.version),
    browser: browserNames[browser.name ?? ''] ?? browser.name ?? '',
    browserVersion: shortVersion(browser.version),
  };
  // The parser says no type for computers, and guesses one for nothing else.
  if (parsed.type === '' && parsed.os !== '' && parsed.browser !== '') parsed.type = 'desktop';
  return hints === undefined ? parsed : withHints(parsed, hints);
}

function withHints(parsed: Device, hints: ClientHints): Device {
  const platform = platformNames[hints.platform ?? ''] ?? hints.platform ?? '';
  const brand = realBrand(hints);
  const type = hints.mobile === true ? 'mobile' : parsed.type;
  return {
    // A tablet also says `mobile: ?0`, so only "yes" tells something; it never makes a phone of a known tablet.
    type: parsed.type === 'tablet' ? 'tablet' : type === '' && platform !== '' ? 'desktop' : type,
    brand: parsed.brand,
    model: cut(hints.model, 64) || parsed.model,
    os: cut(platform, 64) || parsed.os,
    osVersion:
      hintedVersion(platform, hints.platformVersion) ||
      (platform && platform !== parsed.os ? '' : parsed.osVersion),
    browser: brand?.name ?? parsed.browser,
    browserVersion: brand ? shortVersion(brand.version) : parsed.browserVersion,
  };
}

/** The brand that is neither Chromium, which all of them name, nor the invented one that keeps parsers honest. */
function realBrand(hints: ClientHints): { name: string; version: string } | undefined {
  for (const { brand, version } of hints.brands ?? []) {
    const name = brandNames[brand];
    if (name !== undefined) return { name, version };
  }
  return undefined;
}

/** Windows says 13 and more for Windows 11, 1 to 10 for Windows 10, 0 for older ones. */
function hintedVersion(platform: string, version: string | undefined): string {
  if (version === undefined || version === '') return '';
  if (platform !== 'Windows') return shortVersion(version);
  const major = Number.parseInt(version, 10);
  if (major >= 13) return '11';
  return major >= 1 ? '10' : '';
}

function merge(device: Device, stated: DeviceFacts): Device {
  const type = stated.type?.toLowerCase();
  const os = cut(stated.os, 64) || device.os;
  const system = systemNames[os] ?? os;
  return {
    type: (type && statedTypes[type]) || device.type || systemTypes[system] || '',
    brand: cut(stated.brand, 64) || device.brand,
    model: cut(stated.model, 64) || device.model,
    os: system,
    osVersion: stated.osVersion ? shortVersion(stated.osVersion) : stated.os ? '' : device.osVersion,
    browser: device.browser,
    browserVersion: device.browserVersion,
  };
}

/** `131.0.6778.86` → `131`, `17.4.1` → `17.4`: what charts compare, without a row per patch. */
function shortVersion(version: string | undefined): string {
  if (version === undefined) return '';
  const [major = '', minor] = version.split('.', 2);
  return (minor === undefined || minor === '0' || minor === '' ? major : `${major}.${minor}`).slice(0, 24);
}

const deviceTypes: Readonly<Record<string, string>> = {
  mobile: 'mobile',
  tablet: 'tablet',
  smarttv: 'tv',
  console: 'console',
  wearable: 'wearable',
  embedded: 'embedded',
  xr: 'xr',
};
const statedTypes: Readonly<Record<string, string>> = {
  ...deviceTypes,
  phone: 'mobile',
  handset: 'mobile',
  smartphone: 'mobile',
  ios: 'mobile',
  android: 'mobile',
  pad: 'tablet',
  tv: 'tv',
  desktop: 'desktop',
  pc: 'desktop',
  computer: 'desktop',
  watch: 'wearable',
};
const systemTypes: Readonly<Record<string, string>> = {
  iOS: 'mobile',
  Android: 'mobile',
  iPadOS: 'tablet',
  macOS: 'desktop',
  Windows: 'desktop',
  Linux: 'desktop',
  tvOS: 'tv',
  watchOS: 'wearable',
};
const systemNames: Readonly<Record<string, string>> = {
  'Mac OS': 'macOS',
  'Mac OS X': 'macOS',
  darwin: 'macOS',
  'Chromium OS': 'Chrome OS',
  ios: 'iOS',
  'iPhone OS': 'iOS',
  android: 'Android',
  windows: 'Windows',
  linux: 'Linux',
  ipados: 'iPadOS',
  macos: 'macOS',
};
const platformNames: Readonly<Record<string, string>> = {
  ...systemNames,
  'Chrome OS': 'Chrome OS',
  Unknown: '',
};
const browserNames: Readonly<Record<string, string>> = {
  'Mobile Safari': 'Safari',
  'Mobile Chrome': 'Chrome',
  'Mobile Firefox': 'Firefox',
  'Chrome Mobile': 'Chrome',
  'Opera Mobi': 'Opera',
  'Opera Touch': 'Opera',
};
const brandNames: Readonly<Record<string, string>> = {
  'Google Chrome': 'Chrome',
  'Microsoft Edge': 'Edge',
  Opera: 'Opera',
  'Opera GX': 'Opera GX',
  Brave: 'Brave',
  Vivaldi: 'Vivaldi',
  'Samsung Internet': 'Samsung Internet',
  Yandex: 'Yandex',
  YaBrowser: 'Yandex',
  DuckDuckGo: 'DuckDuckGo',
  Arc: 'Arc',
  'Android WebView': 'Chrome WebView',
  HeadlessChrome: 'Chrome Headless',
  'Avast Secure Browser': 'Avast',
  Whale: 'Whale',
};
