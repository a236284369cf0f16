import { createContext, type ReactNode, useContext } from 'react';
import type { Me, Project, Role } from '../../src/contract/endpoints.ts';

interface Session {
  readonly me: Me;
  readonly projects: readonly Project[];
  /** The project that the page is about. */
  readonly project: Project;
}

const SessionContext = createContext<Session | undefined>(undefined);

export function SessionProvider({ value, children }: { value: Session; children: ReactNode }) {
  return <SessionContext value={value}>{children}</SessionContext>;
}

/** Who is looking at what; only below the shell, which waits for the answers. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('useSession outside of the shell');
  return session;
}

const rank: Record<Role, number> = { viewer: 0, editor: 1, admin: 2 };

export function mayAct(me: Me, role: Role): boolean {
  return rank[me.role] >= rank[role];
}
