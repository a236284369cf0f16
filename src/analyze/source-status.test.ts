import { afterAll, beforeAll, expect, test } from 'vitest';
import { fakeClock } from '../runtime/clock.ts';
import { activityByKey } from './source-activity.ts';
import { sourceStatus } from './source-status.ts';
import { eventRow, startTestWarehouse, type TestWarehouse } from './test-warehouse.ts';

const now = Date.UTC(2026, 4, 6, 12, 30);
const hour = 3_600_000;
const clock = fakeClock(now);
let warehouse: TestWarehouse;

beforeAll(async () => {
  warehouse = await startTestWarehouse();
  const event = (key: string, minutesAgo: number, more: object = {}) => ({
    ...eventRow({
      person: 'ada',
      project: 'one',
      event: 'Paid',
      timestamp: now - minutesAgo * 60_000,
      received_at: now - minutesAgo * 60_000,
      key_id: key,
      protocol: 'segment',
      library: 'node/1',
      log_offset: Math.round(10_000 - minutesAgo),
      user_id: 'ada',
    }),
    ...more,
  });
  await warehouse.insertEvents([
    event('a', 1, { properties: '{"amount":5}' }),
    event('a', 2, { library: 'browser/2', event: 'Seen' }),
    event('a', 61),
    event('a', 23.9 * 60),
    event('a', 30 * 60),
    event('b', 1),
    event('', 5),
    event('a', 1, { project: 'two' }),
  ]);
  const failure = {
    project: 'one',
    key_id: 'a',
    received_at: (now / 1_000).toFixed(3),
    log_offset: 7,
    item: 0,
    protocol: 'segment',
    stage: 'decode',
    reason: 'no event name',
    detail: 'the field "event" is missing',
    payload: 'x'.repeat(10_000),
    payload_encoding: 'text',
  };
  await warehouse.client.insert({
    table: 'tributary.quarantine',
    values: [failure, { ...failure, item: 1, payload: '', query: 'e=pv' }, { ...failure, key_id: 'b' }],
    format: 'JSONEachRow',
  });
  const line = {
    project: 'one',
    key_id: 'b',
    protocol: 'otlp',
    service: 'shop',
    body: 'started',
    log_offset: 20_000,
  };
  await warehouse.client.insert({
    table: 'tributary.logs',
    values: [{ ...line, timestamp: (now / 1_000).toFixed(3), received_at: (now / 1_000).toFixed(3) }],
    format: 'JSONEachRow',
  });
});
afterAll(() => warehouse.stop());

test('activity is per key and hour, of one project; log lines count too', async () => {
  const { since, keys } = await activityByKey(warehouse.client, clock, 'one');
  expect(since).toBe(Date.UTC(2026, 4, 5, 13));
  const byKey = new Map(keys.map((one) => [one.key, one]));
  expect([...byKey.keys()].toSorted()).toEqual(['', 'a', 'b']);
  expect(byKey.get('a')).toMatchObject({ last: now - 60_000, quarantined: 2 });
  expect(byKey.get('a')?.hours.slice(-2)).toEqual([1, 2]);
  expect(byKey.get('b')?.hours.at(-1)).toBe(2);
});

test('the status of a key has its volume, senders, names, errors and newest events with what they carry', async () => {
  const status = await sourceStatus(warehouse.client, clock, { project: 'one', source: 'a', hours: 168 });
  expect(status).toMatchObject({ events: 5, quarantined: 2, lastEvent: now - 60_000 });
  expect(status.hours).toHaveLength(168);
  expect(status.hours.at(-1)).toEqual({ events: 2, quarantined: 2 });
  expect(status.since + 168 * hour).toBe(Date.UTC(2026, 4, 6, 13));
  expect(status.senders).toEqual([
    { protocol: 'segment', library: 'node/1', events: 4, last: now - 60_000 },
    { protocol: 'segment', library: 'browser/2', events: 1, last: now - 120_000 },
  ]);
  expect(status.names).toEqual([
    { event: 'Paid', events: 4 },
    { event: 'Seen', events: 1 },
  ]);
  expect(status.reasons).toEqual([{ stage: 'decode', reason: 'no event name', count: 2, last: now }]);
  expect(status.latest[0]).toEqual({
    event: 'Paid',
    type: 'track',
    receivedAt: now - 60_000,
    user: 'ada',
    protocol: 'segment',
    payload: '{"amount":5}',
  });
  expect(status.failed.map(({ payload }) => payload.length)).toEqual([4, 4_000]);
});

test('log lines are shown with their text, and a key that never sent has an empty status', async () => {
  const status = await sourceStatus(warehouse.client, clock, { project: 'one', source: 'b', hours: 24 });
  expect(status.latest[0]).toMatchObject({ event: 'shop', type: 'log', payload: 'started' });
  const silent = await sourceStatus(warehouse.client, clock, { project: 'one', source: 'c', hours: 24 });
  expect(silent).toMatchObject({ events: 0, lastEvent: null, latest: [], senders: [] });
});
