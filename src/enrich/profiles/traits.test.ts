import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject, JsonValue, ProfileChanges } from '../../contract/event.ts';
import { applyChanges, mergeTraits, noTraits } from './traits.ts';

interface At extends ProfileChanges {
  readonly at: number;
}

/** What is shown after these events came in this order. */
const shownAfter = (...events: readonly At[]): JsonObject =>
  events.reduce((traits, { at, ...changes }) => applyChanges(traits, changes, at), noTraits).values;

describe('changes that come in order of time', () => {
  test.each<[string, readonly At[], JsonObject]>([
    ['set', [{ at: 1, set: { a: 1 } }], { a: 1 }],
    [
      'set again',
      [
        { at: 1, set: { a: 1, b: 1 } },
        { at: 2, set: { a: 2 } },
      ],
      { a: 2, b: 1 },
    ],
    [
      'set to null takes away',
      [
        { at: 1, set: { a: 1, b: 1 } },
        { at: 2, set: { a: null } },
      ],
      { b: 1 },
    ],
    [
      'unset',
      [
        { at: 1, set: { a: 1, b: 1 } },
        { at: 2, unset: ['a', 'z'] },
      ],
      { b: 1 },
    ],
    [
      'setOnce does not replace',
      [
        { at: 1, set: { a: 1 } },
        { at: 2, setOnce: { a: 2, b: 2, c: null } },
      ],
      { a: 1, b: 2 },
    ],
    [
      'set replaces setOnce',
      [
        { at: 1, setOnce: { a: 1 } },
        { at: 2, set: { a: 2 } },
      ],
      { a: 2 },
    ],
    [
      'setOnce after unset',
      [
        { at: 1, set: { a: 1 } },
        { at: 2, unset: ['a'] },
        { at: 3, setOnce: { a: 3 } },
      ],
      { a: 3 },
    ],
    [
      'add, from nothing, to a number, not to a text',
      [
        { at: 1, set: { b: 2, c: 'x' } },
        { at: 2, add: { a: 1, b: -0.5, c: 1 } },
      ],
      { a: 1, b: 1.5, c: 'x' },
    ],
    [
      'add of cents',
      [
        { at: 1, add: { a: 0.1 } },
        { at: 2, add: { a: 0.2 } },
      ],
      { a: 0.3 },
    ],
    [
      'add beyond what a number holds',
      [
        { at: 1, set: { a: 1e308 } },
        { at: 2, add: { a: 1e308 } },
      ],
      { a: 1e308 },
    ],
    [
      'append, to nothing, to a list, to a single value',
      [
        { at: 1, set: { b: [1], c: 'x' } },
        { at: 2, append: { a: 1, b: 1, c: 'y' } },
      ],
      { a: [1], b: [1, 1], c: ['x', 'y'] },
    ],
    [
      'union',
      [
        { at: 1, set: { a: [1, { x: 1 }] } },
        { at: 2, union: { a: [{ x: 1 }, 2, 2], b: [1] } },
      ],
      { a: [1, { x: 1 }, 2], b: [1] },
    ],
    [
      'remove, all of them, from lists only',
      [
        { at: 1, set: { a: [1, 2, 1], b: 1 } },
        { at: 2, remove: { a: 1, b: 1, c: 1 } },
      ],
      { a: [2], b: 1 },
    ],
    [
      'delete',
      [
        { at: 1, set: { a: 1 }, setOnce: { b: 1 }, add: { c: 1 } },
        { at: 2, delete: true },
      ],
      {},
    ],
    [
      'all at once, in the order of the contract',
      [
        { at: 1, set: { old: 1 } },
        {
          at: 2,
          delete: true,
          set: { a: 1, l: [1] },
          setOnce: { a: 9, b: 2 },
          add: { a: 1, b: 1 },
          append: { l: 2 },
          union: { l: [2, 3] },
          remove: { l: 1 },
          unset: ['b'],
        },
      ],
      { a: 2, l: [2, 3] },
    ],
    [
      'names of the language',
      [{ at: 1, set: JSON.parse('{"constructor":1,"__proto__":{"a":1}}') }],
      { constructor: 1 },
    ],
  ])('%s', (_, events, expected) => {
    expect(shownAfter(...events)).toEqual(expected);
  });
});

