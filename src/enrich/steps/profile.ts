import type { ProfileChanges } from '../../contract/event.ts';
import { maxKinds } from '../account-kind.ts';
import { blockedId } from '../blocked-id.ts';
import { type Account, accountKey, type Memory, type Subject } from '../memory.ts';
import { accountName, type Draft, type Step } from '../step.ts';
import { applyChanges, type Traits } from '../traits.ts';

const hour = 3_600_000;

/**
 * Persons and accounts: first and last seen, traits (`traits.ts` has the rule), the accounts of a person. A row is written when somebody is new,
 * when traits change, and when they were last seen an hour later than told; not per event.
 */
export const profileStep: Step = { name: 'profile', run: updateProfiles };

function updateProfiles(draft: Draft, memory: Memory): undefined {
  const { event, groupKeys, row } = draft;
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
  if (draft.account !== undefined) updateAccount(draft, memory, draft.account, event.account);
  for (const key of groupKeys) updateAccount(draft, memory, memory.account(key), undefined);
}

function updatePerson(draft: Draft, memory: Memory, person: Subject): void {
  const { event, row } = draft;
  const isNews = seen(person, row.timestamp);
  const tell = learn(person, event.person, row.timestamp) || isNews;
  if (person.anonymous === '' && draft.anonymous !== undefined) person.anonymous = draft.anonymous.id;
  if (draft.account !== undefined || draft.groupKeys.length > 0) belong(person, draft);
  if (person.accounts.length > 0) fillAccounts(draft, memory, person);
  memory.changed(person);
  if (tell) memory.changedPersons.add(person);
}

/** Remembers the accounts of the event: of each kind the latest, and as the main one what the latest event that names one says. */
function belong(person: Subject, { account, row }: Draft): void {
  const { accounts } = person;
  const at = row.timestamp;
  const mainAt = accounts[0]?.at ?? 0;
  for (const [kind, id] of Object.entries(row.groups)) {
    if (blockedId(id)) continue;
    const index = accounts.findIndex((known) => known.kind === kind);
    const known = accounts[index];
    if (known === undefined && accounts.length >= maxKinds) continue;
    const newest = known !== undefined && known.at > at ? known : { kind, id, at };
    if (index >= 0) accounts.splice(index, 1);
    const isMain = account?.kind === kind ? at >= mainAt : index === 0;
    accounts.splice(isMain ? 0 : index < 0 ? accounts.length : index, 0, newest);
  }
}

/** Kinds of accounts that the event does not name are those of its person. */
function fillAccounts(draft: Draft, memory: Memory, person: Subject): void {
  const { row } = draft;
  const [main] = person.accounts;
  if (main === undefined) return;
  const isBare = row.account_id === '';
  if (isBare) {
    row.account_id = main.id;
    row.account_kind = main.kind;
    draft.account = memory.account(accountKey(person.project, main.kind, main.id));
  }
  if (isBare && person.accounts.length === 1 && draft.groupKeys.length === 0) {
    row.groups = accountName(person.project, main.kind, main.id).groups;
    return;
  }
  if (person.accounts.every(({ kind }) => Object.hasOwn(row.groups, kind))) return;
  const known = Object.fromEntries(person.accounts.map(({ id, kind }) => [kind, id]));
  row.groups = { ...known, ...row.groups };
}

function updateAccount(
  { row }: Draft,
  memory: Memory,
  account: Account,
  changes: ProfileChanges | undefined,
): void {
  const isNews = seen(account, row.timestamp);
  const tell = learn(account, changes, row.timestamp) || isNews;
  memory.changedAccount(account);
  if (tell) memory.changedAccountRows.add(account);
}

/** Moves first and last seen; true when that is worth a row. */
function seen(profile: { firstSeen: number; lastSeen: number; told: number }, time: number): boolean {
  const earlier = profile.firstSeen === 0 || time < profile.firstSeen;
  if (earlier) profile.firstSeen = time;
  if (time > profile.lastSeen) profile.lastSeen = time;
  if (!earlier && profile.told !== 0 && profile.lastSeen - profile.told <= hour) return false;
  profile.told = profile.lastSeen;
  return true;
}

/** True when what is shown of the profile changes. */
function learn(profile: { traits: Traits }, changes: ProfileChanges | undefined, time: number): boolean {
  if (changes === undefined) return false;
  const before = profile.traits;
  profile.traits = applyChanges(before, changes, time);
  return profile.traits.values !== before.values;
}
