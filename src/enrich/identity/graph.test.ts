import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CommandItem, PersonCommand, PersonId } from '../../contract/command.ts';
import type { EnrichedBatch, PipelineItem } from '../../contract/pipeline.ts';
import { projectSettings } from '../../contract/project-settings.ts';
import { hash64, sha256 } from '../../runtime/ids.ts';
import { itemOf, noon } from '../items.fixture.ts';
import { enricherInMemory } from '../memory.fixture.ts';
import { Memory, type Subject } from '../memory.ts';
import { IdentityModel, type Said } from './model.fixture.ts';

const letter = { anonymous: 'a', user: 'u', email: 'e' } as const;
const stateKey = ({ kind, id }: PersonId) => `${letter[kind]}:p1\0${id}`;
const keyOf = ({ kind, id }: PersonId) => hash64('p1', letter[kind], id);

const visitors = ['v1', 'v2', 'v3', 'v4'].map((id): PersonId => ({ kind: 'anonymous', id }));
const users = ['ann', 'bob', 'cat'].map((id): PersonId => ({ kind: 'user', id }));
const mails = ['x@example.com', 'y@example.com'];
const everybody = [
  ...visitors,
  ...users,
  ...mails.map((mail): PersonId => ({ kind: 'email', id: sha256(mail) })),
];

const visitor = fc.constantFrom(...visitors);
const user = fc.constantFrom(...users);
const trait = fc.record({ name: fc.constantFrom('plan', 'role'), value: fc.nat(9) });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const event: fc.Arbitrary<Said> = fc.oneof(
  fc.record({ own: fc.oneof(visitor, user), trait: maybe(trait) }),
  fc.record({ own: user, with: visitor, trait: maybe(trait), mail: maybe(fc.constantFrom(...mails)) }),
  fc.record({ own: user, previous: fc.oneof(visitor, user), explicit: fc.boolean() }),
);
const command: fc.Arbitrary<PersonCommand> = fc
  .oneof(
    fc.record({
      kind: fc.constant('merge' as const),
      from: fc.constantFrom(...everybody),
      into: fc.constantFrom(...everybody),
    }),
    fc.record({ kind: fc.constant('undo' as const), alias: fc.constantFrom(...everybody) }),
    fc.record({
      kind: fc.constant('split' as const),
      ids: fc.uniqueArray(fc.constantFrom(...everybody), { minLength: 1, maxLength: 3, selector: stateKey }),
    }),
  )
  .map((one) => ({ ...one, note: 'why', known: [] }));
const batch = fc.record({
  commands: fc.array(command, { maxLength: 2 }),
  events: fc.array(event, { maxLength: 5 }),
});

/** The real enricher beside the model; what the warehouse would hold is what the newest rows say. */
class Lab {
  readonly #real = enricherInMemory();
  readonly model = new IdentityModel();
  readonly #edges = new Map<bigint, bigint>();
  readonly #persons = new Map<bigint, { traits: string }>();
  readonly history: EnrichedBatch['identityHistory'][number][] = [];
  #offset = 1;

