import { setTimeout as sleep } from 'node:timers/promises';
import { rewriteArchive } from '../archive/archive.ts';
import type { Decoded } from '../contract/event.ts';
import { type ErasurePart, type ErasureReport, erasureParts } from '../contract/privacy-endpoints.ts';
import type { LogRecord } from '../contract/request.ts';
import { openState } from '../enrich/enrich.ts';
import { eraseFromState } from '../enrich/state/erase.ts';
import { type LogReader, rewriteLog, scrubLog } from '../log/log.ts';
import { eraseFromWarehouse, type Removed } from '../privacy/person/erase-warehouse.ts';
import { erasedHash, rearrivalIds } from '../privacy/person/erased.ts';
import { idsOfPerson, type PersonIds } from '../privacy/person/ids.ts';
import { recordEraser } from '../privacy/person/records.ts';
import type { Clock } from '../runtime/clock.ts';
import { messageOf } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Store, StoredErasure } from '../store/store.ts';
import type { ClickHouseClient } from '../warehouse/warehouse.ts';
import type { PipelineGate } from './pipeline-gate.ts';
import type { Places } from './places.ts';

export interface ErasureParts {
  readonly store: Store;
  readonly warehouse: ClickHouseClient;
  readonly reader: Pick<LogReader, 'head'>;
  readonly places: Pick<Places, 'log' | 'state' | 'lake'>;
  readonly gate: PipelineGate;
  /** Discards the project's rewind and what it found: shadow tables and examples are of persons, too. */
  readonly clearRewind: (project: string, signal: AbortSignal) => Promise<void>;
  readonly decode: (record: LogRecord) => Decoded | Promise<Decoded>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** What a job remembers of whom it erases; encrypted, and forgotten at the end. */
export interface Target {
  readonly person: PersonIds;
  /** Newest record that had arrived when the pipeline stood still; undefined before that. */
  readonly head?: number;
}

const pollMs = 1_000;
const retryMs = 10_000;

export function newReport(subject: string, ids: number): ErasureReport {
  return {
    state: 'waiting',
    subject,
    ids,
    parts: erasureParts.map((part) => ({ part, doneAt: null, removed: [], notes: [] })),
    problem: null,
  };
}

/**
 * Does the erasures that were asked for, one after the other, until the signal aborts. Each part may be repeated, and what is done is
 * written down: whatever process ends, the next one goes on to the same end.
 */
export async function keepErasing(parts: ErasureParts): Promise<void> {
  const { store, signal, logger } = parts;
  while (!signal.aborted) {
    let pause = pollMs;
    try {
      for (const erasure of await store.privacy.unfinished()) {
        if (signal.aborted) return;
        if (!(await tryErasure(parts, erasure))) pause = retryMs;
      }
    } catch (error) {
      if (!signal.aborted) logger.warn('erasures cannot be looked up now', { error: messageOf(error) });
    }
    await sleep(pause, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

async function tryErasure(parts: ErasureParts, erasure: StoredErasure): Promise<boolean> {
  const { store, signal, logger, clock } = parts;
  let report: ErasureReport = { ...erasure.report, state: 'running', problem: null };
  const save = async (change: Partial<ErasureReport>): Promise<void> => {
    report = { ...report, ...change };
    await store.privacy.report(erasure.id, report);
  };
  try {
    let target = JSON.parse(erasure.target ?? '{}') as Target;
    for (const part of erasureParts) {
      if (report.parts.find((one) => one.part === part)?.doneAt != null) continue;
      const removed = new Map(
        report.parts.find((one) => one.part === part)?.removed.map((one) => [keyOf(one), one]),
      );
      const told = (doneAt: number | null, notes: readonly string[]): Promise<void> =>
        save({
          parts: report.parts.map((one) =>
            one.part === part ? { part, doneAt, removed: [...removed.values()], notes: [...notes] } : one,
          ),
        });
      const tell = async (one: Removed): Promise<void> => {
        if (one.count === 0) return;
        removed.set(keyOf(one), { ...one, count: one.count + (removed.get(keyOf(one))?.count ?? 0) });
        await told(null, []);
      };
      await save({});
      const done = await work[part](parts, erasure, target, tell);
      target = done.target ?? target;
      await told(clock.now(), done.notes ?? []);
    }
    report = { ...report, state: 'done' };
    await store.privacy.finish(erasure.id, report, clock.now());
    logger.info('a person was erased', { erasure: erasure.id });
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    logger.warn('an erasure is not done yet', { erasure: erasure.id, error: messageOf(error) });
    await save({ state: 'failed', problem: messageOf(error).slice(0, 300) });
    return false;
  }
}

function keyOf({ where, what }: Removed): string {
  return `${where}\0${what}`;
}

interface Done {
  readonly notes?: readonly string[];
  readonly target?: Target;
}
type Work = (
  parts: ErasureParts,
  erasure: StoredErasure,
  target: Target,
  tell: (removed: Removed) => Promise<void>,
) => Promise<Done>;

const work: { readonly [Part in ErasurePart]: Work } = {
  pipeline: erasePipeline,
  warehouse: (parts, erasure, target, tell) => eraseTables(parts, erasure, target, 'ours', tell),
  models: (parts, erasure, target, tell) => eraseTables(parts, erasure, target, 'models', tell),
  'raw log': async ({ places, decode, signal }, { project }, { person }, tell) => {
    const { counts, change } = recordEraser(project, person, decode);
    const { next } = await checkpointOf(places.state);
    await rewriteLog(places.log, next, change, signal);
    for (let look = 0; !(await scrubLog(places.log)); look++) {
      if (look > 60) throw new Error('the write-ahead log of the raw log is in use all the time');
      await sleep(500, undefined, { signal });
    }
    return { notes: await tellRecords('raw log', counts, tell) };
  },
  archive: async ({ places, decode, clearRewind, signal }, { project }, { person }, tell) => {
    // each file is read twice, and what is found must be counted once
    const { counts, change } = recordEraser(project, person, decode);
    const { change: again } = recordEraser(project, person, decode);
    const either = (record: LogRecord, isAgain: boolean): ReturnType<typeof change> =>
      (isAgain ? again : change)(record);
    await rewriteArchive(places.lake, project, either, { signal });
    // once more: one may have been begun while raw log and archive still had the person
    await clearRewind(project, signal);
    return { notes: await tellRecords('archive', counts, tell) };
  },
};

async function eraseTables(
  { store, warehouse }: ErasureParts,
  { id, project }: StoredErasure,
  { person }: Target,
  part: 'ours' | 'models',
  tell: (removed: Removed) => Promise<void>,
): Promise<Done> {
  const scope = { erasure: id, project, isOnly: await isOnlyProject(store, project) };
  return { notes: await eraseFromWarehouse(warehouse, scope, person, part, tell) };
}

/** Whether there is no other project but the demo's. */
export async function isOnlyProject(store: Store, project: string): Promise<boolean> {
  return (await store.projects.list()).every(({ id, demo }) => id === project || demo);
}

async function tellRecords(
  where: string,
  { deleted, rewritten, whole }: { deleted: number; rewritten: number; whole: number },
  tell: (removed: Removed) => Promise<void>,
): Promise<string[]> {
  await tell({ where, what: 'records deleted', count: deleted });
  await tell({ where, what: 'records written again without the person’s items', count: rewritten });
  return whole === 0
    ? []
    : [`${whole} records that could not be taken apart went as a whole, with what others sent in them`];
}

/**
 * From here on nothing of the person is processed: the pipeline stands still while its memory forgets the person and the ids are written
 * down as hashes. What had arrived and was not processed yet is dropped when its turn comes, and that is waited for.
 */
async function erasePipeline(
  parts: ErasureParts,
  erasure: StoredErasure,
  known: Target,
  tell: (removed: Removed) => Promise<void>,
): Promise<Done> {
  const { store, gate, signal, places, reader, warehouse, clearRewind } = parts;
  const { id, project, rearrival } = erasure;
  let target = known;
  if (target.head === undefined) {
    // one that is ready could be swapped in until the end, with the person; before the gate, since a swap that has begun needs it
    await clearRewind(project, signal);
    const resume = await gate.pause(signal);
    try {
      const { next } = await checkpointOf(places.state);
      const head = Math.max(reader.head(), next - 1);
      // ids may have been joined to the person since it was asked for
      const again = await idsOfPerson(warehouse, project, `key:${known.person.keys[0] ?? '0'}`, []);
      const person = joined(known.person, again);
      const secret = await erasureKey(store, project, parts.clock.now());
      await store.privacy.addErased(
        project,
        id,
        rearrivalIds(person).map((one) => ({
          hash: erasedHash(secret, one),
          from: next,
          to: rearrival === 'anew' ? head + 1 : null,
        })),
      );
      const removed = eraseFromState(places.state, project, new Set(person.ids.map((one) => one.id)));
      target = { person, head };
      await store.privacy.target(id, JSON.stringify(target));
      await tell({ where: 'pipeline', what: 'remembered values', count: removed });
    } finally {
      await resume();
    }
  }
  const { head = 0 } = target;
  while ((await checkpointOf(places.state)).next <= head) await sleep(250, undefined, { signal });
  return { target };
}

function joined(one: PersonIds, other: PersonIds): PersonIds {
  const ids = new Map([...one.ids, ...other.ids].map((id) => [`${id.kind}${id.id}`, id]));
  return {
    keys: [...new Set([...one.keys, ...other.keys])],
    ids: [...ids.values()],
    marks: [...new Set([...one.marks, ...other.marks])],
  };
}

async function checkpointOf(file: string): Promise<{ readonly next: number }> {
  const state = openState(file);
  try {
    return await state.checkpoint();
  } finally {
    await state.close();
  }
}

/** The secret of the project's hashes of erased ids, made when the first one is erased. */
export async function erasureKey(store: Store, project: string, now: number): Promise<string> {
  const [known] = await store.privacy.keys(project, 'erasure');
  if (known) return known.secret;
  const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
  const [made] = await store.privacy.addKey(project, 'erasure', { id: 1, secret, createdAt: now });
  return made?.secret ?? secret;
}
