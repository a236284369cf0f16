import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { messageOf, TributaryError } from '../runtime/errors.ts';
import type { WireRequest } from './doors.ts';

const zip = promisify(gzip);

export interface SendOptions {
  /** Where Tributary answers, without a slash at the end. */
  readonly url: string;
  readonly signal?: AbortSignal | undefined;
  /** Told while the other side cannot take more. */
  readonly onWait: (why: string, ms: number) => void;
}

/** Answers that pass: sending again later is right. */
const passing = new Set([408, 429, 500, 502, 503, 504]);
const maxPause = 30_000;
const maxRatio = 50;

/**
 * Sends a request until it is acknowledged, which means that it is on disk there. Rejects when it is refused (a wrong key,
 * a wrong address); an address that has never answered is given up after half a minute.
 */
export async function send(
  request: WireRequest,
  options: SendOptions,
  answeredBefore: boolean,
): Promise<void> {
  const zipped = await zip(request.body, { level: 1 });
  // rows that repeat themselves would look like a bomb to the collector, which refuses what unpacks a hundredfold
  const body = zipped.length * maxRatio > Buffer.byteLength(request.body) ? zipped : request.body;
  const started = Date.now();
  for (let attempt = 0; ; attempt++) {
    const outcome = await post(request, body, options);
    if (outcome === 'taken') return;
    if (!answeredBefore && outcome.status === 0 && Date.now() - started > 30_000) {
      throw new TributaryError(
        'not-found',
        `Tributary does not answer at ${options.url}: ${outcome.why}; start it, or pass --to`,
      );
    }
    if (outcome.status !== 0 && !passing.has(outcome.status)) {
      throw new TributaryError(
        outcome.status === 401 || outcome.status === 403 ? 'unknown-key' : 'bad-request',
        `${options.url} refuses the import with ${outcome.status}: ${outcome.why}`,
      );
    }
    const pause = outcome.retryAfter ?? Math.min(maxPause, 250 * 2 ** Math.min(attempt, 10));
    options.onWait(outcome.why, pause);
    await sleep(pause, undefined, options.signal ? { signal: options.signal } : {});
  }
}

interface Refused {
  /** 0 when there was no answer. */
  readonly status: number;
  readonly why: string;
  readonly retryAfter?: number | undefined;
}

async function post(
  { protocol, path, headers }: WireRequest,
  body: Buffer<ArrayBuffer> | string,
  { url, signal }: SendOptions,
): Promise<'taken' | Refused> {
  try {
    const response = await fetch(`${url}/${protocol}${path}`, {
      method: 'POST',
      headers: typeof body === 'string' ? headers : { ...headers, 'content-encoding': 'gzip' },
      body,
      signal: signal ? AbortSignal.any([signal, AbortSignal.timeout(60_000)]) : AbortSignal.timeout(60_000),
    });
    const text = (await response.text()).slice(0, 500);
    if (response.ok) return 'taken';
    const seconds = Number(response.headers.get('retry-after'));
    return {
      status: response.status,
      why: text,
      retryAfter: seconds > 0 ? Math.min(maxPause, seconds * 1_000) : undefined,
    };
  } catch (error) {
    signal?.throwIfAborted();
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { status: 0, why: messageOf(cause) };
  }
}
