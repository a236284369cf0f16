import { expect, test } from 'vitest';
import { createEnricher } from '../enrich.ts';
import { itemOf } from '../items.fixture.ts';
import { openSqliteState } from '../state/sqlite.ts';

const allowed = new Map([['pixel', new Set(['Email Opened', 'page'])]]);
const { enrich } = createEnricher({
  state: openSqliteState(':memory:'),
  allowedEvents: async (keyId) => allowed.get(keyId),
});

const sent = (key: string, event: string) => {
  const item = itemOf({ event, userId: 'ann' });
  return { ...item, record: { ...item.record, key } };
};

test('a key sends the events it is limited to, others go to quarantine, and other keys send all', async () => {
  const items = [
    sent('pixel', 'Email Opened'),
    sent('pixel', 'Order Paid'),
    sent('server', 'Order Paid'),
    sent('', 'x'),
  ];
  const { events, failures, persons } = await enrich(items);
  expect(events.map(({ key_id, event }) => [key_id, event])).toEqual([
    ['pixel', 'Email Opened'],
    ['server', 'Order Paid'],
    ['', 'x'],
  ]);
  expect(failures.map(({ item, failure }) => [item, failure.stage, failure.reason])).toEqual([
    [items[1], 'enrich', 'event not allowed for this key'],
  ]);
  expect(failures[0]?.failure.payload).toContain('Order Paid');
  expect(persons).toHaveLength(1);
});
