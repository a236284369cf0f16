import type { Build } from './state.ts';
import type { Step } from './step.ts';

/**
 * Tables of the pipeline in whose place a rewind has put others since the last refresh. Their rows may have other values under the same offsets,
 * which no fingerprint tells, at any time of the past.
 */
export function rewoundOf(live: Build | undefined, sources: Step['sources']): string[] {
  const before = live?.refresh?.sources;
  if (!before) return [];
  return Object.keys(sources).filter(
    (table) =>
      table.startsWith('tributary.') &&
      identityOf(before[table]) !== '' &&
      identityOf(before[table]) !== identityOf(sources[table]),
  );
}

/** Which table it was: the first word of a version, see `Catalog.version`. */
function identityOf(version = ''): string {
  return version.split(':', 1)[0] ?? '';
}
