import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSecretBox } from './secret-box.ts';

let data = '';
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'secret-box-'));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

const inFile = () => createSecretBox({ data, secretKey: '' });
const wrong = expect.objectContaining({ code: 'secret-key-wrong' });

test('a sealed secret opens in another process with the same file, which only its owner can read', () => {
  const sealed = inFile().seal('whsec_πß', 'key-1');
  expect(sealed).not.toContain('whsec');
  expect(inFile().open(sealed, 'key-1')).toBe('whsec_πß');
  expect(readdirSync(data)).toEqual(['secret.key']);
  expect(statSync(join(data, 'secret.key')).mode & 0o777).toBe(0o600);
});

test('the same secret is never sealed to the same text, and two boxes share one file', () => {
  const [one, two] = [inFile(), inFile()];
  const sealed = [one.seal('s', 'a'), two.seal('s', 'a'), one.seal('s', 'a')];
  expect(new Set(sealed).size).toBe(3);
  expect(sealed.map((text) => two.open(text, 'a'))).toEqual(['s', 's', 's']);
});

test('an empty secret is a secret', () => {
  expect(inFile().open(inFile().seal('', 'a'), 'a')).toBe('');
});

test('a changed text, another owner, another key and a lost file are refused in words', () => {
  const box = inFile();
  const sealed = box.seal('hush', 'key-1');
  const last = sealed.endsWith('A') ? 'B' : 'A';
  expect(() => box.open(sealed.slice(0, -2) + last + last, 'key-1')).toThrow(wrong);
  expect(() => box.open(sealed, 'key-2')).toThrow(wrong);
  expect(() => box.open('v1.short', 'key-1')).toThrow(wrong);
  expect(() => box.open(`v9.${sealed.slice(3)}`, 'key-1')).toThrow(wrong);
  const other = createSecretBox({ data, secretKey: 'x'.repeat(32) });
  expect(() => other.open(sealed, 'key-1')).toThrow(/key-1 was not encrypted with the key in the option/);
  rmSync(join(data, 'secret.key'));
  expect(() => inFile().open(sealed, 'key-1')).toThrow(/secret\.key, which opens .* is not there/);
  writeFileSync(join(data, 'secret.key'), '');
  expect(() => inFile().open(sealed, 'key-1')).toThrow(/holds no key/);
});

test('a key from the configuration makes no file, and a short one is refused', () => {
  const secretKey = 'a key from a vault, long enough ...';
  const box = createSecretBox({ data, secretKey });
  expect(createSecretBox({ data, secretKey }).open(box.seal('hush', 'a'), 'a')).toBe('hush');
  expect(readdirSync(data)).toEqual([]);
  expect(() => createSecretBox({ data, secretKey: 'short' })).toThrow(/"secret-key": at least 32/);
});
