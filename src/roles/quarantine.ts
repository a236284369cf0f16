import type { DataHandlers } from '../api/api.ts';
import { createDecoder } from '../collect/collect.ts';
import { requestOfItem } from '../collect/replay/request-of-item.ts';
import { Mapper } from '../collect/webhook/mapping.ts';
import type { Output, ParsedInput } from '../contract/endpoints.ts';
import type { EnrichBatch } from '../contract/pipeline.ts';
import type { QuarantineReplay } from '../contract/quarantine-endpoints.ts';
import { createEnricher } from '../enrich/enrich.ts';
import { openSqliteState } from '../enrich/state/sqlite.ts';
import type { LogReader, LogWriter } from '../log/log.ts';
import { createPlanReader } from '../plan/plan.ts';
import {
  countItems,
  DryRuns,
  discard,
  type FixParts,
  keepReplaying,
  newestOffset,
  outcomesOfReplays,
  quarantineGroups,
  quarantineItems,
} from '../quarantine/quarantine.ts';
import type { Clock } from '../runtime/clock.ts';
import { TributaryError } from '../runtime/errors.ts';
import { randomSecret } from '../runtime/ids.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Store, StoredReplay } from '../store/store.ts';
import type { ClickHouseClient } from '../warehouse/warehouse.ts';

export interface QuarantineParts {
  readonly store: Store;
  readonly writer: LogWriter;
  readonly reader: LogReader;
  readonly warehouse: ClickHouseClient;
  /** File of the pipeline's state, which dry runs read and never write. */
  readonly stateFile: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** The newest record that the pipeline has processed; undefined when it is silent. */
  processed(): Promise<number | undefined>;
}

type QuarantineName =
  | 'quarantineGroups'
  | 'quarantineItems'
  | 'startDryRun'
  | 'dryRun'
  | 'stopDryRun'
  | 'quarantineFixes'
  | 'deleteFix'
  | 'startReplay'
  | 'quarantineReplays'
  | 'stopReplay'
  | 'discardQuarantine';

/** What can be done about quarantine, and the work in the background that replays are. */
export function openQuarantine(parts: QuarantineParts): Pick<DataHandlers, QuarantineName> {
  const { store, warehouse, clock, signal, reader, writer } = parts;
  // a thread of its own: what people try here must not keep the mappings of webhooks waiting
  const mapper = new Mapper();
  const fixParts: FixParts = {
    evaluate: (task) => mapper.evaluate(task),
    requestOfItem,
    original: (offset) => reader.read(offset, 1, 1).find((record) => record.offset === offset),
    decode: createDecoder((key) => store.keys.mapping(key)),
  };
  const dryRuns = new DryRuns({ ...fixParts, warehouse, clock, enrich: readingEnricher(parts) });
  signal.addEventListener('abort', () => dryRuns.close(), { once: true });
  void keepReplaying({
    ...fixParts,
    ...parts,
    append: (request) => writer.append(request),
    waiting: async () => {
      const processed = await parts.processed();
      return processed === undefined ? Number.POSITIVE_INFINITY : Math.max(0, reader.head() - processed);
    },
    running: () => store.replays.running(),
    progress: (id, step) => store.replays.progress(id, step),
  });
  return {
    quarantineGroups: (input) => quarantineGroups(warehouse, input, clock.now()),
    quarantineItems: (input) => quarantineItems(warehouse, input),
    startDryRun: ({ project, transform, limit, ...selection }) =>
      dryRuns.start({ project, transform, limit, selection }),
    dryRun: async ({ project, run }) => dryRuns.get(project, run),
    stopDryRun: async ({ project, run }) => dryRuns.stop(project, run),
    discardQuarantine: async ({ project, restore, ...selection }, { caller }) => ({
      items: await discard(warehouse, { project, selection, restore, by: nameOf(caller), now: clock.now() }),
    }),
    ...replayHandlers(parts),
  };
}

type Parts = Pick<QuarantineParts, 'store' | 'warehouse' | 'clock'>;

