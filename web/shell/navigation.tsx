import {
  IconActivity,
  IconChartDots3,
  IconFilterBolt,
  IconFirstAidKit,
  IconHistory,
  IconLayoutDashboard,
  IconListCheck,
  IconPlugConnected,
  IconRipple,
  IconSettings,
  IconSql,
  IconUsers,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { Role } from '../../src/contract/endpoints.ts';
import { carriedSearch } from '../address/search.ts';
import { mayAct, useSession } from '../session/session.tsx';

interface Destination {
  readonly label: string;
  readonly icon: typeof IconActivity;
  /** Who sees it. */
  readonly role: Role;
}

/** The pages by what people come for; one more page is one more line. */
const groups = [
  {
    name: 'Ask',
    destinations: [
      { to: '/overview', label: 'Overview', icon: IconLayoutDashboard, role: 'viewer' },
      { to: '/live', label: 'Live', icon: IconActivity, role: 'viewer' },
      { to: '/explore', label: 'Explore', icon: IconChartDots3, role: 'viewer' },
      { to: '/funnel', label: 'Funnel', icon: IconFilterBolt, role: 'viewer' },
      { to: '/people', label: 'People', icon: IconUsers, role: 'viewer' },
      { to: '/sql', label: 'SQL', icon: IconSql, role: 'editor' },
    ],
  },
  {
    name: 'Data',
    destinations: [
      { to: '/sources', label: 'Sources', icon: IconPlugConnected, role: 'editor' },
      { to: '/plan', label: 'Tracking plan', icon: IconListCheck, role: 'viewer' },
      { to: '/pipeline', label: 'Pipeline', icon: IconRipple, role: 'viewer' },
      { to: '/quarantine', label: 'Quarantine', icon: IconFirstAidKit, role: 'viewer' },
      { to: '/rewind', label: 'Rewind', icon: IconHistory, role: 'editor' },
    ],
  },
  {
    name: 'This project',
    destinations: [{ to: '/settings', label: 'Settings', icon: IconSettings, role: 'viewer' }],
  },
] as const satisfies readonly {
  readonly name: string;
  readonly destinations: readonly (Destination & { readonly to: string })[];
}[];

/** Links to the pages; range and filters come along. */
export function Navigation({ onNavigate }: { onNavigate?: () => void }) {
  const { me } = useSession();
  return (
    <nav aria-label="Pages" className="nav">
      {groups.map(({ name, destinations }) => (
        <ul key={name} className="nav-group" aria-label={name}>
          {destinations
            .filter(({ role }) => mayAct(me, role))
            .map(({ to, label, icon: Icon }) => (
              <li key={to}>
                <Link
                  to={to}
                  search={carriedSearch}
                  className="nav-link"
                  activeOptions={{ includeSearch: false }}
                  activeProps={{ 'aria-current': 'page', 'data-active': true }}
                  {...(onNavigate ? { onClick: onNavigate } : {})}
                >
                  <Icon size={18} stroke={1.6} aria-hidden="true" />
                  {label}
                </Link>
              </li>
            ))}
        </ul>
      ))}
    </nav>
  );
}
