import { BlockList, isIPv6 } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Store } from '../store/store.ts';
import { admit, authenticate } from './access.ts';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** `/metrics` for Prometheus: free on the machine itself, elsewhere with an API key or a session. */
export function addMetrics(
  scope: FastifyInstance,
  store: Store,
  metrics: () => string | Promise<string>,
): void {
  scope.get('/metrics', async (request, reply) => {
    if (!isLocal(request)) {
      admit({ access: 'viewer', scope: 'self' }, (await authenticate(request, store))?.caller);
    }
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics());
  });
}

/** From this machine, not passed on by a proxy on it, and not by a foreign name that was made to point here. */
function isLocal(request: FastifyRequest): boolean {
  const { headers } = request;
  if (headers.forwarded ?? headers['x-forwarded-for'] ?? headers['x-real-ip']) return false;
  return isLoopback(request.socket.remoteAddress ?? '') && isLocalName(headers.host ?? '');
}

function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '');
  return loopback.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
}

function isLocalName(host: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return name === 'localhost' || isLoopback(name);
}
