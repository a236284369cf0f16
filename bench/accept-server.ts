// One of the two servers that accept.ts compares: `bare` parses the JSON and answers "ok"; `tributary` is the collector.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { collectorServerOptions, createCollector } from '../src/collect/collect.ts';
import { openLogWriter } from '../src/log/log.ts';
import { systemClock } from '../src/runtime/clock.ts';
import { Metrics } from '../src/runtime/metrics.ts';

const [kind] = process.argv.slice(2);

const bare: RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const parsed: unknown = JSON.parse(Buffer.concat(chunks).toString());
    response.writeHead(typeof parsed === 'object' ? 200 : 400, { 'content-type': 'text/plain' });
    response.end('ok');
  });
};

const benchKey = { id: 'bench', project: 'bench', door: 'tracker' };

async function tributary(): Promise<RequestListener> {
  // Beside this file and not in /tmp, which is memory on many machines.
  const folder = mkdtempSync(join(import.meta.dirname, '.accept-'));
  const log = await openLogWriter(join(folder, 'log.db'));
  const collector = createCollector({
    log,
    keyOf: (key) => (key === 'wk_bench' ? benchKey : undefined),
    visitorOf: () => '',
    clock: systemClock,
    metrics: new Metrics(),
    ipPrivacy: 'truncate',
    trustedProxies: ['127.0.0.1', '::1'],
  });
  process.on('SIGTERM', () => {
    void log.close().then(() => {
      rmSync(folder, { recursive: true });
      process.exit(0);
    });
  });
  return (request, response) => {
    if (!collector.handle(request, response)) response.writeHead(404).end();
  };
}

const listener = kind === 'bare' ? bare : await tributary();
const server = createServer(collectorServerOptions, listener).listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
