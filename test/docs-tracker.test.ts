import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from './chromium.ts';
import { type Block, blocks, blocksIn, places, root } from './doc-blocks.ts';
import { main, type Program, startProgram, writeKey } from './program.ts';
import { servePages } from './tracker-lab.ts';
import { installTrackers } from './tracker-packages.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'tributary-guides-'));
const guides = ['docs/tracker.md', 'docs/frameworks.md'];
const typed = [...blocksIn('ts'), ...blocksIn('tsx')].filter(({ page }) => guides.includes(page));
const nameOf = ({ place, language }: Block): string => `${place.replace(/\W/g, '-')}.${language}`;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('examples in TypeScript', () => {
  let refused = '';

  beforeAll(async () => {
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    installTrackers(folder);
    for (const name of ['react', '@types', 'csstype']) {
      const place = join(folder, 'node_modules', name);
      mkdirSync(join(place, '..'), { recursive: true });
      symlinkSync(join(root, 'node_modules', name), place);
    }
    // what is not installed here is known by the little that the examples use of it
    writeFileSync(
      join(folder, 'others.d.ts'),
      `declare module 'next/script' { export default function Script(props: { src: string; strategy?: string; [data: \`data-\${string}\`]: string }): import('react').ReactNode }
       declare module 'vue' { export interface InjectionKey<T> extends Symbol { readonly of?: T } export interface App { provide<T>(key: InjectionKey<T>, value: T): this } }
       declare module '@segment/analytics-react-native' { export function createClient(config: Record<string, unknown>): unknown }`,
    );
    mkdirSync(join(folder, 'workspace/schemas'), { recursive: true });
    const schema = blocks.find(({ text }) => text.includes('workspace/schemas/plan-chosen.json'))?.text;
    writeFileSync(
      join(folder, 'workspace/schemas/plan-chosen.json'),
      /<<'END'\n([\s\S]+)\nEND/.exec(schema ?? '')?.[1] ?? '',
    );
    await run(process.execPath, ['--disable-warning=ExperimentalWarning', main, 'types'], { cwd: folder });
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: join(root, 'tsconfig.json'),
        compilerOptions: { lib: ['es2022', 'dom', 'dom.iterable'], jsx: 'react-jsx', types: ['node'] },
        include: ['*.ts', '*.tsx'],
      }),
    );
    for (const block of typed) writeFileSync(join(folder, nameOf(block)), block.text);
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const answer = await run(process.execPath, [tsc, '-p', folder], { cwd: folder }).catch(
      (error: { stdout: string }) => error,
    );
    refused = answer.stdout;
  });

  test('are found', () => expect(typed.length).toBeGreaterThan(7));

  test.each(places(typed))('%s compiles', (_, block) => {
    expect(refused.split('\n').filter((line) => line.startsWith(nameOf(block)))).toEqual([]);
  });
});

describe('pages', () => {
  let program: Program;
  let browser: Browser;
  beforeAll(async () => {
    [program, browser] = await Promise.all([startProgram(), launchChromium()]);
  });
  afterAll(async () => {
    await browser?.close();
    await program?.[Symbol.asyncDispose]();
  });

  const pagesOf = blocksIn('html').filter(
    ({ page, text }) => page === 'docs/tracker.md' && text.includes('localhost:8080'),
  );

  test.each(places(pagesOf))('%s sends from Chromium', async (place, { text }) => {
    const path = `/${place.replace(/\W/g, '-')}`;
    const html = text.replaceAll('http://localhost:8080', program.url).replaceAll('YOUR_WRITE_KEY', writeKey);
    await using site = await servePages(() => `<!doctype html><title>Guide</title>${html}`);
    const page = await browser.newPage();
    const failed: string[] = [];
    page.on('pageerror', (error) => failed.push(error.message));
    await page.goto(`${site.origin}${path}`);
    const calls = text.match(/^ {2}tributary\.\w+\(/gm)?.length ?? 0;
    await program.until(`SELECT count() FROM tributary.events WHERE path = '${path}'`, 1 + calls);
    await page.close();
    expect(failed).toEqual([]);
  });

  test('are found', () => expect(pagesOf.length).toBeGreaterThan(1));
});
