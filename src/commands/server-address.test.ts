import { expect, test } from 'vitest';
import { serverAddress } from './server-address.ts';

test('an address of a server, without a slash at its end', () => {
  expect(serverAddress('https://events.example.com/')).toBe('https://events.example.com');
  expect(serverAddress('http://127.0.0.1:8080')).toBe('http://127.0.0.1:8080');
});

test.each(['foo', '', 'events.example.com', 'localhost:8080', 'ftp://example.com'])(
  '%j is refused in words',
  (text) => {
    expect(() => serverAddress(text)).toThrow(`--to: "${text}" is no address`);
  },
);
