import { DatabaseSync } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import type { LogRecord } from '../../contract/request.ts';
import { openDatabase } from './database.ts';
import { headOf, toRecord } from './reader.ts';

/** Records per transaction: the writer's commits find the lock free in between. */
const chunk = 500;
const fillBytes = 4 * 2 ** 20;

/**
 * Changes records of the log that were processed, up to `before`: `change` answers with the record as it shall be (the same object when
 * nothing changes), or undefined when it shall go; its offset stays empty then. Safe to repeat.
 */
export async function rewriteLog(
  path: string,
  before: number,
  change: (record: LogRecord) => LogRecord | undefined,
  signal?: AbortSignal,
): Promise<void> {
  const db = openDatabase(path);
  try {
    db.exec('PRAGMA secure_delete = ON');
    const read = db.prepare(
      'SELECT offset, received_at, project, protocol, head, body FROM requests WHERE offset >= ? AND offset < ? ORDER BY offset LIMIT ?',
    );
    const write = db.prepare('UPDATE requests SET head = ?, body = ? WHERE offset = ?');
    const remove = db.prepare('DELETE FROM requests WHERE offset = ?');
    for (let from = 1; ; ) {
      signal?.throwIfAborted();
      const records = read.all(from, before, chunk).map(toRecord);
      const last = records.at(-1);
      if (!last) break;
      const changes = records.map((record) => ({ record, wanted: change(record) }));
      if (changes.some(({ record, wanted }) => record !== wanted)) {
        db.exec('BEGIN IMMEDIATE');
        for (const { record, wanted } of changes) {
          if (wanted === record) continue;
          if (wanted === undefined) remove.run(record.offset);
          else write.run(headOf(wanted), wanted.body, record.offset);
        }
        db.exec('COMMIT');
      }
      from = last.offset + 1;
      await turn();
    }
  } finally {
    db.close();
  }
}

/**
 * Overwrites what deleted records left on disk: free pages are filled and given back as zeros, and the write-ahead log begins anew. The
 * log is written to meanwhile. Answers false when a reader kept the write-ahead log in use; then do it again.
 */
export async function scrubLog(path: string): Promise<boolean> {
  const db = new DatabaseSync(path, { timeout: 5_000 });
  try {
    db.exec('PRAGMA secure_delete = ON');
    const free = (): number => Number(db.prepare('PRAGMA freelist_count').get()?.freelist_count ?? 0);
    // a run that was broken off left it
    db.exec('DROP TABLE IF EXISTS scrub');
    if (free() > 0) {
      db.exec('CREATE TABLE scrub (zeros BLOB NOT NULL) STRICT');
      const fill = db.prepare('INSERT INTO scrub VALUES (zeroblob(?))');
      const page = Number(db.prepare('PRAGMA page_size').get()?.page_size ?? 4_096);
      for (let left = free(); left > 0; left = free()) {
        fill.run(Math.min(fillBytes, left * page));
        await turn();
      }
      db.exec('DROP TABLE scrub');
    }
    return Number(db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.busy ?? 1) === 0;
  } finally {
    db.close();
  }
}
