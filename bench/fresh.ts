import { setTimeout as sleep } from 'node:timers/promises';
import { batchOf, post, startProgram } from '../test/program.ts';

/**
 * Freshness: from the collector's answer to the moment a query sees the event, at a steady 2,000 events/s (batches of 20, a hundred
 * a second). One marked batch every 250 ms is followed by polling for its ids.
 */
const seconds = 30;
const perSecond = 2_000;
const size = 20;

const program = await startProgram();
const delays: number[] = [];
const pending = new Set<Promise<void>>();
let sent = 0;
const began = performance.now();
const pause = 1_000 / (perSecond / size);

for (let tick = 0; performance.now() - began < seconds * 1_000; tick++) {
  const prefix = `fresh-${tick}`;
  const probe = tick % 25 === 0;
  const request = post(`${program.url}/v1/batch`, batchOf(prefix, size)).then(async (answer) => {
    await answer.arrayBuffer();
    sent += size;
    if (probe) await visible(prefix, performance.now());
  });
  pending.add(request);
  void request.finally(() => pending.delete(request));
  await sleep(Math.max(0, began + (tick + 1) * pause - performance.now()));
}
await Promise.all(pending);

delays.sort((a, b) => a - b);
const at = (share: number): string =>
  `${Math.round(delays[Math.min(delays.length - 1, Math.floor(delays.length * share))] ?? Number.NaN)} ms`;
console.log(`${sent} events in ${seconds} s, ${delays.length} probes (each found by polling every 5 ms)`);
console.log(`accepted → queryable   p50 ${at(0.5)}   p95 ${at(0.95)}   p99 ${at(0.99)}   max ${at(1)}`);
await program[Symbol.asyncDispose]();

async function visible(prefix: string, accepted: number): Promise<void> {
  const sql = `SELECT count() AS n FROM tributary.events WHERE received_at > now() - 60 AND event_id = '${prefix}-${size - 1}'`;
  for (;;) {
    const [row] = await program.rows<{ n: number }>(sql);
    if (row?.n === 1) break;
    await sleep(5);
  }
  delays.push(performance.now() - accepted);
}
