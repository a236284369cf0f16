import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Where records lie: `raw/project=<id>/date=2026-01-31/hour=07/<from>-<to>.ndjson.zst`, by the hour of receipt (UTC). A file holds the
 * project's records with offsets in [from, to) that were received in that hour, in the order of their offsets.
 */
export interface ArchiveFile {
  readonly path: string;
  readonly project: string;
  /** Start of the hour, milliseconds. */
  readonly hour: number;
  readonly from: number;
  readonly to: number;
}

export const hourMs = 3_600_000;
const ending = '.ndjson.zst';
/** Enough for every safe integer, so that names sort as offsets do. */
const digits = 16;

export function rawFolder(lake: string): string {
  return join(lake, 'raw');
}

export function projectFolder(lake: string, project: string): string {
  return join(rawFolder(lake), `project=${encodeName(project)}`);
}

export function hourFolder(lake: string, project: string, hour: number): string {
  const time = new Date(hour).toISOString();
  return join(projectFolder(lake, project), `date=${time.slice(0, 10)}`, `hour=${time.slice(11, 13)}`);
}

export function fileName(from: number, to: number): string {
  return `${String(from).padStart(digits, '0')}-${String(to).padStart(digits, '0')}${ending}`;
}

export function projectsIn(lake: string): string[] {
  return partsOf(rawFolder(lake), 'project').map(({ value }) => decodeURIComponent(value));
}

/** Days of a project that have files, `2026-01-31`, oldest first. */
export function daysOf(lake: string, project: string): string[] {
  return partsOf(projectFolder(lake, project), 'date').map(({ value }) => value);
}

export interface Hours {
  /** Only files of hours that reach into [from, to), milliseconds. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/**
 * The files of a project in the order of their offsets. A range that lies inside the range of another file of its hour was merged into
 * that one and is not listed, so that a merge that was killed halfway shows nothing twice.
 */
export function filesOf(lake: string, project: string, hours: Hours = {}): ArchiveFile[] {
  const files: ArchiveFile[] = [];
  for (const day of partsOf(projectFolder(lake, project), 'date')) {
    const start = Date.parse(`${day.value}T00:00:00Z`);
    if (!reaches(start, 24 * hourMs, hours)) continue;
    for (const { path, value } of partsOf(day.path, 'hour')) {
      const hour = start + Number(value) * hourMs;
      if (reaches(hour, hourMs, hours)) files.push(...withoutMerged(filesIn(path, project, hour)));
    }
  }
  return files.toSorted((one, other) => one.from - other.from || one.hour - other.hour);
}

function reaches(start: number, length: number, { from = -Infinity, to = Infinity }: Hours): boolean {
  return start < to && start + length > from;
}

/** Every file of an hour's folder, those that were merged into another one too. */
export function filesIn(folder: string, project: string, hour: number): ArchiveFile[] {
  return names(folder).flatMap((name) => {
    const range = /^(\d+)-(\d+)\.ndjson\.zst$/.exec(name);
    if (!range) return [];
    return [{ path: join(folder, name), project, hour, from: Number(range[1]), to: Number(range[2]) }];
  });
}

export function withoutMerged(files: readonly ArchiveFile[]): ArchiveFile[] {
  return files.filter((file) => !files.some((other) => covers(other, file)));
}

function covers(one: ArchiveFile, other: ArchiveFile): boolean {
  return one !== other && one.from <= other.from && one.to >= other.to;
}

function partsOf(folder: string, name: string): { readonly path: string; readonly value: string }[] {
  const prefix = `${name}=`;
  return names(folder)
    .filter((entry) => entry.startsWith(prefix))
    .map((entry) => ({ path: join(folder, entry), value: entry.slice(prefix.length) }));
}

/** Sorted; nothing when there is no such folder. */
function names(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Ids are texts of any kind: what a folder's name should not have is percent-encoded. */
function encodeName(id: string): string {
  return encodeURIComponent(id).replace(
    /[.!'()*~]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
