import type { EnrichBatch } from '../contract/pipeline.ts';
import { createEnricher } from './enrich.ts';
import { openSqliteState } from './state/sqlite.ts';
import type { StateStore } from './state/state.ts';

/** The real enricher over a SQLite state without a file; `run` enriches and commits, as the pipeline does. */
export function enricherInMemory(): {
  readonly state: StateStore;
  readonly enrich: EnrichBatch;
  readonly run: EnrichBatch;
} {
  const state = openSqliteState(':memory:');
  const { enrich } = createEnricher({ state });
  const run: EnrichBatch = async (items, lines, commands = []) => {
    const batch = await enrich(items, lines, commands);
    const next = Math.max(0, ...[...items, ...commands].map(({ record }) => record.offset)) + 1;
    await state.commit(next, batch.changes);
    return batch;
  };
  return { state, enrich, run };
}
