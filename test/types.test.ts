import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { main } from './program.ts';
import { installTrackers } from './tracker-packages.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'tributary-types-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const schema = {
  title: 'Order Placed',
  type: 'object',
  properties: { plan: { enum: ['free', 'pro'] }, seats: { type: 'integer' } },
  required: ['plan'],
};

const types = (...words: string[]): Promise<{ stdout: string }> =>
  run(process.execPath, ['--disable-warning=ExperimentalWarning', main, 'types', ...words], { cwd: folder });

/** Lines of `code` that tsc refuses. */
async function refusedLines(name: string, code: string): Promise<number[]> {
  writeFileSync(join(folder, `${name}.ts`), code);
  const answer = await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], {
    cwd: folder,
  }).catch((error: { stdout: string }) => error);
  return [...answer.stdout.matchAll(new RegExp(`^${name}\\.ts\\((\\d+)`, 'gm'))].map(([, line]) =>
    Number(line),
  );
}

beforeAll(() => {
  mkdirSync(join(folder, 'workspace/schemas'), { recursive: true });
  writeFileSync(join(folder, 'workspace/schemas/order.json'), JSON.stringify(schema));
  writeFileSync(
    join(folder, 'workspace/schemas/left.json'),
    JSON.stringify({ title: 'Left', type: 'object' }),
  );
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        lib: ['es2022', 'dom'],
        types: ['node'],
        typeRoots: [join(root, 'node_modules/@types')],
      },
      include: ['*.ts'],
    }),
  );
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  // both packages as npm would install them
  installTrackers(folder);
  symlinkSync(join(root, 'node_modules/@types'), join(folder, 'node_modules/@types'));
});

test('the plan’s types make both trackers accept right calls and refuse wrong ones', async () => {
  const { stdout } = await types();
  expect(stdout).toContain('2 events');
  const calls = (track: (name: string, properties: string) => string): string =>
    [
      track(`'Order Placed'`, `{ plan: 'pro' }`),
      track(`'Order Placed'`, `{ plan: 'free', seats: 3 }`),
      track(`'Left'`, ''),
      track(`'Order Placed'`, `{ plan: 'gold' }`),
      track(`'Order Placed'`, `{ plan: 'pro', seats: 'three' }`),
      track(`'Order Placed'`, `{ plan: 'pro', seets: 3 }`),
      track(`'Order Placed'`, `{ seats: 3 }`),
      track(`'Order Placed'`, ''),
      track(`'Ordr Placed'`, `{ plan: 'pro' }`),
    ].join('\n');
  const browser = await refusedLines(
    'browser',
    `import { createTracker } from '@tributary/browser'; import type { TributaryEvents } from './tributary-events.ts'; import { pages } from '@tributary/browser/pages';
const tracker = createTracker<TributaryEvents>({ key: 'wk', endpoint: 'https://a.example/t', parts: [pages()] });
${calls((name, properties) => `tracker.track(${name}${properties && `, ${properties}`});`)}`,
  );
  expect([...new Set(browser)]).toEqual([6, 7, 8, 9, 10, 11]);
  const node = await refusedLines(
    'node',
    `import { Tracker } from '@tributary/node'; import type { TributaryEvents } from './tributary-events.ts';
const tracker = new Tracker<TributaryEvents>({ key: 'wk', host: 'https://a.example' });
${calls((name, properties) => `tracker.track(${name}, { userId: 'u' }${properties && `, ${properties}`});`)}`,
  );
  expect([...new Set(node)]).toEqual([6, 7, 8, 9, 10, 11]);
});

test('without a plan any event with any properties is taken', async () => {
  const refused = await refusedLines(
    'free',
    `import { createTracker } from '@tributary/browser'; import { Tracker } from '@tributary/node';
createTracker({ key: 'wk', endpoint: 'https://a.example/t' }).track('Anything');
createTracker({ key: 'wk', endpoint: 'https://a.example/t' }).track('Anything', { at: 1 }, { revenue: 1 });
new Tracker({ key: 'wk', host: 'https://a.example' }).track('Anything', { userId: 'u' });
new Tracker({ key: 'wk', host: 'https://a.example' }).track('Anything', { userId: 'u' }, { at: 1 });
new Tracker({ key: 'wk', host: 'https://a.example' }).track('Nobody', {});`,
  );
  expect(refused).toEqual([6]);
});

test('--check says whether the file is what the plan wants; - writes to stdout; a fault names its file and place', async () => {
  await types();
  await types('--check');
  const { stdout } = await types('-');
  expect(stdout).toBe(readFileSync(join(folder, 'tributary-events.ts'), 'utf8'));
  writeFileSync(
    join(folder, 'workspace/schemas/left.json'),
    JSON.stringify({ title: 'Left', properties: { a: { type: 'x' } } }),
  );
  await expect(types('--check')).rejects.toMatchObject({
    stderr: expect.stringMatching(/left\.json: \/properties\/a\/type must be one of/) as string,
  });
  writeFileSync(join(folder, 'workspace/schemas/left.json'), JSON.stringify({ title: 'Gone' }));
  await expect(types('--check')).rejects.toMatchObject({ code: 1 });
});
