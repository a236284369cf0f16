import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fastify from 'fastify';
import { analyzeHandlers } from '../analyze/analyze.ts';
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
import { type LogReader, type LogWriter, openLogReader, openLogWriter } from '../log/log.ts';
import { systemClock } from '../runtime/clock.ts';
import { messageOf, TributaryError } from '../runtime/errors.ts';
import { createLogger } from '../runtime/logger.ts';
import { Metrics } from '../runtime/metrics.ts';
import { Shutdown } from '../runtime/shutdown.ts';
import { createKeyLookup, type Heartbeat, openStore, type Store } from '../store/store.ts';
import { deleteProject } from '../warehouse/delete-project.ts';
import { type ClickHouseClient, connect } from '../warehouse/warehouse.ts';
import { DailySalt } from './daily-salt.ts';
import { demoProgress, demoSetting } from './demo.ts';
import { doorHandlers } from './doors.ts';
import { keepErasing } from './erasures.ts';
import { peopleHandlers } from './people.ts';
import { PipelineGate } from './pipeline-gate.ts';
import { pipelineStatus } from './pipeline-status.ts';
import { placesOf, readSecrets, schemasFolder, warehouseUrl } from './places.ts';
import { planHandlers } from './plan.ts';
import { PlanKeeper } from './plan-keeper.ts';
import { type PrivacyParts, privacyHandlers } from './privacy.ts';
import { markedNames, PrivacyLookup } from './privacy-lookup.ts';
import type { ProcessHeartbeat } from './process.ts';
import { projectSettingsHandlers, settingsOf } from './project-settings.ts';
import { openQuarantine } from './quarantine.ts';
import { keepRetention } from './retention.ts';
import { RewindDesk } from './rewind-desk.ts';
import { type RewindHandlerParts, rewindHandlers } from './rewind-handlers.ts';
import { sourceStatusHandlers } from './source-status.ts';
import { endWithSupervisor } from './supervise.ts';
import { openSyslog } from './syslog.ts';
import { openTrackerDoor } from './tracker-door.ts';
import { version } from './version.ts';

/** A pipeline that has not said anything for this long, milliseconds, is not ready. */
const silence = 5_000;
/** How long a deletion waits for the pipeline, milliseconds. */
const loadPatience = 30_000;

