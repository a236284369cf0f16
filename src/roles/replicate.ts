import { hkdfSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config.ts';
import {
  keepFollowing,
  openSource,
  type ReadFile,
  readSourceFiles,
  type SourceStatus,
} from '../replicate/replicate.ts';
import { systemClock } from '../runtime/clock.ts';
import { messageOf } from '../runtime/errors.ts';
import { createLogger, type Logger } from '../runtime/logger.ts';
import { retryForever } from '../runtime/retry.ts';
import { Shutdown } from '../runtime/shutdown.ts';
import { openStore, type Store } from '../store/store.ts';
import { type ClickHouseClient, connect } from '../warehouse/warehouse.ts';
import { placesOf, readSecrets, sourcesFolder, warehouseUrl } from './places.ts';
import { takeAgain } from './replicate-again.ts';
import { endWithSupervisor } from './supervise.ts';

/** What the role says once a second, through the store. */
export interface ReplicateHeartbeat {
  readonly sources: readonly SourceStatus[];
  /** Files that cannot be used. */
  readonly problems: readonly { readonly source: string; readonly says: string }[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const beatPause = 1_000;

/** Replicates the databases of `workspace/sources`; a file that is added, changed or removed is seen within a second. */
export async function replicateRole(config: Config, env: Environment): Promise<number> {
  const logger = createLogger('replicate', config['log-level']);
  const shutdown = new Shutdown();
  shutdown.listen();
  endWithSupervisor(() => shutdown.stop());
  const { signal } = shutdown;
  const places = placesOf(config);
  const secrets = readSecrets(places);
  const store = openStore({ url: config.store, data: config.data, secretKey: config['secret-key'] });
  const warehouse = connect({
    url: warehouseUrl(config),
    user: 'tributary',
    password: secrets?.warehouse ?? '',
  });
  await migrated(warehouse, signal);
  const running = new RunningSources({
    store,
    warehouse,
    logger,
    maskKey: maskKeyOf(config, secrets?.mask ?? ''),
  });
  shutdown.onStop(async () => {
    await running.stop();
    await Promise.all([store.close(), warehouse.close()]);
  });
  while (!signal.aborted) {
    const files = readSourceFiles(sourcesFolder(config), env);
    await running.follow(files);
    await store.heartbeats
      .beat('replicate', String(process.pid), running.heartbeat())
      .catch((error: unknown) =>
        logger.warn('the heartbeat could not be stored', { error: messageOf(error) }),
      );
    await sleep(beatPause, undefined, { signal }).catch(() => {});
  }
  await shutdown.stop();
  return 0;
}

/** Waits until the pipeline has brought the warehouse's tables up to date. */
async function migrated(warehouse: ClickHouseClient, signal: AbortSignal): Promise<void> {
  await retryForever(() => warehouse.command({ query: 'SELECT 1 FROM tributary.replication LIMIT 0' }), {
    signal,
    pause: 50,
    maxPause: 1_000,
  });
}

/** The same on every machine that has the same option, so that the hashes of two installations can be compared. */
function maskKeyOf(config: Config, own: string): string {
  if (config['secret-key'] === '') return own;
  return Buffer.from(hkdfSync('sha256', config['secret-key'], '', 'tributary masks', 32)).toString(
    'base64url',
  );
}

interface Parts {
  readonly store: Store;
  readonly warehouse: ClickHouseClient;
  readonly logger: Logger;
  readonly maskKey: string;
}

interface Running {
  /** What the file said; another content is another source. */
  readonly content: string;
  readonly stop: () => Promise<void>;
}

class RunningSources {
  readonly #parts: Parts;
  readonly #running = new Map<string, Running>();
  readonly #statuses = new Map<string, SourceStatus>();
  #problems: ReplicateHeartbeat['problems'] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Starts, stops and restarts sources so that they are those of the files. */
  async follow(files: readonly ReadFile[]): Promise<void> {
    const problems = files.flatMap(({ name, problem }) =>
      problem ? [{ source: name, says: problem.message }] : [],
    );
    for (const { source, says } of problems)
      if (!this.#problems.some((known) => known.says === says)) this.#parts.logger.error(says, { source });
    this.#problems = problems;
    for (const [name, { content, stop }] of this.#running) {
      const read = files.find((one) => one.name === name);
      // what a broken file meant is not known: its source goes on as it was
      if (read?.problem || (read && JSON.stringify(read.file) === content)) continue;
      this.#running.delete(name);
      this.#statuses.delete(name);
      await stop();
    }
    for (const { name, file } of files)
      if (file && !this.#running.has(name)) this.#running.set(name, this.#start(file));
  }

  heartbeat(): ReplicateHeartbeat {
    return { sources: [...this.#statuses.values()], problems: this.#problems };
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ stop }) => stop()));
  }

  #start(file: NonNullable<ReadFile['file']>): Running {
    const { store, warehouse, logger, maskKey } = this.#parts;
    const stopping = new AbortController();
    const ended = keepFollowing(openSource(file), {
      warehouse,
      maskKey,
      clock: systemClock,
      logger: logger.with({ source: file.name }),
      signal: stopping.signal,
      takeRequests: () => takeAgain(store.settings, file.name),
      onStatus: (status) => this.#statuses.set(file.name, status),
    });
    return {
      content: JSON.stringify(file),
      stop: async () => {
        stopping.abort(new Error('stopped'));
        await ended;
      },
    };
  }
}
