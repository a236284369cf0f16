import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../contract/event.ts';
import { itemsOf } from './items.ts';

const gone = undefined;

describe('items', () => {
  it.each<[string, JsonValue | undefined, unknown]>([
    [
      'Segment',
      [
        {
          product_id: 'p1',
          sku: 's1',
          name: 'Hat',
          brand: 'B',
          category: 'C',
          variant: 'red',
          coupon: 'X',
          price: '9.5',
          quantity: 2,
        },
      ],
      [
        {
          id: 'p1',
          name: 'Hat',
          brand: 'B',
          category: 'C',
          variant: 'red',
          coupon: 'X',
          price: 9.5,
          quantity: 2,
        },
      ],
    ],
    [
      'GA4',
      [
        {
          item_id: 'i1',
          item_name: 'Hat',
          item_brand: 'B',
          item_category: 'C',
          item_variant: 'V',
          price: 1,
          quantity: 3,
        },
      ],
      [{ id: 'i1', name: 'Hat', brand: 'B', category: 'C', variant: 'V', price: 1, quantity: 3 }],
    ],
    ['Amplitude', [{ $productId: 'a', $price: 2, $quantity: 1 }], [{ id: 'a', price: 2, quantity: 1 }]],
    [
      'Matomo',
      [['s', 'Hat', ['C', 'D'], '3', 1]],
      [{ id: 's', name: 'Hat', category: 'C', price: 3, quantity: 1 }],
    ],
    ['numbers as ids', [{ id: 7 }], [{ id: '7' }]],
    ['what says nothing', [{}, null, 'x', 7, [], { price: 'much' }], gone],
    ['no list', { product_id: 'p' }, gone],
    ['an empty list', [], gone],
    ['nothing', undefined, gone],
  ])('%s', (_name, list, expected) => {
    const items = itemsOf(list);
    expect(items && JSON.parse(JSON.stringify(items))).toEqual(expected);
  });

  it('a list without end is cut, and so is a name', () => {
    const items = itemsOf(Array.from({ length: 100_000 }, () => ({ name: 'x'.repeat(10_000) }))) ?? [];
    expect(items).toHaveLength(200);
    expect(items[0]?.name).toHaveLength(512);
  });
});
