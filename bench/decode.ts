/**
 * Decoding alone: CPU per event of every protocol, from the requests recorded as its fixtures, each made into a batch of 50 events
 * (or 50 requests, where a client sends one at a time), as a ratio to Segment's in the same run. The goal is at most 2.
 * `node bench/decode.ts [protocol …]`
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { keptHeaders } from '../src/collect/accept/headers.ts';
import { createDecoder } from '../src/collect/collect.ts';
import { protocols } from '../src/collect/protocols.ts';
import type { LogRecord } from '../src/contract/request.ts';

const perBatch = 50;
const rounds = 15;
const roundMs = 25;
const fixtures = join(import.meta.dirname, '../src/collect/protocols/fixtures');
const wanted = process.argv.slice(2);
const decode = createDecoder();

interface Recorded {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body_base64: string;
}

interface Cost {
  readonly fixture: string;
  readonly bytes: number;
  /** Microseconds per event. */
  readonly each: number;
}

function recordOf(
  protocol: string,
  path: string,
  { method, url, headers, body_base64 }: Recorded,
): LogRecord {
  const sent = Buffer.from(body_base64, 'base64');
  return {
    offset: 1,
    receivedAt: 1_795_301_100_000,
    project: 'p',
    key: 'k',
    visitor: 'v',
    protocol,
    method,
    path,
    query: url.split('?')[1] ?? '',
    headers: keptHeaders(headers, undefined),
    address: '203.0.113.0',
    body: sent[0] === 0x1f ? gunzipSync(sent) : sent,
  };
}

/** Protocols of which one body behind the other is a body, and so is one protobuf message behind the other. */
const sequences = new Set(['elasticsearch', 'lines', 'logplex', 'syslog']);

/** The same record with its events repeated, where the body has a list of them that can be told. */
function repeated(record: LogRecord): LogRecord {
  if (sequences.has(record.protocol) || record.headers['content-type'] === 'application/x-protobuf')
    return { ...record, body: Buffer.concat(Array.from({ length: perBatch / 2 }, () => record.body)) };
  const text = Buffer.from(record.body).toString();
  const form = text.startsWith('data=')
    ? Buffer.from(decodeURIComponent(text.slice(5)), 'base64')
    : undefined;
  try {
    const json = JSON.parse(form?.toString() ?? text) as Record<string, unknown> | unknown[];
    const longer = JSON.stringify(Array.isArray(json) ? many(json) : inside(json, record.protocol));
    const body = form ? `data=${encodeURIComponent(Buffer.from(longer).toString('base64'))}` : longer;
    return { ...record, path: batchPaths[record.protocol] ?? record.path, body: Buffer.from(body) };
  } catch {
    return record;
  }
}

/** Where the clients that send batches send them. */
const batchPaths: Readonly<Record<string, string>> = { segment: '/v1/batch', rudderstack: '/v1/batch' };

function inside(json: Record<string, unknown>, protocol: string): unknown {
  for (const name of ['batch', 'events', 'data', 'requests', 'e', 'resourceLogs']) {
    const list = json[name];
    if (Array.isArray(list)) return { ...json, [name]: many(list) };
  }
  return protocol in batchPaths ? { batch: many([json]) } : json;
}

function many(list: readonly unknown[]): unknown[] {
  return Array.from({ length: perBatch }, (_, index) => list[index % list.length]);
}

/** Microseconds that this thread had a core: wall time says little on a machine that does other things too. */
function cpu(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

/** Best of several rounds: whatever else the machine does only ever makes it slower. */
function costOf(fixture: string, recorded: LogRecord): Cost | undefined {
  const longer = repeated(recorded);
  const first = decode(longer);
  if (first instanceof Promise) return undefined;
  const record = first.events.length + (first.logs?.length ?? 0) > 0 ? longer : recorded;
  const decoded = decode(record);
  if (decoded instanceof Promise) return undefined;
  const events = decoded.events.length + (decoded.logs?.length ?? 0);
  if (events === 0) return undefined;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    let count = 0;
    const start = performance.now();
    const before = cpu();
    while (performance.now() - start < roundMs) {
      void decode(record);
      count += events;
    }
    best = Math.min(best, (cpu() - before) / count);
  }
  return { fixture, bytes: (record.body.length + record.query.length) / events, each: best };
}

function costsOf(name: string): Cost[] {
  const protocol = protocols.find((one) => one.name === name);
  if (!protocol) return [];
  const folder = join(fixtures, name);
  return readdirSync(folder).flatMap((file) => {
    const { request } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { request?: Recorded };
    const path =
      request?.url === undefined ? undefined : (request.url.split('?')[0] ?? '').replace(/(.)\/$/, '$1');
    const route = path === undefined ? undefined : protocol.route(path);
    const cost = request && route ? costOf(file, recordOf(name, route.path, request)) : undefined;
    return cost ? [cost] : [];
  });
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const rows: string[][] = [];
const present = new Set(readdirSync(fixtures));
let reference = Number.NaN;
const names = protocols.map(({ name }) => name).filter((name) => present.has(name) && name !== 'segment');
// Segment before and after: the first is slow while everything is compiled.
void costsOf('segment');
for (const name of ['segment', ...names.filter((one) => wanted.length === 0 || wanted.includes(one))]) {
  const costs = costsOf(name);
  if (costs.length === 0) continue;
  const typical = median(costs.map(({ each }) => each));
  const worst = costs.reduce((a, b) => (a.each > b.each ? a : b));
  if (name === 'segment') reference = typical;
  rows.push([
    name,
    `${costs.length}`,
    median(costs.map(({ bytes }) => bytes)).toFixed(0),
    typical.toFixed(2),
    (typical / reference).toFixed(2),
    `${worst.each.toFixed(2)} (${worst.fixture})`,
    (worst.each / reference).toFixed(2),
  ]);
}
console.log('| protocol | requests | bytes per event | µs per event | to Segment | slowest | to Segment |');
console.log('|---|---|---|---|---|---|---|');
for (const row of rows) console.log(`| ${row.join(' | ')} |`);
