import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../contract/event.ts';
import { inferSchema } from './infer.ts';
import { eventOf, judgeOf } from './plan.ts';

const times = (count: number, make: (at: number) => JsonObject): JsonObject[] =>
  Array.from({ length: count }, (_, at) => make(at));
const inferred = (events: readonly JsonObject[]): JsonObject =>
  inferSchema(events, { title: 'E' }).properties as JsonObject;

it.each<[string, JsonObject[], JsonValue]>([
  [
    'few texts',
    times(40, (at) => ({ a: at % 2 ? 'free' : 'pro' })),
    { type: 'string', enum: ['free', 'pro'] },
  ],
  [
    'texts that are all different',
    times(40, (at) => ({ a: `text ${at}` })),
    { type: 'string', examples: ['text 0', 'text 1', 'text 2'] },
  ],
  ['too few to tell', times(3, () => ({ a: 'x' })), { type: 'string', examples: ['x'] }],
  ['many whole numbers', times(60, (at) => ({ a: at })), { type: 'integer', examples: [0, 1, 2] }],
  ['few whole numbers', times(6, (at) => ({ a: at })), { type: 'number', examples: [0, 1, 2] }],
  ['some with a fraction', times(60, (at) => ({ a: at / 2 })), { type: 'number', examples: [0, 0.5, 1] }],
  [
    'times',
    times(6, (at) => ({ a: `2026-10-0${at + 1}T10:00:00Z` })),
    {
      type: 'string',
      format: 'date-time',
      examples: ['2026-10-01T10:00:00Z', '2026-10-02T10:00:00Z', '2026-10-03T10:00:00Z'],
    },
  ],
  [
    'addresses',
    times(40, (at) => ({ a: `u${at % 2}@example.com` })),
    { type: 'string', format: 'email', pii: 'email' },
  ],
  [
    'a personal name',
    times(40, () => ({ a: { firstName: 'Ada' } })),
    {
      type: 'object',
      properties: { firstName: { type: 'string', pii: 'name' } },
      required: ['firstName'],
    },
  ],
  [
    'a list',
    times(6, () => ({ a: [1, 'x'] })),
    {
      type: 'array',
      items: { type: ['number', 'string'], examples: ['x', 1] },
    },
  ],
  [
    'several kinds',
    [{ a: 1 }, { a: 'x' }, { a: null }],
    { type: ['null', 'number', 'string'], examples: ['x', 1] },
  ],
])('%s', (_, events, schema) => {
  expect(inferred(events)).toEqual({ a: schema });
});

it('masks are no values', () => {
  const schema = inferred(
    times(40, () => ({ contact: '(email)', note: 'call (phone)', who: 'psk1_AAAAAAAAAAAAAAAAAAAAAA' })),
  );
  expect(schema).toEqual({
    contact: { type: 'string', pii: 'email' },
    note: { type: 'string', pii: 'phone' },
    who: { type: 'string', pii: 'personal' },
  });
});

it('what is always there is required, and what libraries add is left out', () => {
  const schema = inferSchema([{ a: 1, b: 2, $lib: 'x' }, { a: 3 }], { title: 'E' });
  expect(schema.required).toEqual(['a']);
  expect(Object.keys(schema.properties as JsonObject)).toEqual(['a', 'b']);
});

it('where nulls are lost, what is not always there may be one', () => {
  const { properties } = inferSchema([{ a: 1, b: 'x' }, { a: 3 }], { title: 'E', nullsAreLost: true });
  expect(properties).toMatchObject({ a: { type: 'number' }, b: { type: ['null', 'string'] } });
});

it('the events that a schema is inferred from fit it, and it is one that files may hold', () => {
  const value = fc.jsonValue({ maxDepth: 4 }).map((one) => one as JsonValue);
  const properties = fc.dictionary(fc.oneof(fc.constantFrom('a', 'b', 'email'), fc.string()), value);
  fc.assert(
    fc.property(
      fc.array(properties, { minLength: 1, maxLength: 8 }),
      fc.boolean(),
      (events, nullsAreLost) => {
        const schema = inferSchema(events, { title: 'E', nullsAreLost });
        expect(eventOf(JSON.stringify(schema), 'e.json')).not.toHaveProperty('message');
        const judge = judgeOf({ schemas: [{ event: 'E', policy: 'mark', schema }] });
        for (const one of events)
          expect(judge({ type: 'track', event: 'E', properties: one }, one)).toMatchObject({ errors: '' });
      },
    ),
    { numRuns: 60 },
  );
});

it('a property test of few values says what a plan would', () => {
  const value = fc.record({
    plan: fc.constantFrom('free', 'pro', 'team'),
    seats: fc.nat(),
    ok: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(value, { minLength: 60, maxLength: 80 }), (events) => {
      const schema = inferSchema(events, { title: 'E' });
      const judge = judgeOf({ schemas: [{ event: 'E', policy: 'mark', schema }] });
      for (const one of events)
        expect(judge({ type: 'track', event: 'E', properties: one }, one).status).toBe('valid');
      const wrong = { ...events[0], seats: 'many' };
      expect(judge({ type: 'track', event: 'E', properties: wrong }, wrong).status).toBe('violating');
    }),
    { numRuns: 20 },
  );
});
