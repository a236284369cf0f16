import type { AcceptedRequest, LogRecord } from '../contract/request.ts';

/** Requests accepted in one minute, as the log itself counted them in the transaction that stored them. */
export interface AcceptedCount {
  /** Start of the minute, milliseconds. */
  readonly minute: number;
  readonly project: string;
  readonly protocol: string;
  readonly requests: number;
}

/**
 * The durable record of what was accepted. Every implementation passes log.conformance.ts.
 * Offsets start at 1 and have no gaps; the embedded log has one partition.
 */
export interface LogWriter {
  /**
   * Resolves when the request is on disk (fsync). Rejects with `disk-full` or `overloaded`; then nothing of it was kept.
   */
  append(request: AcceptedRequest): Promise<void>;
  close(): Promise<void>;
}

export interface LogReader {
  /** Records with offset ≥ from, in order, at most `maxRecords` and about `maxBytes` (at least one record when there is one). */
  read(from: number, maxRecords: number, maxBytes: number): LogRecord[];
  /** Offset of the newest record, 0 when empty. */
  head(): number;
  /** Per minute, for minutes ≥ since. */
  accepted(since: number): AcceptedCount[];
  /** Forgets records with offset < before; counts stay. Returns how many went. */
  trim(before: number): number;
  close(): void;
}
