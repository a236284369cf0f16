import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { TributaryError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import { sendFailure } from './failure.ts';
import { pageHeaders } from './security-headers.ts';

export interface UiOptions {
  /** Folder of the built interface: `web/dist`. */
  readonly folder: string;
  readonly logger: Logger;
}

/** Serves the interface: its files, and index.html for every address that a person opens. Takes the not-found handler of `app`. */
export async function registerUi(app: FastifyInstance, { folder, logger }: UiOptions): Promise<void> {
  const index = join(folder, 'index.html');
  const built = existsSync(index);
  if (!built) logger.warn('the interface is not built: npm run build:web', { folder });

  await app.register(async (scope) => {
    scope.addHook('onRequest', async (_request, reply) => {
      reply.headers(pageHeaders);
    });
    scope.setErrorHandler((error, request, reply) => sendFailure(error, request, reply, logger));
    if (built) {
      await scope.register(fastifyStatic, {
        root: folder,
        cacheControl: false,
        dotfiles: 'ignore',
        setHeaders: (reply, path) => {
          // names below assets/ carry a hash of their content, so they never change
          const hashed = relative(folder, path).startsWith('assets/');
          reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
        },
      });
    }
    scope.setNotFoundHandler((request, reply) => {
      if (!opensPage(request)) {
        const path = request.url.split('?')[0] ?? '';
        return sendFailure(
          new TributaryError('not-found', `there is nothing at ${path}`),
          request,
          reply,
          logger,
        );
      }
      if (built) return reply.sendFile('index.html');
      return reply.code(503).type('text/html; charset=utf-8').send(notBuilt);
    });
  });
}

function opensPage({ method, headers, url }: FastifyRequest): boolean {
  const reads = method === 'GET' || method === 'HEAD';
  return reads && (headers.accept ?? '').includes('text/html') && !url.startsWith('/assets/');
}

const notBuilt = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Tributary</title>
<style>body { font: 16px/1.5 system-ui; max-width: 36rem; margin: 4rem auto; padding: 0 1rem }</style>
<h1>The interface is not built yet</h1>
<p>The server is running. Build its interface with <code>npm run build:web</code>, then start the server again.</p>
</html>
`;
