import { describe, expect, it, test } from 'vitest';
import { type PrivacyRules, privacyRules } from '../contract/privacy-settings.ts';
import { Masker, mayHold, rulesOf } from './privacy.ts';
import { namesOf, pseudonymOf, withNewKey } from './pseudonym.ts';

const everything = { email: 'mask', phone: 'mask', card: 'mask', token: 'mask' } as const;
const keys = withNewKey([], 1);
const key = keys[0];

function masker(
  settings: Partial<PrivacyRules> = { properties: everything, urls: everything },
  protocol = 'segment',
) {
  return new Masker(rulesOf(privacyRules.parse(settings), key), protocol);
}

function masked(text: string, name = 'text', settings?: Partial<PrivacyRules>): string {
  return masker(settings).value(text, { name, in: 'properties', depth: 0 });
}

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';

describe('what is found by its form', () => {
  it.each([
    ['jane@example.com', '(email)'],
    ['Write to Jane.Doe+news@mail.example.co.uk, please.', 'Write to (email), please.'],
    ["<o'neil@example.com>", '<(email)>'],
    ['jane%40example.com', '(email)'],
    ['a@example.com,b@example.com', '(email),(email)'],
    ['+49 170 1234567', '(phone)'],
    ['call +1 (415) 555-2671 now', 'call (phone) now'],
    ['(415) 555-2671', '(phone)'],
    ['415-555-2671', '(phone)'],
    ['+442071838750', '(phone)'],
    ['4111 1111 1111 1111', '(card)'],
    ['4111-1111-1111-1111', '(card)'],
    ['my card is 4242424242424242.', 'my card is (card).'],
    ['378282246310005', '(card)'],
    ['3782 822463 10005', '(card)'],
    [jwt, '(token)'],
    [`Authorization: Bearer ${jwt}`, 'Authorization: (token)'],
    [`sk_${'live'}_4eC39HqLyjWDarjtT1zdp7dc`, '(token)'],
    [`ghp_${'a1B2'.repeat(9)}`, '(token)'],
    [`AKIA${'IOSFODNN7EXAMPLE'}`, '(token)'],
  ])('%s becomes %s', (text, expected) => {
    expect(masked(text)).toBe(expected);
  });

  it.each([
    // times
    '1712345678901',
    '1712345678901234567',
    '2026-11-22T07:50:58.123+02:00',
    '2026-11-22 07:50:58',
    // ids
    '4111111111111112',
    '550e8400-e29b-41d4-a716-446655440000',
    '12345678-1234-4234-8234-123456789012',
    '4111111111111111-abc',
    'ORD-4111-1111-1111-1111',
    'GA1.2.1234567890.1712345678',
    '0000000000000000',
    'tok_visa',
    'skirt_live_long',
    // places and measures
    '+48.85661400',
    '48.8566140, 2.3522219',
    '+48.8566+002.3522/',
    '1,234,567.89',
    '192.168.100.200',
    '10.0.0.1:8080',
    // names of packages, handles, shapes
    '@mantine/core',
    'react@18.2.0',
    'user@localhost',
    'look @ this',
    'M 100 200 300 400 500 600',
    '100 200 3000',
    'version 4.11.1.1',
    '978-3-16-148410-0',
    '4006381333931',
    'git@v1.2.3',
  ])('%s stays', (text) => {
    expect(masked(text)).toBe(text);
  });

  it('plain digits are a card unless the name speaks of another number', () => {
    expect(masked('4111111111111111', 'note')).toBe('(card)');
    expect(masked('4111111111111111', 'order_id')).toBe('4111111111111111');
    expect(masked('4111111111111111', 'invoiceNumber')).toBe('4111111111111111');
    expect(masked('4111 1111 1111 1111', 'order_id')).toBe('(card)');
  });
});

describe('what is found by its name', () => {
  it.each([
    ['password', 'hunter2', '(token)'],
    ['user[password]', 'hunter2', '(token)'],
    ['resetToken', 'abc123', '(token)'],
    ['X-Api-Key', 'abc123', '(token)'],
    ['cvv', '123', '(token)'],
    ['billing_email', 'jane@localhost', '(email)'],
    ['phoneNumber', '0170 1234567', '(phone)'],
    ['card_number', '4111111111111111', '(card)'],
    ['card_number', '**** **** **** 1111', '**** **** **** 1111'],
    ['email', 'weekly', 'weekly'],
    ['has_password', 'true', 'true'],
    ['password', 'true', 'true'],
    ['tokens', '1500', '1500'],
    ['phone_model', '0170 1234567', '0170 1234567'],
    ['card', 'pricing-card', 'pricing-card'],
  ])('%s: %s becomes %s', (name, value, expected) => {
    expect(masked(value, name)).toBe(expected);
  });
});

