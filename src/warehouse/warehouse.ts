import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';

export type { ClickHouseClient } from '@clickhouse/client';
// biome-ignore lint/performance/noBarrelFile: the face of this folder; nothing outside imports past it
export { type Batch, type PrepareOptions, prepareBatch, type Refused, withRefusedLines } from './batch.ts';
export { type Confirm, confirmStored, hashId, RecentIds, rememberStored, type Suspect } from './dedupe.ts';
export { type EngineOptions, type RunningEngine, startEngine } from './engine/spawn.ts';
export { type Token, tokens } from './engine/sql-text.ts';
export { type Node, nameOf, parseTree, walk } from './engine/syntax-tree.ts';
export { Inserter, type Refusal } from './insert.ts';
export { migrate } from './migrate.ts';
export { propertyPath, propertySql } from './property.ts';
export { confirmReplayed } from './replays.ts';
export { type Table, type TableRows, tableColumns } from './rows.ts';
export type { PipelineState } from './staged-state.ts';

export interface WarehouseAddress {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Seconds after which a request is given up; the warehouse then stops working on it. */
  readonly timeout?: number;
}

/** A client of the warehouse, embedded or not: nothing else in the program may know which one it is. */
export function connect({ url, user, password, timeout = 610 }: WarehouseAddress): ClickHouseClient {
  return createClient({
    url,
    username: user,
    password,
    request_timeout: timeout * 1000,
    max_open_connections: 32,
    // hundreds of ids of a person do not fit into an address
    use_multipart_params_auto: true,
    // errors are thrown, and whoever catches them knows whether they are worth a line
    log: { level: ClickHouseLogLevel.OFF },
    // on loopback the bytes are cheaper than the CPU
    compression: { request: false, response: false },
  });
}