  async run({
    commands,
    events,
  }: {
    readonly commands: readonly PersonCommand[];
    readonly events: readonly Said[];
  }) {
    const given = commands.map((one): CommandItem => {
      this.model.command(one);
      return { record: itemOf({}, { offset: this.#offset++ }).record, command: one, by: 'op' };
    });
    const items = events.map((said) => {
      const offset = this.#offset++;
      this.model.event(said, noon + offset);
      return this.#item(said, offset);
    });
    const done = await this.#real.run(items, [], given);
    expect(done.failures).toEqual([]);
    for (const row of done.identities) {
      if (row.removed) this.#edges.delete(row.alias_key);
      else this.#edges.set(row.alias_key, row.person_key);
    }
    for (const row of done.persons) this.#persons.set(row.person_key, row);
    this.history.push(...done.identityHistory);
  }

  #item(said: Said, offset: number): PipelineItem {
    const ofUser = said.own.kind === 'user';
    return itemOf(
      {
        type: said.previous ? 'alias' : 'track',
        event: said.previous ? 'alias' : 'clicked',
        occurredAt: noon + offset,
        userId: ofUser ? said.own.id : undefined,
        anonymousId: ofUser ? said.with?.id : said.own.id,
        previousId: said.previous?.id,
        merge: said.explicit ? true : undefined,
        person:
          said.trait || said.mail
            ? {
                set: {
                  ...(said.trait ? { [said.trait.name]: said.trait.value } : {}),
                  ...(said.mail ? { email: said.mail } : {}),
                },
              }
            : undefined,
      },
      { offset, receivedAt: noon + 1_000 },
    );
  }

  /** Who everybody counts as for a query: what `person_id` gives. */
  people() {
    return everybody.map((id) => this.#edges.get(keyOf(id)) ?? keyOf(id));
  }

  async facts() {
    const memory = new Memory(1);
    await memory.load(this.#real.state, new Set(everybody.map(stateKey)));
    const shown = (person: Subject) => {
      const { firstSeen, lastSeen } = person.joint ?? person;
      return {
        firstSeen,
        lastSeen,
        traits: JSON.parse(this.#persons.get(person.key)?.traits ?? '{}') as unknown,
      };
    };
    return everybody.map((id) => shown(memory.personOf(memory.subject(stateKey(id)))));
  }

  async agrees() {
    expect(this.people()).toEqual(everybody.map((id) => keyOf(this.model.personOf(id))));
    expect(await this.facts()).toEqual(everybody.map((id) => this.model.facts(id)));
  }
}

test('whatever events and operators say, edges, dictionary and persons are those of a model that computes all of it anew', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { maxLength: 12 }), async (batches) => {
      const lab = new Lab();
      for (const one of batches) {
        await lab.run(one);
        await lab.agrees();
      }
    }),
    { numRuns: 100 },
  );
});

test('how the log is cut into batches changes nobody', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { maxLength: 14 }),
      fc.array(fc.integer({ min: 1, max: 5 })),
      async (events, sizes) => {
        const [whole, cut] = [new Lab(), new Lab()];
        await whole.run({ commands: [], events });
        for (let at = 0, part = 0; at < events.length; part++) {
          const size = sizes[part % Math.max(1, sizes.length)] ?? 1;
          await cut.run({ commands: [], events: events.slice(at, at + size) });
          at += size;
        }
        expect(cut.people()).toEqual(whole.people());
        expect(await cut.facts()).toEqual(await whole.facts());
      },
    ),
    { numRuns: 80 },
  );
});

test('an undo gives back exactly what was before the merge', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { maxLength: 12 }),
      fc.constantFrom(...everybody),
      fc.constantFrom(...everybody),
      async (events, from, into) => {
        const lab = new Lab();
        await lab.run({ commands: [], events });
        const [people, facts] = [lab.people(), await lab.facts()];
        await lab.run({ commands: [{ kind: 'merge', from, into, note: '', known: [] }], events: [] });
        const merged = lab.history.filter(({ action }) => action === 'merged');
        for (const { alias_kind, alias_id } of merged)
          await lab.run({
            commands: [{ kind: 'undo', alias: { kind: alias_kind, id: alias_id }, note: '', known: [] }],
            events: [],
          });
        expect(lab.people()).toEqual(people);
        expect(await lab.facts()).toEqual(facts);
      },
    ),
    { numRuns: 80 },
  );
});

test('an id that would join more than the project allows stays apart, is still counted, and the history says so once', async () => {
  const { run } = enricherInMemory();
  const settings = projectSettings.parse({ identity: { maxJoined: 2 } });
  await run([], [], [{ record: itemOf({}).record, by: 'op', command: { kind: 'settings', settings } }]);
  const admin = (anonymousId: string) => itemOf({ userId: 'admin', anonymousId });
  const first = await run(['d1', 'd2', 'd3', 'd3'].map(admin));
  const again = await run([admin('d3')]);
  expect(first.identities.map(({ alias_id }) => alias_id)).toEqual(['d1', 'd2']);
  expect(first.events).toHaveLength(4);
  const refused = [...first.identityHistory, ...again.identityHistory].filter(
    ({ action }) => action === 'refused',
  );
  expect(refused).toMatchObject([{ alias_id: 'd3', target_id: 'admin', reason: 'too many ids', by: '' }]);
});