describe('an older event that comes later', () => {
  test.each<[string, readonly At[], JsonObject]>([
    [
      'set fills a gap and nothing else',
      [
        { at: 5, set: { a: 5 } },
        { at: 1, set: { a: 1, b: 1 } },
      ],
      { a: 5, b: 1 },
    ],
    [
      'set is newer than that of the one trait, though older than the newest',
      [
        { at: 1, set: { a: 1 } },
        { at: 5, set: { b: 5 } },
        { at: 3, set: { a: 3 } },
      ],
      { a: 3, b: 5 },
    ],
    [
      'set does not bring back what was taken away since',
      [
        { at: 5, set: { a: null } },
        { at: 1, set: { a: 1 } },
      ],
      {},
    ],
    [
      'setOnce replaces a later setOnce',
      [
        { at: 5, setOnce: { a: 5 } },
        { at: 1, setOnce: { a: 1 } },
        { at: 3, setOnce: { a: 3 } },
      ],
      { a: 1 },
    ],
    [
      'set wins over setOnce',
      [
        { at: 5, setOnce: { a: 5 } },
        { at: 1, set: { a: 1 } },
      ],
      { a: 1 },
    ],
    [
      'add to what was set since is of a value that is gone',
      [
        { at: 5, set: { a: 5 } },
        { at: 1, add: { a: 1 } },
        { at: 6, add: { a: 1 } },
      ],
      { a: 6 },
    ],
    [
      'delete takes only what was before it',
      [
        { at: 5, set: { a: 5 } },
        { at: 1, set: { b: 1 } },
        { at: 3, delete: true },
        { at: 2, set: { c: 2 } },
      ],
      { a: 5 },
    ],
  ])('%s', (_, events, expected) => {
    expect(shownAfter(...events)).toEqual(expected);
  });
});

const name = fc.constantFrom('a', 'b', 'c');
const value = fc.oneof(fc.integer(), fc.string({ maxLength: 3 }), fc.boolean());
const values = fc.dictionary(name, value, { maxKeys: 3 });
const shuffled = (changes: fc.Arbitrary<ProfileChanges>) =>
  fc
    .array(changes, { minLength: 1, maxLength: 8 })
    // Distinct times: the promise is about time.
    .map((list) => list.map((one, index): At => ({ ...one, at: (index + 1) * 10 })))
    .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));

describe('whatever the order in which events come', () => {
  const sameInAnyOrder = (
    changes: fc.Arbitrary<ProfileChanges>,
    seen = (shown: JsonObject): unknown => shown,
  ) =>
    fc.assert(
      fc.property(shuffled(changes), ([list, order]) => {
        expect(seen(shownAfter(...order))).toEqual(seen(shownAfter(...list)));
      }),
      { numRuns: 200 },
    );

  test('set, null, unset and delete give the same', () => {
    const set = fc.dictionary(name, fc.oneof(value, fc.constant(null)), { maxKeys: 3 });
    sameInAnyOrder(
      fc.oneof(
        { weight: 4, arbitrary: fc.record({ set }) },
        fc.record({ set, unset: fc.array(name, { maxLength: 2 }) }),
        fc.record({ set, delete: fc.constant(true as const) }),
      ),
    );
  });

  test('set and setOnce give the same', () => {
    sameInAnyOrder(fc.record({ set: values, setOnce: values }, { requiredKeys: [] }));
  });

  test('sums are the same', () => {
    sameInAnyOrder(fc.record({ add: fc.dictionary(name, fc.integer({ min: -1e9, max: 1e9 })) }));
  });

  test('lists hold the same values', () => {
    const sorted = (shown: JsonObject) =>
      Object.fromEntries(
        Object.entries(shown).map(([key, list]) => [
          key,
          (list as readonly JsonValue[]).map((one) => JSON.stringify(one)).toSorted(),
        ]),
      );
    sameInAnyOrder(fc.record({ append: values }), sorted);
    sameInAnyOrder(fc.record({ union: fc.dictionary(name, fc.array(value, { maxLength: 3 })) }), sorted);
  });

  test('what comes twice changes nothing, but for sums and lists', () => {
    fc.assert(
      fc.property(
        shuffled(fc.record({ set: values, setOnce: values, unset: fc.array(name, { maxLength: 1 }) })),
        ([, order]) => {
          const last = order.at(-1) as At;
          expect(shownAfter(...order, last)).toEqual(shownAfter(...order));
        },
      ),
    );
  });
});

