/** What the loader needs of the state store of enrichment (the same shape as its StateStore). */
export interface PipelineState {
  checkpoint(): Promise<{ readonly next: number; readonly intentTo: number | undefined }>;
  /** Records the range about to be processed, durably; replaces an earlier intent. */
  intend(to: number): Promise<void>;
  fetch(keys: readonly string[]): Promise<(string | undefined)[]>;
  /** Stores changes and checkpoint in one transaction, and clears the intent. */
  commit(next: number, changes: ReadonlyMap<string, string | undefined>): Promise<void>;
  close(): Promise<void>;
}

/** A state that also shows the changes of the batch that is being inserted, so that the next one can be enriched meanwhile. */
export interface StagedState extends PipelineState {
  /** Shows `changes` to readers until they are committed or unstaged. At most one batch is staged. */
  stage(changes: ReadonlyMap<string, string | undefined>): void;
  unstage(): void;
}

/** Give the same staged state to the enricher and to the pipeline. */
export function stagedState(store: PipelineState): StagedState {
  let staged: ReadonlyMap<string, string | undefined> = new Map();
  return {
    stage(changes) {
      staged = changes;
    },
    unstage() {
      staged = new Map();
    },
    checkpoint: () => store.checkpoint(),
    intend: (to) => store.intend(to),
    async fetch(keys) {
      const visible = staged;
      const values = await store.fetch(keys.filter((key) => !visible.has(key)));
      let at = 0;
      return keys.map((key) => (visible.has(key) ? visible.get(key) : values[at++]));
    },
    async commit(next, changes) {
      await store.commit(next, changes);
      if (staged === changes) staged = new Map();
    },
    close: () => store.close(),
  };
}
