/** Times are whole seconds since the epoch, UTC. Weeks begin on Monday. */
export type Unit = 'hour' | 'day' | 'week' | 'month';

/** Half-open: `from` is in it, `to` is not. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

const hour = 3_600;
const day = 24 * hour;
const week = 7 * day;
/** The epoch was a Thursday. */
const monday = 4 * day;

/** The beginning of the interval that `time` is in. */
export function floor(time: number, unit: Unit): number {
  if (unit === 'hour') return time - modulo(time, hour);
  if (unit === 'day') return time - modulo(time, day);
  if (unit === 'week') return time - modulo(time - monday, week);
  const date = new Date(time * 1_000);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / 1_000;
}

/** The beginning of the next interval. */
export function next(time: number, unit: Unit): number {
  const start = floor(time, unit);
  if (unit === 'hour') return start + hour;
  if (unit === 'day') return start + day;
  if (unit === 'week') return start + week;
  const date = new Date(start * 1_000);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / 1_000;
}

export function ceil(time: number, unit: Unit): number {
  return floor(time, unit) === time ? time : next(time, unit);
}

/** Beginnings of the intervals that `range` touches. */
export function intervalsOf({ from, to }: Range, unit: Unit): number[] {
  const starts: number[] = [];
  for (let at = floor(from, unit); at < to; at = next(at, unit)) starts.push(at);
  return starts;
}

/** Neighbouring intervals become one range; `starts` may come in any order. */
export function join(starts: Iterable<number>, unit: Unit): Range[] {
  const ranges: { from: number; to: number }[] = [];
  for (const start of [...new Set(starts)].toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last?.to === start) last.to = next(start, unit);
    else ranges.push({ from: start, to: next(start, unit) });
  }
  return ranges;
}

/**
 * What a table is partitioned by: coarse enough that years of intervals make hundreds of partitions, fine enough that replacing the
 * partition of one interval copies little besides it. A unit always ends where a partition ends, or inside one.
 */
export function partitionUnit(unit: Unit): Unit {
  if (unit === 'hour') return 'day';
  return unit === 'day' ? 'week' : unit;
}

/** Partitions that one build takes at once. */
export const partitionsAtOnce: Record<Unit, number> = { hour: 31, day: 13, week: 13, month: 12 };

/** Cuts a range into pieces that one statement builds, at the borders of partitions. */
export function batches({ from, to }: Range, unit: Unit): Range[] {
  const coarse = partitionUnit(unit);
  const pieces: Range[] = [];
  for (let start = from; start < to; ) {
    let end = start;
    for (let count = 0; count < partitionsAtOnce[unit] && end < to; count++) end = next(end, coarse);
    end = Math.min(end, to);
    pieces.push({ from: start, to: end });
    start = end;
  }
  return pieces;
}

/** Ids of the partitions that a range touches, as the engine names them for a date: 20260131. */
export function partitionIds(range: Range, unit: Unit): string[] {
  return intervalsOf(range, partitionUnit(unit)).map((start) => isoDay(start).replaceAll('-', ''));
}

/** Whether the range covers every partition that it touches. */
export function isWhole({ from, to }: Range, unit: Unit): boolean {
  const coarse = partitionUnit(unit);
  return floor(from, coarse) === from && floor(to, coarse) === to;
}

/** `2026-01-31 00:00:00`, as query parameters of the type DateTime are written. */
export function sqlTime(time: number): string {
  return new Date(time * 1_000).toISOString().slice(0, 19).replace('T', ' ');
}

export function isoDay(time: number): string {
  return new Date(time * 1_000).toISOString().slice(0, 10);
}

/** An interval for a reader: `2026-01-31`, `2026-01-31 07:00`, `week of 2026-01-26`, `2026-01`. */
export function intervalName(start: number, unit: Unit): string {
  if (unit === 'hour') return sqlTime(start).slice(0, 16);
  if (unit === 'week') return `week of ${isoDay(start)}`;
  return unit === 'month' ? isoDay(start).slice(0, 7) : isoDay(start);
}

/** A time that somebody wrote: `2026-01-31`, `2026-01-31 07:00`, `2026-01-31T07:00:00Z`; UTC. Undefined when it is none. */
export function parseTime(text: string): number | undefined {
  const [, date, clock = '00:00:00'] =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)Z?)?$/.exec(text.trim()) ?? [];
  if (date === undefined) return undefined;
  const time = Date.parse(`${date}T${clock.length === 5 ? `${clock}:00` : clock}Z`);
  return Number.isNaN(time) ? undefined : time / 1_000;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
