import type { ErasureReport, Rearrival } from '../contract/privacy-endpoints.ts';

/** A secret of a project, base64url of 32 bytes. */
export interface PrivacyKey {
  readonly id: number;
  readonly secret: string;
  readonly createdAt: number;
}

export interface StoredErasure {
  readonly id: string;
  readonly project: string;
  readonly createdAt: number;
  readonly finishedAt: number | null;
  readonly by: string;
  readonly rearrival: Rearrival;
  /** What is to be erased, as the job wrote it down; undefined when it is done. */
  readonly target: string | undefined;
  readonly report: ErasureReport;
}

/** An id that was erased, known by its hash alone. Records with it are dropped from `from` on and before `to`. */
export interface ErasedId {
  readonly hash: string;
  readonly from: number;
  readonly to: number | null;
}

/** Keys of pseudonyms, and what was erased. */
export interface PrivacyStore {
  /** Oldest first. */
  keys(project: string, purpose: 'pseudonym' | 'erasure'): Promise<PrivacyKey[]>;
  /** Adds a key behind the others; of several that are added at once with the same id the first stays. Answers with all. */
  addKey(project: string, purpose: 'pseudonym' | 'erasure', key: PrivacyKey): Promise<PrivacyKey[]>;
  addErasure(erasure: Omit<StoredErasure, 'finishedAt'>): Promise<void>;
  erasure(id: string): Promise<StoredErasure | undefined>;
  /** Newest first, at most 100. */
  erasures(project: string): Promise<StoredErasure[]>;
  /** Those that are not done, oldest first, of all projects. */
  unfinished(): Promise<StoredErasure[]>;
  report(id: string, report: ErasureReport): Promise<void>;
  target(id: string, target: string): Promise<void>;
  /** Forgets the target. */
  finish(id: string, report: ErasureReport, now: number): Promise<void>;
  addErased(project: string, erasure: string, ids: readonly ErasedId[]): Promise<void>;
  erased(project: string): Promise<ErasedId[]>;
}
