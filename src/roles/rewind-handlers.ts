import type { DataHandlers } from '../api/api.ts';
import { holdingsOf } from '../archive/archive.ts';
import type { ArchiveHolding } from '../contract/rewind.ts';
import type { Store } from '../store/store.ts';
import type { ArchiveHeartbeat } from './archive.ts';
import type { RewindDesk } from './rewind-desk.ts';

export interface RewindHandlerParts {
  readonly desk: RewindDesk;
  readonly store: Store;
  readonly lake: string;
  readonly archiveDays: number;
}

type Names = 'rewind' | 'planRewind' | 'startRewind' | 'swapRewind' | 'discardRewind';

const silence = 5_000;

export function rewindHandlers({
  desk,
  store,
  lake,
  archiveDays,
}: RewindHandlerParts): Pick<DataHandlers, Names> {
  return {
    rewind: async ({ project }) => ({
      job: (await desk.job(project)) ?? null,
      difference: (await desk.difference(project)) ?? null,
      archive: await archiveHolding(store, lake, archiveDays, project),
    }),
    planRewind: ({ project, from, to }) => desk.plan(project, { from, to }),
    startRewind: ({ project, from, to }, { caller }) =>
      desk.start(project, { from, to }, caller.kind === 'user' ? caller.user.id : caller.key),
    swapRewind: ({ project, id }) => desk.order(project, id, 'swap'),
    discardRewind: ({ project, id }) => desk.order(project, id, 'discard'),
  };
}

/** What the archive has of a project, and whether it is being written. */
export async function archiveHolding(
  store: Store,
  lake: string,
  days: number,
  project: string,
): Promise<ArchiveHolding> {
  const beats = await store.heartbeats.list(Date.now() - silence);
  const beat = beats.find(({ role }) => role === 'archive')?.detail as ArchiveHeartbeat | undefined;
  const [holding] = holdingsOf(lake, [project]);
  const enabled = days > 0;
  return {
    enabled,
    folder: lake,
    days,
    files: holding?.files ?? 0,
    bytes: holding?.bytes ?? 0,
    from: holding?.from ?? null,
    to: holding?.to ?? null,
    waiting: beat?.archive?.waiting ?? 0,
    writtenAt: beat?.archive?.writtenAt ?? null,
    problem:
      enabled && !beat ? 'the process that archives does not answer' : (beat?.archive?.problem ?? null),
  };
}
