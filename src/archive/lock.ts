import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { rawFolder } from './layout.ts';

const pollMs = 25;

/**
 * Runs `work` while nobody else, in any process, changes the archive's files; waits for its turn. The lock is SQLite's own file lock: the
 * kernel releases it however the process ends.
 */
export async function withArchiveLock<T>(
  lake: string,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  mkdirSync(rawFolder(lake), { recursive: true });
  const database = new DatabaseSync(join(rawFolder(lake), 'archive.lock.db'), { timeout: 0 });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    while (!taken(database)) await sleep(pollMs, undefined, signal ? { signal } : {});
    return await work();
  } finally {
    database.close();
  }
}

function taken(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    // SQLITE_BUSY
    if (error instanceof Error && 'errcode' in error && error.errcode === 5) return false;
    throw error;
  }
}
