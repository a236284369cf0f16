import { analyzeHandlers } from '../analyze/analyze.ts';
import type { DataHandlers } from '../api/api.ts';
import type { Refusals } from '../collect/collect.ts';
import type { LogReader, LogWriter } from '../log/log.ts';
import { systemClock } from '../runtime/clock.ts';
import { messageOf } from '../runtime/errors.ts';
import type { Store } from '../store/store.ts';
import type { ClickHouseClient } from '../warehouse/warehouse.ts';
import { demoProgress, demoSetting } from './demo.ts';
import { doorHandlers } from './doors.ts';
import { peopleHandlers } from './people.ts';
import { pipelineStatus } from './pipeline-status.ts';
import { planHandlers } from './plan.ts';
import type { PlanKeeper } from './plan-keeper.ts';
import { type PrivacyParts, privacyHandlers } from './privacy.ts';
import type { PrivacyLookup } from './privacy-lookup.ts';
import { processedOffset, processHeartbeat } from './process-heartbeat.ts';
import { projectSettingsHandlers, settingsOf } from './project-settings.ts';
import type { openQuarantine } from './quarantine.ts';
import { type RewindHandlerParts, rewindHandlers } from './rewind-handlers.ts';
import { sourceStatusHandlers } from './source-status.ts';
import { version } from './version.ts';

export interface HandlerParts {
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

/** What the API answers beside what the store alone can: from the warehouse, the log and the pipeline. */
export function handlersOf({
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
      processed: () => processedOffset(store),
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
