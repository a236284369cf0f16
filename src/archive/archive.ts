import { statSync } from 'node:fs';
import { readCheckpoint } from './checkpoint.ts';
import { filesOf, hourMs, projectsIn } from './layout.ts';

// biome-ignore lint/performance/noBarrelFile: the face of this folder; nothing outside imports past it
export { Archiver, type ArchiverStatus } from './archiver.ts';
export { toLine } from './line.ts';
export { readRecords } from './read.ts';
export { deleteFromArchive, type Rewritten, rewriteArchive } from './rewrite.ts';

/** The first offset that is not in the archive: what lies before it may leave the log. 1 when nothing was archived yet. */
export function archivedBefore(lake: string): number {
  return readCheckpoint(lake)?.next ?? 1;
}

/** What the archive holds of a project. */
export interface Holding {
  readonly project: string;
  readonly files: number;
  readonly bytes: number;
  /** Hours of receipt: start of the first and end of the last, milliseconds; null when there are none. */
  readonly from: number | null;
  readonly to: number | null;
}

export function holdingsOf(lake: string, projects: readonly string[] = projectsIn(lake)): Holding[] {
  return projects.map((project) => {
    const files = filesOf(lake, project);
    let bytes = 0;
    let from: number | null = null;
    let to: number | null = null;
    for (const { path, hour } of files) {
      bytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      from = Math.min(from ?? hour, hour);
      to = Math.max(to ?? 0, hour + hourMs);
    }
    return { project, files: files.length, bytes, from, to };
  });
}
