import { setTimeout as sleep } from 'node:timers/promises';
import type { RewindJob } from '../contract/rewind.ts';
import { Rewinder, type RewindPorts } from '../rewind/rewind.ts';
import { messageOf } from '../runtime/errors.ts';
import { isOver, type RewindDesk } from './rewind-desk.ts';

export interface KeeperParts {
  readonly desk: RewindDesk;
  readonly ports: RewindPorts;
  readonly projects: () => Promise<readonly string[]>;
  readonly signal: AbortSignal;
}

interface Task {
  readonly doing: 'run' | 'swap' | 'discard';
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

const pollMs = 500;
/** What fails is tried so often, with a pause in between. */
const attempts = 5;
const pauseMs = 5_000;

/** Does what people order of rewinds, and goes on with what a process before this one had begun. One project at a time is processed. */
export class RewindKeeper {
  readonly #parts: KeeperParts;
  readonly #tasks = new Map<string, Task>();
  #running: Promise<void> = Promise.resolve();

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  async run(): Promise<void> {
    const { signal, projects, ports } = this.#parts;
    while (!signal.aborted) {
      try {
        for (const project of await projects()) await this.#look(project);
      } catch (error) {
        ports.logger.warn('rewinds cannot be looked after now', { error: messageOf(error) });
      }
      await sleep(pollMs, undefined, { signal }).catch(() => {});
    }
    await Promise.all([...this.#tasks.values()].map(({ ended }) => ended));
  }

  async #look(project: string): Promise<void> {
    const { desk } = this.#parts;
    const job = await desk.job(project);
    if (!job || isOver(job)) return;
    const order = await desk.orderOf(project);
    const wanted = order?.id === job.id ? order.action : undefined;
    const task = this.#tasks.get(project);
    if (task && !(wanted === 'discard' && task.doing === 'run')) return;
    if (task) {
      task.stop.abort(new Error('discarded'));
      await task.ended;
    }
    const doing = whatToDo(job, wanted);
    if (doing) this.#begin(job, doing);
  }

  #begin(job: RewindJob, doing: Task['doing']): void {
    const { ports, signal } = this.#parts;
    const stop = new AbortController();
    const either = AbortSignal.any([stop.signal, signal]);
    const rewinder = new Rewinder(ports, job, either);
    const work = async (): Promise<void> => {
      try {
        if (doing === 'run')
          await this.#inTurn(() => this.#again(rewinder, () => rewinder.run(), either), either);
        else await this.#again(rewinder, () => rewinder[doing](), either);
      } catch (error) {
        if (either.aborted) return;
        ports.logger.error('a rewind failed', { project: job.project, error: messageOf(error) });
        await rewinder.fail(messageOf(error));
      } finally {
        await rewinder.close();
        this.#tasks.delete(job.project);
      }
    };
    this.#tasks.set(job.project, { doing, stop, ended: work() });
  }

  /** After the one before it. */
  #inTurn(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const before = this.#running;
    this.#running = before.then(() => (signal.aborted ? undefined : work()));
    const mine = this.#running;
    this.#running = mine.catch(() => {});
    return mine;
  }

  async #again(rewinder: Rewinder, work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        signal.throwIfAborted();
        // a swap that has begun has no other end than its own
        if (attempt >= attempts && rewinder.job.state !== 'swapping') throw error;
        this.#parts.ports.logger.warn('a rewind is tried again', {
          project: rewinder.job.project,
          error: messageOf(error),
        });
        await rewinder.stumble(messageOf(error));
        await sleep(pauseMs, undefined, { signal });
      }
    }
  }
}

function whatToDo(job: RewindJob, wanted: 'swap' | 'discard' | undefined): Task['doing'] | undefined {
  if (job.state === 'swapping') return 'swap';
  if (wanted === 'discard') return 'discard';
  if (job.state === 'ready') return wanted === 'swap' ? 'swap' : undefined;
  return job.state === 'failed' ? undefined : 'run';
}
