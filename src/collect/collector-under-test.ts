import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';
import type { LogRecord } from '../contract/request.ts';
import { type LogReader, type LogWriter, openLogReader, openLogWriter } from '../log/log.ts';
import { fakeClock } from '../runtime/clock.ts';
import { Metrics } from '../runtime/metrics.ts';
import { type CollectorOptions, collectorServerOptions, createCollector, type SourceKey } from './collect.ts';

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A key of a project, as the store would know it. */
export function keyNamed(project: string | undefined): SourceKey | undefined {
  return project === undefined ? undefined : { id: `key-of-${project}`, project, door: 'tracker' };
}

type Start = (over?: Partial<CollectorOptions>) => Promise<Awaited<ReturnType<typeof startWith>>>;

/**
 * Starts collectors, each on a port of its own for one test. One real log serves the test file that calls this; each test
 * reads what came after its own start.
 */
export async function collectorTests(): Promise<Start> {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-collect-'));
  const log = await openLogWriter(join(folder, 'log.db'));
  const reader = openLogReader(join(folder, 'log.db'));
  afterAll(async () => {
    reader.close();
    await log.close();
    rmSync(folder, { recursive: true });
  });
  return (over = {}) => startWith(log, reader, over);
}

async function startWith(log: LogWriter, reader: LogReader, over: Partial<CollectorOptions>) {
  const from = reader.head() + 1;
  const metrics = new Metrics();
  const collector = createCollector({
    log,
    keyOf: (key) => keyNamed({ wk_one: 'one', wk_two12: 'two' }[key ?? '']),
    visitorOf: () => 'today’s visitor',
    clock: fakeClock(1_795_300_000_000),
    metrics,
    ipPrivacy: 'truncate',
    trustedProxies: ['127.0.0.1'],
    ...over,
  });
  const server = createServer(collectorServerOptions, (request, response) => {
    if (!collector.handle(request, response)) response.writeHead(404).end('not the collector’s');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const call = (
    method: string,
    url: string,
    headers: Record<string, string> = {},
    body: string | Uint8Array = '',
  ): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const request = httpRequest(
        {
          host: '127.0.0.1',
          port,
          method,
          path: url,
          headers: { 'content-length': `${Buffer.byteLength(body)}`, ...headers },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks).toString('latin1'),
            }),
          );
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  const records = (): LogRecord[] => reader.read(from, 1_000, 1e9);
  return { call, records, metrics, port };
}
