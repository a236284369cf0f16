import { Select } from '@mantine/core';
import type { Interval } from '../../src/contract/query.ts';
import { useAddress } from '../address/use-address.ts';
import type { View } from '../address/use-view.ts';

const labels: Record<Interval, string> = {
  hour: 'By hour',
  day: 'By day',
  week: 'By week',
  month: 'By month',
};

export function IntervalSelect({ view }: { view: View }) {
  const [, change] = useAddress();
  return (
    <Select
      aria-label="Interval"
      w={104}
      value={view.interval}
      onChange={(interval) => interval !== null && change({ interval })}
      data={view.intervals.map((interval) => ({ value: interval, label: labels[interval] }))}
    />
  );
}
