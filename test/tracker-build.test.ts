import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse } from 'acorn';
import { build } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { readPage, root } from './doc-blocks.ts';

const built = (name: string): string => readFileSync(join(root, 'trackers/browser/dist', name), 'utf8');
const packed = (code: string | Uint8Array): number => gzipSync(code, { level: 9 }).length;

beforeAll(() => {
  execFileSync(process.execPath, ['-e', "import('./scripts/install.mjs').then((m) => m.buildTracker())"], {
    cwd: root,
  });
});

describe('the script tag', () => {
  test.each([
    ['t.js', 3 * 1024],
    ['t-more.js', 1024],
  ])('%s is within its size, packed', (name, limit) => {
    expect(packed(built(name))).toBeLessThanOrEqual(limit);
  });

  test.each(['t.js', 't-more.js'])('%s is read by browsers of 2018, and leaves no name behind', (name) => {
    const { body } = parse(built(name), { ecmaVersion: 2018, sourceType: 'script' });
    expect(body.every(({ type }) => type === 'ExpressionStatement')).toBe(true);
  });

  test('the guide says its size', () => {
    const said = /`t\.js` has ([\d,]+) bytes, `t-more\.js` ([\d,]+)/.exec(readPage('docs/tracker.md'));
    const sizes = said?.slice(1).map((text) => Number(text.replace(',', ''))) ?? [];
    for (const [index, name] of ['t.js', 't-more.js'].entries())
      expect(Math.abs((sizes[index] ?? 0) - packed(built(name)))).toBeLessThan(100);
  });
});

test('who imports the package pays only for the parts that are named', async () => {
  const sizeOf = async (code: string): Promise<number> => {
    const { outputFiles } = await build({
      stdin: { contents: code, resolveDir: join(root, 'trackers/browser'), loader: 'ts' },
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      target: 'es2018',
    });
    return packed(outputFiles[0]?.contents ?? '');
  };
  const start = (parts: string): string => `createTracker({ key: 'wk', endpoint: '/t', parts: [${parts}] })`;
  const core = await sizeOf(`import { createTracker } from './tracker.ts'; ${start('')}`);
  const some = await sizeOf(
    `import { createTracker } from './tracker.ts'; import { pages } from './pages.ts'; import { links } from './links.ts'; ${start('pages()')}`,
  );
  expect(core).toBeLessThan(2_300);
  expect(some - core).toBeLessThan(300);
});

test.each(['browser', 'node'])('the %s package says its own version to the server', (name) => {
  const { version } = JSON.parse(readFileSync(join(root, 'trackers', name, 'package.json'), 'utf8')) as {
    version: string;
  };
  expect(readFileSync(join(root, 'trackers', name, 'version.ts'), 'utf8')).toContain(`'${version}'`);
});
