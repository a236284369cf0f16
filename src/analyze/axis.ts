import type { Interval } from '../contract/query.ts';
import type { Parameters } from './parameters.ts';
import { type Bucket, bucketsOf, endOfBuckets, type Instants, type PreviousInstants } from './range.ts';
import { dateOf } from './time-zone.ts';

/**
 * The time axis of a chart. SQL groups by a bucket key (local dates, which no change of clocks can spoil; hours as
 * seconds since the epoch), `indexOf` turns a key into the index of the bucket, or -1.
 */
export interface Axis {
  readonly range: Instants;
  /** SQL of the bucket key of a time column; its text is what `indexOf` takes. */
  keySql(column: string, parameters: Parameters): string;
  indexOf(key: string): number;
}

export interface CurrentAxis extends Axis {
  readonly buckets: readonly Bucket[];
  readonly times: readonly number[];
  /** When the last bucket is over. */
  readonly end: number;
}

export function axisOf(range: Instants, interval: Interval): CurrentAxis {
  const buckets = bucketsOf(range, interval);
  return {
    range,
    buckets,
    times: buckets.map((bucket) => bucket.start),
    end: endOfBuckets(buckets, range, interval),
    keySql: (column, parameters) => keySql(column, interval, parameters.add('String', range.timezone)),
    indexOf: interval === 'hour' ? hourIndex(buckets) : dayIndex(buckets),
  };
}

/** The axis of the period before, whose indexes are those of the current one, so that lines can lie upon each other. */
export function axisBefore(current: CurrentAxis, previous: PreviousInstants, interval: Interval): Axis {
  const { unit, by } = previous.shift;
  if (interval === 'hour') {
    // a day with 25 hours has one more than the axis shows
    const index = hourIndex(bucketsOf(previous, 'hour'));
    return { ...axisOf(previous, 'hour'), indexOf: (key) => below(index(key), current.buckets.length) };
  }
  return {
    range: previous,
    keySql: (column, parameters) => {
      const date = `toDate(${column}, ${parameters.add('String', previous.timezone)})`;
      return floorSql(
        unit === 'day' ? `${date} + ${by}` : `addMonths(toStartOfMonth(${date}), ${by})`,
        interval,
      );
    },
    indexOf: (key) => current.indexOf(key),
  };
}

function keySql(column: string, interval: Interval, timezone: string): string {
  if (interval === 'hour') return `toUnixTimestamp(toStartOfHour(${column}, ${timezone}))`;
  return floorSql(`toDate(${column}, ${timezone})`, interval);
}

function floorSql(date: string, interval: Interval): string {
  if (interval === 'week') return `toMonday(${date})`;
  if (interval === 'month') return `toStartOfMonth(${date})`;
  return date;
}

function dayIndex(buckets: readonly Bucket[]): (key: string) => number {
  const indexes = new Map(buckets.map((bucket, index) => [dateOf(bucket.day), index]));
  return (key) => indexes.get(key) ?? -1;
}

/** The bucket that the hour starts in: zones that move their clocks by half an hour have hours across two. */
function hourIndex(buckets: readonly Bucket[]): (key: string) => number {
  return (key) => {
    const at = Number(key) * 1_000;
    let low = 0;
    let high = buckets.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((buckets[middle]?.start ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  };
}

function below(index: number, length: number): number {
  return index < length ? index : -1;
}
