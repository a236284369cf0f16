/**
 * Enrichment alone: events per second on one core for a mixed batch, and the share of each step.
 * `node bench/enrich.ts [seconds]`. State in a SQLite file, committed after every batch as the pipeline does.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DecodedEvent } from '../src/contract/event.ts';
import type { PipelineItem } from '../src/contract/pipeline.ts';
import { runBatch } from '../src/enrich/batch.ts';
import { enrichmentSteps, openState } from '../src/enrich/enrich.ts';
import { openGeo } from '../src/enrich/geo/geo.ts';
import type { Step } from '../src/enrich/step.ts';

const seconds = Number(process.argv[2] ?? 6);
const batchSize = 5_000;
const visitors = 30_000;
const start = Date.UTC(2026, 5, 1);
const body = new Uint8Array();

let seed = 7;
/** Milliseconds of CPU this process used: wall time says little on a machine that does other things too. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Park and Miller: the same traffic in every run. */
function random(below: number): number {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed % below;
}
function pick<T>(list: readonly T[]): T {
  return list[random(list.length)] as T;
}

const agents = Array.from({ length: 400 }, (_, i) => {
  const version = 100 + (i % 40);
  return pick([
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Safari/537.36`,
    `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.${i % 9} Safari/605.1.15`,
    `Mozilla/5.0 (iPhone; CPU iPhone OS 17_${i % 7} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1`,
    `Mozilla/5.0 (Linux; Android 14; SM-S91${i % 9}B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Mobile Safari/537.36`,
    `Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:${version}.0) Gecko/20100101 Firefox/${version}.0`,
  ]);
});
const referrers = [
  'https://www.google.com/',
  'https://news.ycombinator.com/item?id=1',
  'https://t.co/x',
  'https://chatgpt.com/',
  'https://blog.example.org/a',
];
const addresses = Array.from({ length: 8_000 }, () => `${1 + random(220)}.${random(256)}.${random(256)}.0`);

function makeItem(offset: number): PipelineItem {
  // About 1,500 visitors at a time, each for some eight events, as in five minutes of a busy site.
  const visitor = (Math.floor(offset / 8) + random(1_500)) % visitors;
  const at = start + offset * 25;
  const signedIn = visitor % 3 === 0;
  const backend = random(10) === 0;
  const page = random(2) === 0;
  const landing = random(12) === 0;
  const event: DecodedEvent = {
    type: backend || !page ? (random(40) === 0 ? 'identify' : 'track') : 'page',
    event: page ? 'page' : pick(['note created', 'meeting joined', 'invite sent', 'search', 'export']),
    id: `m-${offset}`,
    occurredAt: at,
    sentAt: at + 300,
    properties: {
      plan: pick(['free', 'team', 'business']),
      seats: random(50),
      source: 'app',
      beta: random(2) === 0,
      note_id: `n${random(100_000)}`,
    },
    timezone: 'Europe/Berlin',
    locale: 'en-US',
    library: backend ? 'analytics-node/3.1.0' : 'analytics-next/1.84.3',
    ...(signedIn || backend ? { userId: `user-${visitor}`, accountId: `acme-${visitor % 400}` } : {}),
    ...(backend
      ? { revenue: random(300), currency: 'EUR' }
      : {
          anonymousId: `anon-${visitor}-b7f0`,
          userAgent: agents[visitor % agents.length],
          address: addresses[visitor % addresses.length],
          screen: '1440x900',
          url: `https://www.notes.example.com/app/${pick(['home', 'notes', 'meetings', 'settings'])}${landing ? '?utm_source=google&utm_medium=cpc&utm_campaign=spring&gclid=abc' : ''}`,
          title: 'Notes',
          ...(landing ? { referrer: pick(referrers) } : {}),
        }),
  };
  return {
    record: {
      offset,
      receivedAt: at + 500,
      project: 'p1',
      key: '',
      visitor: '',
      protocol: 'segment',
      method: 'POST',
      path: '/v1/batch',
      query: '',
      headers: {},
      address: '',
      body,
    },
    index: 0,
    eventId: `m-${offset}`,
    event,
  };
}

const folder = mkdtempSync(join(tmpdir(), 'bench-enrich-'));
const state = openState(join(folder, 'state.db'));
const spent = new Map<string, number>();
const timed = process.argv.includes('--steps');
const steps = enrichmentSteps(openGeo()).map(
  (step): Step =>
    timed
      ? {
          name: step.name,
          run(draft, memory) {
            const before = performance.now();
            const verdict = step.run(draft, memory);
            spent.set(step.name, (spent.get(step.name) ?? 0) + performance.now() - before);
            return verdict;
          },
        }
      : step,
);

let offset = 1;
let events = 0;
let enriching = 0;
let committing = 0;
let sessions = 0;
let baseline = 0;
const rates: number[] = [];
const until = performance.now() + seconds * 1000;
while (performance.now() < until) {
  const items = Array.from({ length: batchSize }, () => makeItem(offset++));
  const before = cpu();
  const batch = await runBatch({ steps, state }, items);
  const between = cpu();
  await state.commit(offset, batch.changes);
  enriching += between - before;
  committing += cpu() - between;
  events += batch.events.length;
  sessions += batch.sessions.length;
  const rest = cpu();
  for (const { event } of items) JSON.parse(JSON.stringify(event));
  baseline += cpu() - rest;
  rates.push((batchSize / (between - before)) * 1000);
  if (batch.failures.length > 0) throw new Error(batch.failures[0]?.failure.detail);
}
rates.sort((a, b) => a - b);
const total = enriching + committing;
console.log(
  `${events} events, ${sessions} session rows, ${Math.round((events / enriching) * 1000)} events per CPU second enriched, median batch ${Math.round(rates[rates.length >> 1] ?? 0)}/s, with commit ${Math.round((events / total) * 1000)}/s, resident ${Math.round(process.memoryUsage().rss / 1e6)} MB`,
);
console.log(
  `as much CPU as ${(enriching / baseline).toFixed(1)} times JSON.stringify and JSON.parse of the same events`,
);
for (const [name, ms] of [...spent].sort((a, b) => b[1] - a[1])) {
  console.log(
    `${name.padEnd(12)} ${((ms / events) * 1000).toFixed(2)} µs/event  ${((ms / enriching) * 100).toFixed(1)} %`,
  );
}
await state.close();
rmSync(folder, { recursive: true });
