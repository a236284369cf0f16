import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { PipelineResult } from '../src/contract/result.ts';
import { batchOf, post, startProgram } from './program.ts';

test('a full disk answers 503 with Retry-After, corrupts nothing, and recovers without a hand', async () => {
  const mount = mkdtempSync(join(tmpdir(), 'tributary-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=600m', 'tmpfs', mount]);
  try {
    const data = join(mount, 'data');
    mkdirSync(data);
    await using program = await startProgram({ data });
    const acknowledged = new Set<string>();
    const send = async (prefix: string): Promise<Response> => {
      const answer = await post(`${program.url}/v1/batch`, batchOf(prefix, 10));
      await answer.arrayBuffer();
      if (answer.status === 200)
        for (let index = 0; index < 10; index++) acknowledged.add(`${prefix}-${index}`);
      return answer;
    };
    expect((await send('before')).status).toBe(200);

    const ballast = join(mount, 'ballast');
    fill(mount, ballast);
    const refused = await firstRefusal(send);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    for (let round = 0; round < 20; round++) {
      expect((await send(`full-${round}`)).status).toBe(503);
      await sleep(100);
    }

    rmSync(ballast);
    await untilAccepted(send);
    await program.until('SELECT count() FROM tributary.events', acknowledged.size, 60);
    const rows = await program.rows<{ event_id: string; times: number }>(
      'SELECT event_id, count() AS times FROM tributary.events GROUP BY event_id',
    );
    expect(new Set(rows.map((row) => row.event_id))).toEqual(acknowledged);
    expect(rows.filter((row) => row.times !== 1)).toEqual([]);
    const { ledger } = await program.call<PipelineResult>('GET', '/api/pipeline?project=main&minutes=60');
    expect(ledger.filter((row) => row.state === 'unbalanced')).toEqual([]);
  } finally {
    execFileSync('umount', ['-l', mount]);
    rmSync(mount, { recursive: true, force: true });
  }
});

/** Leaves no byte free. */
function fill(mount: string, ballast: string): void {
  writeFileSync(ballast, '');
  for (const size of [1024 * 1024, 4096, 1]) {
    const chunk = Buffer.alloc(size);
    try {
      for (;;) writeFileSync(ballast, chunk, { flag: 'a' });
    } catch {
      // this size does not fit any more
    }
  }
  const { bavail } = statfsSync(mount);
  expect(bavail).toBe(0);
}

async function firstRefusal(send: (prefix: string) => Promise<Response>): Promise<Response> {
  for (let round = 0; round < 200; round++) {
    const answer = await send(`filling-${round}`);
    if (answer.status !== 200) return answer;
    await sleep(50);
  }
  throw new Error('the collector went on accepting on a full disk');
}

async function untilAccepted(send: (prefix: string) => Promise<Response>): Promise<void> {
  for (let round = 0; round < 300; round++) {
    if ((await send(`after-${round}`)).status === 200) return;
    await sleep(100);
  }
  throw new Error('the collector did not recover after space was freed');
}
