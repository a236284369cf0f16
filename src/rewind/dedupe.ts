import {
  type ClickHouseClient,
  type Confirm,
  confirmStored,
  type RecentIds,
  rememberStored,
  type Suspect,
} from '../warehouse/warehouse.ts';
import type { Scope } from './tables.ts';

/**
 * What counts as stored for an event of the range: what the shadow has made so far, and what the tables have from outside the range. The rows of
 * the range itself do not count, since they are what is made again.
 */
export function shadowConfirm(warehouse: ClickHouseClient, database: string, scope: () => Scope): Confirm {
  return async (suspects, before, table) => {
    const { first, end } = scope();
    const found = new Set<string>();
    const ask = async (some: readonly Suspect[], limit: number, where: string): Promise<void> => {
      const possible = some.filter(({ from, to }) => from <= to);
      if (possible.length === 0) return;
      for (const key of await confirmStored(warehouse, possible, limit, table, where)) found.add(key);
    };
    await ask(within(suspects, first, end - 1), before, database);
    await ask(within(suspects, 0, first - 1), first, 'tributary');
    await ask(within(suspects, end, Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER, 'tributary');
    return found;
  };
}

function within(suspects: readonly Suspect[], from: number, to: number): Suspect[] {
  return suspects.map((one) => ({ ...one, from: Math.max(one.from, from), to: Math.min(one.to, to) }));
}

/** Fills the filter with the ids that `shadowConfirm` would find. */
export async function rememberOutside(
  warehouse: ClickHouseClient,
  database: string,
  recent: RecentIds,
  { project, first, end }: Scope,
  next: number,
): Promise<void> {
  const quoted = project.replace(/[\\']/g, '\\$&');
  await rememberStored(warehouse, recent, Number.MAX_SAFE_INTEGER, {
    database: 'tributary',
    where: `project = '${quoted}' AND (log_offset < ${first} OR log_offset >= ${end})`,
  });
  await rememberStored(warehouse, recent, next, { database, where: '1' });
}
