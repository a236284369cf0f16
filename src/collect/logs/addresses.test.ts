import { expect, it } from 'vitest';
import { privateAddress } from '../accept/address.ts';
import { hideInBytes, hideInText } from './addresses.ts';

const hide = (address: string) => privateAddress(address, 'truncate');

it.each([
  ['203.0.113.77 - - [x] "GET /"', '203.0.113.0 - - [x] "GET /"'],
  ['fwd="203.0.113.77,198.51.100.9" x', 'fwd="203.0.113.0,198.51.100.0" x'],
  ['client: 203.0.113.77, server: a', 'client: 203.0.113.0, server: a'],
  ['[client 203.0.113.77:5000] x', '[client 203.0.113.0:5000] x'],
  ['from 203.0.113.77 port 22.', 'from 203.0.113.0 port 22.'],
  ['it was 203.0.113.77.', 'it was 203.0.113.0.'],
  ['{"source":{"ip":"203.0.113.77"}}', '{"source":{"ip":"203.0.113.0"}}'],
  ['2001:db8:abcd:12::7 - - [x]', '2001:db8:abcd:: - - [x]'],
  ['::ffff:203.0.113.77 x', '203.0.113.0 x'],
  ['GET /i?a=1&ip=2001%3Adb8%3Aabcd%3A12%3A%3A7&b', 'GET /i?a=1&ip=2001%3Adb8%3Aabcd%3A%3A&b'],
  ['connect 127.0.0.1:80 10.1.2.3 192.168.0.9', 'connect 127.0.0.1:80 10.1.2.3 192.168.0.9'],
  ['nginx/1.22.1.9 version 4.5.6.7 v1.2.3.4', 'nginx/1.22.1.9 version 4.5.6.7 v1.2.3.4'],
  ['{"version":"4.5.6.7"}', '{"version":"4.5.6.7"}'],
  ['at 10:05:03 std::vector a::b 12:34', 'at 10:05:03 std::vector a::b 12:34'],
])('%s becomes %s', (before, after) => {
  expect(hideInText(before, hide)).toBe(after);
});

it('padded, the length stays, and a value has no space in it', () => {
  const before = '{"ip":"203.0.113.77"} 203.0.113.77 - 2001:db8:abcd:12::7';
  const after = hideInText(before, hide, true);
  expect(after).toBe('{"ip":"203.0.113.0" } 203.0.113.0  - 2001:db8:abcd::    ');
  expect(after.length).toBe(before.length);
});

it.each(['1:', '1.', '203.0.113.7', ':', '?ip=1%3A', '"', 'version '])(
  'a megabyte of %j is gone through in linear time',
  (piece) => {
    const text = piece.repeat(1_000_000 / piece.length);
    expect(hideInText(text, hide).length).toBeGreaterThan(text.length / 2);
  },
);

it('dropped, a dash holds the place', () => {
  expect(hideInText('203.0.113.77 - -', (address) => privateAddress(address, 'drop'))).toBe('- - -');
});

it('whatever else is there comes back byte for byte, and the same buffer without an address', () => {
  const all = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
  expect(hideInBytes(all, hide)).toBe(all);
  expect(hideInBytes(Buffer.concat([all, Buffer.from(' 203.0.113.77')]), hide)).toEqual(
    Buffer.concat([all, Buffer.from(' 203.0.113.0')]),
  );
});
