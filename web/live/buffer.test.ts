import { expect, test } from 'vitest';
import type { LiveEvent } from '../../src/contract/result.ts';
import { bufferSize, compareCursors, matchesText, mergeEvents, newestCursor } from './buffer.ts';

function event(cursor: string, properties: Record<string, unknown> = {}): LiveEvent {
  return {
    cursor,
    eventId: `id-${cursor}`,
    type: 'track',
    event: 'Note created',
    timestamp: 0,
    receivedAt: 0,
    personId: '1',
    userId: 'user_1',
    anonymousId: '',
    accountId: '',
    path: '',
    url: '',
    source: '',
    country: 'DE',
    city: 'Berlin',
    browser: '',
    os: '',
    deviceType: '',
    library: '',
    protocol: 'segment',
    botScore: 0,
    bots: [],
    consent: '',
    properties,
  };
}

test('cursors are ordered as numbers, piece by piece', () => {
  expect(compareCursors('9', '10')).toBe(-1);
  expect(compareCursors('100-2', '100-10')).toBe(-1);
  expect(compareCursors('18446744073709551615', '18446744073709551614')).toBe(1);
  expect(compareCursors('7-0', '7')).toBe(0);
});

test('the newest cursor is the largest, also when an answer is empty', () => {
  expect(newestCursor(undefined, [])).toBeUndefined();
  expect(newestCursor('9.7', [])).toBe('9.7');
  expect(newestCursor('9.7', [event('10.2'), event('9.80')])).toBe('10.2');
});

test('new events come first, in whatever order they were sent, and none comes twice', () => {
  const first = mergeEvents([], [event('9'), event('10')]);
  const second = mergeEvents(first, [event('10'), event('12'), event('11')]);
  expect(second.map(({ cursor }) => cursor)).toEqual(['12', '11', '10', '9']);
  expect(mergeEvents(second, [event('9')])).toBe(second);
});

test('the oldest go when there are too many', () => {
  const many = Array.from({ length: bufferSize + 20 }, (_, index) => event(String(index)));
  const kept = mergeEvents([], many);
  expect(kept).toHaveLength(bufferSize);
  expect(kept.at(-1)?.cursor).toBe('20');
});

test('text is found in fields and in nested properties', () => {
  const found = event('1', { plan: { name: 'Business' } });
  expect(matchesText(found, ' business ')).toBe(true);
  expect(matchesText(found, 'berlin')).toBe(true);
  expect(matchesText(found, 'enterprise')).toBe(false);
});
