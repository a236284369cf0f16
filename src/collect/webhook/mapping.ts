import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { JsonValue } from '../../contract/event.ts';
import { type Problem, parseText } from '../event/payload.ts';
import type { MappingAnswer, MappingTask } from './mapping-thread.ts';

/** Milliseconds an evaluation may take in all; a pattern that never ends is ended with its thread. */
const usualPatience = 3_000;
const memory = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 };
/** An expression that took too long this often in a row rests for a while: each time costs the pipeline seconds. */
const maxEnded = 3;
const rest = 60_000;

/**
 * Evaluates JSONata, one expression after the other, in a thread of its own: whatever an expression does, it holds nobody up
 * for longer than that and takes no memory but the thread's. Never rejects.
 */
export class Mapper {
  readonly #patience: number;
  #thread: Promise<Worker> | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  readonly #ended = new Map<string, { readonly times: number; readonly at: number }>();

  /** Milliseconds for one evaluation. */
  constructor(patience = usualPatience) {
    this.#patience = patience;
  }

  evaluate(task: MappingTask): Promise<{ readonly json: JsonValue | undefined } | Problem> {
    const answer = this.#queue.then(() => this.#evaluate(task));
    this.#queue = answer;
    return answer;
  }

  async #evaluate(task: MappingTask): Promise<{ readonly json: JsonValue | undefined } | Problem> {
    const ended = this.#ended.get(task.text);
    if (ended && ended.times >= maxEnded && Date.now() - ended.at < rest) {
      return {
        reason: 'mapping too slow',
        detail: 'the mapping took too long several times and rests for a minute',
      };
    }
    try {
      const answer = await this.#ask(task);
      if ('failed' in answer && answer.slow) this.#remember(task.text);
      else this.#ended.delete(task.text);
      if ('failed' in answer) return { reason: 'mapping failed', detail: answer.failed };
      return answer.json === undefined ? { json: undefined } : parseText(answer.json);
    } catch (error) {
      this.#thread = undefined;
      this.#remember(task.text);
      const large = (error as { code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY';
      return large
        ? { reason: 'mapping too large', detail: 'the expression took more memory than a mapping may' }
        : {
            reason: 'mapping too slow',
            detail: `the expression was stopped after ${this.#patience / 1_000} seconds`,
          };
    }
  }

  #remember(text: string): void {
    const times = this.#ended.get(text)?.times ?? 0;
    if (this.#ended.size > 1_000) this.#ended.clear();
    this.#ended.set(text, { times: times + 1, at: Date.now() });
  }

  async #ask(task: MappingTask): Promise<MappingAnswer> {
    this.#thread ??= start();
    const thread = await this.#thread;
    const signal = AbortSignal.timeout(this.#patience);
    thread.ref();
    thread.postMessage(task);
    try {
      // `once` rejects with the thread's error, which is how the end of its memory is told
      const [answer] = (await once(thread, 'message', { signal })) as [MappingAnswer];
      return answer;
    } catch (error) {
      await thread.terminate();
      throw error;
    } finally {
      thread.unref();
    }
  }
}

async function start(): Promise<Worker> {
  const thread = new Worker(new URL('./mapping-thread.ts', import.meta.url), { resourceLimits: memory });
  await once(thread, 'message');
  return thread;
}

const mapper = new Mapper();

export function evaluateMapping(task: MappingTask): ReturnType<Mapper['evaluate']> {
  return mapper.evaluate(task);
}
