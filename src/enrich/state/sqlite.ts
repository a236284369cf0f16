import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import { isTransient, type StateStore, transientPrefix } from './state.ts';

const dayMs = 86_400_000;
/** Stands for a day that never comes: what is kept. */
const never = 2 ** 31;
/** Visitors that nothing was heard of for so long are forgotten. */
const keepDays = 90;
/** At most so many per commit, so that forgetting never makes a batch wait. */
const sweepRows = 500;

/**
 * The state in one SQLite file. `touched` is the day of the last write by this machine's clock, for what may be forgotten: only forgetting
 * uses it, so it cannot change what a replay gives.
 */
export function openSqliteState(file: string, clock: Clock = systemClock): StateStore {
  mkdirSync(dirname(file), { recursive: true });
  const db = new DatabaseSync(file);
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA busy_timeout = 5000;
    CREATE TABLE IF NOT EXISTS checkpoint (
      id INTEGER PRIMARY KEY CHECK (id = 1), next INTEGER NOT NULL, intent INTEGER
    ) STRICT;
    INSERT OR IGNORE INTO checkpoint VALUES (1, 1, NULL);
    CREATE TABLE IF NOT EXISTS kv (key TEXT PRIMARY KEY, value TEXT NOT NULL, touched INTEGER NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS kv_transient ON kv (touched) WHERE substr(key, 1, 2) = '${transientPrefix}';
  `);
  const readCheckpoint = db.prepare('SELECT next, intent FROM checkpoint');
  const writeIntent = db.prepare('UPDATE checkpoint SET intent = ?');
  const writeCheckpoint = db.prepare('UPDATE checkpoint SET next = ?, intent = NULL');
  const get = db.prepare('SELECT value FROM kv WHERE key = ?');
  const put = db.prepare(
    'INSERT INTO kv VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, touched = excluded.touched',
  );
  const remove = db.prepare('DELETE FROM kv WHERE key = ?');
  const sweep = db.prepare(`DELETE FROM kv WHERE rowid IN (
    SELECT rowid FROM kv WHERE substr(key, 1, 2) = '${transientPrefix}' AND touched < ? LIMIT ${sweepRows})`);

  const store = (next: number, changes: ReadonlyMap<string, string | undefined>): void => {
    const today = Math.floor(clock.now() / dayMs);
    for (const [key, value] of changes) {
      if (value === undefined) remove.run(key);
      else put.run(key, value, isTransient(key, value) ? today : never);
    }
    sweep.run(today - keepDays);
    writeCheckpoint.run(next);
  };

  return {
    async checkpoint() {
      const row = readCheckpoint.get();
      return {
        next: Number(row?.next),
        intentTo: row?.intent == null ? undefined : Number(row.intent),
      };
    },
    async intend(to) {
      writeIntent.run(to);
    },
    async fetch(keys) {
      return keys.map((key) => get.get(key)?.value as string | undefined);
    },
    async commit(next, changes) {
      db.exec('BEGIN IMMEDIATE');
      try {
        store(next, changes);
        db.exec('COMMIT');
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK');
        throw error;
      }
    },
    async close() {
      db.close();
    },
  };
}
