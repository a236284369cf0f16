import { archivedBefore } from '../archive/archive.ts';
import { createDecoder } from '../collect/collect.ts';
import type { Config } from '../config.ts';
import { createEnricher, openState } from '../enrich/enrich.ts';
import { openLogReader } from '../log/log.ts';
import { createPlanReader } from '../plan/plan.ts';
import { withoutErased } from '../privacy/person/erased.ts';
import { systemClock } from '../runtime/clock.ts';
import { messageOf } from '../runtime/errors.ts';
import { createLogger } from '../runtime/logger.ts';
import { Metrics } from '../runtime/metrics.ts';
import { retryForever } from '../runtime/retry.ts';
import { Shutdown } from '../runtime/shutdown.ts';
import { openStore } from '../store/store.ts';
import { startPipeline } from '../warehouse/load.ts';
import { migrate } from '../warehouse/migrate.ts';
import { stagedState } from '../warehouse/staged-state.ts';
import { connect } from '../warehouse/warehouse.ts';
import { PipelineGate } from './pipeline-gate.ts';
import { placesOf, readSecrets, warehouseUrl } from './places.ts';
import { erasedIds } from './privacy-lookup.ts';
import { endWithSupervisor } from './supervise.ts';

/** What the process role tells the others, once a second, through the store. */
export interface ProcessHeartbeat {
  readonly progress: import('../warehouse/load.ts').PipelineProgress;
  /** Its metrics in the Prometheus text format, for the web role's /metrics. */
  readonly metrics: string;
}

/** The pipeline: reads the log, enriches, loads; brings the warehouse's tables up to date first. */
export async function processRole(config: Config): Promise<number> {
  const logger = createLogger('process', config['log-level']);
  const shutdown = new Shutdown();
  shutdown.listen();
  endWithSupervisor(() => shutdown.stop());
  const { signal } = shutdown;
  const places = placesOf(config);
  const metrics = new Metrics();
  const store = openStore({ url: config.store, data: config.data, secretKey: config['secret-key'] });
  const warehouse = connect({
    url: warehouseUrl(config),
    user: 'tributary',
    password: readSecrets(places)?.warehouse ?? '',
  });

  await retryForever(() => migrate(warehouse), {
    signal,
    pause: 25,
    maxPause: 1_000,
    onFailure: (error, attempt) => {
      // a warehouse that is still opening is not worth a line
      if (attempt > 20)
        logger.warn('the warehouse cannot be brought up to date yet', { error: messageOf(error) });
    },
  });
  const log = openLogReader(places.log);
  const beat = (progress: ProcessHeartbeat['progress']): void => {
    const detail: ProcessHeartbeat = { progress, metrics: metrics.toString() };
    store.heartbeats.beat('process', String(process.pid), detail).catch((error: unknown) => {
      logger.warn('the heartbeat could not be stored', { error: messageOf(error) });
    });
  };
  const gate = new PipelineGate(places);
  let latest: ProcessHeartbeat['progress'] | undefined;
  while (!signal.aborted) {
    const lock = await gate.enter(signal, () => latest && beat(latest));
    if (!lock) break;
    // whoever had it stand still may have changed what is remembered, so it is read anew
    const state = stagedState(openState(places.state));
    await startPipeline({
      log,
      state,
      // what is erased changes only while the pipeline stands still
      decode: withoutErased(
        createDecoder((keyId) => store.keys.mapping(keyId)),
        await erasedIds(store),
      ),
      enrich: createEnricher({
        state,
        allowedEvents: (keyId) => store.keys.allowedEvents(keyId),
        readPlan: createPlanReader(),
      }).enrich,
      warehouse,
      clock: systemClock,
      logger,
      metrics,
      signal,
      logDays: config['log-days'],
      // what is not archived yet stays in the log
      ...(config['archive-days'] > 0 ? { keepFrom: () => archivedBefore(places.lake) } : {}),
      isPaused: () => gate.isPauseWanted(),
      onProgress: (progress) => {
        latest = progress;
        beat(progress);
      },
    });
    await state.close();
    lock[Symbol.dispose]();
  }
  log.close();
  await Promise.all([warehouse.close(), store.close()]);
  return 0;
}
