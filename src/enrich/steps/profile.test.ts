import { describe, expect, test } from 'vitest';
import { day, hour, itemOf, minute, noon } from '../items.fixture.ts';
import { enricherInMemory } from '../memory.fixture.ts';

const identify = (traits: Record<string, string | number | null>, occurredAt = noon) =>
  itemOf({ type: 'identify', event: 'identify', userId: 'ann', person: { set: traits }, occurredAt });
const group = (traits: Record<string, string | number | null>, occurredAt = noon) =>
  itemOf({
    type: 'group',
    event: 'group',
    userId: 'ann',
    accountId: 'acme',
    account: { set: traits },
    occurredAt,
  });

describe('persons', () => {
  test('a row is written when somebody is new, when traits change, and an hour later; not per event', async () => {
    const { run } = enricherInMemory();
    const seen = async (...items: Parameters<typeof run>[0]) => (await run(items)).persons.length;
    expect(
      await seen(
        itemOf({ userId: 'ann', occurredAt: noon }),
        itemOf({ userId: 'ann', occurredAt: noon + 1 }),
      ),
    ).toBe(1);
    expect(await seen(itemOf({ userId: 'ann', occurredAt: noon + 30 * minute }))).toBe(0);
    expect(await seen(identify({ plan: 'free' }, noon + 31 * minute))).toBe(1);
    expect(await seen(identify({ plan: 'free' }, noon + 32 * minute))).toBe(0);
    expect(await seen(itemOf({ userId: 'ann', occurredAt: noon + 2 * hour }))).toBe(1);
    expect(await seen(itemOf({ userId: 'ann', occurredAt: noon - 3 * day }))).toBe(1);
  });

  test('traits merge, null takes one away, and an older event only fills gaps', async () => {
    const { run } = enricherInMemory();
    await run([identify({ plan: 'free', seats: 1 })]);
    expect((await run([identify({ plan: 'team', seats: null }, noon + 1)])).persons[0]?.traits).toBe(
      '{"plan":"team"}',
    );
    expect((await run([identify({ plan: 'old', city: 'Ulm' }, noon - day)])).persons[0]?.traits).toBe(
      '{"plan":"team","city":"Ulm"}',
    );
  });

  test('first and last seen cover all events, in whatever order they come', async () => {
    const { run } = enricherInMemory();
    await run([itemOf({ userId: 'ann', occurredAt: noon })]);
    const { persons } = await run([
      itemOf({ userId: 'ann', occurredAt: noon + 2 * hour }),
      itemOf({ userId: 'ann', occurredAt: noon - 9 * day }),
    ]);
    expect(persons).toMatchObject([{ first_seen: noon - 9 * day, last_seen: noon + 2 * hour }]);
  });

  test('ten thousand traits are too many to keep', async () => {
    const { run } = enricherInMemory();
    const traits = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`t${i}`, i]));
    const { persons } = await run([identify(traits)]);
    expect(Object.keys(JSON.parse(persons[0]?.traits ?? '{}') as object)).toHaveLength(200);
  });
});

describe('accounts', () => {
  test('group writes the account with its traits, once per change', async () => {
    const { run } = enricherInMemory();
    const { accounts } = await run([group({ name: 'Acme' }), group({ seats: 3 }, noon + 1)]);
    expect(accounts).toMatchObject([
      {
        project: 'p1',
        account_id: 'acme',
        traits: '{"name":"Acme","seats":3}',
        first_seen: noon,
        last_seen: noon + 1,
      },
    ]);
    expect((await run([group({ seats: 3 }, noon + 2)])).accounts).toEqual([]);
  });

  test('events without an account get the last known one of the person, also of its devices', async () => {
    const { run } = enricherInMemory();
    await run([itemOf({ anonymousId: 'anon1', userId: 'ann' }), group({})]);
    const { events, failures } = await run([
      itemOf({ userId: 'ann' }),
      itemOf({ anonymousId: 'anon1' }),
      itemOf({ userId: 'ann', accountId: 'other' }),
      itemOf({ userId: 'bob' }),
    ]);
    expect(failures).toEqual([]);
    expect(events.map((event) => event.account_id)).toEqual(['acme', 'acme', 'other', '']);
  });
});
