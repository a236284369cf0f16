import type { Source } from './source.ts';
import type { SourceFile } from './source-file.ts';
import { postgresSource } from './sources/postgres/postgres.ts';

// biome-ignore lint/performance/noBarrelFile: the face of this folder; nothing outside imports past it
export { keepFollowing } from './keep-following.ts';
export type { Finding, Source, SourceStatus } from './source.ts';
export { type ReadFile, readSourceFiles, type SourceFile } from './source-file.ts';

/** THE table of kinds of databases that can be replicated. */
const kinds: Readonly<Record<SourceFile['kind'], (file: SourceFile) => Source>> = {
  postgres: postgresSource,
};

export function openSource(file: SourceFile): Source {
  return kinds[file.kind](file);
}
