import { describe, expect, test } from 'vitest';
import { hash64 } from '../../runtime/ids.ts';
import { hour, itemOf, noon, pageView } from '../items.fixture.ts';
import { enricherInMemory } from '../memory.fixture.ts';

const user = (id: string) => hash64('p1', 'u', id);
const visitor = (id: string) => hash64('p1', 'a', id);

describe('who an event is of', () => {
  test('an anonymous visitor is a person of its own until an event carries both ids, then the user', async () => {
    const { run } = enricherInMemory();
    const first = await run([itemOf(pageView({ anonymousId: 'anon1' }))]);
    expect(first.events[0]?.person_key).toBe(visitor('anon1'));
    const item = itemOf({
      type: 'identify',
      event: 'identify',
      anonymousId: 'anon1',
      userId: 'ann',
      occurredAt: noon + 5,
    });
    const second = await run([item]);
    expect(second.identities).toEqual([
      {
        project: 'p1',
        alias_key: visitor('anon1'),
        alias_kind: 'anonymous',
        alias_id: 'anon1',
        target_key: user('ann'),
        target_kind: 'user',
        target_id: 'ann',
        person_key: user('ann'),
        user_id: 'ann',
        reason: 'identify',
        linked_at: noon + 5,
        by: '',
        removed: 0,
        version: item.record.offset,
      },
    ]);
    const third = await run([
      itemOf(pageView({ anonymousId: 'anon1' })),
      itemOf({ anonymousId: 'anon1', userId: 'ann' }),
    ]);
    expect(third.events.map((event) => event.person_key)).toEqual([visitor('anon1'), user('ann')]);
    expect(third.identities).toEqual([]);
  });

  test('an anonymous id of one user is never given to another', async () => {
    const { run } = enricherInMemory();
    await run([itemOf({ anonymousId: 'shared', userId: 'ann' })]);
    const { events, identities } = await run([
      itemOf({ anonymousId: 'shared', userId: 'bob' }),
      itemOf({ anonymousId: 'shared' }),
    ]);
    expect(identities).toEqual([]);
    expect(events.map((event) => event.person_key)).toEqual([user('bob'), visitor('shared')]);
  });

  test.each([
    'null',
    'undefined',
    'anonymous',
    '0',
    'test',
    'none',
    'nil',
    'NaN',
    'guest',
    '-1',
    '',
    ' Guest ',
    '00000000-0000-0000-0000-000000000000',
  ])('nobody is joined by the id "%s"', async (id) => {
    const { run } = enricherInMemory();
    const { events, identities, persons } = await run([
      itemOf({ anonymousId: 'anon1', userId: id }),
      itemOf({ anonymousId: id, userId: 'ann' }),
      itemOf({ userId: id }),
    ]);
    expect(identities).toEqual([]);
    expect(events.map((event) => event.person_key)).toEqual([visitor('anon1'), user('ann'), 0n]);
    expect(persons.map((person) => person.person_key)).toEqual([visitor('anon1'), user('ann')]);
  });

  test('alias joins the previous id, anonymous or a known user, and everybody before it counts as the last person', async () => {
    const { run } = enricherInMemory();
    await run([itemOf({ userId: 'old-name' }), itemOf({ anonymousId: 'dev', userId: 'old-name' })]);
    const { identities } = await run([
      itemOf({ type: 'alias', event: 'alias', previousId: 'old-name', userId: 'new-name' }),
      itemOf({ type: 'alias', event: 'alias', previousId: 'anon9', userId: 'new-name' }),
    ]);
    expect(
      identities.map(({ alias_key, target_id, person_key, reason }) => [
        alias_key,
        target_id,
        person_key,
        reason,
      ]),
    ).toEqual([
      [user('old-name'), 'new-name', user('new-name'), 'alias'],
      [visitor('dev'), 'old-name', user('new-name'), 'identify'],
      [visitor('anon9'), 'new-name', user('new-name'), 'alias'],
    ]);
  });

  test('the person inherits first sight, account and traits of the visitor', async () => {
    const { run } = enricherInMemory();
    await run([
      itemOf({
        type: 'identify',
        event: 'identify',
        anonymousId: 'anon1',
        accountId: 'acme',
        person: { set: { plan: 'trial', city: 'Ulm' } },
        occurredAt: noon - 50 * hour,
      }),
    ]);
    const { persons, events } = await run([
      itemOf({
        type: 'identify',
        event: 'identify',
        anonymousId: 'anon1',
        userId: 'ann',
        person: { set: { plan: 'team' } },
      }),
    ]);
    expect(persons).toMatchObject([
      {
        person_key: user('ann'),
        user_id: 'ann',
        anonymous_id: 'anon1',
        first_seen: noon - 50 * hour,
        last_seen: noon,
        traits: '{"plan":"team","city":"Ulm"}',
      },
    ]);
    expect(events[0]?.account_id).toBe('acme');
  });
});
