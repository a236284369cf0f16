import { setTimeout as sleep } from 'node:timers/promises';
import { TributaryError } from '../runtime/errors.ts';
import type { Heartbeat, Store } from '../store/store.ts';
import type { ProcessHeartbeat } from './process.ts';

/** A pipeline that has not said anything for this long, milliseconds, is not ready. */
const silence = 5_000;
/** How long somebody waits for the pipeline, milliseconds. */
export const loadPatience = 30_000;

type ProcessReport = Omit<Heartbeat, 'detail'> & { readonly detail: ProcessHeartbeat };

/** The newest report of the pipeline; undefined when it is silent. */
export async function processHeartbeat(store: Store): Promise<ProcessReport | undefined> {
  const beats = await store.heartbeats.list(Date.now() - silence);
  const newest = beats.find((beat) => beat.role === 'process');
  return newest && { ...newest, detail: newest.detail as ProcessHeartbeat };
}

/** Offset of the last record that was processed, as far as the pipeline has told. */
export async function processedOffset(store: Store): Promise<number | undefined> {
  return (await processHeartbeat(store))?.detail.progress.lastOffset;
}

/** Waits until the pipeline has passed an offset of the log; rejects after `loadPatience`, for the caller to try again. */
export async function loadedUpTo(offset: number, store: Store): Promise<void> {
  const asked = Date.now();
  while (Date.now() - asked < loadPatience) {
    const report = await processHeartbeat(store);
    const progress = report && report.at > asked ? report.detail.progress : undefined;
    if (progress && (progress.lastOffset >= offset || progress.lagRecords === 0)) return;
    await sleep(100);
  }
  throw new TributaryError('overloaded', 'the pipeline has not caught up with the log yet', {
    retryAfter: 30,
  });
}
