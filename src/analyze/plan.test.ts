import { afterAll, beforeAll, expect, test } from 'vitest';
import { fakeClock } from '../runtime/clock.ts';
import { driftOf, planDrift } from './analyses/plan-drift.ts';
import { planEvent } from './analyses/plan-event.ts';
import { planEvents } from './analyses/plan-events.ts';
import { eventSamples } from './event-samples.ts';
import { eventRow, startTestWarehouse, type TestWarehouse } from './test-warehouse.ts';

const now = Date.UTC(2026, 4, 6, 12);
const day = 86_400_000;
const clock = fakeClock(now);
const question = { project: 'one', timezone: 'UTC' };
let warehouse: TestWarehouse;

beforeAll(async () => {
  warehouse = await startTestWarehouse();
  const event = (name: string, daysAgo: number, more: object = {}) =>
    eventRow({
      person: 'ada',
      project: 'one',
      event: name,
      timestamp: now - daysAgo * day,
      library: 'web/1',
      key_id: 'k1',
      plan_status: 'valid',
      ...more,
    });
  const paid = (daysAgo: number, total: unknown, more: object = {}) =>
    event('Paid', daysAgo, { properties: JSON.stringify({ total, cart: { id: `c${daysAgo}` } }), ...more });
  const wrong = {
    plan_status: 'violating',
    plan_errors: 'total: must be a number, is text\nplan: is missing',
  };
  await warehouse.insertEvents([
    paid(20, 5),
    paid(3, 5.5),
    paid(3, 7),
    paid(2, '7.00', { ...wrong, library: 'ios/2', key_id: 'k2' }),
    paid(0, '8.00', { ...wrong, library: 'ios/2', key_id: 'k2' }),
    event('Seen', 1, { plan_status: 'unplanned' }),
    event('Seen', 9, { plan_status: '' }),
    event('Old', 200, { properties: JSON.stringify({ text: 'x'.repeat(2_000) }) }),
    event('page', 1),
    event('Paid', 1, { project: 'two', properties: '{"total":true}' }),
  ]);
  const failure = (reason: string, daysAgo: number) => ({
    project: 'one',
    received_at: ((now - daysAgo * day) / 1_000).toFixed(3),
    stage: 'enrich',
    reason,
    detail: 'plan: is missing',
    key_id: 'k3',
  });
  await warehouse.client.insert({
    table: 'tributary.quarantine',
    values: [
      failure('does not fit the plan: Paid', 1),
      failure('does not fit the plan: Strict', 1),
      failure('does not fit the plan: Strict', 10),
      failure('properties too large', 1),
    ],
    format: 'JSONEachRow',
  });
});
afterAll(() => warehouse.stop());

test('each event has its volume, what the plan says of it, and its share of the disk', async () => {
  const named = ['Paid', 'Old', 'Never'];
  const events = await planEvents(warehouse.client, clock, { ...question, named });
  const of = (name: string) => events.find((one) => one.event === name);
  expect(of('Paid')).toMatchObject({
    type: 'track',
    week: { valid: 2, unplanned: 0, violating: 2, unchecked: 0, quarantined: 1 },
    days: [0, 0, 0, 2, 1, 0, 1],
    lastSeen: now,
    events: 5,
  });
  expect(of('Seen')?.week).toMatchObject({ unplanned: 1, unchecked: 0 });
  expect(of('Strict')).toMatchObject({ week: { quarantined: 1 }, lastSeen: null, bytes: 0 });
  expect(of('Old')).toMatchObject({ week: { valid: 0 }, lastSeen: now - 200 * day, events: 1 });
  expect(of('Never')).toBeUndefined();
  // one row of two thousand characters against a few that have hardly any
  expect(of('Old')?.bytes).toBeGreaterThan(of('Paid')?.bytes ?? 0);
  await expect(planEvents(warehouse.client, clock, { ...question, timezone: 'Mars', named })).rejects.toThrow(
    'Mars',
  );
});

test('what is wrong with an event is counted by cause, by day, and by who sent it', async () => {
  const { days, causes } = await planEvent(warehouse.client, clock, { ...question, event: 'Paid' });
  expect(days).toHaveLength(30);
  expect(days.at(-1)).toEqual({
    day: '2026-05-06',
    valid: 0,
    unplanned: 0,
    violating: 1,
    unchecked: 0,
    quarantined: 0,
  });
  expect(days.at(-2)).toMatchObject({ day: '2026-05-05', quarantined: 1 });
  expect(causes).toHaveLength(3);
  expect(causes).toContainEqual({
    cause: 'total: must be a number, is text',
    count: 2,
    first: now - 2 * day,
    last: now,
    library: 'ios/2',
    keyId: 'k2',
    quarantined: false,
  });
  expect(causes).toContainEqual(expect.objectContaining({ count: 1, keyId: 'k3', quarantined: true }));
});

test('a property that changed its type is found, with the day and whoever sent the new one', async () => {
  const { changes } = await planDrift(warehouse.client, clock, question);
  expect(changes).toEqual([
    {
      event: 'Paid',
      property: 'total',
      from: 'number',
      to: 'text',
      at: now - 2 * day,
      lastBefore: now - 3 * day,
      before: 3,
      after: 2,
      library: 'ios/2',
      keyId: 'k2',
    },
  ]);
});

test.each([
  [[], []],
  [['a5'], []],
  [['a5', 'b1'], ['a5>b1']],
  [
    ['a5', 'b9', 'c1'],
    ['a5>b9', 'b9>c1'],
  ],
])('of types %j, in the order in which they began, %j are changes', (seen, changes) => {
  const types = seen.map((text) => ({ text, count: Number(text.slice(1)) }));
  expect(driftOf(types).map(([before, after]) => `${before.text}>${after.text}`)).toEqual(changes);
});

test('samples are the properties of one event of the project', async () => {
  const samples = await eventSamples(warehouse.client, clock, { project: 'one', event: 'Paid', days: 14 });
  expect(samples).toHaveLength(4);
  expect(samples).toContainEqual({ total: 5.5, cart: { id: 'c3' } });
});
