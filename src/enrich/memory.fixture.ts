import type { EnrichBatch } from '../contract/pipeline.ts';
import { createEnricher } from './enrich.ts';
import { SeenSessions } from './sessions/sessions.fixture.ts';
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

/** The same, and what readers see of the sessions. `sessionIds`: of the events of the batch, as seen after it. */
export function sessionsInMemory() {
  const { run: enrich, state } = enricherInMemory();
  const seen = new SeenSessions();
  return {
    seen,
    state,
    run: async (...batch: Parameters<EnrichBatch>) => {
      const enriched = await enrich(...batch);
      seen.take(enriched);
      return { ...enriched, sessionIds: enriched.events.map((event) => seen.idOf(event)) };
    },
  };
}
