import { describe, expect, test } from 'vitest';
import type { DecodedEvent } from '../../contract/event.ts';
import { chrome, enriched } from '../items.fixture.ts';
import { userAgentStep } from './user-agent.ts';

const iphone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Mobile/15E148 Safari/604.1';
const mac =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15';
const brands = (brand: string, version: string) => [
  { brand: 'Not)A;Brand', version: '99' },
  { brand: 'Chromium', version },
  { brand, version },
];

function device(event: Partial<DecodedEvent>): string {
  const { row } = enriched([userAgentStep], event);
  const { device_type, device_brand, device_model, os, os_version, browser, browser_version } = row;
  return [device_type, device_brand, device_model, os, os_version, browser, browser_version].join('|');
}

describe('device, system and browser', () => {
  test.each<[string, Partial<DecodedEvent>, string]>([
    ['nothing said', {}, '||||||'],
    ['Chrome on Windows', { userAgent: chrome }, 'desktop|||Windows|10|Chrome|131'],
    ['Safari on a Mac', { userAgent: mac }, 'desktop|Apple|Macintosh|macOS|10.15|Safari|18.1'],
    ['Safari on an iPhone', { userAgent: iphone }, 'mobile|Apple|iPhone|iOS|17.4|Safari|17.4'],
    [
      'an Android tablet',
      {
        userAgent:
          'Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
      },
      'tablet|Samsung|SM-X700|Android|13|Chrome|120',
    ],
    [
      'a television',
      {
        userAgent:
          'Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 TV Safari/537.36',
      },
      'tv|||Tizen|6|Safari|',
    ],
    [
      'a console',
      {
        userAgent:
          'Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15',
      },
      'console|Sony|PlayStation 5|PlayStation|5|Safari|13',
    ],
    [
      'hints tell Windows 11 from 10',
      { userAgent: chrome, clientHints: { platform: 'Windows', platformVersion: '15.0.0', mobile: false } },
      'desktop|||Windows|11|Chrome|131',
    ],
    [
      'hints tell the real browser',
      { userAgent: chrome, clientHints: { brands: brands('Microsoft Edge', '132'), platform: 'Windows' } },
      'desktop|||Windows|10|Edge|132',
    ],
    [
      'hints tell the model',
      {
        userAgent:
          'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36',
        clientHints: { mobile: true, model: 'Pixel 9', platform: 'Android', platformVersion: '15.0.0' },
      },
      'mobile||Pixel 9|Android|15|Chrome|131',
    ],
    [
      'hints without a user agent',
      {
        clientHints: {
          brands: brands('Google Chrome', '131'),
          platform: 'macOS',
          platformVersion: '14.6.1',
          mobile: false,
        },
      },
      'desktop|||macOS|14.6|Chrome|131',
    ],
    [
      'an SDK states all',
      { device: { type: 'ios', brand: 'Apple', model: 'iPhone16,1', os: 'iPhone OS', osVersion: '18.1.1' } },
      'mobile|Apple|iPhone16,1|iOS|18.1||',
    ],
    [
      'an SDK overrides the user agent',
      { userAgent: chrome, device: { os: 'Android', osVersion: '14' } },
      'desktop|||Android|14|Chrome|131',
    ],
  ])('%s', (_, event, expected) => {
    expect(device(event)).toBe(expected);
  });

  test('an agent of a megabyte is cut before it is parsed', () => {
    expect(device({ userAgent: chrome + ' (a;'.repeat(250_000) })).toBe('desktop|||Windows|10|Chrome|131');
  });
});
