import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../runtime/errors.ts';
import {
  type Pauses,
  type Source,
  type SourceContext,
  type SourceStatus,
  type StatusChange,
  usualPauses,
} from './source.ts';

const [firstPause, longestPause] = [250, 30_000];
/** A life longer than this makes the next failure a first one again. */
const healthyLife = 60_000;

export interface Keeping extends Omit<SourceContext, 'report' | 'pauses'> {
  readonly pauses?: Pauses;
  readonly onStatus: (status: SourceStatus) => void;
}

/** Follows a source for as long as nobody stops it, beginning again with longer and longer pauses when it fails. */
export async function keepFollowing(source: Source, keeping: Keeping): Promise<void> {
  const { onStatus, pauses = usualPauses, ...context } = keeping;
  const { clock, logger, signal } = context;
  let status: SourceStatus = {
    source: source.name,
    kind: source.kind,
    state: 'connecting',
    message: '',
    lagBytes: 0,
    lagSeconds: 0,
    retainedBytes: 0,
    budgetBytes: null,
    changes: 0,
    failures: 0,
    tables: [],
    skipped: [],
    lost: {},
  };
  const change = (changes: Partial<SourceStatus>): void => {
    status = { ...status, ...changes };
    onStatus(status);
  };
  const report = (changes: StatusChange): void => change(changes);
  for (let pause = firstPause; !signal.aborted; pause = Math.min(longestPause, pause * 2)) {
    const began = clock.now();
    try {
      await source.follow({ ...context, pauses, report });
    } catch (error) {
      if (signal.aborted) return;
      if (clock.now() - began > healthyLife) pause = firstPause;
      logger.warn('replication failed and is tried again', { error: messageOf(error), pause });
      change({ state: 'waiting', message: messageOf(error), failures: status.failures + 1 });
    }
    await sleep(pause, undefined, { signal }).catch(() => {});
  }
}
