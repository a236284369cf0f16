import { Switch } from '@mantine/core';
import { useAddress } from '../address/use-address.ts';
import type { View } from '../address/use-view.ts';

export function BotsSwitch({ view }: { view: View }) {
  const [, change] = useAddress();
  return (
    <Switch
      size="xs"
      label="Include bots"
      title="Bots are kept and marked; they count only when this is on."
      checked={view.includeBots}
      onChange={(event) => change({ bots: event.currentTarget.checked ? '1' : undefined })}
    />
  );
}
