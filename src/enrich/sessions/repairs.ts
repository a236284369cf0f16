import { isNoSession } from './key.ts';
import type { Mark, Visit } from './mark.ts';
import type { Repair } from './trail.ts';

/** Before and after all events. */
const beginning = 0;
const end = Date.UTC(2100, 0, 1);

/**
 * Which keys do not name the session their events belong to, as ranges of time. A key of this visitor is divided among all of its sessions that
 * have it, without gaps, so that a session that grows needs no other repair. A key that others use, too (what had no session, what came
 * from the user), only between the first and the last event. `alone`: what joins no session.
 */
export function repairsOf(visits: readonly Visit[], alone: readonly Mark[]): Repair[] {
  const repairs: Repair[] = [];
  // The user's own session that they joined turned out to be one of a device.
  for (const { end: to, keys, start: from } of alone)
    for (const key of keys) if (!isNoSession(key)) repairs.push({ key, from, to, id: 0n });
  if (visits.every(isRight)) return repairs;
  const wrong = wrongKeys(visits);
  for (const [key, isShared] of wrong) {
    if (isShared) addShared(repairs, key, visits);
    else addOwn(repairs, key, visits);
  }
  return repairs;
}

/** Nearly always. */
function isRight({ id, marks }: Visit): boolean {
  for (const { keys } of marks) if (keys.length > 1 || (keys.length === 1 && keys[0] !== id)) return false;
  return true;
}

/** Keys that stand on an event of another session than they name; whether others use them, too. */
function wrongKeys(visits: readonly Visit[]): Map<bigint, boolean> {
  const wrong = new Map<bigint, boolean>();
  for (const { id, marks } of visits)
    for (const { adopted, keys } of marks)
      for (const key of keys) if (key !== id) wrong.set(key, adopted || isNoSession(key));
  return wrong;
}

function addOwn(repairs: Repair[], key: bigint, visits: readonly Visit[]): void {
  const sharing = visits.filter(({ marks }) =>
    marks.some(({ adopted, keys }) => !adopted && keys.includes(key)),
  );
  for (const [index, { id, start }] of sharing.entries()) {
    const next = sharing[index + 1];
    repairs.push({
      key,
      from: index === 0 ? beginning : start,
      to: next === undefined ? end : next.start - 1,
      id,
    });
  }
}

function addShared(repairs: Repair[], key: bigint, visits: readonly Visit[]): void {
  for (const { id, marks } of visits) {
    let from = Infinity;
    let to = -Infinity;
    for (const mark of marks) {
      if (!mark.keys.includes(key)) continue;
      from = Math.min(from, mark.start);
      to = Math.max(to, mark.end);
    }
    if (to >= from) repairs.push({ key, from, to, id });
  }
}

/** What has to be written: repairs that are new, and those in force that hold no more. Of keys that are not known any more nothing is. */
export function changesOf(
  before: readonly Repair[],
  after: readonly Repair[],
  known: (key: bigint) => boolean,
): { readonly written: Repair[]; readonly removed: Repair[] } {
  const written = after.filter(
    (repair) => !before.some((one) => isAtSame(one, repair) && one.to === repair.to && one.id === repair.id),
  );
  const removed = before.filter(
    ({ key, from }) => known(key) && !after.some((one) => isAtSame(one, { key, from })),
  );
  return { written, removed };
}

function isAtSame(a: Pick<Repair, 'key' | 'from'>, b: Pick<Repair, 'key' | 'from'>): boolean {
  return a.key === b.key && a.from === b.from;
}
