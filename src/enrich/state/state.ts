/**
 * What the enricher remembers between batches: sessions of visitors, who an anonymous id is, traits. A flat key-value
 * space with one checkpoint, so that a store of any kind (SQLite, Redis) can hold it. Every implementation passes state.conformance.ts.
 */
export interface Checkpoint {
  /** Next offset to process. */
  readonly next: number;
  /** The range being processed when the process last wrote: [next, intentTo); undefined when none. */
  readonly intentTo: number | undefined;
}

/** Keys that begin so are of visitors without a name. */
export const transientPrefix = 'a:';
/** Values that begin so are kept even then: the id counts as somebody by now, whose edges and traits must stay what they are. */
export const keptMark = ' ';

/** What may be forgotten after 90 days without a write; all else is kept. */
export function isTransient(key: string, value: string): boolean {
  return key.startsWith(transientPrefix) && !value.startsWith(keptMark);
}

export interface StateStore {
  checkpoint(): Promise<Checkpoint>;
  /** Records the range about to be processed, durably: after a crash exactly this range is processed again. */
  intend(to: number): Promise<void>;
  /** Values of the keys, undefined where unknown. */
  fetch(keys: readonly string[]): Promise<(string | undefined)[]>;
  /** Stores the changes (undefined deletes) and the new checkpoint in one transaction, and clears the intent. */
  commit(next: number, changes: ReadonlyMap<string, string | undefined>): Promise<void>;
  close(): Promise<void>;
}
