import {
  IconActivity,
  IconChartDots3,
  IconFilterBolt,
  IconLayoutDashboard,
  IconPlugConnected,
  IconRipple,
  IconSettings,
  IconSql,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { Role } from '../../src/contract/endpoints.ts';
import { carriedSearch } from '../address/search.ts';
import { mayAct, useSession } from '../session/session.tsx';

const destinations = [
  { to: '/overview', label: 'Overview', icon: IconLayoutDashboard, role: 'viewer' },
  { to: '/live', label: 'Live', icon: IconActivity, role: 'viewer' },
  { to: '/explore', label: 'Explore', icon: IconChartDots3, role: 'viewer' },
  { to: '/funnel', label: 'Funnel', icon: IconFilterBolt, role: 'viewer' },
  { to: '/pipeline', label: 'Pipeline', icon: IconRipple, role: 'viewer' },
  { to: '/sources', label: 'Sources', icon: IconPlugConnected, role: 'editor' },
  { to: '/sql', label: 'SQL', icon: IconSql, role: 'editor' },
  { to: '/settings', label: 'Settings', icon: IconSettings, role: 'viewer' },
] as const satisfies readonly { to: string; label: string; icon: unknown; role: Role }[];

/** Links to the pages; range and filters come along. */
export function Navigation({ onNavigate }: { onNavigate?: () => void }) {
  const { me } = useSession();
  return (
    <nav aria-label="Pages" className="nav">
      {destinations
        .filter((destination) => mayAct(me, destination.role))
        .map(({ to, label, icon: Icon }) => (
          <Link
            key={to}
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
        ))}
    </nav>
  );
}
