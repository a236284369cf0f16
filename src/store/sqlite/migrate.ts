import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TributaryError } from '../../runtime/errors.ts';
import { sha256 } from '../../runtime/ids.ts';
import type { Database } from './database.ts';

/** Applies the files of `folder` that the database has not seen, in the order of their names, each once. */
export function migrate(database: Database, folder: string): void {
  const files = readdirSync(folder)
    .filter((name) => /^\d{4}-[\w-]+\.sql$/.test(name))
    .toSorted();
  if (files.length === 0) throw new TributaryError('internal', `no migrations found in ${folder}`);

  // one transaction over all: two processes that start together take turns
  database.transaction(() => {
    database.script(
      'CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, checksum TEXT NOT NULL) STRICT',
    );
    const applied = new Map(
      database.all('SELECT name, checksum FROM migrations').map((row) => [String(row.name), row.checksum]),
    );
    for (const name of applied.keys()) {
      if (!files.includes(name)) {
        throw new TributaryError(
          'config-invalid',
          `the store was written by a newer version of Tributary (it has the migration ${name})`,
        );
      }
    }
    for (const name of files) {
      const sql = readFileSync(join(folder, name), 'utf8');
      const checksum = sha256(sql.replaceAll('\r\n', '\n'));
      const known = applied.get(name);
      if (known === checksum) continue;
      if (known !== undefined) {
        throw new TributaryError(
          'internal',
          `the migration ${name} was changed after this store applied it; add a new file instead`,
        );
      }
      database.script(sql);
      database.run('INSERT INTO migrations (name, checksum) VALUES (?, ?)', name, checksum);
    }
  });
}
