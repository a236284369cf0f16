import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** How the road between a tracker and Tributary behaves; `reset-after`: the request arrives, its answer does not. */
export type Road = 'open' | '503' | 'reset' | 'reset-after' | 'slow';

export interface Crossing extends AsyncDisposable {
  readonly origin: string;
  road: Road;
  /** Bodies of the requests to /t so far, also of those that went nowhere, oldest first. */
  readonly sent: Batch[];
  /** Everything that was asked for, as `POST /t`. */
  readonly asked: string[];
}

export interface Batch {
  readonly e: readonly {
    readonly i: string;
    readonly n?: string;
    readonly t?: string;
    readonly q?: number;
  }[];
}

/** A proxy in front of the program, which fails as it is told. */
export async function openCrossing(target: string): Promise<Crossing> {
  const sent: Batch[] = [];
  const asked: string[] = [];
  const crossing = { road: 'open' as Road, sent, asked };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const path = (request.url ?? '').split('?')[0];
      asked.push(`${request.method} ${path}`);
      const isEvents = request.method === 'POST';
      if (isEvents) sent.push(JSON.parse(unpacked(body)) as Batch);
      travel(isEvents ? crossing.road : 'open', target, request, body, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(crossing, {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

function unpacked(body: Buffer): string {
  return (body[0] === 0x1f ? gunzipSync(body) : body).toString();
}

function travel(
  road: Road,
  target: string,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): void {
  if (road === 'reset') {
    request.socket.destroy();
    return;
  }
  if (road === '503') {
    response.writeHead(503, {
      'access-control-allow-origin': request.headers.origin ?? '*',
      'access-control-expose-headers': 'retry-after',
      'retry-after': '1',
    });
    response.end();
    return;
  }
  const onward = httpRequest(
    `${target}${request.url}`,
    { method: request.method, headers: { ...request.headers, host: new URL(target).host } },
    (answer) => {
      if (road === 'reset-after') {
        answer.resume();
        answer.on('end', () => request.socket.destroy());
        return;
      }
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      if (road === 'slow') setTimeout(() => answer.pipe(response), 1_500);
      else answer.pipe(response);
    },
  );
  onward.on('error', () => request.socket.destroy());
  onward.end(body);
}

export interface Pages extends AsyncDisposable {
  readonly origin: string;
}

/** A customer's site: `html` gives the page of a path. */
export async function servePages(html: (path: string) => string): Promise<Pages> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const type = path.endsWith('.pdf') ? 'application/pdf' : 'text/html; charset=utf-8';
    response.writeHead(200, { 'content-type': type }).end(html(path));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
