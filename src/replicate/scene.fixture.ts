import { expect } from 'vitest';
import { comparePostgres } from './compare-postgres.fixture.ts';
import type { TestPostgres } from './postgres.fixture.ts';
import { type Replica, sourceFile, startReplica, type TestWarehouse } from './replica.fixture.ts';
import type { SourceFile } from './source-file.ts';

/** A database, a source and a prefix of its own for one test. */
export interface Scene {
  readonly name: string;
  readonly source: SourceFile;
  start(file?: Partial<SourceFile>): Replica;
  run(statements: string): Promise<void>;
  /** Waits until a table is the same on both sides. */
  same(table: string, without?: readonly string[]): Promise<void>;
  /** Rows of the warehouse; `$` stands for the prefix. */
  rows<Row>(query: string): Promise<Row[]>;
}

let databases = 0;

export async function sceneIn(
  server: TestPostgres,
  warehouse: TestWarehouse,
  sql: string,
  file: Partial<SourceFile> = {},
): Promise<Scene> {
  const name = `scene${process.pid}_${++databases}`;
  await server.run(`CREATE DATABASE ${name}`);
  await server.run(sql, name);
  const source = sourceFile({
    kind: 'postgres',
    url: server.url(name),
    name,
    prefix: `${name}_`,
    ...file,
  });
  const difference = (table: string, without: readonly string[]): Promise<string> =>
    comparePostgres(server, warehouse, table, { database: name, target: `${name}_${table}`, without });
  return {
    name,
    source,
    start: (changes = {}) => startReplica(warehouse, { ...source, ...changes }),
    run: (statements) => server.run(statements, name),
    same: async (table, without = []) => {
      await expect
        .poll(() => difference(table, without).catch(String), { timeout: 60_000, interval: 30 })
        .toBe('');
    },
    rows: <Row>(query: string) => warehouse.query<Row>(query.replaceAll('$', `${name}_`)),
  };
}
