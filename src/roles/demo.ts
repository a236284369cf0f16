import { z } from 'zod';
import type { Config } from '../config.ts';
import { continueDemo, sendDemo } from '../demo/demo.ts';
import { TributaryError } from '../runtime/errors.ts';
import { createLogger } from '../runtime/logger.ts';
import { Shutdown } from '../runtime/shutdown.ts';
import { openStore, type Store } from '../store/store.ts';
import { localUrl } from './places.ts';
import { endWithSupervisor } from './supervise.ts';

/** How far the demo's story has been told; kept in the store so that a restart goes on with the same story. */
export const demoProgress = z.object({
  /** End of the history, milliseconds. */
  now: z.number(),
  sent: z.number(),
  /** 0…1 of the history. */
  progress: z.number(),
  /** Up to when live events were sent after the history. */
  until: z.number(),
});
type DemoProgress = z.infer<typeof demoProgress>;

export const demoSetting = 'demo';
/** Stored at most this often, so that the story costs the store nothing. */
const storeEvery = 500;

/** Sends the demo product's history through the collector, then keeps its people active. Ends when the demo's project or key is gone. */
export async function demo(config: Config): Promise<number> {
  const logger = createLogger('demo', config['log-level']);
  const shutdown = new Shutdown();
  shutdown.listen();
  endWithSupervisor(() => shutdown.stop());
  const store = openStore({ url: config.store, data: config.data });
  const writeKey = await demoKey(store);
  if (!writeKey) return 0;

  const known = demoProgress.safeParse(JSON.parse((await store.settings.get(demoSetting)) ?? 'null'));
  let told: DemoProgress = known.success ? known.data : { now: Date.now(), sent: 0, progress: 0, until: 0 };
  let storedAt = 0;
  const remember = (changes: Partial<DemoProgress>, force: boolean): void => {
    told = { ...told, ...changes };
    if (!force && Date.now() - storedAt < storeEvery) return;
    storedAt = Date.now();
    void store.settings.set(demoSetting, JSON.stringify(told));
  };
  remember({}, true);

  const target = {
    url: localUrl(config),
    writeKey,
    signal: shutdown.signal,
    now: told.now,
  };
  try {
    const story =
      told.progress < 1
        ? await sendDemo({
            ...target,
            resumeFrom: told.sent,
            onProgress: (progress, sent) => remember({ progress, sent }, progress === 1),
          })
        : undefined;
    if (story) logger.info('the demo history is complete', { events: story.sent });
    await continueDemo({
      ...target,
      ...(story ? { story: story.story } : {}),
      ...(told.until > 0 ? { since: told.until } : {}),
      onSent: (until) => remember({ until }, false),
    });
  } catch (error) {
    if (!shutdown.signal.aborted && !(error instanceof TributaryError && error.code === 'unknown-key'))
      throw error;
  }
  await store.close();
  return 0;
}

async function demoKey(store: Store): Promise<string | undefined> {
  const project = (await store.projects.list()).find((one) => one.demo);
  if (!project) return undefined;
  return (await store.keys.list(project.id)).find((key) => key.kind === 'write')?.shown;
}
