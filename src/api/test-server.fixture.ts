import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify, { type FastifyInstance, type LightMyRequestResponse } from 'fastify';
import { type EndpointName, endpoints } from '../contract/endpoints.ts';
import { fakeClock } from '../runtime/clock.ts';
import { TributaryError } from '../runtime/errors.ts';
import { silentLogger } from '../runtime/logger.ts';
import { openStore, type Store } from '../store/store.ts';
import { type ApiOptions, type DataHandlers, registerApi } from './api.ts';

export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'api-'));
  return { path, remove: () => rmSync(path, { recursive: true }) };
}

/** The API on a real store, with handlers of the composition root that a test gives (the others fail loudly). */
export async function testServer(
  given: Partial<DataHandlers> = {},
  options: Partial<Omit<ApiOptions, 'handlers'>> = {},
  addNeighbours: (app: FastifyInstance) => unknown = () => {},
) {
  const folder = temporaryFolder();
  const clock = fakeClock(Date.UTC(2026, 0, 5));
  const store: Store = openStore({ url: 'embedded', data: folder.path, clock });
  const app: FastifyInstance = fastify({
    trustProxy: '127.0.0.1',
    routerOptions: { ignoreTrailingSlash: true },
  });
  const missing = Object.fromEntries(
    (Object.keys(endpoints) as EndpointName[]).map((name) => [
      name,
      async () => {
        throw new TributaryError('internal', `no handler for ${name} in this test`);
      },
    ]),
  ) as unknown as DataHandlers;
  await registerApi(app, {
    store,
    clock,
    handlers: { ...missing, ...given },
    deleteEvents: async () => {},
    metrics: () => 'tributary_up 1\n',
    publicUrl: '',
    trackerScript: '/t.js',
    version: '1.2.3',
    logger: silentLogger,
    checkOutput: true,
    ...options,
  });
  addNeighbours(app);
  await app.ready();
  return {
    app,
    store,
    clock,
    close: async () => {
      await app.close();
      await store.close();
      folder.remove();
    },
  };
}

export type TestServer = Awaited<ReturnType<typeof testServer>>;

/** The session cookie that an answer sets, as a request sends it back. */
export function cookieOf(answer: LightMyRequestResponse): string {
  const [header] = [answer.headers['set-cookie'] ?? ''].flat();
  return (header ?? '').split(';')[0] ?? '';
}
