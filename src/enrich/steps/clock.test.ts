import { describe, expect, test } from 'vitest';
import { day, enriched, hour, minute, noon } from '../items.fixture.ts';
import { clockStep } from './clock.ts';

describe('the time of an event, received at noon', () => {
  test.each([
    ['no times at all is the time of receipt', {}, noon],
    ['without a send time it is as given', { occurredAt: noon - 3 * hour }, noon - 3 * hour],
    [
      'an import of last year without a send time stays there',
      { occurredAt: noon - 365 * day },
      noon - 365 * day,
    ],
    [
      'an import sent now stays where it was',
      { occurredAt: noon - 90 * day, sentAt: noon - 200 },
      noon - 90 * day,
    ],
    ['seconds on the way are no skew', { occurredAt: noon - minute, sentAt: noon - 3_000 }, noon - minute],
    [
      'a clock one hour ahead is set back',
      { occurredAt: noon + hour - 10_000, sentAt: noon + hour },
      noon - 10_000,
    ],
    [
      'a clock one hour behind is set forward',
      { occurredAt: noon - hour - 10_000, sentAt: noon - hour },
      noon - 10_000,
    ],
    [
      'a clock years ahead is set back',
      { occurredAt: noon + 900 * day - 5, sentAt: noon + 900 * day },
      noon - 5,
    ],
    ['a clock of 1970 is set forward', { occurredAt: 5_000, sentAt: 8_000 }, noon - 3_000],
    [
      'a request of last week is an old one, not a slow clock',
      { occurredAt: noon - 8 * day, sentAt: noon - 7 * day },
      noon - 8 * day,
    ],
    [
      'a true time overrides all',
      { trueAt: noon - 2 * day, occurredAt: noon + hour, sentAt: noon + hour },
      noon - 2 * day,
    ],
    [
      'an event after its own sending is taken as received',
      { occurredAt: noon + 3 * hour, sentAt: noon + 2 * hour },
      noon,
    ],
    ['fractions are rounded', { occurredAt: noon - 1000.4 }, noon - 1000],
  ])('%s', (_, times, expected) => {
    const draft = enriched([clockStep], times);
    expect(draft.row.timestamp).toBe(expected);
    expect(draft.extra).toBeUndefined();
  });

  test.each([
    ['before 2000', 12_345],
    ['more than a day ahead', noon + 25 * hour],
    ['not a number', Number.NaN],
    ['infinite', Number.POSITIVE_INFINITY],
  ])('an absurd time (%s) becomes the time of receipt, and what was said is kept', (_, occurredAt) => {
    const draft = enriched([clockStep], { occurredAt });
    expect(draft.row.timestamp).toBe(noon);
    expect(draft.extra).toEqual({
      $client_time: Number.isFinite(occurredAt) ? occurredAt : String(occurredAt),
    });
  });
});
