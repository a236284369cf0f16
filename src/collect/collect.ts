import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AcceptedRequest } from '../contract/request.ts';
import type { LogWriter } from '../log/log.ts';
import type { Clock } from '../runtime/clock.ts';
import { type ErrorCode, errorTable, TributaryError } from '../runtime/errors.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { type IpPrivacy, privateAddress, TrustedProxies } from './accept/address.ts';
import { type BodyProblem, decompress, encodingOf, receiveBody } from './accept/body.ts';
import { corsHeaders, preflightHeaders } from './accept/cors.ts';
import { keptHeaders } from './accept/headers.ts';
import { maskingWriter, maskRequest } from './accept/mask.ts';
import { privateBody, privateQuery } from './accept/privacy.ts';
import { Refusals } from './accept/refusals.ts';
import { type Excess, SourceLimits } from './accept/source-limits.ts';
import { createDecoder } from './decoder.ts';
import type {
  Admission,
  Answer,
  Incoming,
  Outbound,
  Protocol,
  Reading,
  Route,
  SourceKey,
} from './protocol.ts';
import { protocols } from './protocols.ts';
import { publicOutbound } from './webhook/outbound.ts';

export type { Refusal } from './accept/refusals.ts';
export type { DecodeContext, SourceKey } from './protocol.ts';
export { createDecoder, maskingWriter, maskRequest, Refusals };

export interface CollectorOptions {
  readonly log: LogWriter;
  /**
   * What a write key is; without a key, the project that takes requests of this protocol that name none (undefined when
   * there is no such one). Asked on every request, unknown keys included, so it must be cached; an answer that is no
   * promise is the fast path.
   */
  keyOf(key: string | undefined, protocol: string): Found;
  /** The id of a visitor for this day, for protocols without one of their own. */
  visitorOf(project: string, address: string, userAgent: string): string;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly ipPrivacy: IpPrivacy;
  /** Addresses and CIDR ranges whose X-Forwarded-For, Forwarded and X-Forwarded-Proto are believed. */
  readonly trustedProxies: readonly string[];
  /** Hears of requests that had a known key and were turned away. */
  readonly refusals?: Refusals;
  /** The world outside, for protocols that must ask it something; the public internet unless given. */
  readonly outbound?: Outbound;
}

export interface Collector {
  /**
   * Takes the request when its path is one of a tracker's (then true, and the answer will come), else leaves it alone.
   * It stands before the web framework: a tracker's request pays for nothing that it does not need.
   */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
}

/** Options for `http.createServer`: trackers that send by GET put a whole event into the request line. */
export const collectorServerOptions = { maxHeaderSize: 64 * 1024 } as const;

type Found = SourceKey | undefined | Promise<SourceKey | undefined>;

interface Target {
  readonly protocol: Protocol;
  readonly route: Route;
  readonly prefix: string;
}

export function createCollector(options: CollectorOptions): Collector {
  const collector = new RequestCollector(options);
  return { handle: (request, response) => collector.handle(request, response) };
}

