import { expect, test } from 'vitest';
import type { ProfileHistoryRow } from '../../contract/row.ts';
import { itemOf, noon } from '../items.fixture.ts';
import { enricherInMemory } from '../memory.fixture.ts';

/** A generator of the same numbers every time: a linear congruential one. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** What a trait was at an instant, by the rule of the guide: the newest row at or before it, of several the one written last. */
function valueAt(rows: readonly ProfileHistoryRow[], time: number): string {
  let found: ProfileHistoryRow | undefined;
  for (const row of rows)
    if (row.timestamp <= time && (found === undefined || row.timestamp >= found.timestamp)) found = row;
  return found?.value ?? '';
}

async function historyOf(
  events: readonly { at: number; plan: string | null }[],
  perBatch: number,
): Promise<ProfileHistoryRow[]> {
  const { run } = enricherInMemory();
  const rows: ProfileHistoryRow[] = [];
  for (let from = 0; from < events.length; from += perBatch) {
    const items = events
      .slice(from, from + perBatch)
      .map(({ at, plan }) => itemOf({ userId: 'ann', occurredAt: noon - at, person: { set: { plan } } }));
    rows.push(...(await run(items)).profileHistory);
  }
  return rows;
}

test('in whatever order changes arrive, the newest row at or before an instant is what held then', async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const roll = dice(seed);
    const events = Array.from({ length: 12 }, (_, index) => ({
      at: (index + 1) * 1_000,
      plan: roll(4) === 0 ? null : `plan ${index}`,
    }));
    const arrivals = events
      .map((event) => ({ event, order: roll(1_000) }))
      .toSorted((a, b) => a.order - b.order)
      .map(({ event }) => event);
    const rows = await historyOf(arrivals, 1 + roll(5));
    for (const { at, plan } of events)
      expect([seed, at, valueAt(rows, noon - at + 500)]).toEqual([
        seed,
        at,
        plan === null ? '' : JSON.stringify(plan),
      ]);
  }
});

test('a value that is only said again is not written again', async () => {
  const rows = await historyOf(
    [9_000, 8_000, 7_000, 6_000].map((at) => ({ at, plan: 'free' })),
    2,
  );
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({
    kind: 'person',
    id: 'ann',
    trait: 'plan',
    operation: 'set',
    value: '"free"',
  });
});

test('what was repeated since is not lost to a late event', async () => {
  const said = (at: number, plan: string) => ({ at, plan });
  const rows = await historyOf([said(9_000, 'pro'), said(5_000, 'pro'), said(7_000, 'free')], 1);
  expect([8_000, 6_000, 4_000].map((ago) => valueAt(rows, noon - ago))).toEqual(['"pro"', '"free"', '"pro"']);
});

test('operations say what they were given and what came of it; accounts have a history as well', async () => {
  const { run } = enricherInMemory();
  const { profileHistory } = await run([
    itemOf({
      userId: 'ann',
      accountId: 'acme',
      person: { setOnce: { first: 'ad' }, add: { logins: 2 }, append: { tags: 'x' } },
      account: { set: { seats: 5 } },
    }),
    itemOf({ userId: 'ann', person: { setOnce: { first: 'other' }, add: { logins: 1 }, unset: ['tags'] } }),
    itemOf({ userId: 'ann', person: { delete: true } }),
  ]);
  expect(
    profileHistory.map(({ kind, trait, operation, operand, value }) => [
      kind,
      trait,
      operation,
      operand,
      value,
    ]),
  ).toEqual([
    ['person', 'first', 'set_once', '"ad"', '"ad"'],
    ['person', 'logins', 'add', '2', '2'],
    ['person', 'tags', 'append', '"x"', '["x"]'],
    ['company', 'seats', 'set', '5', '5'],
    ['person', 'tags', 'unset', '', ''],
    ['person', 'logins', 'add', '1', '3'],
    ['person', 'first', 'delete', '"ad"', ''],
    ['person', 'logins', 'delete', '3', ''],
  ]);
});

test('traits that are called like what every object inherits are traits like others', async () => {
  const { run } = enricherInMemory();
  const names = ['constructor', 'toString', '__proto__', 'hasOwnProperty'];
  for (const name of names) {
    const set = JSON.parse(`{${JSON.stringify(name)}: 1}`) as Record<string, number>;
    const { profileHistory } = await run([
      itemOf({ userId: name, person: { unset: [name] } }),
      itemOf({ userId: name, person: { set } }),
      itemOf({ userId: name, person: { setOnce: set, add: set } }),
    ]);
    for (const row of profileHistory)
      expect([row.trait, typeof row.operand, typeof row.value]).toEqual([name, 'string', 'string']);
  }
});