function replayHandlers(
  parts: Parts,
): Pick<DataHandlers, 'quarantineFixes' | 'deleteFix' | 'startReplay' | 'quarantineReplays' | 'stopReplay'> {
  const { store, warehouse, clock } = parts;
  return {
    quarantineFixes: async ({ project }) => ({ fixes: await store.replays.fixes(project) }),
    deleteFix: async ({ project, fix }) => {
      await store.replays.deleteFix(project, fix);
      return { ok: true };
    },
    startReplay: async (input, { caller }) => {
      const replay = await startReplay(parts, input, nameOf(caller));
      return { ...shown(replay), outcomes: {} };
    },
    quarantineReplays: async ({ project, limit }) => {
      const replays = await store.replays.list(project, limit);
      return { replays: await withOutcomes(warehouse, project, replays) };
    },
    stopReplay: async ({ project, replay }) => {
      const stopped = await store.replays.stop(project, replay, clock.now());
      const [one] = await withOutcomes(warehouse, project, [stopped]);
      if (!one) throw new TributaryError('not-found', `there is no replay "${replay}"`);
      return one;
    },
  };
}

/** Remembers that a replay is to be carried out; whoever keeps replaying begins within a second. */
export async function startReplay(
  { store, warehouse, clock }: Parts,
  { project, transform, name, ...selection }: ParsedInput<'startReplay'>,
  by: string,
): Promise<StoredReplay> {
  await refuseOnTheWay({ store, warehouse, clock }, project, selection.causes);
  const until = await newestOffset(warehouse, project);
  const total = await countItems(warehouse, { project, selection, until });
  if (total === 0)
    throw new TributaryError('conflict', 'nothing of this waits in quarantine: it was replayed or discarded');
  const now = clock.now();
  const fix = {
    name: name.trim() || (transform === null ? '' : `Fix of ${new Date(now).toISOString().slice(0, 16)}`),
    transform,
  };
  const replay: StoredReplay = {
    id: randomSecret('replay', 9),
    project,
    selection,
    fix,
    by,
    startedAt: now,
    endedAt: null,
    state: 'running',
    message: '',
    total,
    sent: 0,
    left: 0,
    reasons: [],
    cursor: null,
    until,
  };
  await store.replays.start(replay);
  if (transform !== null)
    await store.replays.keepFix({
      id: randomSecret('fix', 9),
      project,
      name: fix.name,
      transform,
      causes: [...selection.causes],
      by,
      at: now,
    });
  return replay;
}

/** What is sent and not processed yet still seems to wait; it would be sent again, for nothing. */
async function refuseOnTheWay(
  { store, warehouse, clock }: Parts,
  project: string,
  causes: readonly string[],
): Promise<void> {
  const recent = (await store.replays.list(project, 20)).filter(
    ({ endedAt, selection }) =>
      endedAt !== null &&
      clock.now() - endedAt < settling &&
      selection.causes.some((cause) => causes.includes(cause)),
  );
  for (const { sent, outcomes } of await withOutcomes(warehouse, project, recent)) {
    const processed = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
    if (processed < sent)
      throw new TributaryError(
        'conflict',
        `${sent - processed} of these items are on their way through the pipeline`,
      );
  }
}

/** The pipeline takes no longer than this for what a replay has left in front of it. */
const settling = 10 * 60_000;

export async function withOutcomes(
  warehouse: ClickHouseClient,
  project: string,
  replays: readonly StoredReplay[],
): Promise<Output<'quarantineReplays'>['replays']> {
  const outcomes = await outcomesOfReplays(
    warehouse,
    project,
    replays.map(({ id }) => id),
  );
  return replays.map((replay) => ({ ...shown(replay), outcomes: outcomes.get(replay.id) ?? {} }));
}

function shown({
  cursor: _cursor,
  until: _until,
  ...replay
}: StoredReplay): Omit<QuarantineReplay, 'outcomes'> {
  return replay;
}

type Who = Parameters<DataHandlers['startReplay']>[1]['caller'];

function nameOf(caller: Who): string {
  return caller.kind === 'user' ? caller.user.name || caller.user.email : `API key ${caller.key}`;
}

/** The steps of enrichment over what the pipeline remembers at this moment; opened when it is first asked for, and nothing is written. */
function readingEnricher({ stateFile, store }: Pick<QuarantineParts, 'stateFile' | 'store'>): EnrichBatch {
  let enrich: EnrichBatch | undefined;
  return (items, lines) => {
    enrich ??= createEnricher({
      state: openSqliteState(stateFile),
      allowedEvents: (key) => store.keys.allowedEvents(key),
      readPlan: createPlanReader(),
    }).enrich;
    return enrich(items, lines);
  };
}
