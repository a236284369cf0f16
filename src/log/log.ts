import type { AcceptedRequest, LogRecord } from '../contract/request.ts';
import { SqliteLogReader } from './sqlite/reader.ts';
import { type LogWriterOptions, SqliteLogWriter } from './sqlite/writer.ts';

/** Requests accepted in one minute, as the log itself counted them in the transaction that stored them. */
export interface AcceptedCount {
  /** Start of the minute, milliseconds. */
  readonly minute: number;
  readonly project: string;
  readonly protocol: string;
  readonly requests: number;
}

/** Whose records. */
export interface RecordsOf {
  readonly project: string;
  readonly protocol: string;
  /** Id of the key. */
  readonly key: string;
}

/**
 * The durable record of what was accepted. Every implementation passes log.conformance.ts.
 * Offsets start at 1 and have no gaps; the embedded log has one partition.
 */
export interface LogWriter {
  /**
   * Resolves when the request is on disk (fsync). Rejects with `disk-full` or `overloaded` (both with `retryAfter`);
   * then nothing of it was kept, and the next append tries again by itself.
   */
  append(request: AcceptedRequest): Promise<void>;
  /** Resolves after everything that was appended is on disk. */
  close(): Promise<void>;
}

export interface LogReader {
  /** Records with offset ≥ from, in order, at most `maxRecords` and about `maxBytes` (at least one record when there is one). */
  read(from: number, maxRecords: number, maxBytes: number): LogRecord[];
  /** The newest records of one key, newest first: at most `limit`, out of the last 20,000 of the log. */
  newest(of: RecordsOf, limit: number): LogRecord[];
  /** Offset of the newest record, 0 when empty. */
  head(): number;
  /** Per minute, for minutes ≥ since. */
  accepted(since: number): AcceptedCount[];
  /**
   * Forgets records with offset < before; counts stay. Returns how many went: at most 10,000 per call, so that it never
   * holds the writer up; call again until it returns 0.
   */
  trim(before: number): number;
  close(): void;
}

// biome-ignore lint/performance/noBarrelFile: the face of this folder; nothing outside imports past it
export { rewriteLog, scrubLog } from './sqlite/rewrite.ts';
export type { LogWriterOptions } from './sqlite/writer.ts';

/** Opens the embedded log for writing; one writer per file. `path` is the database file, made when it is missing. */
export function openLogWriter(path: string, options: LogWriterOptions = {}): Promise<LogWriter> {
  return SqliteLogWriter.open(path, options);
}

/** Opens the embedded log for reading, in any process, before or after the writer. */
export function openLogReader(path: string): LogReader {
  return new SqliteLogReader(path);
}
