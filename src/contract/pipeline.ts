import type { CommandItem } from './command.ts';
import type { DecodedEvent, Failure } from './event.ts';
import type { LogLine } from './log-line.ts';
import type { LogRecord } from './request.ts';
import type {
  AccountRow,
  EventRow,
  IdentityHistoryRow,
  IdentityRow,
  LogRow,
  PersonRow,
  ProfileHistoryRow,
  SessionRepairRow,
  SessionRow,
} from './row.ts';

/** One decoded event on its way from the log to the tables. */
export interface PipelineItem {
  readonly record: LogRecord;
  /** Position within its request. */
  readonly index: number;
  /** The client's id, or one derived from the position in the log: the same on every replay, ordered by time. */
  readonly eventId: string;
  readonly event: DecodedEvent;
}

/** One log line on the same way. */
export interface LogItem {
  readonly record: LogRecord;
  /** Position within its request, behind the events and failures. */
  readonly index: number;
  /** The sender's id, or one made of the position in the log. */
  readonly lineId: string;
  readonly line: LogLine;
}

/** What enrichment makes of a batch. Pure: the same items and state give the same rows. */
export interface EnrichedBatch {
  readonly events: readonly EventRow[];
  readonly sessions: readonly SessionRow[];
  readonly sessionRepairs: readonly SessionRepairRow[];
  readonly identities: readonly IdentityRow[];
  readonly identityHistory: readonly IdentityHistoryRow[];
  readonly profileHistory: readonly ProfileHistoryRow[];
  readonly persons: readonly PersonRow[];
  readonly accounts: readonly AccountRow[];
  readonly logs: readonly LogRow[];
  readonly failures: readonly { readonly item: PipelineItem; readonly failure: Failure }[];
  /** Log lines that failed. */
  readonly lineFailures: readonly { readonly item: LogItem; readonly failure: Failure }[];
  /** Dropped on purpose, with the step's reason. */
  readonly dropped: readonly { readonly item: PipelineItem; readonly reason: string }[];
  /** State to store together with the checkpoint. */
  readonly changes: ReadonlyMap<string, string | undefined>;
}

/** Commands come before the events; log lines see what is known after them, and change nothing of it. */
export type EnrichBatch = (
  items: readonly PipelineItem[],
  lines?: readonly LogItem[],
  commands?: readonly CommandItem[],
) => Promise<EnrichedBatch>;
