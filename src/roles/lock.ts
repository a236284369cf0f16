import { DatabaseSync } from 'node:sqlite';
import { TributaryError } from '../runtime/errors.ts';

/**
 * Keeps a second program off the data folder. The lock is SQLite's own file lock, so that the kernel releases it however
 * the process ends; there is no stale lock file to delete.
 */
export function lockDataFolder(path: string, folder: string): Disposable {
  return lockFile(path, `another Tributary is running on the data folder ${folder}`);
}

/** Rejects with `already-running` and `message` while another process holds the lock. */
export function lockFile(path: string, message: string): Disposable {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw new TributaryError('already-running', message, { cause: error });
  }
  return { [Symbol.dispose]: () => database.close() };
}
