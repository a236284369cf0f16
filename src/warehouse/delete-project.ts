import type { ClickHouseClient } from '@clickhouse/client';

const tables = [
  'events',
  'sessions',
  'session_repairs',
  'identities',
  'identity_history',
  'profile_history',
  'persons',
  'accounts',
  'logs',
  'quarantine',
  'quarantine_outcomes',
  'ledger',
];

/** Removes every row of a project. Safe to repeat; resolves when queries no longer see any. */
export async function deleteProject(warehouse: ClickHouseClient, project: string): Promise<void> {
  for (const table of tables) {
    await warehouse.command({
      query: `DELETE FROM tributary.${table} WHERE project = {project:String}`,
      query_params: { project },
      clickhouse_settings: { lightweight_deletes_sync: '2' },
    });
  }
}
