import type { DecodedEvent } from '../../contract/event.ts';
import type { SessionRules } from '../../contract/project-settings.ts';
import type { Memory, Subject } from '../memory.ts';
import { count, tell } from '../sessions/event.ts';
import { cellMs } from '../sessions/mark.ts';
import { giveSource } from '../sessions/settle.ts';
import { markAt } from '../sessions/trail.ts';
import type { Draft, Step } from '../step.ts';

/**
 * Sessions, one visitor at a time: the anonymous id where there is one (so that signing in does not split a visit), else the user. This step
 * notes what the event adds to its visitor's marks; when all events of the batch are noted, sessions/settle.ts makes sessions of the marks.
 *
 * Events of a backend, without a page or a user agent, are no visits: they join the session of that person that is open at their time, count
 * in it, but neither open nor lengthen one; else their session_id is 0.
 */
export const sessionStep: Step = { name: 'session', run: assign };

function assign(draft: Draft, memory: Memory): undefined {
  const { anonymous, event, row, user } = draft;
  const visit = isVisit(event);
  const owner = visit ? (anonymous ?? user) : (user ?? anonymous);
  if (owner === undefined) {
    if (!visit) giveSource(row);
    return;
  }
  const { sessions } = memory;
  const rules = memory.settings(row.project).sessions;
  const cell = visit ? cellOf(owner, rules) : 1;
  const mark = markAt(owner.trail, row.timestamp, visit, cell, rules, sessions.batch);
  count(mark, draft, owner.kind === 'u' ? owner.id : '');
  if (visit) tell(mark, draft, rules.newCampaign);
  sessions.placed.push({ row, owner, mark });
  sessions.changed.add(owner);
  if (anonymous !== undefined && user !== undefined) meet(anonymous, user, visit, memory);
}

/** Somebody was there: a browser or an app speaks, or a server that passes on what its visitor's browser said. */
function isVisit(event: DecodedEvent): boolean {
  return (
    event.userAgent !== undefined ||
    event.url !== undefined ||
    event.device !== undefined ||
    event.type === 'screen'
  );
}

/** Milliseconds within which events need not be told apart. What a user did may still turn out to have been on a device, event by event. */
function cellOf(owner: Subject, rules: SessionRules): number {
  return rules.newCampaign || (owner.kind === 'u' && owner.seenWith.length > 0) ? 1 : cellMs;
}

/** Most ids that an id is remembered to have been seen with. */
const maxSeenWith = 8;

/** Remembers which devices a user is on, and who uses a device. What a backend calls a device may be a job of its own: it comes last. */
function meet(device: Subject, user: Subject, visit: boolean, memory: Memory): void {
  if (device.seenWith[0] === user.id && user.seenWith[0] === device.id) return;
  device.seenWith = seen(device.seenWith, user.id, visit);
  user.seenWith = seen(user.seenWith, device.id, visit);
  memory.changed(device);
  memory.changed(user);
}

function seen(ids: readonly string[], id: string, first: boolean): readonly string[] {
  if (!first) return ids.includes(id) || ids.length >= maxSeenWith ? ids : [...ids, id];
  return [id, ...ids.filter((other) => other !== id)].slice(0, maxSeenWith);
}
