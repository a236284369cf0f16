import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { PipelineResult } from '../src/contract/result.ts';
import { allowedStatuses, type FuzzRequest, fuzzRequests } from './fuzz-requests.ts';
import { batchOf, type Program, post, type RoleName, startProgram, writeKey } from './program.ts';

const requests = 100_000;
const inFlight = 64;
const seed = 20_261_121;

test('100,000 hostile requests leave every process alive, every answer expected and the ledger balanced', async () => {
  await using program = await startProgram();
  const before = pids(program);
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight });
  const statuses = new Map<number, number>();
  const unexpected: string[] = [];

  const generated = fuzzRequests(requests, seed, writeKey);
  const worker = async (): Promise<void> => {
    for (const one of generated) {
      const status = await send(agent, program.port, one);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (!allowedStatuses.includes(status)) unexpected.push(`${one.name}: ${status}`);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  agent.destroy();

  expect(unexpected).toEqual([]);
  expect([...statuses.values()].reduce((a, b) => a + b, 0)).toBe(requests);
  expect(statuses.get(200)).toBeGreaterThan(requests / 10);
  expect(statuses.get(503) ?? 0).toBe(0);

  // what comes after is not blocked
  expect((await post(`${program.url}/v1/batch`, batchOf('after', 5))).status).toBe(200);
  await program.until(`SELECT count() FROM tributary.events WHERE event_id LIKE 'after-%'`, 5, 120);
  const ledger = await drainedLedger(program);
  expect(ledger.filter((row) => row.state !== 'balanced')).toEqual([]);
  expect(ledger.reduce((sum, row) => sum + row.quarantined, 0)).toBeGreaterThan(1_000);
  expect(pids(program)).toEqual(before);
  expect(program.output()).not.toMatch(/is started again/);
});

function pids(program: Program): Record<RoleName, number[]> {
  return { web: program.pids('web'), process: program.pids('process'), warehouse: program.pids('warehouse') };
}

function send(agent: Agent, port: number, one: FuzzRequest): Promise<number> {
  const { method, url: path, headers, body } = one;
  return new Promise((resolve, reject) => {
    const all = { ...headers, 'content-length': body.length };
    const sent = request({ agent, host: '127.0.0.1', port, method, path, headers: all }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.on('error', (error) => reject(new Error(`${one.name}: ${error.message}`)));
    sent.end(body);
  });
}

async function drainedLedger(program: Program): Promise<PipelineResult['ledger']> {
  for (let round = 0; round < 600; round++) {
    const { ledger } = await program.call<PipelineResult>('GET', '/api/pipeline?project=main&minutes=60');
    const rows = ledger.filter((row) => row.accepted > 0 || row.processed > 0);
    if (rows.every((row) => row.accepted === row.processed)) return rows;
    await sleep(200);
  }
  throw new Error(`the pipeline did not drain\n${program.output().slice(-3_000)}`);
}
