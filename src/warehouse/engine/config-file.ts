import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Limits } from './limits.ts';

/** Server configuration that exists only as a file: small caches and pools, since the machine is small and shared. */
export function writeConfigFile(folder: string, limits: Limits): string {
  const path = join(folder, 'engine.xml');
  const entries: Record<string, string | number> = {
    timezone: 'UTC',
    max_server_memory_usage: Math.floor(limits.serverMemory),
    mark_cache_size: 64 * 1024 ** 2,
    uncompressed_cache_size: 0,
    index_mark_cache_size: 16 * 1024 ** 2,
    mmap_cache_size: 128,
    background_pool_size: 2,
    background_merges_mutations_concurrency_ratio: 2,
    background_schedule_pool_size: 8,
    background_common_pool_size: 2,
    background_fetches_pool_size: 1,
    background_move_pool_size: 1,
    background_buffer_flush_schedule_pool_size: 1,
    background_message_broker_schedule_pool_size: 1,
    background_distributed_schedule_pool_size: 1,
    async_load_databases: 'false',
  };
  const lines = Object.entries(entries).map(([name, value]) => `  <${name}>${value}</${name}>`);
  // a mutation takes two slots of the pool at most, or it would wait for ever on a pool of this size
  lines.push(
    '  <merge_tree>',
    '    <number_of_free_entries_in_pool_to_execute_mutation>1</number_of_free_entries_in_pool_to_execute_mutation>',
    '    <number_of_free_entries_in_pool_to_lower_max_size_of_merge>1</number_of_free_entries_in_pool_to_lower_max_size_of_merge>',
    '    <number_of_free_entries_in_pool_to_execute_optimize_entire_partition>1</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>',
    '  </merge_tree>',
  );
  writeFileSync(path, `<clickhouse>\n${lines.join('\n')}\n</clickhouse>\n`);
  return path;
}
