import { hash64 } from '../../runtime/ids.ts';
import type { Visit } from './mark.ts';

/** Keys that end in so many zero bits are of no session: session_id is 0, unless a repair says otherwise. */
const noSessionBits = 65_536n;

export function isNoSession(key: bigint): boolean {
  return key % noSessionBits === 0n;
}

/** A session's id: of its visitor and its true start, so that the same events have the same one however they came. */
export function sessionId(project: string, visitor: string, start: number): bigint {
  const id = hash64(project, visitor, String(start));
  return isNoSession(id) ? id + 1n : id;
}

/** What events of that visitor have as session_key while no session is open: a session that becomes known later finds them by it. */
export function noSessionKey(project: string, visitor: string): bigint {
  const id = hash64(project, visitor, 'no session');
  return id - (id % noSessionBits) || noSessionBits;
}

/** What new events of a session get: its id, or a key that is repaired anyway, so that a session that moved needs one repair and no more. */
export function keyOf(visit: Visit): bigint {
  let known: bigint | undefined;
  for (const { adopted, keys } of visit.marks) {
    if (adopted) continue;
    for (const key of keys) {
      if (key === visit.id) return key;
      if (known === undefined && !isNoSession(key)) known = key;
    }
  }
  return known ?? visit.id;
}
