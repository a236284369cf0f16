import { describe, expect, test } from 'vitest';
import type { DecodedEvent } from '../../contract/event.ts';
import { enriched } from '../items.fixture.ts';
import { revenueStep } from './revenue.ts';

describe('revenue', () => {
  test.each<[Partial<DecodedEvent>, number | null, string]>([
    [{}, null, ''],
    [{ revenue: 12.5, currency: 'EUR' }, 12.5, 'EUR'],
    [{ revenue: 0, currency: 'USD' }, 0, 'USD'],
    [{ revenue: -3 }, -3, ''],
    [{ properties: { revenue: '12.50', currency: ' eur ' } }, 12.5, 'EUR'],
    [{ revenue: Number.NaN, currency: 'EUR' }, null, ''],
    [{ revenue: Number.POSITIVE_INFINITY }, null, ''],
    [{ revenue: 1e300 }, null, ''],
    [{ properties: { revenue: 'much' } }, null, ''],
    [{ properties: { revenue: { amount: 3 } } }, null, ''],
    [{ revenue: 1, currency: 'XXQ' }, 1, ''],
    [{ properties: { revenue: 1, currency: 978 } }, 1, ''],
    [{ currency: 'EUR' }, null, ''],
    [{ currency: 'EUR', items: [{ id: 'hat', price: 3 }] }, null, 'EUR'],
  ])('%o', (event, revenue, currency) => {
    const { row } = enriched([revenueStep], event);
    expect([row.revenue, row.currency]).toEqual([revenue, currency]);
  });
});
