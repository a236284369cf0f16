import { describe, expect, it } from 'vitest';
import { privateAddress, TrustedProxies } from './address.ts';
import { privateBody, privateQuery } from './privacy.ts';

const truncated = (text: string) => privateBody(Buffer.from(text), 'truncate').toString();

describe('addresses', () => {
  it.each([
    ['203.0.113.77', '203.0.113.0'],
    ['203.0.113.77:5000', '203.0.113.0'],
    ['::ffff:203.0.113.77', '203.0.113.0'],
    ['2001:db8:abcd:12:1:2:3:4', '2001:db8:abcd::'],
    ['2001:0DB8:00cd:12::4', '2001:db8:cd::'],
    ['[2001:db8:abcd:12::1]:443', '2001:db8:abcd::'],
    ['2001:db8::1', '2001:db8::'],
    ['fe80::1%eth0', 'fe80::'],
    ['::1', '::'],
    ['64:ff9b::203.0.113.77', '64:ff9b::'],
    ['unknown', ''],
    ['1.2.3', ''],
    ['', ''],
  ])('%s is kept as %j', (address, kept) => {
    expect(privateAddress(address, 'truncate')).toBe(kept);
  });

  it('keep keeps and drop drops', () => {
    expect(privateAddress('203.0.113.77', 'keep')).toBe('203.0.113.77');
    expect(privateAddress('203.0.113.77', 'drop')).toBe('');
  });
});

describe('bodies', () => {
  it.each([
    ['{"context":{"ip":"203.0.113.77"}}', '{"context":{"ip":"203.0.113.0"}}'],
    ['{"ip" : \n "203.0.113.77","a":"ip"}', '{"ip" : \n "203.0.113.0","a":"ip"}'],
    ['[{"ip":"203.0.113.77"},{"ip":"198.51.100.9"}]', '[{"ip":"203.0.113.0"},{"ip":"198.51.100.0"}]'],
    ['{"ip":"2001:db8:abcd:12::4"}', '{"ip":"2001:db8:abcd::"}'],
    ['{"\\u0069p":"203.0.113.77"}', '{"\\u0069p":"203.0.113.0"}'],
    ['{"ip":"\\u0032\\u002e2"}', '{"ip":""}'],
    ['{"ip":"203.0.113.77, 10.0.0.1"}', '{"ip":""}'],
    ['{"ip":"a\\"b"}', '{"ip":""}'],
    ['{"ip":null,"zip":"203.0.113.77"}', '{"ip":null,"zip":"203.0.113.77"}'],
    [
      '{"co":"{\\"data\\":{\\"ip\\":\\"203.0.113.77\\"}}"}',
      '{"co":"{\\"data\\":{\\"ip\\":\\"203.0.113.0\\"}}"}',
    ],
    [
      '{"a":"{\\"b\\":\\"{\\\\\\"ip\\\\\\":\\\\\\"203.0.113.77\\\\\\"}\\"}"}',
      '{"a":"{\\"b\\":\\"{\\\\\\"ip\\\\\\":\\\\\\"203.0.113.0\\\\\\"}\\"}"}',
    ],
    ['{"$ip":"203.0.113.77"}', '{"$ip":"203.0.113.0"}'],
    ['{"\\u0024ip":"203.0.113.77"}', '{"\\u0024ip":"203.0.113.0"}'],
    ['{"\\u0024\\u0069p":"203.0.113.77"}', '{"\\u0024\\u0069p":"203.0.113.0"}'],
    ['{"a":"{\\"$ip\\":\\"203.0.113.77\\"}"}', '{"a":"{\\"$ip\\":\\"203.0.113.0\\"}"}'],
    ['{"ip":"203.0.113.77","ü":"日本"}', '{"ip":"203.0.113.0","ü":"日本"}'],
  ])('%s becomes %s', (before, after) => {
    expect(truncated(before)).toBe(after);
  });

  it('whatever else is in the body comes back byte for byte', () => {
    const bytes = Buffer.concat([
      Buffer.from('{"ip":"203.0.113.77"'),
      Buffer.from(Array.from({ length: 256 }, (_, index) => index)),
    ]);
    expect(privateBody(bytes, 'truncate')).toEqual(
      Buffer.concat([Buffer.from('{"ip":"203.0.113.0"'), bytes.subarray(20)]),
    );
  });

  it('without an address the very same buffer comes back', () => {
    const body = Buffer.from('{"zip":"1","trip":"ip"}');
    expect(privateBody(body, 'drop')).toBe(body);
  });

  it('drop empties, keep keeps', () => {
    const body = Buffer.from('{"ip":"203.0.113.77"}');
    expect(privateBody(body, 'drop').toString()).toBe('{"ip":""}');
    expect(privateBody(body, 'keep').toString()).toBe('{"ip":"203.0.113.77"}');
  });

  it.each([
    ['backslashes', '\\'.repeat(1_000_000)],
    ['quotes', '"'.repeat(1_000_000)],
    ['keys', '"ip":"'.repeat(200_000)],
    ['escaped keys', '\\"ip\\":\\"'.repeat(100_000)],
    ['spaces', `"ip"${' '.repeat(1_000_000)}`],
    ['an endless value', `"ip":"${'\\a'.repeat(1_000_000)}`],
  ])('a megabyte of %s is gone through in linear time', (_name, text) => {
    expect(privateBody(Buffer.from(`"ip"${text}`), 'truncate').length).toBeGreaterThan(0);
  });
});

