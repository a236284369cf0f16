import type { JsonObject, JsonValue } from '../../contract/event.ts';
import { type Account, accountKey, type Memory, type Subject } from '../memory.ts';
import type { Draft, Step } from '../step.ts';

const hour = 3_600_000;
/** More traits than anybody reads; new ones are then ignored, known ones still change. */
const maxTraits = 200;

/**
 * Persons and accounts: first and last seen, traits, the account of a person. A row is written when somebody is new, when
 * traits change, and when they were last seen an hour later than told; not per event.
 */
export const profileStep: Step = { name: 'profile', run: updateProfiles };

function updateProfiles(draft: Draft, memory: Memory): undefined {
  const { row } = draft;
  const subject = draft.user ?? draft.anonymous;
  if (subject !== undefined) {
    const person = memory.personOf(subject);
    updatePerson(draft, memory, person);
    // Its own first sight too: alias tells known users by it.
    if (subject !== person && subject.firstSeen === 0) {
      subject.firstSeen = row.timestamp;
      memory.changed(subject);
    }
  }
  if (draft.account !== undefined) updateAccount(draft, memory, draft.account);
}

function updatePerson(draft: Draft, memory: Memory, person: Subject): void {
  const { event, row } = draft;
  let tell = seen(person, row.timestamp);
  if (event.person?.set !== undefined) tell = learn(person, event.person.set, row.timestamp) || tell;
  if (person.anonymous === '' && draft.anonymous !== undefined) person.anonymous = draft.anonymous.id;
  if (draft.account !== undefined) {
    if (row.timestamp >= person.accountAt) {
      person.account = draft.account.id;
      person.accountAt = row.timestamp;
    }
  } else if (row.account_id === '' && person.account !== '') {
    row.account_id = person.account;
    draft.account = memory.account(accountKey(person.project, person.account));
  }
  memory.changed(person);
  if (tell) memory.changedPersons.add(person);
}

function updateAccount({ event, row }: Draft, memory: Memory, account: Account): void {
  let tell = seen(account, row.timestamp);
  if (event.account?.set !== undefined) tell = learn(account, event.account.set, row.timestamp) || tell;
  memory.changedAccount(account);
  if (tell) memory.changedAccountRows.add(account);
}

interface Profile {
  firstSeen: number;
  lastSeen: number;
  told: number;
  traits: JsonObject;
  traitsAt: number;
}

/** Moves first and last seen; true when that is worth a row. */
function seen(profile: Profile, time: number): boolean {
  const earlier = profile.firstSeen === 0 || time < profile.firstSeen;
  if (earlier) profile.firstSeen = time;
  if (time > profile.lastSeen) profile.lastSeen = time;
  if (!earlier && profile.told !== 0 && profile.lastSeen - profile.told <= hour) return false;
  profile.told = profile.lastSeen;
  return true;
}

/** Merges traits; those of an older event only fill gaps. null takes a trait away. True when something changed. */
function learn(profile: Profile, traits: JsonObject, time: number): boolean {
  const newer = time >= profile.traitsAt;
  const next: Record<string, JsonValue> = { ...profile.traits };
  let size = Object.keys(next).length;
  let changed = false;
  for (const [name, value] of Object.entries(traits)) {
    const known = next[name];
    if (known === undefined ? value === null || size >= maxTraits : !newer || same(known, value)) continue;
    changed = true;
    if (known === undefined) size++;
    if (value === null) delete next[name];
    else next[name] = value;
  }
  if (newer) profile.traitsAt = time;
  if (changed) profile.traits = next;
  return changed;
}

function same(a: JsonValue, b: JsonValue): boolean {
  return a === b || (typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b));
}
