import { activityByKey, sourceStatus } from '../analyze/analyze.ts';
import type { DataHandlers } from '../api/api.ts';
import type { Refusals } from '../collect/collect.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Store } from '../store/store.ts';
import type { ClickHouseClient } from '../warehouse/warehouse.ts';

/** What the warehouse knows of sources, joined with what the collector turned away before the log. */
export function sourceStatusHandlers(
  store: Store,
  warehouse: ClickHouseClient,
  refusals: Refusals,
): Pick<DataHandlers, 'sourceActivity' | 'sourceStatus'> {
  return {
    sourceActivity: async ({ project }) => {
      const [{ since, keys }, sources] = await Promise.all([
        activityByKey(warehouse, systemClock, project),
        store.keys.sources(project),
      ]);
      const refused = (id: string) => refusals.of(id).reduce((sum, { count }) => sum + count, 0);
      const ids = [...sources.map(({ id }) => id), ''];
      return {
        since,
        sources: ids.map((id) => {
          const seen = keys.find(({ key }) => key === id);
          return {
            source: id,
            lastEvent: seen?.last ?? null,
            hours: [...(seen?.hours ?? Array.from({ length: 24 }, () => 0))],
            quarantined: seen?.quarantined ?? 0,
            refused: refused(id),
          };
        }),
      };
    },

    sourceStatus: async (input) => {
      // says that there is none, instead of showing a source that never sent
      await store.keys.source(input.project, input.source);
      const status = await sourceStatus(warehouse, systemClock, input);
      return { ...status, refusals: refusals.of(input.source) };
    },
  };
}
