import type { Interval } from '../../src/contract/query.ts';
import { addDays, countDays, isDay, startOfMonth } from './days.ts';

export interface Days {
  readonly from: string;
  readonly to: string;
}

interface Preset {
  readonly id: string;
  readonly label: string;
  /** Key that chooses it on the page. */
  readonly key: string;
  readonly days: (today: string) => Days;
}

export const presets: readonly Preset[] = [
  { id: 'today', label: 'Today', key: 'D', days: (today) => ({ from: today, to: today }) },
  {
    id: 'yesterday',
    label: 'Yesterday',
    key: 'E',
    days: (today) => ({ from: addDays(today, -1), to: addDays(today, -1) }),
  },
  { id: '7d', label: 'Last 7 days', key: 'W', days: (today) => ({ from: addDays(today, -6), to: today }) },
  { id: '28d', label: 'Last 28 days', key: 'F', days: (today) => ({ from: addDays(today, -27), to: today }) },
  { id: '90d', label: 'Last 90 days', key: 'N', days: (today) => ({ from: addDays(today, -89), to: today }) },
  {
    id: 'month',
    label: 'Month to date',
    key: 'M',
    days: (today) => ({ from: startOfMonth(today), to: today }),
  },
  {
    id: 'last-month',
    label: 'Last month',
    key: 'P',
    days: (today) => ({ from: startOfMonth(today, -1), to: addDays(startOfMonth(today), -1) }),
  },
  {
    id: '12mo',
    label: 'Last 12 months',
    key: 'L',
    days: (today) => ({ from: startOfMonth(today, -11), to: today }),
  },
];

export const defaultPreset = '28d';

/** The days that an address names; the default for what it does not know. */
export function daysOf(range: string | undefined, today: string): Days {
  const custom = customDays(range);
  if (custom) return custom;
  const preset = presets.find((candidate) => candidate.id === (range ?? defaultPreset));
  return preset ? preset.days(today) : daysOf(defaultPreset, today);
}

/** `2026-01-01..2026-01-31`, or undefined when it is not a range of days. */
export function customDays(range: string | undefined): Days | undefined {
  const [from = '', to = '', ...rest] = (range ?? '').split('..');
  if (rest.length > 0 || !isDay(from) || !isDay(to) || from > to) return undefined;
  return { from, to };
}

/** The period of the same length that ends the day before. */
export function daysBefore(days: Days): Days {
  const length = countDays(days.from, days.to);
  return { from: addDays(days.from, -length), to: addDays(days.from, -1) };
}

/** Intervals that give between two and a few hundred points. */
export function intervalsFor(days: Days): readonly Interval[] {
  const length = countDays(days.from, days.to);
  const fitting: Interval[] = [];
  if (length <= 14) fitting.push('hour');
  if (length > 1 && length <= 400) fitting.push('day');
  if (length >= 14) fitting.push('week');
  if (length >= 60) fitting.push('month');
  return fitting;
}

/** The interval asked for when it fits the range, else the one that draws best. */
export function intervalFor(days: Days, wanted: string | undefined): Interval {
  const fitting = intervalsFor(days);
  const asked = fitting.find((interval) => interval === wanted);
  if (asked) return asked;
  const length = countDays(days.from, days.to);
  if (length <= 2) return 'hour';
  if (length <= 100) return 'day';
  return length <= 250 ? 'week' : 'month';
}