class RequestCollector {
  readonly #options: CollectorOptions;
  readonly #proxies: TrustedProxies;
  readonly #targets = new Map<string, readonly Target[]>();
  readonly #limits: SourceLimits;

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#limits = new SourceLimits(options.clock);
    this.#proxies = new TrustedProxies(options.trustedProxies);
  }

  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const targets = this.#targets.get(path) ?? this.#resolve(path);
    const [first] = targets;
    if (!first || first.route.only?.(request.headers) === false) return false;
    const method = request.method ?? 'GET';
    if (method === 'OPTIONS') {
      request.resume();
      response.writeHead(200, { ...preflightHeaders(request.headers), 'content-length': '0' });
      response.end();
      return true;
    }
    const open =
      targets.length === 1 ? targets : targets.filter(({ route }) => route.methods.includes(method));
    const exchange: Exchange = {
      request,
      response,
      targets: open,
      target: open[0] ?? first,
      method,
      query: mark < 0 ? '' : url.slice(mark + 1),
    };
    if (!exchange.target.route.methods.includes(method)) {
      request.resume();
      this.#refuse(exchange, 'method', 405, 'bad-request', `${method} is not for ${path}`);
      return true;
    }
    if (method === 'GET' || method === 'HEAD') {
      request.resume();
      void this.#take(exchange, noBody);
      return true;
    }
    receiveBody(request, (problem, body) => {
      if (problem) this.#refuseBody(exchange, problem);
      else void this.#receive(exchange, body);
    });
    return true;
  }

  #resolve(path: string): readonly Target[] {
    const bare = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
    const targets: Target[] = [];
    for (const protocol of protocols) {
      const route = protocol.route(bare);
      if (route) targets.push({ protocol, route, prefix: '' });
    }
    for (const protocol of targets.length > 0 ? [] : protocols) {
      const prefix = `/${protocol.name}`;
      const inner = bare.startsWith(`${prefix}/`) ? protocol.route(bare.slice(prefix.length)) : undefined;
      if (inner) targets.push({ protocol, route: inner, prefix });
    }
    return targets.length === 0 ? none : this.#remember(path, targets);
  }

  /** Paths with keys in them come from outside, so there is an end to what is remembered. */
  #remember(path: string, targets: readonly Target[]): readonly Target[] {
    if (this.#targets.size > 1_000) this.#targets.clear();
    this.#targets.set(path, targets);
    return targets;
  }

  async #receive(exchange: Exchange, sent: Buffer): Promise<void> {
    const encoding = encodingOf(sent, exchange.request.headers['content-encoding']);
    if (!encoding) return this.#take(exchange, sent);
    const body = await decompress(sent, encoding);
    return typeof body === 'string' ? this.#refuseBody(exchange, body) : this.#take(exchange, body);
  }

  async #take(exchange: Exchange, body: Buffer): Promise<void> {
    try {
      const incoming = this.#claimed(exchange, this.#incoming(exchange, body));
      const { protocol, route } = exchange.target;
      if (route.kind === 'answer') {
        const asked = route.key === undefined ? undefined : this.#options.keyOf(route.key, protocol.name);
        const known = (asked instanceof Promise ? await asked : asked) !== undefined;
        const answer = protocol.answer?.(incoming, known);
        if (answer) send(exchange, answer);
        return;
      }
      const reading = protocol.read(incoming);
      const found = this.#keyOf(reading, protocol);
      const key = found instanceof Promise ? await found : found;
      if (key === undefined) {
        this.#refuse(exchange, 'unknown-key', 401, 'unknown-key', unknownKey(reading));
        return;
      }
      const excess = this.#limits.check(key, exchange.request.headers, protocol.name);
      if (excess) {
        this.#refuseExcess(exchange, key, excess);
        return;
      }
      const { clock, log, outbound = publicOutbound } = this.#options;
      const admitted = protocol.admit?.(incoming, key, clock.now(), outbound);
      const admission = admitted instanceof Promise ? await admitted : admitted;
      let outcome = admission?.outcome ?? 'accepted';
      if (admission?.keep === false) {
        if (admission.answer.status >= 400) this.#noteRefusal(key, outcome, '');
      } else {
        const appended = log.append(this.#requestOf(exchange, incoming, reading, key, admission));
        if (!admission?.regardless) await appended;
        else if (!(await succeeds(appended))) outcome = 'lost';
      }
      this.#count(protocol.name, outcome);
      send(exchange, admission?.answer ?? reading.answer);
    } catch (error) {
      this.#unavailable(exchange, error);
    }
  }

  #refuseExcess(exchange: Exchange, key: SourceKey, excess: Excess): void {
    const { outcome, status, code, message, detail, retryAfter } = excess;
    this.#noteRefusal(key, outcome, detail);
    const headers = retryAfter === undefined ? {} : { 'retry-after': `${retryAfter}` };
    this.#refuse(exchange, outcome, status, code, message, headers);
  }

  #noteRefusal({ id }: SourceKey, outcome: string, detail: string): void {
    this.#options.refusals?.add(id, outcome, this.#options.clock.now(), detail);
  }

  /** Gives the exchange to the protocol that claims it, where several take its path. */
  #claimed(exchange: Exchange, incoming: Incoming): Incoming {
    const { targets } = exchange;
    if (targets.length === 1) return incoming;
    for (const target of targets) {
      const seen = { ...incoming, route: target.route, prefix: target.prefix };
      if (target !== targets.at(-1) && target.protocol.claims?.(seen) !== true) continue;
      exchange.target = target;
      return seen;
    }
    return incoming;
  }

  #incoming({ request, target, method, query }: Exchange, body: Buffer): Incoming {
    const { headers, socket } = request;
    const proxied = this.#proxies.has(socket.remoteAddress ?? '');
    const secure =
      'encrypted' in socket ||
      (proxied && /(?:^|,)\s*https\s*$/i.test(String(headers['x-forwarded-proto'] ?? '')));
    const forwardedHost = proxied ? headers['x-forwarded-host'] : undefined;
    const host = (typeof forwardedHost === 'string' ? forwardedHost : headers.host) ?? '';
    return { route: target.route, prefix: target.prefix, method, query, headers, body, secure, host };
  }

  #keyOf(reading: Reading, { name, keyless }: Protocol): Found {
    const options = this.#options;
    if (reading.key !== undefined) return options.keyOf(reading.key, name);
    const otherwise = () => (keyless ? options.keyOf(undefined, name) : undefined);
    if (reading.hint === undefined) return otherwise();
    const hinted = options.keyOf(reading.hint, name);
    // a key of ours that is revoked must not send its events into another project
    if (reading.hint.startsWith('wk_')) return hinted;
    if (hinted instanceof Promise) return hinted.then((found) => found ?? otherwise());
    return hinted ?? otherwise();
  }

  #requestOf(
    exchange: Exchange,
    incoming: Incoming,
    reading: Reading,
    key: SourceKey,
    admission: Admission | undefined,
  ): AcceptedRequest {
    const { ipPrivacy, clock } = this.#options;
    const { protocol, route } = exchange.target;
    const { headers } = incoming;
    const client = this.#proxies.clientOf(exchange.request.socket.remoteAddress ?? '', headers);
    // Who asks to be anonymous gets no address kept, in the body as little as of the connection.
    const privacy = reading.anonymous ? 'drop' : ipPrivacy;
    const sent = { query: reading.query, body: reading.body ?? incoming.body };
    const hidden: ReturnType<NonNullable<Protocol['hideAddresses']>> =
      privacy === 'keep' || !protocol.hideAddresses
        ? sent
        : protocol.hideAddresses(sent, (address) => privateAddress(address, privacy));
    return {
      receivedAt: clock.now(),
      project: key.project,
      key: key.id,
      protocol: protocol.name,
      method: exchange.method,
      path: route.path,
      query: privateQuery(hidden.query, privacy),
      headers: keptHeaders(
        headers,
        admission?.headers ? { ...reading.headers, ...admission.headers } : reading.headers,
      ),
      address: privateAddress(client, privacy),
      visitor: reading.cookieless
        ? this.#options.visitorOf(key.project, client, headers['user-agent'] ?? '')
        : '',
      body: hidden.complete ? hidden.body : privateBody(hidden.body, privacy),
    };
  }

  #refuseBody(exchange: Exchange, problem: BodyProblem): void {
    const { tooLargeStatus } = exchange.target.protocol;
    if (problem === 'aborted') exchange.response.destroy();
    else if (problem === 'too-large') {
      this.#refuse(
        exchange,
        problem,
        tooLargeStatus,
        'too-large',
        'the request is larger than 4 MB, or than 20 MB unpacked',
      );
    } else {
      this.#refuse(exchange, problem, 400, 'bad-request', 'the body cannot be unpacked as its encoding says');
    }
  }

  /** Whatever went wrong here is no fault of the request: 503 is the one answer on which every client tries again. */
  #unavailable(exchange: Exchange, error: unknown): void {
    const known = error instanceof TributaryError ? error : undefined;
    // what is wrong inside, such as a secret that does not open, is not for senders
    const told = known?.status === 503 ? known : undefined;
    const message = told?.message ?? 'the request could not be kept';
    this.#refuse(exchange, known?.code ?? 'internal', 503, told?.code ?? 'overloaded', message, {
      'retry-after': `${known?.retryAfter ?? 1}`,
    });
  }

  #refuse(
    exchange: Exchange,
    outcome: string,
    status: number,
    code: ErrorCode,
    message: string,
    headers: Record<string, string> = {},
  ): void {
    const { protocol } = exchange.target;
    this.#count(protocol.name, outcome);
    if (protocol.refusal) {
      const answer = protocol.refusal(status, message, exchange.target.route);
      send(exchange, { ...answer, headers: { ...answer.headers, ...headers } });
      return;
    }
    const body = JSON.stringify({
      success: false,
      error: { code, message, advice: errorTable[code].advice },
    });
    send(exchange, { status, headers: { 'content-type': 'application/json', ...headers }, body });
  }

  #count(protocol: string, outcome: string): void {
    this.#options.metrics.count('collector_requests_total', 'Requests of trackers by what became of them.', {
      protocol,
      outcome,
    });
  }
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The protocols that take path and method. */
  readonly targets: readonly Target[];
  /** The one that has it; the first of several until the request is read. */
  target: Target;
  readonly method: string;
  readonly query: string;
}

const noBody = Buffer.alloc(0);
const none: readonly Target[] = [];

function succeeds(work: Promise<void>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

function unknownKey(reading: Reading): string {
  return reading.key === undefined
    ? 'the request names no write key, and no project takes requests without one'
    : 'the write key of the request is not known here';
}

function send({ request, response, method }: Exchange, { status, headers, body }: Answer): void {
  if (response.destroyed || response.headersSent) return;
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  const close = request.complete ? undefined : { connection: 'close' };
  response.writeHead(status, {
    ...headers,
    ...corsHeaders(request.headers),
    ...close,
    'content-length': length,
  });
  response.end(method === 'HEAD' ? undefined : body);
}
