import { expect, test } from 'vitest';
import { fakeClock } from '../../runtime/clock.ts';
import { RateLimit } from './rate-limit.ts';

function limited(perSecond: number) {
  const clock = fakeClock(1_000_000);
  const limit = new RateLimit(clock);
  return {
    clock,
    take: (count: number, key = 'k') => Array.from({ length: count }, () => limit.take(key, perSecond)),
  };
}

test('one second’s worth may come at once, the next when its time has come', () => {
  const { clock, take } = limited(4);
  expect(take(5)).toEqual([0, 0, 0, 0, 1]);
  clock.advance(250);
  expect(take(2)).toEqual([0, 1]);
  clock.advance(10_000);
  expect(take(5)).toEqual([0, 0, 0, 0, 1]);
});

test('who is sent away is told a time of their own, a minute at most', () => {
  const { take } = limited(2);
  expect(take(8)).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
  expect(Math.max(...take(1_000))).toBe(60);
});

test('those who come back when told all pass', () => {
  const { clock, take } = limited(2);
  const waits = take(10).filter((wait) => wait > 0);
  for (let second = 1; second <= 4; second++) {
    clock.advance(1_000);
    const back = waits.filter((wait) => wait === second).length;
    expect(take(back)).toEqual(Array.from({ length: back }, () => 0));
  }
});

test('keys do not share, and a clock that goes back gives nothing away', () => {
  const { clock, take } = limited(1);
  expect([take(1, 'a'), take(1, 'b'), take(1, 'a')]).toEqual([[0], [0], [1]]);
  clock.advance(-60_000);
  expect(take(1, 'b')).toEqual([1]);
});