describe('bounds', () => {
  const many = (count: number, of: JsonValue) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${index}`, of]));

  test('200 traits are kept, and those still change', () => {
    expect(Object.keys(shownAfter({ at: 1, set: many(1_000, 1) }))).toHaveLength(200);
    expect(shownAfter({ at: 1, set: many(1_000, 1) }, { at: 2, set: { t7: 2, more: 1 } })).toMatchObject({
      t7: 2,
    });
    expect(shownAfter({ at: 1, set: many(1_000, 1) }, { at: 2, set: { more: 1 } })).not.toHaveProperty(
      'more',
    );
  });

  test('a list holds 200 values', () => {
    const appends = Array.from({ length: 300 }, (_, at) => ({ at, append: { a: at } }));
    expect(shownAfter(...appends).a).toHaveLength(200);
    expect(shownAfter({ at: 1, union: { a: Array.from({ length: 300 }, (_, n) => n) } }).a).toHaveLength(200);
  });

  test('a value that is too long is left out, and so is what makes the whole too long', () => {
    expect(shownAfter({ at: 1, set: { a: 'x'.repeat(9_000), b: 1, c: { d: 'x'.repeat(9_000) } } })).toEqual({
      b: 1,
    });
    const kept = Object.keys(shownAfter({ at: 1, set: many(100, 'x'.repeat(8_000)) }));
    expect(kept).toHaveLength(8);
    const swapped = shownAfter(
      { at: 1, set: many(100, 'x'.repeat(8_000)) },
      { at: 2, set: { t0: 1, more: 'y'.repeat(8_000) } },
    );
    expect(Object.keys(swapped)).toHaveLength(9);
  });

  test('what was taken away is remembered in bounds', () => {
    const unsets = Array.from({ length: 2_000 }, (_, index) => ({ at: index + 1, unset: [`t${index}`] }));
    const traits = unsets.reduce((known, { at, unset }) => applyChanges(known, { unset }, at), noTraits);
    expect(Object.keys(traits.stamps).length).toBeLessThanOrEqual(400);
  });
});

test('nothing new is the same object, so that no row is due', () => {
  const traits = applyChanges(noTraits, { set: { a: 1 } }, 5);
  expect(applyChanges(traits, { set: { a: 1 } }, 5)).toBe(traits);
  expect(applyChanges(traits, { set: { a: 1 } }, 6).values).toBe(traits.values);
  expect(applyChanges(traits, { setOnce: { a: 2 }, unset: ['b'] }, 4).values).toBe(traits.values);
});

describe('what is known under two ids', () => {
  const both = (...lists: readonly (readonly [ProfileChanges, number])[][]) => {
    const [one = noTraits, other = noTraits] = lists.map((list) =>
      list.reduce((traits, [changes, time]) => applyChanges(traits, changes, time), noTraits),
    );
    const merged = mergeTraits(one, other);
    expect(mergeTraits(other, one).values).toEqual(merged.values);
    return merged.values;
  };
  test.each<[string, [ProfileChanges, number][], [ProfileChanges, number][], JsonObject]>([
    ['the latest set wins', [[{ set: { a: 1, b: 1 } }, 5]], [[{ set: { a: 2 } }, 6]], { a: 2, b: 1 }],
    ['an unset takes away what is older', [[{ unset: ['a'] }, 5]], [[{ set: { a: 2, b: 1 } }, 4]], { b: 1 }],
    ['and nothing newer', [[{ unset: ['a'] }, 5]], [[{ set: { a: 2 } }, 6]], { a: 2 }],
    ['a set wins over a setOnce', [[{ setOnce: { a: 1 } }, 3]], [[{ set: { a: 2 } }, 9]], { a: 2 }],
    ['the earliest setOnce wins', [[{ setOnce: { a: 1 } }, 3]], [[{ setOnce: { a: 2 } }, 2]], { a: 2 }],
    ['numbers that only grew add up', [[{ add: { n: 2 } }, 3]], [[{ add: { n: 0.1 } }, 9]], { n: 2.1 }],
    [
      'a delete forgets what is older',
      [[{ delete: true }, 5]],
      [
        [{ set: { a: 1 } }, 4],
        [{ set: { b: 1 } }, 6],
      ],
      { b: 1 },
    ],
  ])('%s', (_, one, other, values) => {
    expect(both(one, other)).toEqual(values);
  });

  test('neither is changed, and changes after that count by their time', () => {
    const person = applyChanges(noTraits, { set: { a: 'person' }, unset: ['gone'] }, 10);
    const device = applyChanges(
      noTraits,
      { set: { a: 'device', b: 'device', gone: 1 }, setOnce: { c: 1 } },
      5,
    );
    const merged = mergeTraits(person, device);
    expect(merged.values).toEqual({ a: 'person', b: 'device', c: 1 });
    expect(person.values).toEqual({ a: 'person' });
    expect(applyChanges(merged, { set: { b: 'older' }, setOnce: { c: 0 } }, 4).values).toEqual({
      a: 'person',
      b: 'device',
      c: 0,
    });
  });
});