describe('queries', () => {
  it.each([
    ['e=pv&ip=203.0.113.77&p=web', 'e=pv&ip=203.0.113.0&p=web'],
    ['ip=2001%3Adb8%3Aabcd%3A12%3A%3A4', 'ip=2001%3Adb8%3Aabcd%3A%3A'],
    ['%69p=203.0.113.77', '%69p=203.0.113.0'],
    ['ip=%E0%A4', 'ip='],
    ['co=%7B%22ip%22%3A%22203.0.113.77%22%7D', 'co=%7B%22ip%22%3A%22203.0.113.0%22%7D'],
    ['co=%7B%22%24ip%22%3A%22203.0.113.77%22%7D', 'co=%7B%22%24ip%22%3A%22203.0.113.0%22%7D'],
    ['zip=203.0.113.77&tip', 'zip=203.0.113.77&tip'],
  ])('%s becomes %s', (before, after) => {
    expect(privateQuery(before, 'truncate')).toBe(after);
  });
});

describe('proxies', () => {
  const proxies = new TrustedProxies(['127.0.0.1', '10.0.0.0/8', 'fd00::/8']);

  it.each([
    ['an untrusted connection', '198.51.100.1', { 'x-forwarded-for': '203.0.113.7' }, '198.51.100.1'],
    ['a trusted one', '127.0.0.1', { 'x-forwarded-for': '203.0.113.7' }, '203.0.113.7'],
    [
      'a trusted one over IPv6 notation',
      '::ffff:10.1.2.3',
      { 'x-forwarded-for': '203.0.113.7' },
      '203.0.113.7',
    ],
    [
      'a client that forges the first hop',
      '127.0.0.1',
      { 'x-forwarded-for': '1.1.1.1, 203.0.113.7, 10.2.2.2' },
      '203.0.113.7',
    ],
    ['only trusted hops', '127.0.0.1', { 'x-forwarded-for': '10.9.9.9, 10.2.2.2' }, '10.9.9.9'],
    ['no header', '127.0.0.1', {}, '127.0.0.1'],
    ['garbage', '127.0.0.1', { 'x-forwarded-for': 'unknown' }, ''],
    ['Forwarded', 'fd00::1', { forwarded: 'proto=https;for="[2001:db8::7]:80"' }, '2001:db8::7'],
  ])('%s', (_name, connection, headers, client) => {
    expect(proxies.clientOf(connection, headers)).toBe(client);
  });

  it('a range that is none is an error of the configuration', () => {
    expect(() => new TrustedProxies(['ten'])).toThrow('"ten" is no address');
    expect(() => new TrustedProxies(['10.0.0.0/99'])).toThrow('10.0.0.0/99');
  });
});