test('somebody who had two users by mistake: refused by identify and alias, joined by those who mean it, told with who and why', async () => {
  const lab = new Lab();
  const [ann, bob] = [users[0], users[1]] as [PersonId, PersonId];
  const [v1] = visitors as [PersonId];
  await lab.run({
    commands: [],
    events: [
      { own: ann, with: v1 },
      { own: bob, with: v1 },
      { own: bob, previous: ann },
    ],
  });
  expect(
    lab.history.map(({ action, alias_id, target_id, reason }) => [action, alias_id, target_id, reason]),
  ).toEqual([
    ['linked', 'v1', 'ann', 'identify'],
    ['refused', 'v1', 'bob', 'belongs to another person'],
    ['refused', 'ann', 'bob', 'both are known users'],
  ]);
  await lab.run({
    commands: [{ kind: 'merge', from: bob, into: ann, note: 'same person', known: [] }],
    events: [],
  });
  expect(lab.history.at(-1)).toMatchObject({
    action: 'merged',
    alias_id: 'bob',
    by: 'op',
    note: 'same person',
  });
  await lab.run({
    commands: [{ kind: 'undo', alias: bob, note: 'no', known: [] }],
    events: [{ own: bob, previous: ann, explicit: true }],
  });
  expect(lab.history.at(-1)).toMatchObject({ action: 'refused', reason: 'parted by an operator' });
  await lab.agrees();
});

test('two users with one address of e-mail are not one; who has only the address is the first of them', async () => {
  const { run } = enricherInMemory();
  const email = { person: { set: { email: 'Ann@Example.com' } } };
  const { identities, identityHistory } = await run([
    itemOf({ userId: 'ann', ...email }),
    itemOf({ userId: 'bob', ...email }),
    itemOf({ anonymousId: 'email:ann@example.com' }),
  ]);
  const mail = sha256('ann@example.com');
  expect(identities).toMatchObject([
    { alias_kind: 'email', alias_id: mail, user_id: 'ann', reason: 'email' },
    { alias_kind: 'anonymous', alias_id: 'email:ann@example.com', target_id: mail, user_id: 'ann' },
  ]);
  expect(identityHistory).toContainEqual(
    expect.objectContaining({
      action: 'refused',
      target_id: 'bob',
      reason: 'e-mail address of another user',
    }),
  );
});

test('ids that versions before joined can be parted too: the command names those that the warehouse knows', async () => {
  const { run, state } = enricherInMemory();
  // As they were stored: a link is a user's id, and nobody remembers who counts as them.
  await state.commit(
    2,
    new Map([
      ['a:p1\0dev', `[1,"${hash64('p1', 'a', 'dev')}","old","","dev",5,5,5,"",0,{},0,[]]`],
      ['u:p1\0old', `[1,"${hash64('p1', 'u', 'old')}","new","","",5,5,5,"",0,{},0,[]]`],
      ['u:p1\0new', `[1,"${hash64('p1', 'u', 'new')}","","","dev",5,9,9,"",0,{"plan":"x"},5,[]]`],
    ]),
  );
  const known: PersonId[] = [
    { kind: 'anonymous', id: 'dev' },
    { kind: 'user', id: 'old' },
  ];
  const alias: PersonId = { kind: 'user', id: 'old' };
  const { identities } = await run(
    [],
    [],
    [
      {
        record: itemOf({}, { offset: 900 }).record,
        by: 'op',
        command: { kind: 'undo', alias, note: '', known },
      },
    ],
  );
  expect(
    identities.map(({ alias_id, user_id, removed }) => `${alias_id} ${user_id} ${removed}`).toSorted(),
  ).toEqual(['dev old 0', 'old old 1']);
});
