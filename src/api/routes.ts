import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Endpoint, type EndpointName, endpoints } from '../contract/endpoints.ts';
import { TributaryError } from '../runtime/errors.ts';
import type { Store } from '../store/store.ts';
import { admit, admitProject, authenticate, bearerOf } from './access.ts';
import { wordsOf } from './failure.ts';
import type { Answer, Caller, Context, Handlers } from './handler.ts';
import { readInput } from './input.ts';
import { refuseOtherSites } from './same-origin.ts';
import { sessionCookie } from './session-cookie.ts';

const bodyLimit = 1_048_576;

export interface RouteOptions {
  readonly store: Store;
  readonly handlers: Handlers;
  readonly publicUrl: string;
  readonly checkOutput: boolean;
}

/** One route per row of the endpoint table. */
export function addRoutes(scope: FastifyInstance, options: RouteOptions): void {
  for (const name of Object.keys(endpoints) as EndpointName[]) addRoute(scope, name, options);
}

function addRoute(scope: FastifyInstance, name: EndpointName, options: RouteOptions): void {
  const { store, handlers, publicUrl, checkOutput } = options;
  const endpoint: Endpoint = endpoints[name];
  // the table ties input, caller and output of a name together; here only the name's row is at hand
  const handle = handlers[name] as (input: unknown, context: Context<unknown>) => Promise<unknown>;
  const callers = new WeakMap<FastifyRequest, Caller>();

  scope.route({
    method: endpoint.method,
    url: endpoint.path,
    bodyLimit,
    // before the body is read: strangers may not make the server work
    onRequest: async (request, reply) => {
      if (endpoint.method !== 'GET' && bearerOf(request) === undefined) refuseOtherSites(request, publicUrl);
      if (endpoint.access === 'public') return;
      const authenticated = await authenticate(request, store);
      if (authenticated?.renewed) {
        reply.header('set-cookie', sessionCookie(authenticated.renewed, request.protocol === 'https'));
      }
      const caller = admit(endpoint, authenticated?.caller);
      if (caller) callers.set(request, caller);
    },
    handler: async (request, reply) => {
      const input = readInput(endpoint, request);
      const caller = callers.get(request);
      if (endpoint.scope === 'project') {
        if (!caller) throw new TributaryError('unauthenticated', 'nobody is signed in');
        await admitProject(input.project, caller, store);
      }
      const file: { texts?: AsyncIterable<string> } = {};
      const output = await handle(input, contextOf(request, reply, caller, publicUrl, file));
      if (file.texts) return reply.send(Readable.from(file.texts, { objectMode: false }));
      if (checkOutput) check(name, endpoint, output);
      return reply.send(output);
    },
  });
}

function contextOf(
  request: FastifyRequest,
  reply: FastifyReply,
  caller: Caller | undefined,
  publicUrl: string,
  file: { texts?: AsyncIterable<string> },
): Context<Caller | undefined> {
  const secure = request.protocol === 'https';
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort(new Error('the client went away'));
  });
  const answer: Answer = {
    status: (code) => void reply.code(code),
    download: (name, type, texts) => {
      file.texts = texts;
      void reply.header('content-type', type).header('content-disposition', `attachment; filename="${name}"`);
    },
    startSession: (token) => void reply.header('set-cookie', sessionCookie(token, secure)),
    endSession: () => void reply.header('set-cookie', sessionCookie(undefined, secure)),
  };
  return {
    caller,
    address: request.ip,
    publicUrl: publicUrl === '' ? `${request.protocol}://${request.host}` : publicUrl,
    signal: gone.signal,
    answer,
  };
}

function check(name: EndpointName, endpoint: Endpoint, output: unknown): void {
  const checked = endpoint.output.safeParse(output);
  if (!checked.success) {
    throw new TributaryError(
      'internal',
      `the answer of ${name} is not what its contract says: ${wordsOf(checked.error)}`,
    );
  }
}

/** Answers what no route takes below /api: 405 when another method would do, else 404. */
export function addUnknownRoutes(scope: FastifyInstance): void {
  const rows: Endpoint[] = Object.values(endpoints);
  const refuse = async (request: FastifyRequest, reply: FastifyReply): Promise<never> => {
    const path = request.url.split('?')[0] ?? '';
    const methods = rows.filter((row) => matches(row.path, path)).map((row) => row.method);
    if (methods.length === 0) throw new TributaryError('not-found', `there is nothing at ${path}`);
    reply.header('allow', methods.join(', '));
    throw new TributaryError(
      'method-not-allowed',
      `${path} takes ${methods.join(', ')}, not ${request.method}`,
    );
  };
  for (const url of ['/api', '/api/*']) scope.all(url, { onRequest: refuse }, refuse);
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const given = path.split('/');
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => (part.startsWith(':') ? given[index] !== '' : part === given[index]))
  );
}
