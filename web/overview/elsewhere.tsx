import { Button } from '@mantine/core';
import type { OverviewResult } from '../../src/contract/result.ts';
import { useAddress } from '../address/use-address.ts';
import type { View } from '../address/use-view.ts';
import { dayName } from '../format/time.ts';
import { useCall } from '../query.ts';
import { addDays, today } from '../range/days.ts';

/** Nothing in the chosen days, but elsewhere (history that was imported): where, and the way there. */
export function Elsewhere({ result, view }: { readonly result: OverviewResult; readonly view: View }) {
  const { project, timezone, filters } = view;
  const [, change] = useAddress();
  const empty = result.total.sessions === 0 && result.total.visitors === 0 && filters.length === 0;
  const live = useCall('live', { project, limit: 1 }, { enabled: empty });
  const newest = live.data?.events[0]?.timestamp;
  if (!empty || newest === undefined) return null;
  const day = today(timezone, newest);
  if (day >= view.days.from && day <= view.days.to) return null;
  return (
    <div className="elsewhere" role="status">
      <p>There are no events in these days. The last one that came is of {dayName(newest, timezone)}.</p>
      <Button variant="default" onClick={() => change({ range: `${addDays(day, -29)}..${day}` })}>
        Show those 30 days
      </Button>
    </div>
  );
}
