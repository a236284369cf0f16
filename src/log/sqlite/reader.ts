import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import type { AcceptedRequest, LogRecord } from '../../contract/request.ts';
import type { AcceptedCount, LogReader, RecordsOf } from '../log.ts';
import { headQuery, openDatabase } from './database.ts';

type Head = Pick<LogRecord, 'method' | 'path' | 'query' | 'headers' | 'address'> &
  /** Absent in records of version 0.1. */
  Partial<Pick<LogRecord, 'key' | 'visitor' | 'replay'>>;

/** Records that one trim may delete: about 50 ms of the write lock at 1 KB each, well under the writer's patience. */
const trimRecords = 10_000;
const trimChunk = 500;
/** How far back `newest` looks: their heads are read in about 20 ms. */
const newestRecords = 20_000;

/** Every query is stepped to its end or reset at once: an open read would keep the write-ahead log from starting over. */
export class SqliteLogReader implements LogReader {
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #head: StatementSync;
  readonly #read: StatementSync;
  readonly #newest: StatementSync;
  readonly #accepted: StatementSync;

  constructor(path: string) {
    // The reader may come first: the file must be there before it can be opened read-only.
    openDatabase(path).close();
    this.#path = path;
    this.#db = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
    this.#head = this.#db.prepare(headQuery);
    this.#read = this.#db.prepare(
      'SELECT offset, received_at, project, protocol, head, body FROM requests WHERE offset >= ? ORDER BY offset LIMIT ?',
    );
    this.#newest = this.#db.prepare(
      `SELECT offset, received_at, project, protocol, head, body FROM requests
       WHERE offset > ? AND protocol = ? AND project = ? AND json_extract(head, '$.key') = ? ORDER BY offset DESC LIMIT ?`,
    );
    this.#accepted = this.#db.prepare(
      'SELECT minute, project, protocol, requests FROM accepted WHERE minute >= ? ORDER BY minute, project, protocol',
    );
  }

  read(from: number, maxRecords: number, maxBytes: number): LogRecord[] {
    const records: LogRecord[] = [];
    let bytes = 0;
    for (const row of this.#read.iterate(from, maxRecords)) {
      bytes += (row.head as string).length + (row.body as Uint8Array).length;
      if (bytes > maxBytes && records.length > 0) break;
      records.push(toRecord(row));
    }
    return records;
  }

  newest({ protocol, project, key }: RecordsOf, limit: number): LogRecord[] {
    return this.#newest.all(this.head() - newestRecords, protocol, project, key, limit).map(toRecord);
  }

  head(): number {
    return this.#head.get()?.head as number;
  }

  accepted(since: number): AcceptedCount[] {
    return this.#accepted.all(since).map((row) => ({
      minute: row.minute as number,
      project: row.project as string,
      protocol: row.protocol as string,
      requests: row.requests as number,
    }));
  }

  trim(before: number): number {
    const first = this.#db.prepare('SELECT min(offset) AS first FROM requests').get()?.first;
    if (typeof first !== 'number' || first >= before) return 0;
    const db = openDatabase(this.#path);
    try {
      // A record that is not written yet cannot be forgotten.
      const end = Math.min(before, first + trimRecords, this.head() + 1);
      const forget = db.prepare('DELETE FROM requests WHERE offset < ?');
      const remember = db.prepare(
        'INSERT INTO trimmed VALUES (1, ?) ON CONFLICT DO UPDATE SET before = max(before, excluded.before)',
      );
      let gone = 0;
      // Chunks, so that the writer's commits find the lock free in between.
      for (let to = Math.min(first + trimChunk, end); ; to = Math.min(to + trimChunk, end)) {
        db.exec('BEGIN IMMEDIATE');
        gone += Number(forget.run(to).changes);
        remember.run(to);
        db.exec('COMMIT');
        if (to >= end) return gone;
      }
    } finally {
      db.close();
    }
  }

  close(): void {
    this.#db.close();
  }
}

/** What is kept of a request beside its body, as one JSON text. */
export function headOf({
  key,
  method,
  path,
  query,
  headers,
  address,
  visitor,
  replay,
}: AcceptedRequest): string {
  return JSON.stringify({ key, method, path, query, headers, address, visitor, replay });
}

export function toRecord(row: Record<string, SQLOutputValue>): LogRecord {
  const head = JSON.parse(row.head as string) as Head;
  return {
    offset: row.offset as number,
    receivedAt: row.received_at as number,
    project: row.project as string,
    key: head.key ?? '',
    protocol: row.protocol as string,
    method: head.method,
    path: head.path,
    query: head.query,
    headers: head.headers,
    address: head.address,
    visitor: head.visitor ?? '',
    body: row.body as Uint8Array,
    ...(head.replay === undefined ? undefined : { replay: head.replay }),
  };
}
