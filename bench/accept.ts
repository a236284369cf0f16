// Durable acceptance against bare node:http + JSON.parse, interleaved, each server on core 0 and the load on core 1.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const rounds = 3;
const seconds = 3;
const connections = 64;
const eventsPerBatch = 50;

const run = promisify(execFile);
const here = import.meta.dirname;
const folder = mkdtempSync(join(tmpdir(), 'tributary-accept-'));

function event(index: number): object {
  return {
    type: 'track',
    event: 'Note Created',
    messageId: `node-next-1795300903114-0abf09ac-7496-4ded-973d-${index}`,
    timestamp: '2026-11-21T22:41:43.114Z',
    userId: `user-${index}`,
    anonymousId: '912a66af-7733-4072-b69a-e5b9dc3287dc',
    context: {
      library: { name: 'analytics.js', version: 'npm:next-1.84.3' },
      page: {
        url: 'https://app.example/notes?utm_source=news',
        path: '/notes',
        title: 'Notes',
        referrer: 'https://www.google.com/',
      },
      userAgent:
        'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
      locale: 'en-US',
      timezone: 'Europe/Berlin',
    },
    properties: { plan: 'team', words: 812, shared: true, filler: 'x'.repeat(350) },
  };
}

const bodies = {
  single: { path: '/v1/track', events: 1, file: join(folder, 'single.json'), body: JSON.stringify(event(1)) },
  batch: {
    path: '/v1/batch',
    events: eventsPerBatch,
    file: join(folder, 'batch.json'),
    body: JSON.stringify({
      batch: Array.from({ length: eventsPerBatch }, (_, index) => event(index)),
      sentAt: '2026-11-21T22:41:43.119Z',
    }),
  },
};
type Kind = keyof typeof bodies;
for (const { file, body } of Object.values(bodies)) writeFileSync(file, body);

interface Server {
  readonly name: 'bare' | 'tributary';
  readonly child: ChildProcess;
  readonly port: number;
}

async function start(name: Server['name']): Promise<Server> {
  const child = spawn('taskset', ['-c', '0', process.execPath, join(here, 'accept-server.ts'), name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.once('data', (text: Buffer) => resolve(Number(text.toString())));
    child.once('exit', (code) => reject(new Error(`server ${name} ended with ${code}`)));
  });
  return { name, child, port };
}

/** CPU seconds of the process with all its threads. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

interface Measure {
  readonly perSecond: number;
  readonly perCpuSecond: number;
  readonly p50: number;
  readonly p99: number;
}

async function load(server: Server, kind: Kind, duration: number): Promise<Measure> {
  const { path, file } = bodies[kind];
  const before = cpuSeconds(server.child.pid ?? 0);
  const { stdout } = await run(
    'taskset',
    [
      '-c',
      '1',
      process.execPath,
      join(here, '../node_modules/autocannon/autocannon.js'),
      '--json',
      `--connections=${connections}`,
      `--duration=${duration}`,
      '--method=POST',
      `--input=${file}`,
      '--headers=content-type=application/json',
      `--headers=authorization=Basic ${btoa('wk_bench:')}`,
      `http://127.0.0.1:${server.port}${path}`,
    ],
    { maxBuffer: 1e8 },
  );
  const cpu = cpuSeconds(server.child.pid ?? 0) - before;
  const result = JSON.parse(stdout) as {
    '2xx': number;
    non2xx: number;
    errors: number;
    duration: number;
    latency: { p50: number; p99: number };
  };
  if (result.non2xx + result.errors > 0)
    throw new Error(`${server.name}: ${result.non2xx} refused, ${result.errors} failed`);
  return {
    perSecond: result['2xx'] / result.duration,
    perCpuSecond: result['2xx'] / cpu,
    p50: result.latency.p50,
    p99: result.latency.p99,
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

const servers = [await start('bare'), await start('tributary')];
const measures = new Map<string, Measure[]>();
for (const server of servers) await load(server, 'single', 1);
for (let round = 0; round < rounds; round++) {
  for (const kind of ['single', 'batch'] as const) {
    for (const server of servers) {
      const key = `${kind} ${server.name}`;
      measures.set(key, [...(measures.get(key) ?? []), await load(server, kind, seconds)]);
    }
  }
}
for (const { child } of servers) {
  child.removeAllListeners();
  child.kill('SIGTERM');
}
rmSync(folder, { recursive: true });

process.stdout.write(
  `${cpus()[0]?.model ?? 'unknown CPU'}, ${connections} connections, medians of ${rounds} rounds\n`,
);
process.stdout.write('body    server      events/s  events/CPU-s  p50 ms  p99 ms\n');
for (const kind of ['single', 'batch'] as const) {
  for (const name of ['bare', 'tributary'] as const) {
    const of = measures.get(`${kind} ${name}`) ?? [];
    const column = (read: (measure: Measure) => number) => median(of.map(read));
    const { events } = bodies[kind];
    process.stdout.write(
      `${kind.padEnd(8)}${name.padEnd(10)}${Math.round(column((m) => m.perSecond) * events)
        .toString()
        .padStart(10)}` +
        `${Math.round(column((m) => m.perCpuSecond) * events)
          .toString()
          .padStart(14)}` +
        `${column((m) => m.p50)
          .toFixed(0)
          .padStart(8)}${column((m) => m.p99)
          .toFixed(0)
          .padStart(8)}\n`,
    );
  }
  const ratios = (read: (measure: Measure) => number) =>
    (measures.get(`${kind} tributary`) ?? []).map((mine, round) => {
      const base = measures.get(`${kind} bare`)?.[round];
      return base ? read(mine) / read(base) : 0;
    });
  process.stdout.write(
    `${kind.padEnd(8)}ratio to bare: ${median(ratios((m) => m.perSecond)).toFixed(2)} by time, ` +
      `${median(ratios((m) => m.perCpuSecond)).toFixed(2)} by CPU (rounds ${ratios((m) => m.perSecond)
        .map((ratio) => ratio.toFixed(2))
        .join(' ')})\n`,
  );
}
