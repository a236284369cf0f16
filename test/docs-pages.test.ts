import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, describe, expect, test } from 'vitest';
import { loadConfig, optionNames } from '../src/config.ts';
import { doors } from '../src/contract/source.ts';
import { blocks, blocksIn, pages, places, readPage, root, tableBelow, usesProgram } from './doc-blocks.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'tributary-pages-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('examples that need no program', () => {
  test('are found, of every kind, and no example is of a kind that nobody looks at', () => {
    expect(pages).toEqual(
      expect.arrayContaining(['README.md', 'docs/send-events.md', 'docs/sql.md', 'docs/operate.md']),
    );
    for (const language of ['sh', 'js', 'sql', 'yaml', 'nginx', 'ini'])
      expect(blocksIn(language).length).toBeGreaterThan(0);
    const known = ['sh', 'js', 'ts', 'tsx', 'sql', 'yaml', 'nginx', 'ini', 'html'];
    // shown, not run: the languages of other clients
    known.push('kotlin', 'swift', 'dart', 'python', 'go', 'java', 'ruby', 'php');
    // configurations of shippers: docs-logs.test.ts
    known.push('conf');
    // what the program prints
    known.push('text');
    expect(blocks.filter(({ language }) => !known.includes(language)).map(({ place }) => place)).toEqual([]);
  });

  test.each(places(blocksIn('sh').filter((block) => !usesProgram(block))))(
    '%s is a shell script',
    async (_, { text }) => {
      await run('bash', ['-n', '-c', text]);
    },
  );

  // `page`: for a page too, but its client keeps silent in a browser that is driven by a program.
  test.each(places(blocksIn('js').filter(({ mark }) => mark === 'browser' || mark === 'page')))(
    '%s is bundled without a warning',
    async (_, { text }) => {
      const bundle = await build({
        stdin: { contents: text, resolveDir: root, loader: 'js' },
        bundle: true,
        write: false,
        format: 'iife',
        logLevel: 'silent',
      });
      expect(bundle.warnings).toEqual([]);
    },
  );

  test.each(places(blocksIn('yaml', '')))('%s is a tributary.yaml', (_, { text }) => {
    const file = join(folder, 'guide.yaml');
    writeFileSync(file, text);
    expect(loadConfig({ flags: { config: file }, env: {}, cwd: folder })).toMatchObject({ demo: false });
  });
});

describe('the pages and the code', () => {
  test('every reason of a decoder is in the table of quarantine', () => {
    const explained = tableBelow('docs/send-events.md', '## Quarantine').flatMap(
      ([reasons]) => reasons?.match(/[^`,]{3,}/g) ?? [],
    );
    const collect = join(root, 'src/collect');
    const sources = readdirSync(collect, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /(?<!\.(?:test|fixture))\.ts$/.test(name),
    );
    const text = sources.map((name) => readFileSync(join(collect, name), 'utf8')).join('\n');
    const reasons = [...text.matchAll(/(?:reason: |\.fail\()\s*'([^']+)'/g)].map(
      ([, reason]) => reason ?? '',
    );
    expect(reasons.length).toBeGreaterThan(15);
    expect([...new Set(reasons)].filter((reason) => !explained.includes(reason))).toEqual([]);
  });

  test('every door of a source is in the table of doors', () => {
    expect(tableBelow('docs/sources.md', '### What it is for').map(([door]) => door)).toEqual([...doors]);
  });

  test('every option that a page names exists', () => {
    const variables = optionNames.map((name) => `TRIBUTARY_${name.toUpperCase().replaceAll('-', '_')}`);
    const named = pages.flatMap((page) => readPage(page).match(/\bTRIBUTARY_[A-Z_]+\b/g) ?? []);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !variables.includes(name) && name !== 'TRIBUTARY_KEY')).toEqual([]);
  });

  test('tributary.example.yaml lists every option, with its default', () => {
    const lines = readFileSync(join(root, 'tributary.example.yaml'), 'utf8').split('\n');
    const uncommented = lines.map((line) => line.replace(/^# (?=[a-z-]+: )/, ''));
    const listed = uncommented.flatMap((line) => /^([a-z-]+):/.exec(line)?.[1] ?? []);
    expect(listed.toSorted()).toEqual([...optionNames].toSorted());
    const file = join(folder, 'example.yaml');
    const defaults = loadConfig({ flags: {}, env: {}, cwd: folder });
    for (const content of [lines, uncommented]) {
      writeFileSync(file, content.join('\n'));
      expect(loadConfig({ flags: { config: file }, env: {}, cwd: folder })).toEqual(defaults);
    }
  });

  test('links between the pages lead somewhere', () => {
    let seen = 0;
    for (const page of pages) {
      for (const [, target = ''] of readPage(page).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(target)) continue;
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? page : join(dirname(page), path);
        expect([page, target, existsSync(join(root, file))]).toEqual([page, target, true]);
        if (anchor !== undefined)
          expect([page, target, anchorsOf(file)]).toEqual([page, target, expect.arrayContaining([anchor])]);
        seen++;
      }
    }
    expect(seen).toBeGreaterThan(10);
  });
});

/** As GitHub makes them from headings, and those that stand in the page. */
function anchorsOf(page: string): string[] {
  const text = readPage(page);
  const headings = [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return [...headings, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)];
}
