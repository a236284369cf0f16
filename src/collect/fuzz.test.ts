import { Agent, createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import {
  allowedStatuses,
  type FuzzRequest,
  fuzzedProtocols,
  fuzzRequests,
} from '../../test/fuzz-requests.ts';
import type { AcceptedRequest } from '../contract/request.ts';
import { systemClock } from '../runtime/clock.ts';
import { Metrics } from '../runtime/metrics.ts';
import { collectorServerOptions, createCollector } from './collect.ts';
import { decodeNow } from './decode-now.fixture.ts';

const count = 20_000;
const parallel = 16;
const key = 'wk_fuzz_0001';

function send(agent: Agent, port: number, { method, url, headers, body }: FuzzRequest): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = {
      agent,
      host: '127.0.0.1',
      port,
      method,
      path: url,
      headers: { ...headers, 'content-length': body.length },
    };
    const request = httpRequest(options, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** The bytes as they are, compressed or not, through two decoders, whosever they are; each has its turn. */
function decodeAs(turn: number, { name, method, url, headers, body }: FuzzRequest, wrong: string[]): void {
  const [path = '', query = ''] = url.split('?');
  for (const next of [turn, turn + 1]) {
    const protocol = fuzzedProtocols[next % fuzzedProtocols.length] ?? '';
    const { events, failures } = decodeNow({
      offset: 1,
      receivedAt: 1_795_300_000_000,
      project: 'p',
      key: '',
      visitor: '',
      address: '',
      protocol,
      method,
      path,
      query,
      headers,
      body,
    });
    JSON.stringify({ events, failures });
    if (failures.some(({ reason }) => reason === 'decoder failed'))
      wrong.push(`${name}: ${JSON.stringify(failures)}`);
  }
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

it(`${count} broken requests: each is answered, everything accepted decodes to events or reasons`, {
  timeout: 180_000,
}, async () => {
  const wrong: string[] = [];
  const totals = { accepted: 0, events: 0, failures: 0 };
  const collector = createCollector({
    log: {
      append: (accepted: AcceptedRequest) => {
        totals.accepted++;
        const { events, failures } = decodeNow({ ...accepted, offset: totals.accepted });
        totals.events += events.length;
        totals.failures += failures.length;
        // The pipeline writes both as JSON.
        JSON.stringify({ events, failures, headers: accepted.headers });
        if (failures.some(({ reason }) => reason === 'decoder failed')) wrong.push(JSON.stringify(failures));
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    },
    keyOf: (asked) => (asked === key ? { id: 'k', project: 'p', door: 'tracker' } : undefined),
    visitorOf: () => '',
    clock: systemClock,
    metrics: new Metrics(),
    ipPrivacy: 'truncate',
    trustedProxies: ['127.0.0.1'],
  });
  const port = await listening(
    createServer(collectorServerOptions, (request, response) => {
      if (!collector.handle(request, response)) {
        request.resume();
        response.writeHead(404).end();
      }
    }),
  );
  const agent = new Agent({ keepAlive: true, maxSockets: parallel });
  onTestFinished(() => agent.destroy());

  let total = 0;
  const statuses = new Map<number, number>();
  const requests = fuzzRequests(count, 20_261_122, key);
  const client = async (): Promise<void> => {
    for (const request of requests) {
      total++;
      decodeAs(total, request, wrong);
      // A third goes through HTTP too: the client costs more than everything that is tested here.
      if (total % 3 > 0) continue;
      const status = await send(agent, port, request).catch((error: unknown) => {
        throw new Error(`${request.name}: ${String(error)}`);
      });
      if (!allowedStatuses.includes(status)) wrong.push(`${request.name}: ${status}`);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: parallel }, client));

  expect(wrong).toEqual([]);
  expect(total).toBe(count);
  expect([...statuses.values()].reduce((sum, one) => sum + one, 0)).toBe(Math.floor(count / 3));
  const taken = [200, 202, 204].reduce((sum, status) => sum + (statuses.get(status) ?? 0), 0);
  expect(taken).toBeGreaterThan(count / 6);
  expect(statuses.get(503)).toBeUndefined();
  expect(totals.events).toBeGreaterThan(count / 12);
  expect(totals.failures).toBeGreaterThan(count / 30);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});
