import type { LedgerRow } from '../../src/contract/result.ts';

export interface LedgerSum {
  readonly accepted: number;
  readonly decoded: number;
  readonly loaded: number;
  readonly quarantined: number;
  readonly duplicates: number;
  readonly dropped: number;
  readonly pending: number;
  readonly unbalanced: number;
}

export function droppedOf(row: LedgerRow): number {
  return Object.values(row.dropped).reduce((sum, count) => sum + count, 0);
}

/** Reasons and counts, largest first: `heartbeat 12, bot policy 3`. */
export function droppedReasons(row: LedgerRow): string {
  return Object.entries(row.dropped)
    .toSorted(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${reason} ${count}`)
    .join(', ');
}

/** The ledger of all minutes in one line. */
export function sumLedger(rows: readonly LedgerRow[]): LedgerSum {
  const total = (of: (row: LedgerRow) => number) => rows.reduce((sum, row) => sum + of(row), 0);
  return {
    accepted: total((row) => row.accepted),
    decoded: total((row) => row.decoded),
    loaded: total((row) => row.loaded),
    quarantined: total((row) => row.quarantined),
    duplicates: total((row) => row.duplicates),
    dropped: total(droppedOf),
    pending: total((row) => (row.state === 'pending' ? Math.max(0, row.accepted - row.processed) : 0)),
    unbalanced: total((row) => (row.state === 'unbalanced' ? 1 : 0)),
  };
}