describe('addresses of pages, by default', () => {
  it.each([
    [
      'https://x.test/a?email=jane%40example.com&utm_source=mail',
      'https://x.test/a?email=(email)&utm_source=mail',
    ],
    ['https://x.test/a?q=jane@example.com#top', 'https://x.test/a?q=(email)#top'],
    ['https://x.test/reset?token=abc123def', 'https://x.test/reset?token=(token)'],
    ['https://x.test/#access_token=abc&state=5', 'https://x.test/#access_token=(token)&state=5'],
    ['/unsubscribe/jane@example.com', '/unsubscribe/(email)'],
    ['https://jane:pw@x.test/a', 'https://x.test/a'],
    [
      'https://x.test/?next=https%3A%2F%2Fy.test%2F%3Femail%3Djane%2540example.com%26a%3D1',
      'https://x.test/?next=https%3A%2F%2Fy.test%2F%3Femail%3D(email)%26a%3D1',
    ],
    ['https://x.test/?uid=jane@example.com', 'https://x.test/?uid=(email)'],
    ['https://x.test/pay?pan=4111111111111111', 'https://x.test/pay?pan=(card)'],
    ['https://x.test/orders?order_id=4111111111111111', 'https://x.test/orders?order_id=4111111111111111'],
    [
      'https://x.test/?utm_campaign=%E4%BD%A0&gclid=Cj0KCQ',
      'https://x.test/?utm_campaign=%E4%BD%A0&gclid=Cj0KCQ',
    ],
    ['https://x.test/?broken=%E4%', 'https://x.test/?broken=%E4%'],
  ])('%s is kept as %s', (url, expected) => {
    expect(masked(url, 'url', {})).toBe(expected);
  });

  it('a text outside of addresses keeps what it says, and so does the id of a user', () => {
    expect(masked('mail from jane@example.com', 'text', {})).toBe('mail from jane@example.com');
    expect(masked('jane@example.com', 'userId', {})).toBe('jane@example.com');
    expect(masked('GET /a?email=jane@example.com HTTP/1.1', 'text', {})).toBe(
      'GET /a?email=(email) HTTP/1.1',
    );
  });
});

describe('bodies', () => {
  it('JSON keeps every byte that is not personal', () => {
    const text =
      '{ "a" : 1.50, "big":12345678901234567890, "p":{"m":"J\\u00e4ne \\"x\\" jane@example.com","t":[null,true]},"e":"\\ud83d\\ude00" }\n';
    expect(masker().json(text)).toBe(
      text.replace(
        '"J\\u00e4ne \\"x\\" jane@example.com"',
        Buffer.from('"Jäne \\"x\\" (email)"').toString('latin1'),
      ),
    );
  });

  it.each([
    [
      'JSON in a text',
      JSON.stringify({ a: JSON.stringify({ note: 'jane@example.com', x: 1 }) }),
      JSON.stringify({ a: JSON.stringify({ note: '(email)', x: 1 }) }),
    ],
    ['lines of JSON', '{"a":"jane@example.com"}\n{"a":"b"}\n', '{"a":"(email)"}\n{"a":"b"}\n'],
    [
      'a card as a number',
      '{"card_number":4111111111111111,"n":4111111111111111}',
      '{"card_number":"(card)","n":4111111111111111}',
    ],
    [
      'OpenTelemetry’s pairs',
      '{"key":"password","value":{"stringValue":"hunter2"}}',
      '{"key":"password","value":{"stringValue":"(token)"}}',
    ],
    ['half a text', '{"a":"jane@example.com","b":"jane@exam', '{"a":"(email)","b":"jane@exam'],
  ])('%s', (_what, text, expected) => {
    expect(masker().json(text)).toBe(expected);
  });

  it.each(['base64', 'base64url'] as const)('JSON in %s in a form', (alphabet) => {
    const written = (email: string) =>
      Buffer.from(JSON.stringify([{ event: 'a', p: { note: `>>>???${email}` } }])).toString(alphabet);
    const form = masker().form(`ip=1&data=${encodeURIComponent(written('jane@example.com'))}`);
    expect(Buffer.from(new URLSearchParams(form).get('data') ?? '', 'base64').toString()).toBe(
      JSON.stringify([{ event: 'a', p: { note: '>>>???(email)' } }]),
    );
    expect(form.startsWith('ip=1&data=')).toBe(true);
  });

  it('profiles keep what they are for, and lose what no profile needs', () => {
    const text = JSON.stringify({
      traits: { email: 'jane@example.com', phone: '+442071838750', password: 'x1y2z3' },
    });
    expect(masker().json(text)).toBe(text.replace('x1y2z3', '(token)'));
  });
});

