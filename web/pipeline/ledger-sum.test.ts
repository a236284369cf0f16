import { expect, test } from 'vitest';
import type { LedgerRow } from '../../src/contract/result.ts';
import { droppedReasons, sumLedger } from './ledger-sum.ts';

const row: LedgerRow = {
  minute: 0,
  accepted: 10,
  processed: 10,
  decoded: 20,
  loaded: 15,
  quarantined: 1,
  duplicates: 1,
  dropped: { heartbeat: 1, 'own metrics': 2 },
  stored: 15,
  removed: 0,
  state: 'balanced',
};

test('the ledger is summed over its minutes, and only pending minutes have requests on their way', () => {
  const sum = sumLedger([
    row,
    { ...row, processed: 7, state: 'pending' },
    { ...row, stored: 14, processed: 2, state: 'unbalanced' },
  ]);
  expect(sum).toEqual({
    accepted: 30,
    decoded: 60,
    loaded: 45,
    quarantined: 3,
    duplicates: 3,
    dropped: 9,
    pending: 3,
    unbalanced: 1,
  });
});

test('reasons for dropping are told with the largest first', () => {
  expect(droppedReasons(row)).toBe('own metrics 2, heartbeat 1');
});
