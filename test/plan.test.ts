import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DriftResult, PlanEventResult, PlanResult } from '../src/contract/plan-endpoints.ts';
import { launchChromium } from './chromium.ts';
import { adminEmail, adminPassword, main, type Program, post, startProgram, writeKey } from './program.ts';

const workspace = mkdtempSync(join(tmpdir(), 'tributary-plan-'));
let program: Program;
let browser: Browser;

/** A schema whose `total` is of that type. */
function schema(title: string, policy: string, type = 'number'): object {
  return {
    title,
    policy,
    owner: 'shop team',
    properties: { total: { type }, email: { type: 'string', pii: true } },
    required: ['total'],
  };
}

function write(name: string, content: object | string): void {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  writeFileSync(join(workspace, 'schemas', name), text);
}

let serial = 0;
async function send(event: string, ...all: readonly object[]): Promise<void> {
  const batch = all.map((properties) => ({
    type: 'track',
    event,
    userId: 'ada',
    messageId: `m-${serial++}`,
    properties,
  }));
  const answer = await post(`${program.url}/v1/batch`, JSON.stringify({ batch, writeKey }));
  expect(answer.status).toBe(200);
}

const judged = (event: string) =>
  program.rows<{ total: string; status: string; errors: string }>(
    `SELECT properties.total::String AS total, plan_status AS status, plan_errors AS errors FROM tributary.events
    WHERE event = {event:String} ORDER BY log_offset, event_id`,
    { event },
  );
const plan = (): Promise<PlanResult> => program.call('GET', '/api/projects/main/plan');

beforeAll(async () => {
  mkdirSync(join(workspace, 'schemas'));
  write('marked.json', schema('Order Marked', 'mark'));
  write('strict.json', schema('Order Strict', 'quarantine'));
  write('loose.json', schema('Order Loose', 'pass'));
  write('never.json', schema('Never Sent', 'mark'));
  write('broken.json', '{"title": "Broken", "properties": {"a": {"type": "text"}}}');
  [program, browser] = await Promise.all([
    startProgram({ args: ['--no-demo', `--workspace=${workspace}`] }),
    launchChromium(),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await program?.[Symbol.asyncDispose]();
  rmSync(workspace, { recursive: true, force: true });
});

test('events are valid, unplanned or violating, and each schema says what becomes of those that do not fit', async () => {
  for (const name of ['Order Marked', 'Order Strict', 'Order Loose', 'Nobody Planned This'])
    await send(name, { total: 5 }, { total: 'five' });
  await program.until('SELECT count() FROM tributary.events', 7);
  expect(await judged('Order Marked')).toEqual([
    { total: '5', status: 'valid', errors: '' },
    { total: 'five', status: 'violating', errors: 'total: must be a number, is text' },
  ]);
  expect(await judged('Order Strict')).toEqual([{ total: '5', status: 'valid', errors: '' }]);
  expect((await judged('Order Loose')).map(({ status }) => status)).toEqual(['valid', 'valid']);
  expect((await judged('Nobody Planned This')).map(({ status }) => status)).toEqual([
    'unplanned',
    'unplanned',
  ]);
  await program.until('SELECT count() FROM tributary.quarantine', 1);
  const [kept] = await program.rows('SELECT stage, reason, detail, payload FROM tributary.quarantine');
  expect(kept).toEqual({
    stage: 'enrich',
    reason: 'does not fit the plan: Order Strict',
    detail: 'total: must be a number, is text',
    payload: expect.stringContaining('"total":"five"') as string,
  });
});

test('the plan is shown beside what came, with the file that cannot be used', async () => {
  const { problems, events, schemas } = await plan();
  expect(schemas).toBe(4);
  expect(problems).toEqual([
    { file: 'broken.json', message: expect.stringContaining('/properties/a/type must be one of') as string },
  ]);
  const of = (name: string) => events.find(({ event }) => event === name);
  expect(of('Order Marked')).toMatchObject({
    kind: 'planned',
    file: 'marked.json',
    owner: 'shop team',
    week: { valid: 1, violating: 1 },
  });
  expect(of('Order Strict')?.week).toMatchObject({ valid: 1, quarantined: 1 });
  expect(of('Never Sent')).toMatchObject({ kind: 'planned', lastSeen: null, bytes: 0 });
  expect(of('Nobody Planned This')).toMatchObject({ kind: 'unplanned', policy: null });
  const { causes } = await program.call<PlanEventResult>(
    'GET',
    '/api/projects/main/plan/event?event=Order%20Marked',
  );
  expect(causes).toMatchObject([{ cause: 'total: must be a number, is text', count: 1, quarantined: false }]);
  const { changes } = await program.call<DriftResult>('GET', '/api/projects/main/plan/drift');
  expect(changes).toContainEqual(
    expect.objectContaining({ event: 'Order Marked', property: 'total', from: 'number', to: 'text' }),
  );
});

test('a file that changes is in force from then on, without a restart', async () => {
  write('marked.json', schema('Order Marked', 'mark', 'string'));
  await expect
    .poll(async () => {
      await send('Order Marked', { total: 'six' });
      return (await judged('Order Marked')).filter(({ total }) => total === 'six').at(-1)?.status;
    })
    .toBe('valid');
  // what was judged before stays as it was judged
  expect((await judged('Order Marked')).slice(0, 2).map(({ status }) => status)).toEqual([
    'valid',
    'violating',
  ]);
});

test('one click makes a schema of what came, a second one brings it into force', async () => {
  const leads = Array.from({ length: 30 }, (_, at) => ({
    total: at,
    size: at % 2 ? 'small' : 'large',
    email: `u${at}@example.com`,
  }));
  await send('Lead Captured', ...leads);
  await program.until(`SELECT count() FROM tributary.events WHERE event = 'Lead Captured'`, 30);
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, baseURL: program.url });
  const page = await context.newPage();
  await page.goto('/plan');
  await page.getByLabel('E-mail').fill(adminEmail);
  await page.getByRole('textbox', { name: 'Password' }).fill(adminPassword);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('schemas/broken.json').waitFor();
  const row = page.getByTestId('plan-row').filter({ hasText: 'Lead Captured' });
  await row.getByText('unplanned', { exact: true }).waitFor();
  await row.getByRole('button', { name: 'Lead Captured' }).click();
  const drawer = page.getByRole('dialog');
  await drawer.getByRole('button', { name: 'Infer a schema from live traffic' }).click();
  const properties = drawer.getByRole('table', { name: 'Properties' });
  await properties.getByText('large, small').waitFor();
  await properties.getByText('personal: email').waitFor();
  expect(await drawer.getByRole('textbox', { name: 'Schema' }).inputValue()).not.toContain('u1@example.com');
  await drawer.getByRole('button', { name: 'Accept' }).click();
  await drawer.getByText('accepted in here').waitFor();
  const download = page.waitForEvent('download');
  await drawer.getByRole('button', { name: 'lead-captured.json' }).click();
  expect((await download).suggestedFilename()).toBe('lead-captured.json');

  await send('Lead Captured', { total: 3, size: 'huge', email: 'u@example.com' });
  await program.until(`SELECT count() FROM tributary.events WHERE event = 'Lead Captured'`, 31);
  expect((await judged('Lead Captured')).at(-1)).toEqual({
    total: '3',
    status: 'violating',
    errors: 'size: must be one of large, small',
  });
  await page.reload();
  await drawer.getByTestId('cause-row').getByText('size: must be one of large, small').waitFor();
  await context.close();
});

