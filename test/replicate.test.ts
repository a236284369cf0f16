import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { comparePostgres } from '../src/replicate/compare-postgres.fixture.ts';
import { startPostgres, type TestPostgres } from '../src/replicate/postgres.fixture.ts';
import { type Program, startProgram } from './program.ts';
import {
  randomTransaction,
  schemaChanges,
  seeded,
  workloadSchema,
  workloadTables,
} from './replicate-workload.ts';

/** A workspace with one file of a source. */
function workspaceOf(yaml: string): string {
  const workspace = mkdtempSync(join(tmpdir(), 'tributary-workspace-'));
  onTestFinished(() => rmSync(workspace, { recursive: true, force: true }));
  mkdirSync(join(workspace, 'sources'));
  writeFileSync(join(workspace, 'sources/app.yaml'), yaml);
  return workspace;
}

/** Waits until a table is the same on both sides; the source must be at rest. */
async function untilSame(server: TestPostgres, program: Program, table: string, seconds = 60): Promise<void> {
  const warehouse = {
    client: program.reader(),
    query: <Row>(sql: string) => program.rows<Row>(sql),
    stop: async () => {},
  };
  const deadline = Date.now() + seconds * 1_000;
  let difference = '';
  while (Date.now() < deadline) {
    difference = await comparePostgres(server, warehouse, table).catch(String);
    if (difference === '') return;
    await sleep(200);
  }
  expect.fail(`${difference}\n${program.output().slice(-4_000)}`);
}

test('every table is the same, row for row, after replication, database and warehouse were killed under a random load', async () => {
  const seed = Number(process.env.TRIBUTARY_SEED ?? Date.now() % 1e6);
  console.log(`seed ${seed}`);
  const random = seeded(seed);
  await using server = await startPostgres(['timezone=UTC', 'fsync=on']);
  await server.run(workloadSchema);
  const workspace = workspaceOf(
    `kind: postgres\nurl: ${server.url().replace('postgres@', `postgres:$${'{APP_PASSWORD}'}@`)}\nhistory: [orders]\n`,
  );
  await using program = await startProgram({
    args: ['--no-demo', `--workspace=${workspace}`],
    env: { APP_PASSWORD: 'not asked for' },
  });
  const restart = async (): Promise<void> => {
    await server.kill();
    await server.start();
  };
  const changes = schemaChanges.values();
  const steps = shuffled(random, [
    ...Array.from(schemaChanges, () => () => server.run(changes.next().value ?? '')),
    ...Array.from({ length: 5 }, () => () => kill(program, 'replicate')),
    ...Array.from({ length: 3 }, () => () => kill(program, 'warehouse')),
    ...Array.from({ length: 2 }, () => restart),
  ]);
  let committed = 0;
  for (const step of steps) {
    for (let left = 20 + Math.floor(random() * 40); left > 0; left--) {
      committed += await transact(server, randomTransaction(random));
      // a pace that replication can follow now and then
      if (left % 10 === 0) await sleep(20);
    }
    await step();
  }
  for (let left = 40; left > 0; left--) committed += await transact(server, randomTransaction(random));
  for (const table of workloadTables) await untilSame(server, program, table, 120);
  expect(committed).toBeGreaterThan(200);
});

/** How many transactions it was: a statement that a constraint refuses ends its transaction. */
async function transact(server: TestPostgres, statements: string): Promise<number> {
  try {
    await server.run(statements);
    return 1;
  } catch (error) {
    if (!String(error).includes('duplicate key')) throw error;
    await server.run('ROLLBACK');
    return 0;
  }
}

/** Kills a process that runs; one that was killed before comes again a moment later. */
async function kill(program: Program, role: 'replicate' | 'warehouse'): Promise<void> {
  await expect.poll(() => program.pids(role).length, { timeout: 60_000 }).toBeGreaterThan(0);
  for (const pid of program.pids(role)) process.kill(pid, 'SIGKILL');
}

function shuffled<Item>(random: () => number, items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, place: random() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ item }) => item);
}
