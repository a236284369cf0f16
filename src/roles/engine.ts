import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config.ts';
import { messageOf } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import { type RunningEngine, startEngine } from '../warehouse/warehouse.ts';
import type { Places, Secrets } from './places.ts';

const longestPause = 5_000;

export interface EngineContext {
  readonly config: Config;
  readonly places: Places;
  readonly secrets: Secrets;
  readonly logger: Logger;
  /** Aborted when the program begins to stop: Ctrl-C reaches every process at once, and then an engine that ends is not started again. */
  readonly signal: AbortSignal;
}

/** Keeps the embedded warehouse running, however it ends, until the signal is aborted; returns how to stop it. */
export function keepEngine({ config, places, secrets, logger, signal }: EngineContext): () => Promise<void> {
  let engine: RunningEngine | undefined;
  const options = {
    dataPath: places.warehouse,
    port: config['warehouse-port'],
    users: [
      { name: 'tributary', password: secrets.warehouse, access: 'full' as const },
      { name: 'interface', password: secrets.interface, access: 'read' as const },
      { name: 'reader', passwordSha256: secrets.readerSha256, access: 'read' as const },
    ],
  };

  const run = async (): Promise<void> => {
    for (let pause = 100; !signal.aborted; pause = Math.min(longestPause, pause * 2)) {
      try {
        const running = await startEngine(options);
        engine = running;
        pause = 100;
        await new Promise<void>((resolve) => running.onExit(() => resolve()));
        engine = undefined;
        if (!signal.aborted) logger.warn('the warehouse ended and is started again');
      } catch (error) {
        logger.error('the warehouse did not start', { error: messageOf(error), pause });
        await sleep(pause, undefined, { signal: signal }).catch(() => {});
      }
    }
  };
  const ended = run();

  return async () => {
    await engine?.stop();
    await ended;
  };
}