const run = promisify(execFile);

/** The command line in the workspace; the answer has its exit code. */
async function tributary(...words: string[]): Promise<{ code: number; stdout: string }> {
  const args = ['--disable-warning=ExperimentalWarning', main, ...words];
  return run(process.execPath, [...args, `--workspace=${workspace}`, `--data=${program.data}`]).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error: { code: number; stdout: string }) => error,
  );
}

test('what was accepted can be written as files, and a change that breaks a model fails the check, which names it', async () => {
  rmSync(join(workspace, 'schemas/broken.json'));
  expect(await tributary('plan', 'write')).toMatchObject({
    code: 0,
    stdout: 'schemas/lead-captured.json: Lead Captured\n',
  });
  mkdirSync(join(workspace, 'models'));
  writeFileSync(
    join(workspace, 'models/leads.sql'),
    `/* model\nkind: full\n*/\nSELECT properties.size::String AS size, count() AS leads\nFROM tributary.events WHERE event = 'Lead Captured' GROUP BY size\n`,
  );
  writeFileSync(
    join(workspace, 'models/sizes.sql'),
    '/* model\nkind: view\n*/\nSELECT size FROM mart.leads\n',
  );
  const git = (...words: string[]) =>
    run('git', ['-c', 'user.name=ada', '-c', 'user.email=ada@example.com', ...words], { cwd: workspace });
  await git('init', '--quiet');
  await git('add', '.');
  await git('commit', '--quiet', '--message=plan');
  const same = await tributary('plan', 'check', '--base=HEAD');
  expect([same.code, same.stdout]).toEqual([0, expect.stringContaining('nothing is different')]);

  const file = join(workspace, 'schemas/lead-captured.json');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"size"', '"extent"'));
  const { code, stdout } = await tributary('plan', 'check', '--base=HEAD');
  expect(code).toBe(1);
  expect(stdout).toContain('size: is gone; renamed to extent?');
  expect(stdout).toContain('model leads (models/leads.sql:4) reads size of "Lead Captured": is gone');
  expect(stdout).toContain('and with it: sizes');
});
