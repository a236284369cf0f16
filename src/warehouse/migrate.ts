import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { TributaryError } from '../runtime/errors.ts';
import { sha256 } from '../runtime/ids.ts';

export interface Migration {
  /** Name of the file; the order of names is the order of application. */
  readonly name: string;
  readonly sql: string;
}

/** The files of `tables/`: what every warehouse of this version has. */
export function tableMigrations(folder = join(import.meta.dirname, 'tables')): Migration[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
    .map((name) => ({ name, sql: readFileSync(join(folder, name), 'utf8') }));
}

const bootstrap = [
  'CREATE DATABASE IF NOT EXISTS tributary',
  `CREATE TABLE IF NOT EXISTS tributary.migrations (name String, checksum String, applied_at DateTime DEFAULT now())
   ENGINE = MergeTree ORDER BY name SETTINGS fsync_after_insert = 1`,
];

/**
 * Applies what is not applied yet, in order, and answers with the names. Every statement of a file must be safe to repeat, since a crash
 * can come between a statement and its record. An applied file never changes (comments may): a change is a new file.
 */
export async function migrate(
  warehouse: ClickHouseClient,
  migrations: readonly Migration[] = tableMigrations(),
): Promise<string[]> {
  const applied = await appliedChecksums(warehouse);
  if (!applied) for (const query of bootstrap) await warehouse.command({ query });
  const done: string[] = [];
  for (const { name, sql } of migrations) {
    const statements = splitStatements(sql);
    const checksum = sha256(statements.join(';\n'));
    const known = applied?.get(name);
    if (known === checksum) continue;
    if (known !== undefined) throw changed(name);
    for (const query of statements) await warehouse.command({ query });
    await warehouse.insert({
      table: 'tributary.migrations',
      values: [{ name, checksum }],
      format: 'JSONEachRow',
      clickhouse_settings: { async_insert: 0 },
    });
    done.push(name);
  }
  return done;
}

function changed(name: string): TributaryError {
  return new TributaryError(
    'internal',
    `The file warehouse/tables/${name} was applied to this warehouse and has changed since. ` +
      'Put the file back as it was and write the change as a new file with a higher number.',
  );
}

/** Undefined when the warehouse is new. */
async function appliedChecksums(warehouse: ClickHouseClient): Promise<Map<string, string> | undefined> {
  try {
    const result = await warehouse.query({
      query: 'SELECT name, checksum FROM tributary.migrations',
      format: 'JSONEachRow',
    });
    const rows = await result.json<{ name: string; checksum: string }>();
    return new Map(rows.map((row) => [row.name, row.checksum]));
  } catch (error) {
    if (isUnknown(error)) return undefined;
    throw error;
  }
}

/** UNKNOWN_TABLE or UNKNOWN_DATABASE. */
function isUnknown(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '60' || error.code === '81');
}

/** Comments, quoted texts and names, a semicolon, or anything else. */
const token =
  /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S])*"|`(?:[^`\\]|\\[\s\S])*`|;|[^;'"`/-]+|[\s\S]/g;

/** The statements of a file without comments; a semicolon inside quotes does not end one. */
export function splitStatements(sql: string): string[] {
  const statements = [''];
  for (const [part] of sql.matchAll(token)) {
    if (part === ';') statements.push('');
    else if (part.startsWith('--') || part.startsWith('/*')) statements[statements.length - 1] += ' ';
    else statements[statements.length - 1] += part;
  }
  return statements.map((statement) => statement.trim()).filter((statement) => statement !== '');
}
