import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import {
  type RewindDifference,
  type RewindJob,
  type RewindPlan,
  type RewindRange,
  rewindDifference,
  rewindJob,
} from '../contract/rewind.ts';
import { openState } from '../enrich/enrich.ts';
import type { LogReader } from '../log/log.ts';
import { newJob, planRewind } from '../rewind/rewind.ts';
import type { Clock } from '../runtime/clock.ts';
import { TributaryError } from '../runtime/errors.ts';
import { randomSecret } from '../runtime/ids.ts';
import type { Store } from '../store/store.ts';
import type { ClickHouseClient } from '../warehouse/warehouse.ts';
import type { Places } from './places.ts';
import { settingsOf } from './project-settings.ts';

export interface DeskParts {
  readonly store: Pick<Store, 'settings' | 'privacy'>;
  readonly warehouse: ClickHouseClient;
  readonly log: Pick<LogReader, 'read' | 'head'>;
  readonly places: Pick<Places, 'lake' | 'state'>;
  readonly clock: Clock;
}

const orderSchema = z.object({ id: z.string(), action: z.enum(['swap', 'discard']) });
export type RewindOrder = z.infer<typeof orderSchema>;

const over: readonly RewindJob['state'][] = ['swapped', 'discarded'];

export function isOver({ state }: RewindJob): boolean {
  return over.includes(state);
}

/** Where people say what shall be rewound, and the role that does it says how far it is: in the store, so that both may be any process. */
export class RewindDesk {
  readonly #parts: DeskParts;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  plan(project: string, range: RewindRange): Promise<RewindPlan> {
    const { warehouse, log, places, store } = this.#parts;
    const reach = {
      warehouse,
      log,
      lake: places.lake,
      liveNext: () => this.liveNext(),
      longestVisit: async () => (await settingsOf(store, project)).sessions.maxHours,
    };
    return planRewind(reach, project, this.#atRest(range));
  }

  async start(project: string, range: RewindRange, by: string): Promise<RewindJob> {
    const running = await this.job(project);
    if (running && !isOver(running) && running.state !== 'failed')
      throw new TributaryError(
        'conflict',
        `a rewind of this project is ${running.state} already: swap or discard it first`,
      );
    await this.#refuseWhileErasing(project);
    const plan = await this.plan(project, range);
    const id = randomSecret('rw', 6);
    const job = newJob(plan, { id, project, by, startedAt: this.#parts.clock.now() });
    await this.saveDifference(project, null);
    await this.saveJob(job);
    try {
      // one that was asked for meanwhile may have looked for a rewind before there was this one
      await this.#refuseWhileErasing(project);
    } catch (error) {
      await this.order(project, id, 'discard');
      throw error;
    }
    return job;
  }

  /** The role sees it within a second. */
  async order(project: string, id: string, action: RewindOrder['action']): Promise<RewindJob> {
    const job = await this.job(project);
    if (!job || job.id !== id)
      throw new TributaryError('not-found', 'there is no such rewind of this project any more');
    if (action === 'swap' && job.state !== 'ready' && job.state !== 'swapping')
      throw new TributaryError(
        'conflict',
        `the rewind is ${job.state}; only one that is ready can be swapped in`,
      );
    if (action === 'swap') await this.#refuseWhileErasing(project);
    if (action === 'discard' && (job.state === 'swapping' || isOver(job)))
      throw new TributaryError('conflict', `the rewind is ${job.state}; there is nothing to discard`);
    await this.#parts.store.settings.set(names.order(project), JSON.stringify({ id, action }));
    return job;
  }

  /** Resolves when nothing of a rewind of this project is there any more: what it holds is of persons, too. */
  async clear(project: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      const job = await this.job(project);
      if (!job || isOver(job)) return this.saveDifference(project, null);
      if (job.state !== 'swapping') await this.order(project, job.id, 'discard');
      await sleep(200, undefined, { signal });
    }
  }

  job(project: string): Promise<RewindJob | undefined> {
    return this.#read(names.job(project), rewindJob);
  }

  difference(project: string): Promise<RewindDifference | undefined> {
    return this.#read(names.difference(project), rewindDifference);
  }

  orderOf(project: string): Promise<RewindOrder | undefined> {
    return this.#read(names.order(project), orderSchema);
  }

  saveJob(job: RewindJob): Promise<void> {
    return this.#parts.store.settings.set(names.job(job.project), JSON.stringify(job));
  }

  saveDifference(project: string, difference: RewindDifference | null): Promise<void> {
    return this.#parts.store.settings.set(names.difference(project), JSON.stringify(difference));
  }

  /** The next offset of the live pipeline. */
  async liveNext(): Promise<number> {
    const state = openState(this.#parts.places.state);
    try {
      return (await state.checkpoint()).next;
    } finally {
      await state.close();
    }
  }

  /** What was read before the erasure ends still has the person. */
  async #refuseWhileErasing(project: string): Promise<void> {
    const unfinished = await this.#parts.store.privacy.unfinished();
    if (unfinished.some((erasure) => erasure.project === project))
      throw new TributaryError(
        'conflict',
        'a person of this project is being erased, and a rewind would bring them back: begin one when the erasure is done',
      );
  }

  /** A range that reaches to now ends a minute ago: what is on its way still belongs to the live pipeline. */
  #atRest({ from, to }: RewindRange): RewindRange {
    const latest = this.#parts.clock.now() - 60_000;
    return { from, to: to === null && from === null ? null : Math.min(to ?? latest, latest) };
  }

  async #read<T>(name: string, schema: z.ZodType<T>): Promise<T | undefined> {
    const parsed = schema.safeParse(JSON.parse((await this.#parts.store.settings.get(name)) ?? 'null'));
    return parsed.success ? parsed.data : undefined;
  }
}

const names = {
  job: (project: string) => `rewind.job.${project}`,
  order: (project: string) => `rewind.order.${project}`,
  difference: (project: string) => `rewind.difference.${project}`,
};
