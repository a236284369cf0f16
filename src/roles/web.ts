import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import fastify from 'fastify';
import { type DataHandlers, registerApi, registerUi } from '../api/api.ts';
import { deleteFromArchive } from '../archive/archive.ts';
import { visitorHash } from '../collect/accept/visitor.ts';
import {
  collectorServerOptions,
  createCollector,
  createDecoder,
  maskingWriter,
  Refusals,
} from '../collect/collect.ts';
import type { Config } from '../config.ts';
import { openLogReader, openLogWriter } from '../log/log.ts';
import { systemClock } from '../runtime/clock.ts';
import { createLogger } from '../runtime/logger.ts';
import { Metrics } from '../runtime/metrics.ts';
import { Shutdown } from '../runtime/shutdown.ts';
import { createKeyLookup, openStore } from '../store/store.ts';
import { deleteProject } from '../warehouse/delete-project.ts';
import { connect } from '../warehouse/warehouse.ts';
import { DailySalt } from './daily-salt.ts';
import { keepErasing } from './erasures.ts';
import { handlersOf } from './handlers.ts';
import { PipelineGate } from './pipeline-gate.ts';
import { placesOf, readSecrets, schemasFolder, warehouseUrl } from './places.ts';
import { PlanKeeper } from './plan-keeper.ts';
import { markedNames, PrivacyLookup } from './privacy-lookup.ts';
import { loadedUpTo, loadPatience, processedOffset, processHeartbeat } from './process-heartbeat.ts';
import { openQuarantine } from './quarantine.ts';
import { keepRetention } from './retention.ts';
import { RewindDesk } from './rewind-desk.ts';
import { endWithSupervisor } from './supervise.ts';
import { openSyslog } from './syslog.ts';
import { openTrackerDoor } from './tracker-door.ts';
import { version } from './version.ts';

/** Collector, API and interface on one port. */
export async function web(config: Config): Promise<number> {
  const shutdown = new Shutdown();
  shutdown.listen();
  endWithSupervisor(() => shutdown.stop());
  const parts = await openParts(config, shutdown);
  const { store, writer, reader, full, readOnly, metrics, logger, masked, keys } = parts;
  const app = openServer(config, parts);
  const handlers = await openDesks(config, parts);
  await registerApi(app, {
    store,
    handlers: handlers.data,
    deleteEvents: handlers.deleteEvents,
    metrics: async () => `${metrics.toString()}${(await processHeartbeat(store))?.detail.metrics ?? ''}`,
    publicUrl: config['public-url'],
    trackerScript: `${config['tracker-path']}.js`,
    version,
    clock: systemClock,
    logger,
  });
  await registerUi(app, { folder: join(import.meta.dirname, '../../web/dist'), logger });
  await app.listen({ port: config.port, host: config.host });
  const syslog = await openSyslog(config, { log: masked, keys, clock: systemClock, logger, metrics });

  shutdown.onStop(() => Promise.all([store.close(), full.close(), readOnly.close()]));
  shutdown.onStop(() => reader.close());
  shutdown.onStop(() => writer.close());
  shutdown.onStop(() => syslog.close());
  shutdown.onStop(() => app.close());
  await new Promise((resolve) => shutdown.signal.addEventListener('abort', resolve, { once: true }));
  await shutdown.stop();
  return 0;
}

type Parts = Awaited<ReturnType<typeof openParts>>;

