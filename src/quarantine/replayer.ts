import { setTimeout as sleep } from 'node:timers/promises';
import type { AcceptedRequest } from '../contract/request.ts';
import type { Clock } from '../runtime/clock.ts';
import { messageOf, TributaryError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import type { ClickHouseClient } from '../warehouse/warehouse.ts';
import { type FixParts, fixedItem, type Problem } from './fix.ts';
import { type Cursor, type KeptItem, nextItems, partlyLoaded, type Walk } from './items.ts';
import { markOf } from './mark.ts';
import { Pace } from './pace.ts';
import { Reasons } from './reasons.ts';

/** A replay as it is remembered between two steps. */
export interface ReplayTask {
  readonly id: string;
  readonly project: string;
  readonly selection: Walk['selection'];
  readonly until: number;
  readonly fix: { readonly name: string; readonly transform: string | null };
  readonly by: string;
  readonly cursor: Cursor | null;
  readonly sent: number;
  readonly left: number;
  readonly reasons: readonly { readonly reason: string; readonly detail: string; readonly count: number }[];
}

export interface ReplayStep {
  readonly state: 'running' | 'done' | 'failed';
  readonly message: string;
  readonly endedAt: number | null;
  readonly cursor: Cursor | null;
  readonly sent: number;
  readonly left: number;
  readonly reasons: { reason: string; detail: string; count: number }[];
}

export interface ReplayerParts extends FixParts {
  readonly warehouse: ClickHouseClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Resolves when the request is durable in the log. */
  readonly append: (request: AcceptedRequest) => Promise<void>;
  /** Records that wait for the pipeline: what arrives now must not stand behind what is replayed. */
  waiting(): Promise<number>;
  running(): Promise<readonly ReplayTask[]>;
  /** Remembers a step durably; false when the replay was stopped meanwhile. */
  progress(id: string, step: ReplayStep): Promise<boolean>;
}

const lookEvery = 1_000;
/** More than this in front of the pipeline, and a replay waits. */
const maxWaiting = 2_000;
const patience = 250;
const maxSlow = 5;

/**
 * Carries replays out until the signal is aborted, each from where it was, whoever has begun it. A step that is lost in a crash is done again:
 * the pipeline takes each row of quarantine once.
 */
export async function keepReplaying(parts: ReplayerParts): Promise<void> {
  const { signal, logger } = parts;
  while (!signal.aborted) {
    try {
      for (const task of await parts.running()) await carryOut(task, parts);
    } catch (error) {
      if (signal.aborted) return;
      logger.warn('a replay waits', { error: messageOf(error) });
    }
    await sleep(lookEvery, undefined, { signal }).catch(() => undefined);
  }
}

async function carryOut(begun: ReplayTask, parts: ReplayerParts): Promise<void> {
  let task = begun;
  const pace = new Pace(parts.signal);
  for (;;) {
    parts.signal.throwIfAborted();
    while ((await parts.waiting()) > maxWaiting) await sleep(patience, undefined, { signal: parts.signal });
    const page = await nextItems(parts.warehouse, task, task.cursor);
    const step = await sendPage(task, page, parts, pace);
    if (!(await parts.progress(task.id, step)) || step.state !== 'running') return;
    task = { ...task, ...step };
  }
}

/** Sends one page; at the end of the walk says so. */
async function sendPage(
  task: ReplayTask,
  page: readonly KeptItem[],
  parts: ReplayerParts,
  pace: Pace,
): Promise<ReplayStep> {
  const { project, fix } = task;
  const last = page.at(-1);
  const reasons = new Reasons(task.reasons);
  const done = {
    message: '',
    sent: task.sent,
    left: task.left,
    cursor: task.cursor,
    reasons: reasons.list(),
  };
  if (!last) return { ...done, state: 'done', endedAt: parts.clock.now() };
  const whole = page.filter(({ item }) => item === 0).map(({ offset }) => offset);
  const loaded = await partlyLoaded(parts.warehouse, project, whole);
  const requests: AcceptedRequest[] = [];
  let left = 0;
  let slow = 0;
  for (const item of page) {
    const made =
      item.item === 0 && loaded.has(item.offset)
        ? alreadyLoaded
        : await fixedItem(item, fix.transform, parts);
    if ('reason' in made) {
      left++;
      reasons.add(made.reason, made.detail);
      slow = made.reason === 'fix too slow' ? slow + 1 : 0;
      if (slow < maxSlow) continue;
      const message = 'the fix takes too long for one item; it was stopped several times in a row';
      return { ...done, state: 'failed', message, endedAt: parts.clock.now() };
    }
    const { id, by } = task;
    const replay = markOf(item, { id, at: parts.clock.now(), by, fix: fix.name, read: made.read });
    requests.push({ ...made.request, replay });
    await pace.step();
  }
  await Promise.all(requests.map((request) => appendSurely(request, parts)));
  return {
    state: 'running',
    message: '',
    endedAt: null,
    cursor: { receivedAt: last.receivedAt, offset: last.offset, item: last.item },
    sent: task.sent + requests.length,
    left: task.left + left,
    reasons: reasons.list(),
  };
}

const alreadyLoaded: Problem = {
  reason: 'partly loaded',
  detail: 'other events of this request were loaded, and nobody could tell them from those that were not',
};

/** A full disk or a queue that is too long passes; whatever else is wrong is met by the next look at what runs. */
async function appendSurely(request: AcceptedRequest, { append, signal }: ReplayerParts): Promise<void> {
  for (;;) {
    try {
      await append(request);
      return;
    } catch (error) {
      if (!(error instanceof TributaryError) || error.retryAfter === undefined) throw error;
      await sleep(error.retryAfter * 1_000, undefined, { signal });
    }
  }
}
