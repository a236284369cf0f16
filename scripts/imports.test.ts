import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkImports } from './imports.ts';

describe('the import table', () => {
  let base: string;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'imports-'));
  });
  afterEach(() => rmSync(base, { recursive: true }));

  const write = (path: string, content: string): void => {
    mkdirSync(dirname(join(base, path)), { recursive: true });
    writeFileSync(join(base, path), content);
  };

  test('is kept by this repository', () => {
    expect(checkImports(resolve(import.meta.dirname, '..')).violations).toEqual([]);
  });

  test.each([
    ['src/collect/collect.ts', '../enrich/enrich.ts', 'collect may not import enrich'],
    ['src/enrich/enrich.ts', '../warehouse/warehouse.ts', 'enrich may not import warehouse'],
    ['src/api/api.ts', '../store/sqlite.ts', 'store is reached only through store/store.ts'],
    ['src/warehouse/migrate.ts', '../log/log.ts', 'only warehouse/load.ts may import log'],
    ['src/runtime/clock.ts', '../contract/event.ts', 'runtime may not import contract'],
    [
      'src/collect/protocols/segment.ts',
      './snowplow.ts',
      'files of collect/protocols never import each other',
    ],
    ['web/pages/live.tsx', '../../src/store/store.ts', 'web may not import store'],
    ['src/api/api.ts', '../config.ts', 'api may not import config.ts'],
    ['src/misc/misc.ts', '../runtime/clock.ts', 'folder "misc" is not in the table'],
  ])('%s may not import %s', (file, target, why) => {
    write(file, `import type { X } from '${target}';\nexport type Y = X;\n`);
    expect(checkImports(base).violations.map((violation) => violation.why)).toEqual([why]);
  });

  test('sees dynamic imports and re-exports', () => {
    write('src/api/a.ts', `export const load = () => import('../warehouse/warehouse.ts');\n`);
    write('src/api/b.ts', `export { x } from '../warehouse/warehouse.ts';\n`);
    expect(checkImports(base).violations).toHaveLength(2);
  });

  test('is red when it sees no imports at all', () => {
    write('src/api/a.ts', 'export const a = 1;\n');
    expect(() => checkImports(base)).toThrow('blind');
  });
});
