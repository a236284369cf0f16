import { expect, test } from 'vitest';
import { allowsOrigin, pageOrigin } from './origins.ts';

test.each([
  ['https://app.example.com', 'https://app.example.com', true],
  ['https://app.example.com', 'http://app.example.com', false],
  ['https://app.example.com', 'https://app.example.com:8443', false],
  ['https://app.example.com', 'https://app.example.com.evil.test', false],
  ['https://*.example.com', 'https://app.example.com', true],
  ['https://*.example.com', 'https://a.b.example.com', true],
  ['https://*.example.com', 'https://example.com', false],
  ['https://*.example.com', 'https://.example.com', false],
  ['https://*.example.com', 'https://evilexample.com', false],
  ['https://*.example.com', 'https://evil.test/.example.com', false],
  ['https://*.example.com', 'https://evil.test#.example.com', false],
  ['https://*.example.com', 'http://app.example.com', false],
  ['https://*.example.com', 'https://app.example.com:8443', false],
  ['https://*.example.com:8443', 'https://app.example.com:8443', true],
  ['https://*.example.com:*', 'https://app.example.com:8443', true],
  ['http://localhost:*', 'http://localhost:5173', true],
  ['http://localhost:*', 'http://localhost', true],
  ['http://localhost:*', 'http://localhost.evil.test', false],
  ['http://[::1]:*', 'http://[::1]:80', true],
  ['null', 'null', true],
  ['https://a.example', 'null', false],
])('the pattern %s and the origin %s: %s', (pattern, origin, allowed) => {
  expect(allowsOrigin(['https://other.example', pattern], origin)).toBe(allowed);
});

test('an empty list is not asked, and allows nobody when it is', () => {
  expect(allowsOrigin([], 'https://a.example')).toBe(false);
});

test.each([
  [{ origin: 'https://App.Example.com' }, 'https://app.example.com'],
  [{ origin: 'null', referer: 'https://a.example/x' }, 'null'],
  [{ referer: 'https://a.example:8080/path?x=1' }, 'https://a.example:8080'],
  [{ referer: 'https://a.example' }, 'https://a.example'],
  [{ referer: 'nonsense' }, 'nonsense'],
  [{}, undefined],
])('the headers %o stand at %s', (headers, origin) => {
  expect(pageOrigin(headers)).toBe(origin);
});
