import { expect, it } from 'vitest';
import type { JsonObject } from '../contract/event.ts';
import { breaksOf, type Dependant, type EventUse, explainBreak } from './breaks.ts';
import { explainDiff, planDiff } from './diff.ts';
import { eventOf, type PlannedEvent } from './plan.ts';

function planned(title: string, properties: JsonObject = {}, more: JsonObject = {}): PlannedEvent {
  const event = eventOf(JSON.stringify({ title, properties, ...more }), `${title}.json`);
  if ('message' in event) throw new Error(event.message);
  return event;
}

const total = { type: 'number' };
const base = [
  planned('Paid', {
    total,
    plan: { enum: ['free', 'pro'] },
    cart: { type: 'object', properties: { id: {} } },
  }),
];

it.each<[string, PlannedEvent[], string]>([
  ['nothing', base, ''],
  ['an event more', [...base, planned('Seen')], '+ Seen: new\n'],
  ['an event less', [], '- Paid: is gone\n'],
  [
    'an event with another name',
    [planned('Order Paid', base[0]?.schema.properties as JsonObject)],
    '+ Order Paid: new\n- Paid: is gone; renamed to Order Paid?\n',
  ],
  [
    'a property with another name',
    [
      planned('Paid', {
        amount: total,
        plan: { enum: ['free', 'pro'] },
        cart: { type: 'object', properties: { id: {} } },
      }),
    ],
    '~ Paid\n    total: is gone; renamed to amount?\n    amount: is new\n',
  ],
  [
    'types and values',
    [
      planned('Paid', {
        total: { type: 'string' },
        plan: { enum: ['free', 'team'] },
        cart: { type: 'object', properties: { id: {} } },
      }),
    ],
    '~ Paid\n    total: was number and is string\n    plan: can be "pro" no more\n    plan: can be "team", too\n',
  ],
  [
    'required and policy',
    [
      planned('Paid', base[0]?.schema.properties as JsonObject, {
        required: ['total'],
        policy: 'quarantine',
      }),
    ],
    '~ Paid\n    what does not fit was to mark and is to quarantine\n    total: must be there now\n',
  ],
])('%s is told as it is', (_, after, text) => {
  expect(explainDiff(planDiff(base, after))).toBe(text);
});

function model(...uses: Partial<EventUse>[]): Dependant {
  return {
    kind: 'model',
    name: 'fact_paid',
    file: 'models/fact_paid.sql',
    uses: uses.map((use) => ({ events: ['Paid'], line: 7, ...use })),
    texts: new Set(['Paid', 'pro']),
    below: ['fact_day'],
  };
}
const paid = (properties: JsonObject): PlannedEvent[] => [planned('Paid', properties)];

it.each<[string, PlannedEvent[], PlannedEvent[], Dependant, boolean]>([
  ['an event is gone', paid({}), [], model({}), true],
  ['another event is gone', [...paid({}), planned('Seen')], paid({}), model({}), false],
  ['its property is gone', paid({ total }), paid({}), model({ property: 'total' }), true],
  ['a property it does not read is gone', paid({ total }), paid({}), model({ property: 'plan' }), false],
  [
    'the same of another event',
    [planned('Seen', { total })],
    [planned('Seen')],
    model({ property: 'total' }),
    false,
  ],
  [
    'the same, and it reads any event',
    [planned('Seen', { total })],
    [planned('Seen')],
    model({ property: 'total', events: [] }),
    true,
  ],
  [
    'what it is in is gone',
    paid({ cart: { type: 'object' } }),
    paid({}),
    model({ property: 'cart.total' }),
    true,
  ],
  [
    'what is in it is gone',
    paid({ cart: { properties: { id: {} } } }),
    paid({ cart: {} }),
    model({ property: 'cart' }),
    true,
  ],
  [
    'a number is text',
    paid({ total }),
    paid({ total: { type: 'string' } }),
    model({ property: 'total' }),
    true,
  ],
  [
    'a number can be text',
    paid({ total }),
    paid({ total: { type: ['number', 'string'] } }),
    model({ property: 'total' }),
    true,
  ],
  [
    'a number is whole',
    paid({ total }),
    paid({ total: { type: 'integer' } }),
    model({ property: 'total' }),
    false,
  ],
  [
    'a number can be null',
    paid({ total }),
    paid({ total: { type: ['number', 'null'] } }),
    model({ property: 'total' }),
    false,
  ],
  [
    'a value it asks for is gone',
    paid({ plan: { enum: ['pro', 'free'] } }),
    paid({ plan: { enum: ['free'] } }),
    model({ property: 'plan' }),
    true,
  ],
  [
    'a value it does not ask for is gone',
    paid({ plan: { enum: ['pro', 'free'] } }),
    paid({ plan: { enum: ['pro'] } }),
    model({ property: 'plan' }),
    false,
  ],
  ['a property is new', paid({}), paid({ total }), model({ property: 'total' }), false],
])('when %s', (_, before, after, dependant, isBroken) => {
  expect(breaksOf(planDiff(before, after), [dependant])).toHaveLength(isBroken ? 1 : 0);
});

it('a break names what is broken, where, by what, and what goes with it', () => {
  const [broken] = breaksOf(planDiff(paid({ total }), paid({ total: { type: 'string' } })), [
    model({ property: 'total' }),
  ]);
  expect(broken && explainBreak(broken)).toBe(
    'model fact_paid (models/fact_paid.sql:7) reads total of "Paid": was number and is string\n    and with it: fact_day',
  );
});
