import { expect, test } from 'vitest';
import type { PlannedEventFacts } from '../../src/contract/plan-endpoints.ts';
import { bytes } from '../format/bytes.ts';
import { isUnused, sumsOf, totalOf } from './facts.ts';

const none = { valid: 0, unplanned: 0, violating: 0, unchecked: 0, quarantined: 0 };

function facts(said: Partial<PlannedEventFacts>): PlannedEventFacts {
  return {
    event: 'E',
    type: 'track',
    kind: 'planned',
    origin: 'file',
    file: '',
    iglu: '',
    description: '',
    owner: '',
    policy: 'mark',
    week: none,
    days: [],
    lastSeen: null,
    events: 0,
    bytes: 0,
    ...said,
  };
}

test('sums tell what does not fit, what nobody plans and what nobody sends', () => {
  const sums = sumsOf([
    facts({ week: { ...none, valid: 7, violating: 2, quarantined: 1 }, bytes: 50 }),
    facts({ kind: 'unplanned', week: { ...none, unplanned: 5 }, bytes: 20 }),
    facts({ bytes: 9 }),
    facts({ kind: 'unplanned', bytes: 4 }),
    facts({ kind: 'known', bytes: 3 }),
  ]);
  expect(sums).toEqual({
    events: 15,
    wrong: 3,
    unplannedNames: 1,
    unplannedBytes: 20,
    unusedNames: 2,
    unusedBytes: 13,
  });
  expect(isUnused(facts({ kind: 'known' }))).toBe(false);
  expect(totalOf({ ...none, unchecked: 4, valid: 1 })).toBe(5);
});

test.each([
  [0, '0 B'],
  [812, '812 B'],
  [999.6, '1 kB'],
  [4_200, '4.2 kB'],
  [123_456_789, '123 MB'],
  [5_000_000_000_000_000, '5000 TB'],
])('%d bytes are %s', (count, text) => {
  expect(bytes(count)).toBe(text);
});
