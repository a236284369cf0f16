import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { messageOf, TributaryError } from '../runtime/errors.ts';

export interface SenderOptions {
  /** Where Tributary is: `https://tributary.example.com`. */
  readonly url: string;
  readonly key: string;
  readonly signal: AbortSignal;
  /** Said once when sending begins to fail, and once when it goes on. */
  readonly say: (message: string) => void;
}

const firstPause = 250;
const maxPause = 30_000;
const maxRatio = 50;
/** As long as a disk that is slow to sync may take. */
const patience = 60_000;
/** These end by themselves; any other refusal needs a person. */
const passing = new Set([408, 425, 429]);

/** Sends until the collector says that it has it. Rejects when it says that it never will, or when the signal is aborted. */
export function createSender({ url, key, signal, say }: SenderOptions): (body: Buffer) => Promise<void> {
  const target = `${url.replace(/\/+$/, '')}/lines/v1`;
  const headers = {
    authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
    'content-type': 'application/vnd.tributary.lines',
  };
  return async (body) => {
    const gzip = gzipSync(body, { level: 1 });
    // lines that repeat themselves would look like a bomb to the collector, which refuses what unpacks a hundredfold
    const isPacked = gzip.length * maxRatio > body.length;
    const packed = isPacked ? gzip : body;
    const encoding = isPacked ? { 'content-encoding': 'gzip' } : undefined;
    for (let attempt = 0; ; attempt++) {
      const failure = await attemptOnce(target, { ...headers, ...encoding }, packed, signal);
      if (failure === undefined) {
        if (attempt > 0) say('sending goes on');
        return;
      }
      signal.throwIfAborted();
      const wait = failure.retryAfter ?? Math.min(maxPause, firstPause * 2 ** Math.min(attempt, 20));
      if (attempt === 0) say(`${url} does not take lines (${failure.why}); trying again`);
      await sleep(wait, undefined, { signal });
    }
  };
}

interface Failure {
  readonly why: string;
  /** Milliseconds. */
  readonly retryAfter: number | undefined;
}

async function attemptOnce(
  target: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  let answer: Response;
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
    answer = await fetch(target, { method: 'POST', headers, body, signal: limit, redirect: 'error' });
  } catch (error) {
    const cause = (error as { cause?: unknown }).cause;
    return { why: messageOf(cause ?? error), retryAfter: undefined };
  }
  const text = await answer.text().catch(() => '');
  if (answer.ok) return undefined;
  if (answer.status < 500 && !passing.has(answer.status)) throw refused(target, answer.status, text);
  const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN);
  const retryAfter = seconds >= 0 ? Math.min(maxPause, Math.max(firstPause, seconds * 1_000)) : undefined;
  return { why: `it answers ${answer.status}`, retryAfter };
}

function refused(target: string, status: number, text: string): TributaryError {
  const why = status === 401 ? 'the write key is not known there' : text.slice(0, 300);
  return new TributaryError(
    status === 401 ? 'unknown-key' : 'bad-request',
    `${target} refuses the lines with ${status}: ${why}`,
  );
}
