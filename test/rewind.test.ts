import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { RewindDifference, RewindJob } from '../src/contract/rewind.ts';
import { main, type Program, post, startProgram } from './program.ts';

const run = promisify(execFile);
const path = '/api/projects/main/rewind';

interface Answer {
  readonly job: RewindJob | null;
  readonly difference: RewindDifference | null;
}

test('another rule for sessions is applied to the past: archived, processed again, killed meanwhile, and swapped in', async () => {
  await using program = await startProgram();
  const minute = 60_000;
  const start = Date.now() - 5 * 60 * minute;
  // four visitors, a page every ten minutes: one visit each, with the timeout of half an hour
  for (let index = 0; index < 20; index++) {
    const batch = ['a', 'b', 'c', 'd'].map((anonymousId) => ({
      type: 'page',
      anonymousId,
      messageId: `${anonymousId}${index}`,
      timestamp: new Date(start + index * 10 * minute).toISOString(),
      context: { userAgent: 'Mozilla/5.0 Chrome/130.0', page: { url: `https://example.test/${index}` } },
    }));
    expect((await post(`${program.url}/v1/batch`, JSON.stringify({ batch }))).status).toBe(200);
  }
  await program.until('SELECT count() FROM tributary.events', 80);
  const sessions = "SELECT count() FROM tributary.sessions FINAL WHERE project = 'main'";
  expect(await program.until(sessions, 4)).toBe(4);

  const command = (...words: string[]) =>
    run(process.execPath, [
      main,
      ...words,
      `--data=${program.data}`,
      `--warehouse-port=${program.warehousePort}`,
    ]);
  expect((await command('archive', 'now')).stdout).toMatch(/everything up to record \d+ is archived/);
  expect(globSync('lake/raw/project=main/**/*.ndjson.zst', { cwd: program.data }).length).toBeGreaterThan(0);
  const lines = (await command('archive', 'read', '--project=main')).stdout.trimEnd().split('\n');
  expect(new Set(lines.map((line) => JSON.parse(line).offset)).size).toBe(20);

  await program.call('PATCH', '/api/projects/main/settings', { sessions: { timeoutMinutes: 5 } });
  await program.call('POST', path, {});
  process.kill(program.pids('archive')[0] ?? 0, 'SIGKILL');
  const { job, difference } = await until(program, 'ready');
  expect(job).toMatchObject({ mode: 'whole', problem: null });
  expect(difference?.total).toMatchObject({
    events: { before: 80, after: 80 },
    sessions: { before: 4, after: 80 },
  });
  await program.call('POST', `${path}/swap`, { id: job?.id });
  expect((await post(`${program.url}/v1/page`, '{"anonymousId":"e","messageId":"e"}')).status).toBe(200);
  await until(program, 'swapped');
  expect(await program.until(sessions, 80)).toBeGreaterThanOrEqual(80);
  await program.until('SELECT count() FROM tributary.events', 81);
  const [row] = await program.rows<{ events: number; ids: number }>(
    'SELECT count() AS events, uniqExact(event_id) AS ids FROM tributary.events',
  );
  expect(row).toEqual({ events: 81, ids: 81 });
  const status = JSON.parse((await command('rewind', 'status', '--project=main', '--json')).stdout);
  expect(status).toMatchObject({ state: 'swapped' });
  expect(globSync('rewind/*', { cwd: program.data })).toEqual([]);
});

async function until(program: Program, state: RewindJob['state']): Promise<Answer> {
  for (const deadline = Date.now() + 120_000; Date.now() < deadline; await sleep(200)) {
    const answer = await program.call<Answer>('GET', path);
    if (answer.job?.state === state) return answer;
    if (answer.job?.state === 'failed') throw new Error(answer.job.problem ?? 'it failed');
  }
  throw new Error(`the rewind is not ${state} in time\n${program.output().slice(-3_000)}`);
}
