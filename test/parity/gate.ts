import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { corsHeaders } from '../../src/collect/accept/cors.ts';
import type { Protocol, Route } from '../../src/collect/protocol.ts';
import { protocols } from '../../src/collect/protocols.ts';

/**
 * What the first two requests with events meet on their way; all others pass. `reset` breaks the first before Tributary
 * has it and the second after, so that the client sends again what is stored already.
 */
export type Weather = 'clear' | 'unavailable' | 'reset' | 'slow';

/** A proxy in front of Tributary that plays bad weather. */
export interface Gate extends AsyncDisposable {
  readonly url: string;
  /** Requests with events so far: method, path and what was made of it. */
  readonly log: readonly string[];
  /** All that was sent, unpacked, to look for ids in. */
  sent(): string;
}

const spells = 2;
const slowness = 2_000;

/** `name`: of the protocol that the client speaks; `only`: text in the requests that meet the weather, all when empty. */
export async function openGate(target: string, weather: Weather, name: string, only = ''): Promise<Gate> {
  const protocol = protocolNamed(name);
  const log: string[] = [];
  const bodies: string[] = [];
  let met = 0;
  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => outgoing.destroy());
  });
  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await read(incoming);
    const route = routeOf(incoming, protocol);
    const meets = route && textOf(body).includes(only) && weather !== 'clear' && met < spells;
    const spell = meets ? ++met : 0;
    if (route) {
      bodies.push(incoming.url ?? '', textOf(body));
      log.push(
        `${incoming.method} ${incoming.url} (${body.length} bytes): ${spell > 0 ? weather : 'passed'}`,
      );
    }
    if (route && spell > 0 && weather === 'unavailable')
      return unavailable(protocol, route, incoming, outgoing);
    if (spell === 1 && weather === 'reset') return breakOff(incoming);
    const answer = await forward(target, incoming, body);
    if (spell > 0 && weather === 'reset') return breakOff(incoming);
    if (spell > 0 && weather === 'slow') await sleep(slowness);
    // a browser sends again by itself on a connection that it had before, whatever the client library does
    outgoing.writeHead(answer.status, { ...answer.headers, connection: 'close' });
    outgoing.end(answer.body);
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    log,
    sent: () => bodies.join('\n'),
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function protocolNamed(name: string): Protocol {
  const protocol = protocols.find((one) => one.name === name);
  if (!protocol) throw new Error(`there is no protocol ${name}`);
  return protocol;
}

/** What the path is to a protocol, if the request carries events. */
function routeOf({ method = '', url = '' }: IncomingMessage, protocol: Protocol): Route | undefined {
  const route = protocol.route(url.split('?')[0]?.replace(/(?<=.)\/$/, '') ?? '');
  const carries = route?.kind === 'events' && route.methods.includes(method) && method !== 'OPTIONS';
  return carries ? route : undefined;
}

async function read(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** What Tributary itself answers when its disk is full. */
function unavailable(
  protocol: Protocol,
  route: Route,
  { headers }: IncomingMessage,
  outgoing: ServerResponse,
): void {
  const plain = {
    headers: { 'content-type': 'application/json' },
    body: '{"success":false,"error":{"code":"disk-full","message":"the disk is full"}}',
  };
  const answer = protocol.refusal?.(503, 'the disk is full', route) ?? plain;
  outgoing.writeHead(503, {
    ...answer.headers,
    ...corsHeaders(headers),
    'retry-after': '1',
    connection: 'close',
  });
  outgoing.end(answer.body);
}

function breakOff({ socket }: IncomingMessage): void {
  socket.resetAndDestroy();
}

interface Passed {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function forward(target: string, { method, url, headers }: IncomingMessage, body: Buffer): Promise<Passed> {
  const { 'transfer-encoding': _, ...kept } = headers;
  const length = body.length > 0 ? { 'content-length': `${body.length}` } : {};
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(url ?? '/', target), {
      method,
      headers: { ...kept, ...length },
      agent: false,
    });
    outgoing.on('error', reject);
    outgoing.on('response', (answer) => {
      read(answer).then(
        (answered) => resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: answered }),
        reject,
      );
    });
    outgoing.end(body);
  });
}

/** Gunzipped, and with base64 forms decoded beside the text as it came. */
function textOf(body: Buffer): string {
  const plain = (body[0] === 0x1f && body[1] === 0x8b ? gunzipSync(body) : body).toString();
  const form = new URLSearchParams(plain).get('data');
  return form ? `${plain}\n${form}\n${Buffer.from(form.replaceAll(' ', '+'), 'base64').toString()}` : plain;
}
