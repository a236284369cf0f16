import type { Memory, Subject } from '../memory.ts';
import { openAt } from './fold.ts';
import { keyOf } from './key.ts';
import { addKey, minute } from './mark.ts';
import { markAt } from './trail.ts';

/** Marks of a visitor up to which lines without a session are remembered. */
const maxMarks = 100;

/**
 * session_key of a log line of these ids. A server that knows only who is signed in means the visit on that user's device, when there is one.
 * Where no session is open, the minute is remembered, so that one that becomes known later takes the line.
 */
export function lineSession(
  anonymous: Subject | undefined,
  user: Subject | undefined,
  at: number,
  memory: Memory,
): bigint {
  const devices = user === undefined ? [] : memory.seenWith(user);
  for (const visitor of [anonymous, ...devices, user]) {
    if (visitor === undefined || visitor.trail.marks.length === 0) continue;
    const rules = memory.settings(visitor.project).sessions;
    const visit = openAt(memory.sessions.visitsOf(visitor, rules), at, rules);
    if (visit) return keyOf(visit);
  }
  const owner = user ?? anonymous;
  return owner === undefined ? 0n : wait(owner, at, memory);
}

function wait(owner: Subject, at: number, memory: Memory): bigint {
  const { sessions } = memory;
  const key = sessions.noSessionKey(owner);
  if (owner.trail.marks.length >= maxMarks) return key;
  const rules = memory.settings(owner.project).sessions;
  const mark = markAt(owner.trail, at, false, minute, rules, sessions.batch);
  addKey(mark, key);
  memory.changed(owner);
  return key;
}
