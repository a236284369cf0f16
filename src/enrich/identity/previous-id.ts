import { type Memory, type Subject, subjectKey } from '../memory.ts';
import { cut, type Draft, limit } from '../step.ts';
import { blockedId } from './blocked-id.ts';

/** What the id before an alias may be, as keys in state. */
export function previousKeys({ event, row }: Draft): readonly [user: string, anonymous: string] | undefined {
  const id = cut(event.previousId, limit.id);
  if (blockedId(id)) return undefined;
  return [subjectKey('u', row.project, id), subjectKey('a', row.project, id)];
}

/** The id before an alias is a user's when that user was ever seen, else an anonymous one. */
export function previousOf(draft: Draft, memory: Memory): Subject | undefined {
  const keys = previousKeys(draft);
  if (keys === undefined) return undefined;
  const user = memory.subject(keys[0]);
  return user.firstSeen > 0 ? user : memory.subject(keys[1]);
}
