import { execFile } from 'node:child_process';
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
      ...args,
      ...flags,
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