/** Collector, API and interface on one port. */
export async function web(config: Config): Promise<number> {
  const logger = createLogger('web', config['log-level']);
  const shutdown = new Shutdown();
  shutdown.listen();
  endWithSupervisor(() => shutdown.stop());
  const places = placesOf(config);
  const secrets = readSecrets(places);
  const metrics = new Metrics();
  const store = openStore({ url: config.store, data: config.data, secretKey: config['secret-key'] });
  const writer = await openLogWriter(places.log);
  const reader = openLogReader(places.log);
  const full = connect({ url: warehouseUrl(config), user: 'tributary', password: secrets?.warehouse ?? '' });
  const readOnly = connect({
    url: warehouseUrl(config),
    user: 'interface',
    password: secrets?.interface ?? '',
  });
  const trustedProxies = config['trusted-proxies']
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);

  const salt = new DailySalt(places.visitorSalt, systemClock);
  void salt.keepTidy(shutdown.signal);
  const door = openTrackerDoor(
    config['tracker-path'],
    join(import.meta.dirname, '../../trackers/browser/dist'),
  );
  const keys = createKeyLookup(store);
  const privacy = new PrivacyLookup(store, systemClock, async (project) =>
    markedNames(await plans.planOf(project)),
  );
  // what trackers, log shippers and senders of syslog sent goes through it; commands of operators do not
  const masked = maskingWriter(writer, (project) => privacy.rulesOf(project));
  const refusals = new Refusals();
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

  const plans = new PlanKeeper({
    folder: schemasFolder(config),
    store,
    log: writer,
    clock: systemClock,
    logger,
  });
  await plans.watch(shutdown.signal);

  const app = fastify({
    // a tracker's request never reaches the framework: it pays for nothing it does not need
    serverFactory: (handle) =>
      createServer(collectorServerOptions, (request: IncomingMessage, response: ServerResponse) => {
        if (!door(request, response) && !collector.handle(request, response)) handle(request, response);
      }),
    trustProxy: trustedProxies,
    routerOptions: { ignoreTrailingSlash: true },
    forceCloseConnections: true,
  });
  const quarantine = openQuarantine({
    store,
    writer,
    reader,
    warehouse: full,
    stateFile: places.state,
    clock: systemClock,
    logger,
    signal: shutdown.signal,
    processed: async () => (await processHeartbeat(store))?.detail.progress.lastOffset,
  });
  const decode = createDecoder((keyId) => store.keys.mapping(keyId));
  const { signal } = shutdown;
  const gate = new PipelineGate(places);
  const desk = new RewindDesk({
    settings: store.settings,
    warehouse: full,
    log: reader,
    places,
    clock: systemClock,
  });
  void keepErasing({
    clearRewind: (project, signal) => desk.clear(project, signal),
    store,
    warehouse: full,
    reader,
    places,
    gate,
    decode,
    clock: systemClock,
    logger,
    signal,
  });
  void keepRetention({ store, warehouse: full, clock: systemClock, logger, signal });
  const handlers = handlersOf({
    rewinds: { desk, store, lake: places.lake, archiveDays: config['archive-days'] },
    privacy,
    personal: { store, warehouse: full, log: reader, places, decode, clock: systemClock },
    store,
    writer,
    reader,
    full,
    readOnly,
    refusals,
    plans,
    quarantine,
  });
  await registerApi(app, {
    store,
    handlers,
    deleteEvents: async (project) => {
      // what was accepted before the keys were revoked must be loaded first, or it would come after the deletion and stay
      await loadedUpTo(reader.head(), store);
      await desk.clear(project, AbortSignal.timeout(loadPatience));
      await deleteProject(full, project);
      await deleteFromArchive(places.lake, project, reader.head());
      await plans.forget(project);
    },
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

interface HandlerParts {
  readonly rewinds: RewindHandlerParts;
  readonly privacy: PrivacyLookup;
  readonly personal: PrivacyParts;
  readonly store: Store;
  readonly writer: LogWriter;
  readonly reader: LogReader;
  readonly full: ClickHouseClient;
  /** As the user who can read and nothing else. */
  readonly readOnly: ClickHouseClient;
  readonly refusals: Refusals;
  readonly plans: PlanKeeper;
  readonly quarantine: ReturnType<typeof openQuarantine>;
}

function handlersOf({
  rewinds,
  privacy,
  personal,
  store,
  writer,
  reader,
  full,
  readOnly,
  refusals,
  plans,
  quarantine,
}: HandlerParts): DataHandlers {
  return {
    ...analyzeHandlers(full, { reader: readOnly, rulesOf: (project) => settingsOf(store, project) }),
    health: async (_input, context) => {
      const reasons = await reasonsNotReady(store, full);
      if (reasons.length > 0) context.answer.status(503);
      return { ready: reasons.length === 0, version, reasons };
    },
    pipeline: async ({ project, minutes }) =>
      pipelineStatus({
        log: reader,
        warehouse: full,
        clock: systemClock,
        project,
        minutes,
        process: await processHeartbeat(store),
      }),
    demoStatus: async () => demoStatus(store),
    ...projectSettingsHandlers(store, writer, systemClock, (project) => privacy.forget(project)),
    ...privacyHandlers(personal),
    ...peopleHandlers({
      store,
      warehouse: full,
      log: writer,
      head: () => reader.head(),
      clock: systemClock,
      processed: async () => (await processHeartbeat(store))?.detail.progress.lastOffset,
    }),
    ...planHandlers(plans, full, systemClock),
    ...rewindHandlers(rewinds),
    ...sourceStatusHandlers(store, full, refusals),
    ...quarantine,
    ...doorHandlers({ store, log: reader, warehouse: full }),
  };
}

async function reasonsNotReady(store: Store, warehouse: ClickHouseClient): Promise<string[]> {
  const reasons: string[] = [];
  const ping = await warehouse.ping({ select: false });
  if (!ping.success) reasons.push(`the warehouse does not answer: ${messageOf(ping.error)}`);
  if (!(await processHeartbeat(store))) reasons.push('the pipeline has not reported yet');
  return reasons;
}

/** Waits until the pipeline has passed an offset of the log; rejects after `loadPatience`, for the caller to try again. */
async function loadedUpTo(offset: number, store: Store): Promise<void> {
  const asked = Date.now();
  while (Date.now() - asked < loadPatience) {
    const report = await processHeartbeat(store);
    const progress = report && report.at > asked ? report.detail.progress : undefined;
    if (progress && (progress.lastOffset >= offset || progress.lagRecords === 0)) return;
    await sleep(100);
  }
  throw new TributaryError('overloaded', 'the pipeline has not caught up with the log yet', {
    retryAfter: 30,
  });
}

type ProcessReport = Omit<Heartbeat, 'detail'> & { readonly detail: ProcessHeartbeat };

async function processHeartbeat(store: Store): Promise<ProcessReport | undefined> {
  const beats = await store.heartbeats.list(Date.now() - silence);
  const newest = beats.find((beat) => beat.role === 'process');
  return newest && { ...newest, detail: newest.detail as ProcessHeartbeat };
}

async function demoStatus(
  store: Store,
): Promise<{ progress: number | null; sent: number; project: string | null }> {
  const project = (await store.projects.list()).find((one) => one.demo)?.id ?? null;
  const told = demoProgress.safeParse(JSON.parse((await store.settings.get(demoSetting)) ?? 'null'));
  return {
    progress: project && told.success ? told.data.progress : null,
    sent: told.success ? told.data.sent : 0,
    project,
  };
}
