import { rmSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import type { LogRecord } from '../contract/request.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { recordsOf, syncFolder, writeStream } from './file.ts';
import { type ArchiveFile, filesOf, type Hours, projectFolder, rawFolder } from './layout.ts';
import { toLine } from './line.ts';
import { withArchiveLock } from './lock.ts';

type Changed = LogRecord | undefined;
/** `isAgain`: what was seen to change is asked for a second time, to be written. */
type ChangeRecord = (record: LogRecord, isAgain: boolean) => Changed | Promise<Changed>;
/** The process serves others, too. */
const recordsPerTurn = 20;

export interface Rewritten {
  readonly files: number;
  readonly records: number;
  /** Files that were written again, with how many of their records changed or went. */
  readonly changed: readonly { readonly path: string; readonly records: number }[];
}

/**
 * Writes the archive's files of a project again where `change` wants it: it answers with the record as it shall be (the same object when
 * nothing changes), or undefined when it shall go, and the same when it is asked again. Each file is replaced in one step, so that a crash leaves every file old or new; then do it
 * again. Nothing else writes to the archive meanwhile. What is only in the log is not touched: change the log FIRST, or the archive takes the
 * records over as they were.
 */
export function rewriteArchive(
  lake: string,
  project: string,
  change: ChangeRecord,
  { signal, ...hours }: Hours & { readonly signal?: AbortSignal | undefined } = {},
): Promise<Rewritten> {
  return withArchiveLock(
    lake,
    async () => {
      const changed: { path: string; records: number }[] = [];
      const files = filesOf(lake, project, hours);
      let records = 0;
      for (const file of files) {
        signal?.throwIfAborted();
        const seen = await look(file, change);
        records += seen.records;
        if (seen.changed === 0) continue;
        if (seen.left === 0) await remove(file);
        else await writeStream(file.path, changedLines(file, change));
        changed.push({ path: file.path, records: seen.changed });
      }
      return { files: files.length, records, changed };
    },
    signal,
  );
}

/** Most files have nothing to change: they are read and left alone. */
async function look(
  file: ArchiveFile,
  change: ChangeRecord,
): Promise<{ records: number; changed: number; left: number }> {
  let [records, changed, left] = [0, 0, 0];
  for await (const record of recordsOf(file.path)) {
    if (++records % recordsPerTurn === 0) await turn();
    const wanted = await change(record, false);
    if (wanted !== record) changed++;
    if (wanted !== undefined) left++;
  }
  return { records, changed, left };
}

async function* changedLines(file: ArchiveFile, change: ChangeRecord): AsyncGenerator<string> {
  for await (const record of recordsOf(file.path)) {
    const wanted = await change(record, true);
    if (wanted) yield toLine(wanted);
  }
}

async function remove({ path }: ArchiveFile): Promise<void> {
  rmSync(path);
  await syncFolder(path.slice(0, path.lastIndexOf('/')));
}

/**
 * Removes a project's files, and remembers that its records up to `head` (the log's newest offset) are nobody's: those that are only in the
 * log are not archived later, and no rewind brings them back.
 */
export function deleteFromArchive(lake: string, project: string, head: number): Promise<void> {
  return withArchiveLock(lake, async () => {
    const checkpoint = readCheckpoint(lake) ?? { next: 1, deleted: {} };
    await writeCheckpoint(lake, {
      ...checkpoint,
      deleted: { ...checkpoint.deleted, [project]: Math.max(head, checkpoint.deleted[project] ?? 0) },
    });
    rmSync(projectFolder(lake, project), { recursive: true, force: true });
    await syncFolder(rawFolder(lake));
  });
}
