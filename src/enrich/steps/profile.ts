import type { ProfileChanges } from '../../contract/event.ts';
import type { EventRow } from '../../contract/row.ts';
import { maxKinds } from '../account-kind.ts';
import { blockedId } from '../identity/blocked-id.ts';
import { bear, jointOf } from '../identity/person.ts';
import {
  type Account,
  accountKey,
  type Belonging,
  type Joint,
  type Memory,
  type Subject,
} from '../memory.ts';
import { type HistoryOf, historyOf } from '../profiles/history.ts';
import { applyChanges, noTraits, type Traits } from '../profiles/traits.ts';
import { accountName, type Draft, type Step } from '../step.ts';

const hour = 3_600_000;

/**
 * Persons and accounts: first and last seen, traits (`profiles/traits.ts` has the rule), the accounts of a person. A row is written when somebody is new,
 * when traits change, and when they were last seen an hour later than told; not per event.
 */
export const profileStep: Step = { name: 'profile', run: updateProfiles };

function updateProfiles(draft: Draft, memory: Memory): undefined {
  const { event, groupKeys } = draft;
  if (draft.own !== undefined) updatePerson(draft, memory, draft.own);
  if (draft.account !== undefined) updateAccount(draft, memory, draft.account, event.account);
  for (const key of groupKeys) updateAccount(draft, memory, memory.account(key), undefined);
}

/** What the event says is the id's own; its person, when that is another one or has more ids, knows it too. */
function updatePerson(draft: Draft, memory: Memory, own: Subject): void {
  const { event, row } = draft;
  const person = memory.personOf(own);
  const joint = person === own && person.joint === undefined ? undefined : jointOf(person);
  const facts = joint ?? own;
  const { traits } = own;
  if (event.person !== undefined) {
    const of = { kind: 'person', key: own.key, id: own.id };
    learn(own, event.person, row, memory, of);
  }
  if (joint) {
    see(own, row.timestamp);
    if (own !== person && own.traits !== noTraits) bear(joint, own);
  }
  const isEarlier = see(facts, row.timestamp);
  if (draft.account !== undefined || draft.groupKeys.length > 0) {
    belong(own, draft);
    if (joint) belong(joint, draft);
  }
  if (facts.accounts.length > 0) fillAccounts(draft, memory, facts.accounts);
  memory.changed(person);
  if (own !== person) memory.changed(own);
  if (isNews(person, facts.lastSeen, isEarlier) || isShown(traits, own.traits, joint))
    memory.changedPersons.add(person);
}

/** Whether the person shows other traits: the same value, said later, may win over that of another id. */
function isShown(before: Traits, now: Traits, joint: Joint | undefined): boolean {
  return joint === undefined || joint.bearers.length === 0 ? before.values !== now.values : before !== now;
}

/** Remembers the accounts of the event: of each kind the latest, and as the main one what the latest event that names one says. */
function belong({ accounts }: { readonly accounts: Belonging[] }, { account, row }: Draft): void {
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
function fillAccounts(draft: Draft, memory: Memory, accounts: readonly Belonging[]): void {
  const { row } = draft;
  const [main] = accounts;
  if (main === undefined) return;
  const isBare = row.account_id === '';
  if (isBare) {
    row.account_id = main.id;
    row.account_kind = main.kind;
    draft.account = memory.account(accountKey(row.project, main.kind, main.id));
  }
  if (isBare && accounts.length === 1 && draft.groupKeys.length === 0) {
    row.groups = accountName(row.project, main.kind, main.id).groups;
    return;
  }
  if (accounts.every(({ kind }) => Object.hasOwn(row.groups, kind))) return;
  const known = Object.fromEntries(accounts.map(({ id, kind }) => [kind, id]));
  row.groups = { ...known, ...row.groups };
}

function updateAccount(
  { row }: Draft,
  memory: Memory,
  account: Account,
  changes: ProfileChanges | undefined,
): void {
  const isEarlier = see(account, row.timestamp);
  const { values } = account.traits;
  if (changes !== undefined)
    learn(account, changes, row, memory, { kind: account.kind, key: 0n, id: account.id });
  memory.changedAccount(account);
  if (isNews(account, account.lastSeen, isEarlier) || account.traits.values !== values)
    memory.changedAccountRows.add(account);
}

/** Moves first and last seen; true when it is the first sight. */
function see(facts: { firstSeen: number; lastSeen: number }, time: number): boolean {
  const isEarlier = facts.firstSeen === 0 || time < facts.firstSeen;
  if (isEarlier) facts.firstSeen = time;
  if (time > facts.lastSeen) facts.lastSeen = time;
  return isEarlier;
}

/** Whether first and last seen are worth a row. */
function isNews(profile: { told: number }, lastSeen: number, isEarlier: boolean): boolean {
  if (!isEarlier && profile.told !== 0 && lastSeen - profile.told <= hour) return false;
  profile.told = lastSeen;
  return true;
}

function learn(
  profile: { traits: Traits },
  changes: ProfileChanges,
  { project, timestamp }: EventRow,
  memory: Memory,
  of: Pick<HistoryOf, 'kind' | 'key' | 'id'>,
): void {
  const before = profile.traits;
  profile.traits = applyChanges(before, changes, timestamp);
  const { version } = memory;
  const news = historyOf({ project, ...of, timestamp, version }, before, profile.traits, changes);
  for (const row of news) memory.profileHistory.push(row);
}
