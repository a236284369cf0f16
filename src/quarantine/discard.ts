import type { ClickHouseClient } from '../warehouse/warehouse.ts';
import { ask } from './ask.ts';
import type { Walk } from './items.ts';
import { both, inState, selected } from './selection.ts';

interface Decision extends Pick<Walk, 'project' | 'selection'> {
  readonly restore: boolean;
  readonly by: string;
  readonly now: number;
}

/** Marks waiting items as discarded, or discarded ones as waiting again; answers how many. */
export async function discard(
  warehouse: ClickHouseClient,
  { project, selection, restore, by, now }: Decision,
): Promise<number> {
  const where = both(inState(project, restore ? 'discarded' : 'waiting'), selected(selection));
  const [row] = await ask<{ items: number }>(
    warehouse,
    `SELECT count() AS items FROM tributary.quarantine WHERE ${where.sql}`,
    where.params,
  );
  const items = row?.items ?? 0;
  if (items === 0) return 0;
  await warehouse.command({
    query: `INSERT INTO tributary.quarantine_outcomes (project, log_offset, item, outcome, at, \`by\`)
      SELECT project, log_offset, item, {outcome:String}, fromUnixTimestamp64Milli({now:Int64}), {by:String} FROM tributary.quarantine WHERE ${where.sql}`,
    query_params: { ...where.params, outcome: restore ? 'waiting' : 'discarded', now, by },
  });
  return items;
}
