import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../runtime/clock.ts';
import { messageOf, TributaryError } from '../runtime/errors.ts';
import type { Message } from './message.ts';

export interface Target {
  /** Address of the collector, without a path. */
  readonly url: string;
  readonly writeKey: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Posts one batch to the Segment HTTP API and tries again until it is acknowledged: ids are fixed, so sending twice is
 * harmless. `sentAt` is the time of the attempt, which leaves the messages' own times as they are.
 */
export async function postBatch(target: Target, batch: readonly Message[]): Promise<void> {
  const { url, writeKey, signal } = target;
  const headers = {
    'content-type': 'application/json',
    authorization: `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`,
  };
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    const backoff = Math.min(10_000, 250 * 2 ** Math.min(attempt, 6));
    const body = JSON.stringify({ batch, sentAt: new Date(systemClock.now()).toISOString() });
    const answer = await post(`${url}/v1/batch`, { method: 'POST', headers, body, signal: signal ?? null });
    if (answer.status >= 200 && answer.status < 300) return;
    const again = answer.status === 0 || answer.status === 429 || answer.status >= 500;
    if (!again) {
      const code = answer.status === 401 ? 'unknown-key' : 'bad-request';
      throw new TributaryError(code, `the collector refused the demo with ${answer.status}: ${answer.text}`);
    }
    const pause = answer.retryAfter > 0 ? answer.retryAfter * 1_000 : backoff;
    await sleep(pause, undefined, signal ? { signal } : {});
  }
}

/** Status 0 stands for no answer at all. */
async function post(
  address: string,
  init: RequestInit,
): Promise<{ status: number; text: string; retryAfter: number }> {
  try {
    const response = await fetch(address, init);
    const text = (await response.text()).slice(0, 300);
    return { status: response.status, text, retryAfter: Number(response.headers.get('retry-after')) || 0 };
  } catch (error) {
    init.signal?.throwIfAborted();
    return { status: 0, text: messageOf(error), retryAfter: 0 };
  }
}
