/**
 * Log to warehouse: how many events per second the real pipeline decodes, enriches, sessionizes and loads into a real warehouse.
 * Run: `node bench/process.ts [events] [eventsPerRequest]`.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDecoder } from '../src/collect/collect.ts';
import type { AcceptedRequest } from '../src/contract/request.ts';
import { createEnricher, openState } from '../src/enrich/enrich.ts';
import { openLogReader, openLogWriter } from '../src/log/log.ts';
import { systemClock } from '../src/runtime/clock.ts';
import { createLogger } from '../src/runtime/logger.ts';
import { Metrics } from '../src/runtime/metrics.ts';
import { startPipeline } from '../src/warehouse/load.ts';
import { migrate } from '../src/warehouse/migrate.ts';
import { stagedState } from '../src/warehouse/staged-state.ts';
import { connect, startEngine } from '../src/warehouse/warehouse.ts';

const total = Number(process.argv[2] ?? 500_000);
const perRequest = Number(process.argv[3] ?? 20);
const folder = mkdtempSync(join(tmpdir(), 'tributary-process-'));

const names = [
  'Note Created',
  'Note Opened',
  'Meeting Started',
  'Search',
  'Comment Added',
  'Invite Sent',
  'Export',
];
const agents = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0',
];
const start = Date.now() - 3_600_000;

/** What a browser's and a server's tracker send: pages and tracks of many visitors, some of whom say who they are. */
function event(n: number): object {
  const visitor = (n * 7919) % Math.ceil(total / 40);
  const at = new Date(start + n * (3_000_000 / total)).toISOString();
  const isPage = n % 3 === 0;
  const path = ['/notes', '/meetings', '/pricing', '/settings'][n % 4];
  return {
    type: n % 50 === 49 ? 'identify' : isPage ? 'page' : 'track',
    messageId: `ajs-next-${start + n}-${crypto.randomUUID()}`,
    timestamp: at,
    sentAt: at,
    anonymousId: `anon-${visitor.toString(16).padStart(8, '0')}-4c1d-4f7e-9a51-1c7f1f1b2c3d`,
    ...(visitor % 2 === 0 || n % 50 === 49 ? { userId: `user-${visitor}` } : {}),
    ...(n % 50 === 49
      ? { traits: { email: `u${visitor}@example.com`, plan: ['free', 'pro'][visitor % 2] } }
      : {}),
    ...(isPage ? { name: 'Page' } : { event: names[n % names.length] }),
    properties: isPage
      ? {
          url: `https://app.example.com${path}?utm_source=google`,
          path,
          title: `Page ${path}`,
          referrer: 'https://www.google.com/',
        }
      : {
          plan: ['free', 'pro', 'team'][n % 3],
          seats: n % 50,
          duration_ms: (n * 31) % 90_000,
          note_id: `n_${(n * 17) % 100_000}`,
          shared: n % 2 === 0,
        },
    context: {
      library: { name: 'analytics.js', version: 'next-1.84.3' },
      userAgent: agents[visitor % agents.length],
      locale: 'en-US',
      timezone: 'Europe/Berlin',
      ip: `198.51.${visitor % 256}.0`,
      page: {
        url: `https://app.example.com${path}`,
        path,
        referrer: 'https://www.google.com/',
        title: `Page ${path}`,
      },
      screen: { width: 1440, height: 900 },
    },
  };
}

function request(from: number): AcceptedRequest {
  const batch = Array.from({ length: perRequest }, (_, i) => event(from + i));
  return {
    receivedAt: Math.floor(start + from * (3_000_000 / total)),
    project: 'p1',
    key: '',
    visitor: '',
    protocol: 'segment',
    method: 'POST',
    path: '/v1/batch',
    query: '',
    headers: { 'content-type': 'application/json' },
    address: '198.51.100.0',
    body: Buffer.from(JSON.stringify({ batch, sentAt: new Date(start).toISOString() })),
  };
}

async function fillLog(): Promise<void> {
  const writer = await openLogWriter(join(folder, 'log.db'));
  for (let from = 0; from < total; from += perRequest * 200) {
    const some = [];
    for (let at = from; at < Math.min(total, from + perRequest * 200); at += perRequest)
      some.push(writer.append(request(at)));
    await Promise.all(some);
  }
  await writer.close();
}

/** CPU seconds that a process has used, user and system. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

await fillLog();
console.log(`log filled: ${total} events in ${total / perRequest} requests`);
const engine = await startEngine({
  dataPath: join(folder, 'warehouse'),
  users: [{ name: 'tributary', password: 'bench', access: 'full' }],
});
const warehouse = connect({ url: engine.url, user: 'tributary', password: 'bench' });
await migrate(warehouse);
const log = openLogReader(join(folder, 'log.db'));
const state = stagedState(openState(join(folder, 'state.db')));
const head = log.head();
const done = new AbortController();
const cpuBefore = {
  pipeline: process.cpuUsage(),
  thread: process.threadCpuUsage(),
  warehouse: cpuOf(engine.pid),
};
const startedAt = performance.now();
await startPipeline({
  log,
  state,
  decode: createDecoder(),
  enrich: createEnricher({ state }).enrich,
  warehouse,
  clock: systemClock,
  logger: createLogger('bench', 'warn'),
  metrics: new Metrics(),
  signal: done.signal,
  logDays: 30,
  onProgress: ({ lastOffset }) => {
    if (lastOffset >= head) done.abort();
  },
});
const seconds = (performance.now() - startedAt) / 1_000;
const pipeline = process.cpuUsage(cpuBefore.pipeline);
const thread = process.threadCpuUsage(cpuBefore.thread);
const warehouseSeconds = cpuOf(engine.pid) - cpuBefore.warehouse;
/** CPU per event compares better than events per second on a machine that does other things too. */
const perEvent = (seconds: number): string => ((seconds / total) * 1e6).toFixed(1);
const answer = await warehouse.query({
  query: 'SELECT count() AS n FROM tributary.events',
  format: 'JSONEachRow',
});
const [stored] = await answer.json<{ n: number }>();
console.log(
  `${stored?.n} events in ${seconds.toFixed(1)} s: ${Math.round(total / seconds)} events/s; CPU microseconds per event: pipeline's thread ` +
    `${perEvent((thread.user + thread.system) / 1e6)}, its whole process ${perEvent((pipeline.user + pipeline.system) / 1e6)}, ` +
    `warehouse ${perEvent(warehouseSeconds)}; ` +
    `resident ${Math.round(process.memoryUsage().rss / 2 ** 20)} MB`,
);
await warehouse.command({ query: 'OPTIMIZE TABLE tributary.events FINAL' });
const bytes = await warehouse.query({
  query: `SELECT column, round(sum(column_data_compressed_bytes) / sum(rows), 2) AS bytes FROM system.parts_columns
    WHERE active AND database = 'tributary' AND table = 'events' GROUP BY column ORDER BY bytes DESC`,
  format: 'JSONEachRow',
});
const columns = await bytes.json<{ column: string; bytes: number }>();
console.log(`bytes per event: ${columns.reduce((sum, column) => sum + column.bytes, 0).toFixed(1)}`);
console.log(
  columns
    .filter(({ bytes }) => bytes >= 0.05)
    .map(({ column, bytes }) => `${column} ${bytes}`)
    .join(', '),
);
log.close();
await Promise.all([warehouse.close(), state.close()]);
await engine.stop();
rmSync(folder, { recursive: true, force: true });
