import type { Memory, Subject } from './memory.ts';
import type { Session } from './session-state.ts';

const minute = 60_000;
/** Inactivity that ends a session. */
const idle = 30 * minute;
/** Length that ends a session: a page that reports all day is not one visit. */
const longest = 24 * 60 * minute;

export interface Found {
  readonly visitor: Subject;
  readonly session: Session;
}

/** The session of these ids at that time. A server that knows only who is signed in means the visit on that user's device, when there is one. */
export function openFor(
  anonymous: Subject | undefined,
  user: Subject | undefined,
  memory: Memory,
  time: number,
  visit: boolean,
): Found | undefined {
  for (const visitor of [anonymous, user && memory.deviceOf(user), user]) {
    const session = visitor && openAt(visitor.sessions, time, visit);
    if (session) return { visitor, session };
  }
  return undefined;
}

/** The earliest session that the moment falls into or touches. What is no visit may only follow, never precede. */
export function openAt(sessions: readonly Session[], time: number, visit: boolean): Session | undefined {
  let found: Session | undefined;
  for (const session of sessions) {
    const { started_at: start, ended_at: end } = session.row;
    const touches =
      time >= (visit ? start - idle : start) &&
      time <= end + idle &&
      time - start < longest &&
      end - time < longest;
    if (touches && (found === undefined || start < found.row.started_at)) found = session;
  }
  return found;
}
