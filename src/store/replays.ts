import type { QuarantineFix, QuarantineReplay } from '../contract/quarantine-endpoints.ts';

/** A replay with what only its runner needs; what became of its items is the warehouse's. */
export interface StoredReplay extends Omit<QuarantineReplay, 'outcomes'> {
  /** The last item that was looked at, in the order of arrival; undefined at the beginning. */
  readonly cursor: { readonly receivedAt: number; readonly offset: number; readonly item: number } | null;
  /** Items of later records are not part of it. */
  readonly until: number;
}

export type ReplayProgress = Pick<
  StoredReplay,
  'state' | 'message' | 'endedAt' | 'sent' | 'left' | 'reasons' | 'cursor'
>;

/** Fixes and replays of what is in quarantine. */
export interface ReplayStore {
  /** Newest first. */
  fixes(project: string): Promise<QuarantineFix[]>;
  /** One of the same name is replaced; its causes stay. */
  keepFix(fix: QuarantineFix): Promise<void>;
  deleteFix(project: string, id: string): Promise<void>;
  /** Rejects with `conflict` while another one of the project runs over one of its causes. */
  start(replay: StoredReplay): Promise<void>;
  /** Newest first. */
  list(project: string, limit: number): Promise<StoredReplay[]>;
  get(project: string, id: string): Promise<StoredReplay>;
  /** Of all projects, oldest first. */
  running(): Promise<StoredReplay[]>;
  /** Only while it runs: false when somebody has stopped it meanwhile. */
  progress(id: string, progress: ReplayProgress): Promise<boolean>;
  stop(project: string, id: string, at: number): Promise<StoredReplay>;
}
