import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import type { LogRecord } from '../../contract/request.ts';
import { openDatabase } from './database.ts';
import { headOf, toRecord } from './reader.ts';

/** Records per transaction: the writer's commits find the lock free in between. Few enough for the memory of a collector, too. */
const chunk = 500;
const chunkBytes = 8 * 2 ** 20;
/** Whoever shares the process has its turn after so many, or after so much. */
const turnRecords = 20;
const turnBytes = 2 ** 20;
const fillBytes = 4 * 2 ** 20;

type Change = LogRecord | undefined;

/**
 * Changes records of the log that were processed, up to `before`: `change` answers with the record as it shall be (the same object when
 * nothing changes), or undefined when it shall go; its offset stays empty then. Safe to repeat.
 */
export async function rewriteLog(
  path: string,
  before: number,
  change: (record: LogRecord) => Change | Promise<Change>,
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
      const records = someOf(read, from, before);
      const last = records.at(-1);
      if (!last) break;
      const changes = await changesOf(records, change);
      if (changes.length > 0) {
        db.exec('BEGIN IMMEDIATE');
        for (const { offset, wanted } of changes) {
          if (wanted === undefined) remove.run(offset);
          else write.run(headOf(wanted), wanted.body, offset);
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

/** Never more than `chunkBytes`, but for a record that is more by itself. */
function someOf(read: StatementSync, from: number, before: number): LogRecord[] {
  const records: LogRecord[] = [];
  let bytes = 0;
  for (const row of read.iterate(from, before, chunk)) {
    bytes += (row.head as string).length + (row.body as Uint8Array).length;
    if (bytes > chunkBytes && records.length > 0) break;
    records.push(toRecord(row));
  }
  return records;
}

async function changesOf(
  records: readonly LogRecord[],
  change: (record: LogRecord) => Change | Promise<Change>,
): Promise<{ readonly offset: number; readonly wanted: Change }[]> {
  const changes: { offset: number; wanted: Change }[] = [];
  let [count, bytes] = [0, 0];
  for (const record of records) {
    const changed = change(record);
    const wanted = changed instanceof Promise ? await changed : changed;
    if (wanted !== record) changes.push({ offset: record.offset, wanted });
    count++;
    bytes += record.body.length;
    if (count < turnRecords && bytes < turnBytes) continue;
    await turn();
    [count, bytes] = [0, 0];
  }
  return changes;
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
