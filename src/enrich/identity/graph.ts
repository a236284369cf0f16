import type { IdentityHistoryRow, IdentityRow, IdKind, LinkReason } from '../../contract/row.ts';
import type { Memory, Subject, SubjectKind } from '../memory.ts';
import { absorb, gather } from './person.ts';

/**
 * Persons are trees of ids: each id was joined to at most one other, and the one at the end is the person. So an edge can be taken away, and what
 * hung on it is what it was before.
 */
export interface Cause {
  readonly reason: LinkReason;
  /** Time of the event or command. */
  readonly at: number;
  /** Id of the operator; '' for events. */
  readonly by: string;
  readonly note: string;
}

/** Why two ids stay apart: what the history says. */
type Refusal =
  | 'belongs to another person'
  | 'both are known users'
  | 'e-mail address of another user'
  | 'too many ids'
  | 'parted by an operator';

/** Ids of a person that even an operator can join at most: more is no person, and its rows would be written with each of them. */
const mostIds = 10_000;
/** Refusals of one id that are told; then it is silent about further ones. */
const maxRefused = 20;

const kinds: Readonly<Record<SubjectKind, IdKind>> = { a: 'anonymous', u: 'user', e: 'email' };

/** Whether ids in one event could join persons: then all of their ids must be read. `explicit`: even two known users. */
export function mayJoin(memory: Memory, from: Subject, to: Subject, explicit: boolean): boolean {
  const [one, other] = [memory.personOf(from), memory.personOf(to)];
  return one !== other && (explicit || one.kind !== 'u' || other.kind !== 'u');
}

/**
 * One person of two, because an event says so; the rules are those of docs/identity.md. What counts as `from` hangs on `to` then. Refused joins
 * are told once.
 */
export function join(memory: Memory, from: Subject, to: Subject, cause: Cause): void {
  const alias = memory.personOf(from);
  const person = memory.personOf(to);
  if (alias === person) return;
  // Who is known as a user stays the person.
  if (alias.kind === 'u' && person.kind !== 'u') {
    join(memory, to, from, cause);
    return;
  }
  const refusal = refusalOf(memory, from, to, cause.reason);
  if (refusal === undefined) attach(memory, alias, to, cause, 'linked');
  else refuse(memory, from, to, cause, refusal);
}

function refusalOf(memory: Memory, from: Subject, to: Subject, reason: LinkReason): Refusal | undefined {
  const alias = memory.personOf(from);
  const person = memory.personOf(to);
  if (alias.kind === 'u' && reason !== 'merge') {
    if (reason === 'email') return 'e-mail address of another user';
    if (from.kind !== 'u') return 'belongs to another person';
    // A user may get another name; that somebody else has already is no name for them.
    if (reason !== 'alias' || person !== to || to.firstSeen > 0) return 'both are known users';
  }
  if (areApart(memory, alias, person)) return 'parted by an operator';
  const { maxJoined } = memory.settings(person.project).identity;
  return idsOf(memory, alias) + memory.members(person).length > maxJoined ? 'too many ids' : undefined;
}

/** An operator joins two persons. Who is known as a user stays the person. */
export function merge(memory: Memory, from: Subject, into: Subject, cause: Cause): void {
  let alias = memory.personOf(from);
  let target = into;
  let person = memory.personOf(into);
  if (alias === person) return;
  if (alias.kind === 'u' && person.kind !== 'u') [alias, target, person] = [person, from, alias];
  // Users hang on users only, so that whatever is taken apart, a user is at the end of it.
  if (alias.kind === 'u' && target.kind !== 'u') target = person;
  if (idsOf(memory, alias) + idsOf(memory, person) > mostIds) {
    refuse(memory, alias, target, cause, 'too many ids');
    return;
  }
  reconcile(memory, alias, person);
  attach(memory, alias, target, cause, 'merged');
}

/** Takes the edge of an id away, with everything that hangs on it: two persons, as if they had never been joined. */
export function undo(memory: Memory, alias: Subject, cause: Cause): void {
  const target = alias.link === '' ? undefined : memory.subject(alias.link);
  if (target === undefined) return;
  const person = memory.personOf(alias);
  const all = [person.stateKey, ...memory.members(person)];
  part(memory, alias, person, [person.stateKey]);
  regroup(memory, all, person.stateKey);
  tell(memory, alias, target, 'undone', cause);
}

/** Takes ids off their person, each a person by itself; what hung on them stays. */
export function split(memory: Memory, ids: readonly Subject[], cause: Cause): void {
  const [first] = ids;
  if (first === undefined) return;
  const person = memory.personOf(first);
  const leaving = ids.filter((id) => memory.personOf(id) === person);
  const all = [person.stateKey, ...memory.members(person)];
  const staying = all.filter((key) => !leaving.some(({ stateKey }) => stateKey === key));
  if (all.length < 2) return;
  const parents = leaving.map((id) => memory.subject(id.link === '' ? id.stateKey : id.link));
  for (const id of leaving) {
    inheritEdges(memory, id, all, staying);
    part(memory, id, person, staying);
  }
  regroup(memory, all, person.stateKey);
  for (const [index, id] of leaving.entries()) tell(memory, id, parents[index] ?? id, 'split', cause);
}

/** What hung on an id that leaves hangs on the one it hung on; without one, on the likeliest of those that stay. */
function inheritEdges(memory: Memory, id: Subject, all: readonly string[], staying: readonly string[]): void {
  const children = all.map((key) => memory.subject(key)).filter(({ link }) => link === id.stateKey);
  const heir = id.link === '' ? heirOf(children, staying) : memory.subject(id.link);
  for (const child of children) {
    child.link = child === heir ? '' : (heir?.stateKey ?? '');
    if (child.link === '') child.edge = undefined;
    changedEdge(memory, child);
  }
}

