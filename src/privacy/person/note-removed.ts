import type { ClickHouseClient } from '@clickhouse/client';
import { max_query_size } from './ids.ts';

const counted = new Set(['tributary.events', 'tributary.logs']);

/**
 * Writes into the ledger that rows are about to be removed on purpose, so that it still balances: loaded = stored + removed. The same `token`
 * counts once, however often it is done.
 */
export async function noteRemoved(
  warehouse: ClickHouseClient,
  {
    table,
    where,
    query_params = {},
    reason,
    token,
  }: {
    readonly table: string;
    readonly where: string;
    readonly query_params?: Record<string, unknown>;
    readonly reason: 'erased' | 'retention';
    readonly token: string;
  },
): Promise<void> {
  if (!counted.has(table)) return;
  await warehouse.command({
    query: `INSERT INTO tributary.ledger (project, minute, protocol, hop, reason, count)
      SELECT project, toStartOfMinute(received_at), protocol, 'removed', '${reason}', count() FROM ${table} WHERE ${where}
      GROUP BY project, toStartOfMinute(received_at), protocol`,
    query_params,
    clickhouse_settings: {
      insert_deduplication_token: token,
      max_insert_threads: '1',
      max_threads: 1,
      max_query_size,
    },
  });
}
