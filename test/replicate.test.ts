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
  const changes = [...schemaChanges];
  const kills = { replicate: 0, warehouse: 0, postgres: 0 };
  let committed = 0;
  const began = Date.now();
  for (let round = 0; Date.now() - began < 60_000; round++) {
    committed += await server.run(randomTransaction(random)).then(
      () => 1,
      async (error: Error) => {
        // a statement that a constraint refuses ends its transaction
        if (!error.message.includes('duplicate key')) throw error;
        await server.run('ROLLBACK');
        return 0;
      },
    );
    const dice = random();
    if (dice < 0.01) {
      const change = changes.shift();
      if (change) await server.run(change);
    } else if (dice < 0.025) kills.replicate += kill(program.pids('replicate'));
    else if (dice < 0.03) kills.warehouse += kill(program.pids('warehouse'));
    else if (dice < 0.034) {
      await server.kill();
      await server.start();
      kills.postgres++;
    }
    if (round % 10 === 0) await sleep(20);
  }
  for (const change of changes) await server.run(change);
  console.log(kills, committed);
  for (const table of workloadTables) await untilSame(server, program, table, 120);
  expect(Math.min(...Object.values(kills))).toBeGreaterThan(0);
  expect(committed).toBeGreaterThan(100);
});

function kill(pids: readonly number[]): number {
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  return pids.length;
}
