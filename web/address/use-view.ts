import { useMemo } from 'react';
import type { Filter, Interval, Range } from '../../src/contract/query.ts';
import { withFilter } from '../filter/with-filter.ts';
import { today } from '../range/days.ts';
import { type Days, daysBefore, daysOf, intervalFor, intervalsFor } from '../range/presets.ts';
import { useSession } from '../session/session.tsx';
import { decodeFilters, encodeFilter } from './filters.ts';
import { useAddress } from './use-address.ts';

/** What every chart of a page is about, read from its address. */
export interface View {
  readonly project: string;
  readonly timezone: string;
  readonly today: string;
  readonly days: Days;
  readonly before: Days;
  readonly range: Range;
  readonly filters: Filter[];
  readonly includeBots: boolean;
  readonly compare: boolean;
  readonly interval: Interval;
  readonly intervals: readonly Interval[];
  readonly setFilters: (filters: readonly Filter[]) => void;
  readonly addFilter: (filter: Filter) => void;
}

/** `compareByDefault`: whether the page compares with the period before when its address does not say. */
export function useView(compareByDefault = false): View {
  const { project } = useSession();
  const [search, change] = useAddress();
  return useMemo(() => {
    const now = today(project.timezone, Date.now());
    const days = daysOf(search.range, now);
    const filters = decodeFilters(search.f);
    const setFilters = (next: readonly Filter[]) =>
      change({ f: next.length === 0 ? undefined : next.map(encodeFilter) });
    return {
      project: project.id,
      timezone: project.timezone,
      today: now,
      days,
      before: daysBefore(days),
      range: { from: days.from, to: days.to, timezone: project.timezone },
      filters,
      includeBots: search.bots === '1',
      compare: search.compare === undefined ? compareByDefault : search.compare === '1',
      interval: intervalFor(days, search.interval),
      intervals: intervalsFor(days),
      setFilters,
      addFilter: (filter: Filter) => setFilters(withFilter(filters, filter)),
    };
  }, [project, search, change, compareByDefault]);
}
