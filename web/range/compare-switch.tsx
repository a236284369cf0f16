import { Switch } from '@mantine/core';
import { useAddress } from '../address/use-address.ts';
import type { View } from '../address/use-view.ts';
import { daysName } from '../format/time.ts';

export function CompareSwitch({ view }: { view: View }) {
  const [, change] = useAddress();
  return (
    <Switch
      size="xs"
      label="Compare"
      title={`With the period before: ${daysName(view.before.from, view.before.to, view.today)}`}
      checked={view.compare}
      onChange={(event) => change({ compare: event.currentTarget.checked ? '1' : '0' })}
    />
  );
}