/** What everything in this process shares. */
async function openParts(config: Config, shutdown: Shutdown) {
  const logger = createLogger('web', config['log-level']);
  const places = placesOf(config);
  const secrets = readSecrets(places);
  const store = openStore({ url: config.store, data: config.data, secretKey: config['secret-key'] });
  const writer = await openLogWriter(places.log);
  const url = warehouseUrl(config);
  const plans = new PlanKeeper({
    folder: schemasFolder(config),
    store,
    log: writer,
    clock: systemClock,
    logger,
  });
  const privacy = new PrivacyLookup(store, systemClock, async (project) =>
    markedNames(await plans.planOf(project)),
  );
  await plans.watch(shutdown.signal);
  return {
    logger,
    places,
    metrics: new Metrics(),
    store,
    writer,
    reader: openLogReader(places.log),
    full: connect({ url, user: 'tributary', password: secrets?.warehouse ?? '' }),
    readOnly: connect({ url, user: 'interface', password: secrets?.interface ?? '' }),
    keys: createKeyLookup(store),
    refusals: new Refusals(),
    plans,
    privacy,
    // what trackers, log shippers and senders of syslog sent goes through it; commands of operators do not
    masked: maskingWriter(writer, (project) => privacy.rulesOf(project)),
    signal: shutdown.signal,
  };
}

/** The server, with the collector before the framework. */
function openServer(config: Config, { keys, masked, metrics, places, refusals, signal }: Parts) {
  const trustedProxies = config['trusted-proxies']
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
  const salt = new DailySalt(places.visitorSalt, systemClock);
  void salt.keepTidy(signal);
  const door = openTrackerDoor(
    config['tracker-path'],
    join(import.meta.dirname, '../../trackers/browser/dist'),
  );
  const collector = createCollector({
    log: masked,
    keyOf: (key) => (key === undefined ? keys.defaultKey() : keys.keyOf(key)),
    visitorOf: (project, address, userAgent) => visitorHash(salt.current(), project, address, userAgent),
    clock: systemClock,
    metrics,
    ipPrivacy: config['ip-privacy'],
    trustedProxies,
    refusals,
  });
  return fastify({
    // a tracker's request never reaches the framework: it pays for nothing it does not need
    serverFactory: (handle) =>
      createServer(collectorServerOptions, (request: IncomingMessage, response: ServerResponse) => {
        if (!door(request, response) && !collector.handle(request, response)) handle(request, response);
      }),
    trustProxy: trustedProxies,
    routerOptions: { ignoreTrailingSlash: true },
    forceCloseConnections: true,
  });
}

/** The work that people start and that goes on by itself (replays, rewinds, erasures, retention), and what the API says of it. */
async function openDesks(
  config: Config,
  { store, writer, reader, full, readOnly, places, logger, refusals, plans, privacy, signal }: Parts,
): Promise<{ readonly data: DataHandlers; readonly deleteEvents: (project: string) => Promise<void> }> {
  const clock = systemClock;
  const quarantine = openQuarantine({
    store,
    writer,
    reader,
    warehouse: full,
    stateFile: places.state,
    clock,
    logger,
    signal,
    processed: () => processedOffset(store),
  });
  const decode = createDecoder((keyId) => store.keys.mapping(keyId));
  const desk = new RewindDesk({ store, warehouse: full, log: reader, places, clock });
  void keepErasing({
    clearRewind: (project, until) => desk.clear(project, until),
    store,
    warehouse: full,
    reader,
    places,
    gate: new PipelineGate(places),
    decode,
    clock,
    logger,
    signal,
  });
  void keepRetention({ store, warehouse: full, clock, logger, signal });
  const data = handlersOf({
    rewinds: { desk, store, lake: places.lake, archiveDays: config['archive-days'] },
    privacy,
    personal: { store, warehouse: full, log: reader, places, decode, clock },
    store,
    writer,
    reader,
    full,
    readOnly,
    refusals,
    plans,
    quarantine,
  });
  const deleteEvents = async (project: string): Promise<void> => {
    // what was accepted before the keys were revoked must be loaded first, or it would come after the deletion and stay
    await loadedUpTo(reader.head(), store);
    await desk.clear(project, AbortSignal.timeout(loadPatience));
    await deleteProject(full, project);
    await deleteFromArchive(places.lake, project, reader.head());
    await plans.forget(project);
  };
  return { data, deleteEvents };
}
