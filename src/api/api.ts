import type { FastifyInstance } from 'fastify';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Store } from '../store/store.ts';
import { sendFailure } from './failure.ts';
import type { DataHandlers, Handlers } from './handler.ts';
import { keyHandlers } from './handlers/keys.ts';
import { projectHandlers } from './handlers/projects.ts';
import { signInHandlers } from './handlers/sign-in.ts';
import { sourceHandlers } from './handlers/sources.ts';
import { userHandlers } from './handlers/users.ts';
import { addMetrics } from './metrics-route.ts';
import { openApi } from './openapi.ts';
import { addRoutes, addUnknownRoutes } from './routes.ts';
import { apiHeaders } from './security-headers.ts';
import { registerUi } from './static.ts';

export type {
  AccountHandlers,
  Answer,
  Caller,
  CallerOf,
  Context,
  DataHandlers,
  Handlers,
  KeyCaller,
  UserCaller,
} from './handler.ts';
export { registerUi };

export interface ApiOptions {
  readonly store: Store;
  /** The endpoints that the store alone cannot answer. */
  readonly handlers: DataHandlers;
  /** Removes the events of a project from the warehouse; rejects when that has to be tried again. */
  readonly deleteEvents: (project: string) => Promise<void>;
  /** The text of `/metrics`. */
  readonly metrics: () => string | Promise<string>;
  /** Where users reach this server, without a trailing slash; empty means where the request went. */
  readonly publicUrl: string;
  /** Path of our tracker's script. */
  readonly trackerScript: string;
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Checks answers against the contract too; for tests, since it costs time. */
  readonly checkOutput?: boolean;
}

/**
 * Serves the endpoint table, `/api/openapi.json` and `/metrics`. Everything is scoped to these routes: parsers, headers
 * and error handler of `app` stay as they are. `app` decides about trusted proxies (`trustProxy`).
 */
export async function registerApi(app: FastifyInstance, options: ApiOptions): Promise<void> {
  const { store, clock, logger, version, publicUrl, metrics, checkOutput = false } = options;
  const handlers: Handlers = {
    ...options.handlers,
    ...signInHandlers(store, clock),
    ...projectHandlers(store, options.deleteEvents),
    ...keyHandlers(store),
    ...sourceHandlers(store, options.trackerScript),
    ...userHandlers(store),
  };
  const description = openApi(version);
  await app.register(async (scope) => {
    acceptJsonOnly(scope);
    scope.addHook('onRequest', async (_request, reply) => {
      reply.headers(apiHeaders);
    });
    scope.setErrorHandler((error, request, reply) => sendFailure(error, request, reply, logger));
    addRoutes(scope, { store, handlers, publicUrl, checkOutput });
    scope.get('/api/openapi.json', () => description);
    addMetrics(scope, store, metrics);
    addUnknownRoutes(scope);
  });
}

/** Forms of other sites can send text and form fields without asking, but not JSON. */
function acceptJsonOnly(scope: FastifyInstance): void {
  const parse = scope.getDefaultJsonParser('error', 'error');
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    return parse(request, String(body), done);
  });
}