function heirOf(children: readonly Subject[], staying: readonly string[]): Subject | undefined {
  const rank = ({ kind, stateKey }: Subject): number =>
    (staying.includes(stateKey) ? 0 : 2) + (kind === 'u' ? 0 : 1);
  const since = ({ firstSeen }: Subject): number => firstSeen || Number.MAX_SAFE_INTEGER;
  return children.toSorted(
    (a, b) => rank(a) - rank(b) || since(a) - since(b) || (a.stateKey < b.stateKey ? -1 : 1),
  )[0];
}

function part(memory: Memory, id: Subject, person: Subject, from: readonly string[]): void {
  if (person !== id && person.anonymous === id.id) person.anonymous = '';
  id.link = '';
  id.edge = undefined;
  id.apart = [...new Set([...id.apart, ...from])];
  changedEdge(memory, id);
}

/** Sorts ids into the persons that they are now. */
function regroup(memory: Memory, keys: readonly string[], before: string): void {
  const groups = new Map<Subject, Subject[]>();
  for (const key of keys) {
    const subject = memory.subject(key);
    const person = memory.personOf(subject);
    if (subject.refused.length > 0) {
      // What is refused from now on is news.
      subject.refused = [];
      memory.changed(subject);
    }
    const group = groups.get(person) ?? [];
    if (subject !== person) group.push(subject);
    groups.set(person, group);
  }
  for (const [person, members] of groups) {
    memory.setMembers(
      person,
      members.map(({ stateKey }) => stateKey),
    );
    gather(person, members);
    memory.changed(person);
    memory.changedPersons.add(person);
    if (person.stateKey === before) continue;
    for (const subject of members) memory.changedEdges.add(subject);
    memory.changedEdges.add(person);
  }
}

function attach(
  memory: Memory,
  alias: Subject,
  target: Subject,
  cause: Cause,
  action: 'linked' | 'merged',
): void {
  const person = memory.personOf(target);
  const moved = [alias.stateKey, ...memory.members(alias)];
  memory.setMembers(person, [...memory.members(person), ...moved]);
  if (moved.length > 1) memory.setMembers(alias, []);
  absorb(person, alias);
  alias.joint = undefined;
  alias.link = target.stateKey;
  alias.edge = { reason: cause.reason, at: cause.at, by: cause.by };
  person.told = 0;
  memory.changed(alias);
  memory.changed(person);
  memory.changedPersons.delete(alias);
  memory.changedPersons.add(person);
  for (const key of moved) memory.changedEdges.add(memory.subject(key));
  tell(memory, alias, target, action, cause);
}

function changedEdge(memory: Memory, subject: Subject): void {
  memory.changed(subject);
  memory.changedEdges.add(subject);
}

function idsOf(memory: Memory, person: Subject): number {
  return 1 + memory.members(person).length;
}

function areApart(memory: Memory, one: Subject, other: Subject): boolean {
  return isApart(memory, one, other) || isApart(memory, other, one);
}

function isApart(memory: Memory, one: Subject, other: Subject): boolean {
  const ids = new Set([other.stateKey, ...memory.members(other)]);
  return [one.stateKey, ...memory.members(one)].some((key) =>
    memory.subject(key).apart.some((id) => ids.has(id)),
  );
}

/** The operator decides otherwise: what was parted may be one again. */
function reconcile(memory: Memory, one: Subject, other: Subject): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    const ids = new Set([to.stateKey, ...memory.members(to)]);
    for (const key of [from.stateKey, ...memory.members(from)]) {
      const subject = memory.subject(key);
      if (!subject.apart.some((id) => ids.has(id))) continue;
      subject.apart = subject.apart.filter((id) => !ids.has(id));
      memory.changed(subject);
    }
  }
}

function refuse(memory: Memory, from: Subject, to: Subject, cause: Cause, refusal: Refusal): void {
  if (cause.by === '') {
    if (from.refused.length >= maxRefused || from.refused.includes(to.stateKey)) return;
    from.refused = [...from.refused, to.stateKey];
    memory.changed(from);
  }
  tell(memory, from, to, 'refused', { ...cause, reason: refusal });
}

function tell(
  memory: Memory,
  alias: Subject,
  target: Subject,
  action: IdentityHistoryRow['action'],
  { at, by, note, reason }: Omit<Cause, 'reason'> & { readonly reason: string },
): void {
  memory.identityHistory.push({
    project: alias.project,
    at,
    action,
    alias_key: alias.key,
    alias_kind: kinds[alias.kind],
    alias_id: alias.id,
    target_key: target.key,
    target_kind: kinds[target.kind],
    target_id: target.id,
    reason,
    by,
    note,
    version: memory.version,
  });
}

/** The edges that changed, as they are now. */
export function identityRows(memory: Memory): IdentityRow[] {
  return Array.from(memory.changedEdges, (alias) => {
    const person = memory.personOf(alias);
    const target = alias.link === '' ? alias : memory.subject(alias.link);
    return {
      project: alias.project,
      alias_key: alias.key,
      alias_kind: kinds[alias.kind],
      alias_id: alias.id,
      target_key: target.key,
      target_kind: kinds[target.kind],
      target_id: target.id,
      person_key: person.key,
      user_id: person.kind === 'u' ? person.id : '',
      reason: alias.edge?.reason ?? (alias.link === '' ? 'split' : 'identify'),
      linked_at: alias.edge?.at ?? alias.firstSeen,
      by: alias.edge?.by ?? '',
      removed: alias.link === '' ? 1 : 0,
      version: memory.version,
    };
  });
}
