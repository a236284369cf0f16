import type { CommandItem } from '../contract/command.ts';
import type { EnrichBatch, EnrichedBatch, LogItem, PipelineItem } from '../contract/pipeline.ts';
import { messageOf } from '../runtime/errors.ts';

/**
 * Enrichment is total by contract. If it throws the error of a fault in the program after all, the items that make it throw become
 * failures, so that they stop neither the others nor the river; the same items do so on every replay. Errors of other kinds (the state store is
 * away) pass through, to be tried again.
 */
export async function enrichSafely(
  enrich: EnrichBatch,
  items: readonly PipelineItem[],
  lines: readonly LogItem[],
  commands: readonly CommandItem[],
): Promise<EnrichedBatch> {
  try {
    return await enrich(items, lines, commands);
  } catch (error) {
    if (!isFault(error)) throw error;
    const culprits = await findCulprits(enrich, items, error);
    const enriched = await enrich(
      items.filter((item) => !culprits.has(item)),
      lines,
      commands,
    );
    const failures = [...culprits].map(([item, detail]) => ({
      item,
      failure: { stage: 'enrich' as const, reason: 'enrichment failed', detail },
    }));
    return { ...enriched, failures: [...enriched.failures, ...failures] };
  }
}

async function findCulprits(
  enrich: EnrichBatch,
  items: readonly PipelineItem[],
  error: Error,
): Promise<Map<PipelineItem, string>> {
  const [only] = items;
  if (items.length === 1 && only) return new Map([[only, messageOf(error)]]);
  const found = new Map<PipelineItem, string>();
  const middle = items.length >>> 1;
  for (const half of [items.slice(0, middle), items.slice(middle)]) {
    try {
      await enrich(half);
    } catch (thrown) {
      if (!isFault(thrown)) throw thrown;
      for (const [item, detail] of await findCulprits(enrich, half, thrown)) found.set(item, detail);
    }
  }
  return found;
}

function isFault(error: unknown): error is Error {
  return error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
}
