import type { ClickHouseClient } from '../warehouse/warehouse.ts';
import { ask } from './ask.ts';

/** What became of the items of replays, by replay and outcome. */
export async function outcomesOfReplays(
  warehouse: ClickHouseClient,
  project: string,
  replays: readonly string[],
): Promise<ReadonlyMap<string, Record<string, number>>> {
  if (replays.length === 0) return new Map();
  const rows = await ask<{ replay: string; outcome: string; count: number }>(
    warehouse,
    `SELECT replay, outcome, count() AS count FROM tributary.quarantine_outcomes
    WHERE project = {project:String} AND replay IN {replays:Array(String)} AND replay_offset > 0 GROUP BY replay, outcome`,
    { project, replays },
  );
  const found = new Map<string, Record<string, number>>();
  for (const { replay, outcome, count } of rows)
    found.set(replay, { ...found.get(replay), [outcome]: count });
  return found;
}
