import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Archiver, type ArchiverStatus } from '../archive/archive.ts';
import { createDecoder } from '../collect/collect.ts';
import type { Config } from '../config.ts';
import { createEnricher } from '../enrich/enrich.ts';
import { openLogReader } from '../log/log.ts';
import { createPlanReader } from '../plan/plan.ts';
import { withoutErased } from '../privacy/person/erased.ts';
import { systemClock } from '../runtime/clock.ts';
import { messageOf } from '../runtime/errors.ts';
import { createLogger, type Logger } from '../runtime/logger.ts';
import { retryForever } from '../runtime/retry.ts';
import { Shutdown } from '../runtime/shutdown.ts';
import { openStore, type Store } from '../store/store.ts';
import { type ClickHouseClient, connect } from '../warehouse/warehouse.ts';
import { placesOf, readSecrets, warehouseUrl } from './places.ts';
import { erasedIds } from './privacy-lookup.ts';
import { RewindDesk } from './rewind-desk.ts';
import { RewindKeeper } from './rewind-keeper.ts';
import { rewindPorts } from './rewind-ports.ts';
import { endWithSupervisor } from './supervise.ts';

/** What the role says once a second, through the store; null while the archive is off. */
export interface ArchiveHeartbeat {
  readonly archive: ArchiverStatus | null;
}

/** The setting by which anybody asks that what waits be archived now. */
export const archiveNow = 'archive.now';

const beatMs = 1_000;
/** Of 0…19: whoever answers requests or fills charts comes first. */
const niceness = 10;

/** Keeps the raw archive and carries out rewinds, behind everything else. */
export async function archiveRole(config: Config): Promise<number> {
  const logger = createLogger('archive', config['log-level']);
  const shutdown = new Shutdown();
  shutdown.listen();
  endWithSupervisor(() => shutdown.stop());
  const { signal } = shutdown;
  setPriority(niceness);
  const places = placesOf(config);
  const store = openStore({ url: config.store, data: config.data, secretKey: config['secret-key'] });
  const log = openLogReader(places.log);
  const warehouse = connect({
    url: warehouseUrl(config),
    user: 'tributary',
    password: readSecrets(places)?.warehouse ?? '',
  });
  const days = config['archive-days'];
  const archiver =
    days > 0 ? new Archiver({ log, lake: places.lake, days, clock: systemClock, logger, signal }) : undefined;
  const desk = new RewindDesk({ store, warehouse, log, places, clock: systemClock });
  const ports = rewindPorts({
    warehouse,
    log,
    lake: places.lake,
    clock: systemClock,
    logger,
    places,
    desk,
    decoder: async () =>
      withoutErased(
        createDecoder((keyId) => store.keys.mapping(keyId)),
        await erasedIds(store),
      ),
    enrichOver: (state) =>
      createEnricher({
        state,
        allowedEvents: (keyId) => store.keys.allowedEvents(keyId),
        readPlan: createPlanReader(),
      }).enrich,
    liveLag: async () => log.head() - (await desk.liveNext()),
  });
  const keeper = new RewindKeeper({
    desk,
    ports,
    projects: async () => (await store.projects.list()).map(({ id }) => id),
    signal,
  });
  const work = Promise.all([
    archiver?.run(),
    migrated(warehouse, signal).then(
      () => keeper.run(),
      () => {},
    ),
    beat(store, archiver, logger, signal),
  ]);
  shutdown.onStop(async () => {
    await work;
    log.close();
    await Promise.all([store.close(), warehouse.close()]);
  });
  await work;
  await shutdown.stop();
  return 0;
}

/** Waits until the pipeline has brought the warehouse's tables up to date. */
async function migrated(warehouse: ClickHouseClient, signal: AbortSignal): Promise<void> {
  await retryForever(() => warehouse.command({ query: 'SELECT 1 FROM tributary.events LIMIT 0' }), {
    signal,
    pause: 100,
    maxPause: 1_000,
  });
}

async function beat(
  store: Store,
  archiver: Archiver | undefined,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  let asked = await store.settings.get(archiveNow);
  while (!signal.aborted) {
    const detail: ArchiveHeartbeat = { archive: archiver?.status() ?? null };
    try {
      await store.heartbeats.beat('archive', String(process.pid), detail);
      const asks = await store.settings.get(archiveNow);
      if (asks !== asked) archiver?.writeNow();
      asked = asks;
    } catch (error) {
      if (!signal.aborted) logger.warn('the heartbeat could not be stored', { error: messageOf(error) });
    }
    await sleep(beatMs, undefined, { signal }).catch(() => {});
  }
}