describe('policies', () => {
  it('exceptions, fields, and marks of the plan', () => {
    const rules = rulesOf(
      privacyRules.parse({
        properties: everything,
        urls: everything,
        exceptions: ['support_email'],
        fields: { salary: 'mask', nick: 'pseudonym', open: 'keep' },
      }),
      key,
      ['shoe_size', 'open'],
    );
    const text = JSON.stringify({
      support_email: 'help@x.test',
      salary: 90000,
      nick: 'jj',
      shoe_size: 41,
      open: 'jane@example.com',
      url: 'https://x.test/?support_email=help@x.test',
    });
    expect(JSON.parse(new Masker(rules, 'hook').json(text))).toEqual({
      support_email: 'help@x.test',
      salary: '(masked)',
      nick: key && pseudonymOf(key, 'jj'),
      shoe_size: '(masked)',
      open: 'jane@example.com',
      url: 'https://x.test/?support_email=help@x.test',
    });
  });

  it.each([
    [
      'segment',
      { userId: 'u-1', anonymousId: 'a-1', traits: { email: 'Jane@example.com' } },
      ['userId', 'email'],
    ],
    [
      'posthog',
      {
        distinct_id: 'u-1',
        properties: { $device_id: 'd-1', $anon_distinct_id: 'd-1', $set: { email: 'jane@example.com' } },
      },
      ['distinct_id', '$device_id', '$anon_distinct_id', 'email'],
    ],
    [
      'mixpanel',
      { properties: { distinct_id: '$device:d-1', $device_id: 'd-1', $user_id: 'u-1' } },
      ['$user_id'],
    ],
    [
      'tributary',
      { u: 'u-1', e: [{ t: 'alias', previousId: '550e8400-e29b-41d4-a716-446655440000' }] },
      ['u'],
    ],
    ['amplitude', { user_id: 17, device_id: 'd-1' }, ['user_id']],
  ])('pseudonyms of %s', (protocol, body, names) => {
    const found = new Map<string, unknown>();
    const text = masker({ pseudonyms: { userIds: true, emails: true } }, protocol).json(JSON.stringify(body));
    JSON.parse(text, (name, value: unknown) => {
      if (typeof value === 'string' && value.startsWith('ps1_')) found.set(name, value);
      return value;
    });
    expect([...found.keys()].toSorted()).toEqual([...names].toSorted());
    if (key && found.has('email')) expect(found.get('email')).toBe(pseudonymOf(key, 'jane@example.com'));
  });

  it('a pseudonym is the same from every protocol and in every writing, and is not replaced again', () => {
    if (!key) throw new Error('no key');
    const one = pseudonymOf(key, 'Zoë@example.com');
    const settings = { pseudonyms: { userIds: true, emails: true } };
    const utf8 = Buffer.from('{"userId":"zoë@example.com"}').toString('latin1');
    expect(masker(settings).json(utf8)).toBe(`{"userId":"${one}"}`);
    expect(masker(settings).json('{"userId":"zo\\u00eb@example.com"}')).toBe(`{"userId":"${one}"}`);
    expect(masker(settings).form('uid=zo%C3%AB%40example.com')).toBe(`uid=${one}`);
    expect(masker(settings).json(`{"userId":"${one}"}`)).toBe(`{"userId":"${one}"}`);
  });

  it('after a rotation ids get other names, and all of them can be told', () => {
    const rotated = withNewKey(keys, 2);
    const names = namesOf(rotated, 'u-1');
    expect(names).toEqual([
      'u-1',
      expect.stringMatching(/^ps1_[\w-]{22}$/),
      expect.stringMatching(/^ps2_[\w-]{22}$/),
    ]);
    expect(new Set(names.map((name) => name.slice(4))).size).toBe(3);
  });
});

test('the search that decides first never overlooks what would be changed', () => {
  const settings: Partial<PrivacyRules>[] = [
    {},
    { properties: everything, urls: everything },
    { properties: { ...everything, phone: 'keep' } },
  ];
  const values = [
    'jane@example.com',
    'jane%40example.com',
    'https://x.test/?token=abc',
    'https://x.test/?sid=abc',
    '4111 1111 1111 1111',
    '4111111111111111',
    jwt,
    'password=hunter2',
    'https://x.test/?next=%2F%3Fpassword%3Dabc',
  ];
  for (const one of settings) {
    const rules = rulesOf(privacyRules.parse(one), key);
    for (const value of values)
      for (const lead of ['', 'x'.repeat(5), 'y'.repeat(13)]) {
        const texts = [
          JSON.stringify({ lead, text: value }),
          JSON.stringify({ lead, d: Buffer.from(JSON.stringify({ text: value })).toString('base64') }),
        ];
        for (const text of texts)
          if (new Masker(rules, 'segment').json(text) !== text)
            expect([text, mayHold(Buffer.from(text), rules)]).toEqual([text, true]);
      }
  }
  const rules = rulesOf(privacyRules.parse({}), key);
  const usual =
    '{"event":"Page","messageId":"550e8400-e29b-41d4-a716-446655440000","at":1712345678901,"url":"https://x.test/a"}';
  expect(mayHold(Buffer.from(usual), rules)).toBe(false);
});
