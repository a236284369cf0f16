import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportsOfOthers } from './import-exports.ts';
import { batchOf, main, type Program, post, startProgram, writeKey } from './program.ts';

let program: Program;
const folder = mkdtempSync(join(tmpdir(), 'tributary-import-'));
beforeAll(async () => {
  program = await startProgram();
});
afterAll(async () => {
  await program?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const positions = join(folder, 'positions');

function startImport(...args: string[]): { child: ChildProcess; done: Promise<Outcome> } {
  const child = spawn(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    main,
    'import',
    `--key=${writeKey}`,
    `--positions=${positions}`,
    `--port=${program.port}`,
    `--warehouse-port=${program.warehousePort}`,
    `--data=${program.data}`,
    ...args,
  ]);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const done = new Promise<Outcome>((resolve) =>
    child.once('close', (code) => resolve({ code, stdout, stderr })),
  );
  return { child, done };
}

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const count = async (where: string): Promise<number> => {
  const [row] = await program.rows<{ n: number }>(`SELECT count() AS n FROM tributary.events WHERE ${where}`);
  return Number(row?.n);
};

describe('exports of other products', () => {
  test.each(exportsOfOthers)(
    '$format: events arrive with their times, people and words, once however often it runs',
    async (example) => {
      const file = write(`${example.format}-${example.name}`, example.content);
      const first = await startImport(file).done;
      expect(first.stderr).toContain(`hold ${example.expected.length} events`);
      expect(first.code).toBe(0);
      const where = `toYYYYMM(timestamp) = ${example.month.replace('-', '')}`;
      await program.until(`SELECT count() FROM tributary.events WHERE ${where}`, example.expected.length);
      rmSync(positions, { recursive: true, force: true });
      expect((await startImport(file).done).code).toBe(0);
      await settled();
      const found = await program.rows<Record<string, unknown>>(
        `SELECT event, type, toUnixTimestamp64Milli(timestamp) AS at, user_id, anonymous_id, client_session_id, url, revenue, currency, order_id, toString(properties.plan) AS plan
       FROM tributary.events WHERE ${where} ORDER BY timestamp`,
      );
      expect(found).toHaveLength(example.expected.length);
      expect(found).toMatchObject(example.expected);
    },
  );
});

let sentinels = 0;

/** All that was accepted before is loaded: an event that is accepted now is there. */
async function settled(): Promise<void> {
  const event = `sentinel ${++sentinels}`;
  await post(`${program.url}/v1/batch`, batchOf(event, 1, { event }));
  await program.until(`SELECT count() FROM tributary.events WHERE event = '${event}'`, 1);
}

describe('files with a mapping', () => {
  const rows = 30_000;
  const csv = (): string => {
    const lines = ['order,when,customer,cents,plan'];
    for (let row = 0; row < rows; row++) {
      const when = new Date(Date.UTC(2024, 0, 1) + row * 60_000).toISOString();
      lines.push(`o${row},${when},c${row % 500},${row},pro`);
    }
    return lines.join('\n');
  };
  const mapping =
    'event: imported order\ntimestamp: $when\nuserId: $customer\nrevenue: $cents\nrevenueDivisor: 100\ncurrency: EUR\n';

  test('killed in the middle, with the collector killed too, then run again and again: every row exactly once, and both sides equal', async () => {
    const file = write('orders.csv.gz', gzipSync(csv()));
    const map = write('orders.yaml', mapping);
    const broken = startImport(file, `--map=${map}`);
    await program.until(`SELECT count() FROM tributary.events WHERE event = 'imported order'`, 1_000);
    for (const pid of program.pids('web')) process.kill(pid, 'SIGKILL');
    broken.child.kill('SIGKILL');
    await broken.done;
    const again = await startImport(file, `--map=${map}`).done;
    expect(again.stderr).toMatch(/rows were sent by an earlier run/);
    rmSync(positions, { recursive: true });
    expect((await startImport(file, `--map=${map}`).done).code).toBe(0);
    await program.until(`SELECT count() FROM tributary.events WHERE event = 'imported order'`, rows);
    await settled();
    const [sum] = await program.rows<{ n: number; orders: number; revenue: number; first: string }>(
      `SELECT count() AS n, uniqExact(toString(properties.order)) AS orders, round(sum(revenue), 2) AS revenue, toString(min(timestamp)) AS first
       FROM tributary.events WHERE event = 'imported order'`,
    );
    expect(sum).toEqual({
      n: rows,
      orders: rows,
      revenue: (rows * (rows - 1)) / 200,
      first: '2024-01-01 00:00:00.000',
    });
    const compared = await startImport(file, `--map=${map}`, '--compare').done;
    expect(compared.stderr).toContain('are equal');
    expect(compared.stdout).toContain('2024-01-01\timported order\t1440\t1440\t0');
    expect(compared.code).toBe(0);
  });

  test('Parquet, with the mapping guessed from the names of the columns', async () => {
    const bytes = parquetWriteBuffer({
      columnData: [
        { name: 'event_name', data: ['from parquet', 'from parquet'], type: 'STRING' },
        {
          name: 'created_at',
          data: [new Date('2024-02-01T10:00:00Z'), new Date('2024-02-01T11:00:00Z')],
          type: 'TIMESTAMP',
        },
        { name: 'user_id', data: ['p1', 'p2'], type: 'STRING' },
      ],
    });
    const { code, stderr } = await startImport(write('events.parquet', new Uint8Array(bytes))).done;
    expect(stderr).toContain('event: $event_name');
    expect(code).toBe(0);
    await program.until(`SELECT count() FROM tributary.events WHERE event = 'from parquet'`, 2);
  });

  test('rows that are no events are counted with their reason and place, and the others arrive', async () => {
    const file = write(
      'mixed.jsonl',
      '{"event":"good row","timestamp":1700000000,"user_id":"u"}\n{broken\n{"event":"bad row","timestamp":"soon","user_id":"u"}\n',
    );
    const { code, stderr } = await startImport(file).done;
    expect(code).toBe(0);
    expect(stderr).toContain('3 rows hold 1 events');
    expect(stderr).toContain('row 2');
    expect(stderr).toContain('no readable time in $timestamp');
    await program.until(`SELECT count() FROM tributary.events WHERE event = 'good row'`, 1);
  });

  test('--check sends nothing', async () => {
    const file = write('check.jsonl', '{"event":"only checked","timestamp":1700000000,"user_id":"u"}\n');
    expect((await startImport(file, '--check').done).stderr).toContain('1 rows hold 1 events');
    await settled();
    expect(await count(`event = 'only checked'`)).toBe(0);
  });

  test.each([
    ['a wrong key', ['--key=wk_wrong'], 'refuses the import with 401'],
    ['a file that is not there', ['nowhere.csv'], 'nowhere.csv is not there'],
    ['columns that say nothing', [], 'write a mapping and pass --map'],
  ])('%s is an error in words', async (_, args, message) => {
    const columns = args[0]?.startsWith('--key')
      ? '{"event":"a","timestamp":1700000000,"user_id":"u"}'
      : '{"a":1}';
    const file = write('refused.jsonl', columns);
    const { code, stderr } = await startImport(...(args[0]?.endsWith('.csv') ? args : [file, ...args])).done;
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });
});

const clickstream = '../../shared/data/clickstream-simple-onlineshop/simple-onlineshop.csv';
test.runIf(existsSync(join(import.meta.dirname, clickstream)))(
  'a real click stream: its totals are reproduced',
  async () => {
    const file = join(import.meta.dirname, clickstream);
    const lines = readFileSync(file, 'utf8').trim().split('\n').length - 1;
    const { code, stderr } = await startImport(file).done;
    expect(code).toBe(0);
    expect(stderr).toContain(`hold ${lines.toLocaleString('en')} events`);
    await program.until(
      'SELECT count() FROM tributary.events WHERE toYear(timestamp) IN (2019, 2020)',
      lines,
    );
    const compared = await startImport(file, '--compare').done;
    expect(compared.stderr).toContain('are equal');
  },
);
