import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { ClickHouseClient } from '../warehouse/warehouse.ts';
import type { Phase } from './table.ts';

/** One thing that a check looked at; said in words for whoever looks after the database. */
export interface Finding {
  readonly verdict: 'ok' | 'warn' | 'wrong';
  readonly about: string;
  readonly says: string;
  /** What to do; absent when all is well. */
  readonly remedy?: string | undefined;
}

/** What a source says of itself, once a second. */
export interface SourceStatus {
  readonly source: string;
  readonly kind: string;
  /** `waiting`: it failed, and is tried again. */
  readonly state: 'connecting' | 'copying' | 'live' | 'waiting';
  /** What is wrong, or worth knowing; empty when nothing is. */
  readonly message: string;
  /** Changes that are in the source's log and not in the warehouse yet. */
  readonly lagBytes: number;
  /** For how long the oldest of them has been waiting. */
  readonly lagSeconds: number;
  /** Bytes of its log that the source keeps for us. */
  readonly retainedBytes: number;
  /** Bytes that may be added before the source drops the log and everything is copied again; null: it never does. */
  readonly budgetBytes: number | null;
  /** Changes since the process began. */
  readonly changes: number;
  /** Times that it had to begin again since the process began. */
  readonly failures: number;
  readonly tables: readonly TableStatus[];
  /** Tables that are asked for and cannot be replicated. */
  readonly skipped: readonly { readonly table: string; readonly says: string; readonly remedy: string }[];
  /** Values that the warehouse cannot hold, by column: stored as NULL or the nearest that it can. */
  readonly lost: Readonly<Record<string, number>>;
}

export interface TableStatus {
  readonly table: string;
  /** Name in the warehouse. */
  readonly target: string;
  readonly phase: Phase;
  readonly copiedRows: number;
  readonly history: boolean;
}

export type StatusChange = Partial<Omit<SourceStatus, 'source' | 'kind' | 'failures'>>;

/** Milliseconds between looks at what nobody tells. */
export interface Pauses {
  /** How far behind the warehouse is. */
  readonly status: number;
  /** Tables, columns and partitions of the source, and what somebody asked for. */
  readonly catalog: number;
  /** Whether the stream has passed the end of a copy. */
  readonly phases: number;
  /** Whether there is something to copy. */
  readonly copies: number;
}

export const usualPauses: Pauses = { status: 1_000, catalog: 3_000, phases: 200, copies: 1_000 };

export interface SourceContext {
  readonly warehouse: ClickHouseClient;
  /** Key of the hashes in place of masked values. */
  readonly maskKey: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly pauses: Pauses;
  readonly report: (change: StatusChange) => void;
  /** The tables that somebody asked to copy again since the last call: names, or `*`. */
  readonly takeRequests: () => Promise<readonly string[]>;
}

/** A database whose changes are followed. Every kind passes source.conformance.ts. */
export interface Source {
  readonly name: string;
  readonly kind: string;
  /** Looks at everything that commonly goes wrong, changing nothing. */
  check(): Promise<Finding[]>;
  /**
   * Copies what is not copied yet and follows the log, from where the warehouse knows that it is. Resolves never; rejects when the
   * connection is lost or rows cannot be written: calling it again goes on without a loss.
   */
  follow(context: SourceContext): Promise<never>;
}
