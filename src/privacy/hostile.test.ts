import { expect, test } from 'vitest';
import { type PrivacyRules, privacyRules } from '../contract/privacy-settings.ts';
import { Masker, rulesOf } from './privacy.ts';

const everything = { email: 'mask', phone: 'mask', card: 'mask', token: 'mask' } as const;
const key = { id: 1, secret: 'c2VjcmV0', createdAt: 1 };

function masker(settings: Partial<PrivacyRules>, protocol = 'segment'): Masker {
  return new Masker(rulesOf(privacyRules.parse(settings), key), protocol);
}

test('anything at all goes in, JSON stays JSON, and it takes time in proportion', () => {
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    '"',
    '\\',
    '\\"',
    ':',
    ',',
    'a',
    '1',
    '4111111111111111',
    'jane@example.com',
    '@',
    '%40',
    '%',
    '=',
    '&',
    '?',
    'https://',
    'token',
    'eyJ',
    '.',
    ' ',
    '\n',
    'é',
    '+1 ',
    '\u0000',
    '"email":',
    '"userId":',
    'null',
    '-',
    '(415) ',
  ];
  let seed = 7;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  const settings = { properties: everything, urls: everything, pseudonyms: { userIds: true, emails: true } };
  for (let round = 0; round < 4_000; round++) {
    let text = '';
    for (let at = random(30); at >= 0; at--) text += pieces[random(pieces.length)];
    const one = masker(settings, round % 2 === 0 ? 'matomo' : 'segment');
    one.form(text);
    one.lines(text);
    one.url(text);
    const json = Buffer.from(
      JSON.stringify({ [text]: text, list: [text, { email: text, userId: text, n: round }] }),
    ).toString('latin1');
    JSON.parse(Buffer.from(one.json(json), 'latin1').toString());
    try {
      JSON.parse(text);
    } catch {
      continue;
    }
    JSON.parse(one.json(text));
  }
  // each of these is quadratic for a pattern that looks again at what it has seen
  const hostile = [
    '@',
    'a@',
    'a.',
    '=',
    'a=',
    '?a=',
    '"',
    '\\',
    '[',
    '{"a":',
    'eyJ',
    'eyJa.',
    '+1',
    '4 ',
    '4-',
    '1',
    '%40',
    'a="',
    "a='",
    'Bearer ',
    '://',
    '-----',
    'a=b;',
    '?a=?',
  ];
  const times = hostile.map((piece) => {
    const text = piece.repeat(Math.ceil(400_000 / piece.length));
    const started = performance.now();
    masker(settings).lines(text);
    masker(settings).json(`{"x":"${text}`);
    masker(settings).form(text);
    return [piece, performance.now() - started] as const;
  });
  // a quadratic one takes minutes; this is no bound on speed
  expect(times.filter(([, took]) => took > 20_000)).toEqual([]);
});
