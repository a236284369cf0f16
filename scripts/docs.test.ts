import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { endpoints } from '../src/contract/endpoints.ts';
import { errorTable } from '../src/runtime/errors.ts';
import { outdated, pages } from './docs.ts';

test('the pages in docs say what the code says (else: node scripts/docs.ts)', () => {
  expect(outdated(resolve(import.meta.dirname, '..'))).toEqual([]);
});

test('a page that differs or is missing is noticed', () => {
  const base = mkdtempSync(join(tmpdir(), 'docs-'));
  mkdirSync(join(base, 'docs'));
  writeFileSync(join(base, 'docs/errors.md'), `${pages['docs/errors.md']?.()} `);
  expect(outdated(base)).toEqual(['docs/errors.md', 'docs/api.md']);
  rmSync(base, { recursive: true });
});

test('every error and every endpoint has its row', () => {
  const errors = pages['docs/errors.md']?.() ?? '';
  for (const code of Object.keys(errorTable))
    expect(errors).toContain(`\n| <a id="${code}"></a>\`${code}\` |`);
  const api = pages['docs/api.md']?.() ?? '';
  for (const { method, path } of Object.values(endpoints))
    expect(api).toContain(`\n| \`${method} ${path}\` |`);
});
