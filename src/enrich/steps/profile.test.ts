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

describe('changes of profiles', () => {
  test('an operation without an anonymous id updates the user, whatever its type', async () => {
    const { run } = enricherInMemory();
    await run([
      itemOf({
        type: 'identify',
        event: 'identify',
        userId: 'ann',
        person: { set: { plan: 'free' }, add: { logins: 1 } },
      }),
    ]);
    const { persons } = await run([
      itemOf({
        userId: 'ann',
        event: 'paid',
        occurredAt: noon + 1,
        person: { set: { plan: 'pro' }, setOnce: { first: 'paid' }, add: { logins: 2 } },
      }),
    ]);
    expect(persons).toMatchObject([{ user_id: 'ann', traits: '{"plan":"pro","logins":3,"first":"paid"}' }]);
  });

  test('delete empties the row of a person and of an account', async () => {
    const { run } = enricherInMemory();
    await run([identify({ plan: 'free' }), group({ seats: 3 })]);
    const { persons, accounts } = await run([
      itemOf({
        userId: 'ann',
        accountId: 'acme',
        person: { delete: true },
        account: { delete: true },
        occurredAt: noon + 1,
      }),
    ]);
    expect([persons, accounts]).toMatchObject([[{ traits: '{}' }], [{ traits: '{}' }]]);
    const older = await run([identify({ plan: 'old' }, noon - 1)]);
    expect(older.persons).toMatchObject([{ first_seen: noon - 1, traits: '{}' }]);
  });

  test('they go on after a restart as if there was none, whatever is between two batches', async () => {
    const { run } = enricherInMemory();
    await run([identify({ a: 1 }, noon + 1)]);
    await run([itemOf({ userId: 'ann', occurredAt: noon + 2, person: { unset: ['a'], setOnce: { b: 2 } } })]);
    const { persons } = await run([
      identify({ a: 'older', c: 3 }, noon),
      itemOf({ userId: 'ann', occurredAt: noon + 1, person: { setOnce: { b: 1 } } }),
    ]);
    expect(persons).toMatchObject([{ traits: '{"b":1,"c":3}' }]);
  });
});

describe('accounts of several kinds', () => {
  const inGroups = (groups: Record<string, string>, accountKind: string, occurredAt = noon) =>
    itemOf({ userId: 'ann', groups, accountKind, accountId: groups[accountKind], occurredAt });

  test('each kind has its own row, and changes go to the kind that they name', async () => {
    const { run } = enricherInMemory();
    const { accounts, events } = await run([
      { ...inGroups({ company: 'x', project: 'x' }, 'company') },
      itemOf({
        accountKind: 'project',
        accountId: 'x',
        account: { set: { name: 'P' } },
        occurredAt: noon + 1,
      }),
      itemOf({ accountId: 'x', account: { set: { name: 'C' } }, occurredAt: noon + 2 }),
    ]);
    const byKind = accounts.toSorted((a, b) => a.kind.localeCompare(b.kind));
    expect(byKind.map(({ kind, account_id, traits }) => [kind, account_id, traits])).toEqual([
      ['company', 'x', '{"name":"C"}'],
      ['project', 'x', '{"name":"P"}'],
    ]);
    expect(events.map(({ account_kind, account_id, groups }) => [account_kind, account_id, groups])).toEqual([
      ['company', 'x', { company: 'x', project: 'x' }],
      ['project', 'x', { project: 'x' }],
      ['company', 'x', { company: 'x' }],
    ]);
  });

  test('of each kind the person keeps the latest, also across batches, and its events have what they do not name', async () => {
    const { run } = enricherInMemory();
    await run([inGroups({ company: 'acme', project: 'p1' }, 'company', noon)]);
    await run([
      inGroups({ project: 'p2' }, 'project', noon + 2),
      inGroups({ project: 'p0', company: 'old' }, 'company', noon - 1),
    ]);
    const { events, accounts } = await run([
      itemOf({ userId: 'ann', occurredAt: noon + 3 }),
      itemOf({ userId: 'ann', accountId: 'other', occurredAt: noon + 4 }),
      itemOf({ userId: 'bob', occurredAt: noon + 4 }),
    ]);
    expect(events.map(({ account_kind, account_id, groups }) => [account_kind, account_id, groups])).toEqual([
      ['project', 'p2', { project: 'p2', company: 'acme' }],
      ['company', 'other', { company: 'other', project: 'p2' }],
      ['', '', {}],
    ]);
    expect(accounts.map(({ kind, account_id }) => `${kind} ${account_id}`)).toEqual(['company other']);
  });

  test('what an anonymous visitor was in, the user is in', async () => {
    const { run } = enricherInMemory();
    const groups = { company: 'acme', project: 'p1' };
    await run([itemOf({ anonymousId: 'anon1', groups, accountKind: 'company', accountId: 'acme' })]);
    const { events } = await run([itemOf({ anonymousId: 'anon1', userId: 'ann' })]);
    expect(events).toMatchObject([{ account_id: 'acme', groups }]);
  });

  test('kinds and ids that are hostile or blocked are no accounts', async () => {
    const { run, state } = enricherInMemory();
    const groups = JSON.parse(
      '{"__proto__":"a","":"b","company":"null","a\\u0000b":"c","team":""}',
    ) as Record<string, string>;
    const { accounts, events, failures } = await run([itemOf({ userId: 'ann', groups })]);
    expect(failures).toEqual([]);
    expect(events[0]).toMatchObject({ account_id: 'c', groups: { company: 'null', ab: 'c' } });
    expect(accounts.map(({ kind, account_id }) => [kind, account_id])).toEqual([['ab', 'c']]);
    expect(await state.fetch(['k:p1\0ab\0c'])).not.toContain(undefined);
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`kind${n}`, 'x']));
    const all = await run([itemOf({ userId: 'bob', groups: many })]);
    expect(Object.keys(all.events[0]?.groups ?? {})).toHaveLength(20);
  });
});

describe('facts of an order', () => {
  test('items, order and context come as they are, bounded', async () => {
    const { run } = enricherInMemory();
    const { events } = await run([
      itemOf({
        orderId: 'o1',
        consent: 'granted',
        sequence: 7,
        items: [
          { id: 'i1', price: 2.5 },
          { name: 'x'.repeat(2_000), quantity: 3 },
        ],
      }),
      itemOf({ sequence: -1, items: Array.from({ length: 1_000 }, () => ({ id: 'i' })) }),
    ]);
    const none = {
      id: '',
      name: '',
      brand: '',
      category: '',
      variant: '',
      coupon: '',
      price: null,
      quantity: 1,
    };
    expect(events[0]).toMatchObject({ order_id: 'o1', consent: 'granted', sequence: 7 });
    expect(events[0]?.items).toEqual([
      { ...none, id: 'i1', price: 2.5 },
      { ...none, name: 'x'.repeat(512), quantity: 3 },
    ]);
    expect([events[1]?.sequence, events[1]?.items.length]).toEqual([0, 200]);
  });
});
