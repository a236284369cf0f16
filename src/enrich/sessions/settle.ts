import type { SessionRules } from '../../contract/project-settings.ts';
import { hash64 } from '../../runtime/ids.ts';
import type { Memory, Subject } from '../memory.ts';
import type { BatchSessions } from './batch.ts';
import { join, openAt, visitAt } from './fold.ts';
import { keyOf } from './key.ts';
import { addKey, type Mark, type Source, setUser, type Visit } from './mark.ts';
import { prune } from './prune.ts';
import { changesOf, repairsOf } from './repairs.ts';
import { deletedRow, firstSource, sessionRow, type Whose } from './row.ts';
import { insertByStart, type Repair } from './trail.ts';

/**
 * Makes the sessions of everybody who has new marks, once all events of the batch are placed: the ids that events get, rows of sessions that
 * are other than rows told, and repairs of events that were told another session.
 */
export function settleSessions(memory: Memory): void {
  const { sessions } = memory;
  adoptAll(memory);
  const settling = Array.from(sessions.changed, (subject) => {
    const rules = rulesOf(subject, memory);
    const visits = sessions.visitsOf(subject, rules);
    return { subject, rules, visits, alone: join(visits, subject.trail.marks, rules) };
  });
  for (const placed of sessions.placed) {
    const visit = placed.mark.given ?? give(placed, memory);
    if (visit === undefined) continue;
    placed.row.session_key = visit.key;
    giveSource(placed.row, visit.source);
  }
  for (const { subject, rules, visits, alone } of settling) {
    tell(subject, visits, memory);
    repair(subject, repairsOf(visits, alone), memory);
    prune(subject, visits, alone, sessions.batch, rules);
    memory.changed(subject);
  }
}

function rulesOf(subject: Subject, memory: Memory): SessionRules {
  return memory.settings(subject.project).sessions;
}

/** What users did without saying on which device goes to the device whose session was open then. */
function adoptAll(memory: Memory): void {
  const users = new Set<Subject>();
  for (const subject of memory.sessions.changed) {
    if (subject.kind === 'u') users.add(subject);
    else for (const user of memory.seenWith(subject)) users.add(user);
  }
  for (const user of users) {
    if (user.trail.marks.length === 0) continue;
    for (const device of memory.seenWith(user)) adopt(user, device, memory);
  }
}

function adopt(user: Subject, device: Subject, memory: Memory): void {
  const { sessions } = memory;
  const rules = rulesOf(user, memory);
  const visits = sessions.visitsOf(device, rules);
  if (visits.length === 0) return;
  const left: Mark[] = [];
  for (const mark of user.trail.marks) {
    const visit = openAt(visits, mark.start, rules);
    if (visit === undefined || (mark.end !== mark.start && openAt(visits, mark.end, rules) !== visit)) {
      left.push(mark);
      continue;
    }
    const moved: Mark = { ...mark, visit: false, adopted: true, batch: sessions.batch, given: undefined };
    setUser(moved, mark.start, user.id);
    insertByStart(device.trail.marks, moved);
    sessions.moved.set(mark, device);
    if (mark.batch === sessions.batch) mark.into = moved;
  }
  if (left.length === user.trail.marks.length) return;
  user.trail.marks = left;
  sessions.forget(user);
  sessions.changed.add(user);
  sessions.changed.add(device);
}

/** The session of an event, which is that of all events of its mark; undefined, and said so in the row, where there is none. */
function give(
  { row, owner, mark: first }: BatchSessions['placed'][number],
  memory: Memory,
): Visit | undefined {
  const { sessions } = memory;
  let mark = first;
  let home = owner;
  for (;;) {
    home = sessions.moved.get(mark) ?? home;
    if (mark.into === undefined) break;
    mark = mark.into;
  }
  const rules = rulesOf(home, memory);
  const visits = sessions.visitsOf(home, rules);
  const visit = mark.visit ? visitAt(visits, mark.start) : openAt(visits, mark.start, rules);
  if (visit === undefined) {
    row.session_key = sessions.noSessionKey(home);
    addKey(mark, row.session_key);
    giveSource(row);
    return undefined;
  }
  if (visit.key === 0n) visit.key = keyOf(visit);
  visit.source ??= firstSource(visit.marks);
  addKey(mark, visit.key);
  first.given = visit;
  return visit;
}

const nowhere: Source = ['', '', '', '', '', '', '', ''];

interface Sourced {
  referrer: string;
  channel: string;
  source: string;
  medium: string;
  campaign: string;
  term: string;
  content: string;
}

/** An event outside of all sessions has no source of its own. */
export function giveSource(row: Sourced, source: Source = nowhere): void {
  row.referrer = source[1] ?? '';
  row.channel = source[2] ?? '';
  row.source = source[3] ?? '';
  row.medium = source[4] ?? '';
  row.campaign = source[5] ?? '';
  row.term = source[6] ?? '';
  row.content = source[7] ?? '';
}

function tell(subject: Subject, visits: readonly Visit[], memory: Memory): void {
  const { sessions, version } = memory;
  const { told } = subject.trail;
  const whose: Whose = {
    project: subject.project,
    key: subject.key,
    user: subject.kind === 'u' ? subject.id : '',
    // Who was seen with a device was read with it: a hash anew costs more than half of the row.
    keyOf: (user) =>
      memory.seenWith(subject).find(({ id }) => id === user)?.key ?? hash64(subject.project, 'u', user),
  };
  for (const { id, start } of told)
    if (!visits.some((visit) => visit.start === start))
      sessions.rows.push(deletedRow(subject.project, id, start, version));
  for (const visit of visits) {
    const known = told.find(({ start }) => start === visit.start);
    const isSame =
      known !== undefined &&
      known.end === visit.end &&
      known.events === visit.events &&
      visit.marks.every(({ batch }) => batch !== sessions.batch);
    if (!isSame) sessions.rows.push(sessionRow(visit, whose, version));
  }
  subject.trail.told = visits.map(({ id, start, end, events }) => ({ id, start, end, events }));
}

function repair({ project, trail }: Subject, after: readonly Repair[], memory: Memory): void {
  if (after.length === 0 && trail.repairs.length === 0) return;
  const { removed, written } = changesOf(trail.repairs, after, (key) =>
    trail.marks.some(({ keys }) => keys.includes(key)),
  );
  const { version } = memory;
  for (const { key, from, to, id } of written)
    memory.sessions.repairs.push({
      project,
      session_key: key,
      from_time: from,
      to_time: to,
      session_id: id,
      is_deleted: 0,
      version,
    });
  for (const { key, from, to, id } of removed)
    memory.sessions.repairs.push({
      project,
      session_key: key,
      from_time: from,
      to_time: to,
      session_id: id,
      is_deleted: 1,
      version,
    });
  trail.repairs = after;
}
