import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../contract/event.ts';
import type { Converted } from './format.ts';
import { guessMapping, mappedFormat, readMapping } from './mapping.ts';

const orders = `
event: order placed
id: $order
timestamp: $placed
zone: "+02:00"
userId: $customer.id
revenue: $cents
revenueDivisor: 100
currency: EUR
traits: { plan: $plan }
`;

function converted(text: string, row: JsonObject, number = 1): Converted {
  return mappedFormat(readMapping(text, 'orders.yaml')).convert(row, number);
}

describe('mapping', () => {
  it('columns, constants, a zone, a divisor, JSON inside of columns, and the rest as properties', () => {
    const row = {
      order: 'o-1',
      placed: '2024-05-01 10:00:00',
      customer: { id: 7 },
      cents: '1999',
      plan: 'pro',
      note: 'hi',
      empty: '',
    };
    expect(converted(orders, row)).toMatchObject([
      {
        door: 'tributary',
        item: {
          n: 'order placed',
          i: 'o-1',
          trueAt: Date.UTC(2024, 4, 1, 8),
          u: '7',
          revenue: 19.99,
          currency: 'EUR',
          p: { note: 'hi' },
          person: { set: { plan: 'pro' } },
        },
      },
    ]);
  });

  it.each([
    ['no time', { order: 'o', placed: 'yesterday', customer: { id: 1 } }, 'no readable time in $placed'],
    ['nobody', { order: 'o', placed: '2024-05-01' }, 'nobody: no userId and no anonymousId'],
  ])('a row with %s says so', (_, row, skip) => {
    expect(converted(orders, row)).toEqual({ skip });
  });

  it('without an id column, a row is named by its place and content: the same again, another when it changed', () => {
    const text = 'event: $e\ntimestamp: $t\nuserId: $u';
    const idOf = (row: JsonObject, number: number): unknown => {
      const made = converted(text, row, number);
      return 'skip' in made ? made : (made[0]?.item as JsonObject | undefined)?.i;
    };
    const row = { e: 'a', t: 1_700_000_000, u: 'x' };
    expect(idOf(row, 1)).toBe(idOf({ ...row }, 1));
    expect(new Set([idOf(row, 1), idOf(row, 2), idOf({ ...row, e: 'b' }, 1)]).size).toBe(3);
  });

  it.each([
    ['event: [', 'orders.yaml is no YAML'],
    ['timestamp: $t\nuserId: $u', 'orders.yaml: event:'],
    ['event: a\nuserId: $u', 'orders.yaml: timestamp is missing'],
    ['just text', 'it is no list of keys'],
    ['event: a\ntimestamp: [1]\nuserId: $u', 'timestamp: a column such as $name'],
    ['event: a\ntimestamp: $t', 'orders.yaml: userId: say who it was'],
    ['event: a\ntimestamp: $t\nuserId: $u\nrevenu: 1', 'orders.yaml: there is no key "revenu"'],
    ['event: a\ntimestamp: $t\nuserId: $u\nzone: Berlin', 'an offset such as +02:00'],
  ])('%j is refused: %s', (text, message) => {
    expect(() => readMapping(text, 'orders.yaml')).toThrow(message);
  });

  it('guesses from the usual names, and not without event, time and user', () => {
    expect(guessMapping(['user_id', 'event', 'timestamp', 'amount'])).toMatchObject({
      event: '$event',
      timestamp: '$timestamp',
      userId: '$user_id',
      revenue: '$amount',
    });
    expect(guessMapping(['user_id', 'timestamp'])).toBeUndefined();
    expect(guessMapping(['event', 'timestamp'])).toBeUndefined();
  });
});
