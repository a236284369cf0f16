import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { batchOf, main, type Program, post, readerPassword, startProgram } from './program.ts';

const run = promisify(execFile);
let program: Program;
beforeAll(async () => {
  program = await startProgram();
  await post(`${program.url}/v1/batch`, batchOf('cli', 14));
  await program.until('SELECT count() FROM tributary.events', 14);
});
afterAll(() => program?.[Symbol.asyncDispose]());

const tributary = async (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
  const flags = [
    `--port=${program.port}`,
    `--warehouse-port=${program.warehousePort}`,
    `--data=${program.data}`,
  ];
  try {
    const { stdout, stderr } = await run(process.execPath, [
      '--disable-warning=ExperimentalWarning',
      main,
      // what a test says of them comes last
      ...flags,
      ...args,
    ]);
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
};

describe('tributary query', () => {
  test('prints rows in the format asked for', async () => {
    const { stdout } = await tributary(
      'query',
      'SELECT user_id, count() AS n FROM tributary.events GROUP BY user_id ORDER BY user_id LIMIT 2',
      '--format=CSV',
    );
    expect(stdout).toBe('"user-0",2\n"user-1",2\n');
  });

  test('says what the engine says about wrong SQL, and fails', async () => {
    const { code, stderr } = await tributary('query', 'SELECT nothing FROM tributary.events');
    expect(code).toBe(1);
    expect(stderr).toContain('nothing');
  });

  test('cannot change data', async () => {
    const { code } = await tributary('query', 'TRUNCATE TABLE tributary.events');
    expect(code).toBe(1);
    expect(await program.until('SELECT count() FROM tributary.events', 14)).toBe(14);
  });
});

describe('a ClickHouse client with the reader user', () => {
  test('reads with curl', async () => {
    const { stdout } = await run('curl', [
      '-s',
      `http://127.0.0.1:${program.warehousePort}/`,
      '-u',
      `reader:${readerPassword}`,
      '-d',
      'SELECT count() FROM tributary.events',
    ]);
    expect(stdout).toBe('14\n');
  });

  test('reads with @clickhouse/client, with parameters', async () => {
    const rows = await program.rows(
      'SELECT event, person_id = person_id AS same FROM tributary.events WHERE event_id = {id:String}',
      { id: 'cli-3' },
    );
    expect(rows).toEqual([{ event: 'Tested', same: 1 }]);
  });

  test('is refused with a wrong password', async () => {
    const { stdout } = await run('curl', [
      '-s',
      '-w',
      '%{http_code}',
      `http://127.0.0.1:${program.warehousePort}/`,
      '-u',
      'reader:wrong',
      '-d',
      'SELECT 1',
    ]);
    expect(stdout).toMatch(/40[13]$/);
  });
});

describe('tributary doctor', () => {
  test('finds nothing wrong with a running installation', async () => {
    const { code, stdout } = await tributary('doctor');
    expect(stdout).toContain('Nothing is wrong.');
    expect(code).toBe(0);
  });

  test('says which option is wrong in a configuration', async () => {
    const { code, stderr } = await tributary('doctor', '--log-days=never');
    expect(code).toBe(1);
    expect(stderr).toContain('log-days');
  });
});

describe('tributary source', () => {
  test('makes, limits, shows, rotates and revokes', async () => {
    const made = await tributary('source', 'create', 'From the terminal', '--key=G-CLI', '--rate=7');
    expect(made.stdout).toMatch(/^Key +G-CLI$/m);
    const limited = await tributary(
      'source',
      'limit',
      'G-CLI',
      '--origins=https://*.example.com,http://localhost:*',
      '--events=Paid',
      '--rate=none',
      '--json',
    );
    expect(JSON.parse(limited.stdout)).toMatchObject({
      origins: ['https://*.example.com', 'http://localhost:*'],
      events: ['Paid'],
      requestsPerSecond: null,
    });
    const rotated = await tributary('source', 'rotate', 'From the terminal', '--keep=7d');
    expect(rotated.stdout).toMatch(/^Former key +G-CLI \(works until /m);
    const list = (await tributary('source', 'list')).stdout;
    expect(list).toMatch(/^main +First source +tracker +\S+ +just now +14 +0 +none$/m);
    expect((await tributary('source', 'show', 'From the terminal')).stdout).toContain(
      `${program.url.replace('127.0.0.1', 'localhost')}/sources/`,
    );
    const revoked = await tributary('source', 'revoke', 'From the terminal', '--json');
    expect(JSON.parse(revoked.stdout)).toMatchObject({ revoked: true });
    expect((await tributary('source', 'list')).stdout).not.toContain('From the terminal');
  });

  test('says in words what cannot be', async () => {
    const errors = await Promise.all([
      tributary('source', 'frobnicate'),
      tributary('source', 'show', 'nobody'),
      tributary('source', 'create', 'X', '--door=window'),
      tributary('source', 'limit', 'First source', '--origins=example.com'),
      tributary('source', 'rotate', 'First source', '--keep=ages'),
    ]);
    expect(errors.map(({ code }) => code)).toEqual([1, 1, 1, 1, 1]);
    const words = ['list, show, create', '"nobody"', '--door', '--origins: an origin such as', '"ages"'];
    for (const [index, { stderr }] of errors.entries()) expect(stderr).toContain(words[index]);
  });
});

test.each(['doctor', 'link', 'source'])('%s makes no data folder where there is none', async (command) => {
  const folder = join(mkdtempSync(join(tmpdir(), 'tributary-none-')), 'data');
  await tributary(command, `--data=${folder}`);
  expect(existsSync(folder)).toBe(false);
  rmSync(dirname(folder), { recursive: true });
});

test('a second program on the same data folder is refused in words', async () => {
  const { code, stderr } = await run(process.execPath, [
    main,
    'start',
    `--data=${program.data}`,
    '--port=0',
    '--warehouse-port=0',
  ]).then(
    () => ({ code: 0, stderr: '' }),
    (error: { code: number; stderr: string }) => error,
  );
  expect(code).toBe(1);
  expect(stderr).toContain('another Tributary is running');
});

test('an unknown command and an unknown option are named', async () => {
  expect((await tributary('frobnicate')).stderr).toContain('frobnicate');
  expect((await tributary('doctor', '--colour=red')).stderr).toContain('colour');
});
