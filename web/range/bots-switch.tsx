import { Group, Switch } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { carriedSearch } from '../address/search.ts';
import { useAddress } from '../address/use-address.ts';
import type { View } from '../address/use-view.ts';
import { useCall } from '../query.ts';

/** Whether this chart counts bots; says so when the project counts them anyway, or lists them apart. */
export function BotsSwitch({ view }: { view: View }) {
  const [, change] = useAddress();
  const policy = useCall('projectSettings', { project: view.project }).data?.bots.policy;
  const counted = policy === 'count';
  return (
    <Group gap={8} wrap="nowrap">
      <Switch
        size="xs"
        label="Include bots"
        title={
          counted
            ? 'This project counts bots: see Settings, What counts.'
            : 'Bots are kept and marked; they count only when this is on.'
        }
        checked={counted || view.includeBots}
        disabled={counted}
        onChange={(event) => change({ bots: event.currentTarget.checked ? '1' : undefined })}
      />
      {policy === 'quarantine' ? (
        <Link to="/settings" hash="counting" search={carriedSearch} className="panel-note">
          in quarantine
        </Link>
      ) : null}
    </Group>
  );
}
