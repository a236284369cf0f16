import { maxKinds } from '../account-kind.ts';
import type { Belonging, Joint, Memory, Subject } from '../memory.ts';
import { mergeTraits, noTraits, type Traits } from '../profiles/traits.ts';

/** Ids whose traits a person shows at most; those of further ones stay theirs. */
const maxBearers = 50;

/** What is known of an id counts for its person too; made on the first event of a person of several ids. */
export function jointOf(person: Subject): Joint {
  person.joint ??= {
    anonymous: person.anonymous,
    firstSeen: person.firstSeen,
    lastSeen: person.lastSeen,
    accounts: person.accounts.slice(),
    bearers: [],
  };
  return person.joint;
}

/** The traits of all ids of a person. */
export function traitsOf(person: Subject, memory: Memory): Traits {
  let traits = person.traits;
  for (const key of person.joint?.bearers.toSorted() ?? [])
    traits = mergeTraits(traits, memory.subject(key).traits);
  return traits;
}

/** A person takes in another one, or one more of its ids. */
export function absorb(person: Subject, other: Subject): void {
  const joint = jointOf(person);
  const facts = other.joint ?? other;
  if (facts.firstSeen > 0 && (joint.firstSeen === 0 || facts.firstSeen < joint.firstSeen))
    joint.firstSeen = facts.firstSeen;
  joint.lastSeen = Math.max(joint.lastSeen, facts.lastSeen);
  if (joint.anonymous === '') joint.anonymous = facts.anonymous;
  joint.accounts = newest(joint.accounts, facts.accounts);
  if (other.traits !== noTraits) bear(joint, other);
  for (const bearer of other.joint?.bearers ?? []) addBearer(joint, bearer);
}

/** Makes what is known of all ids of a person anew, without those that left. */
export function gather(person: Subject, members: readonly Subject[]): void {
  person.joint = undefined;
  // The next row tells it.
  person.told = 0;
  if (members.length === 0) return;
  for (const member of members) absorb(person, member);
}

/** Remembers that an id has traits of its own. */
export function bear(joint: Joint, subject: Subject): void {
  addBearer(joint, subject.stateKey);
}

function addBearer(joint: Joint, key: string): void {
  if (joint.bearers.length < maxBearers && !joint.bearers.includes(key))
    joint.bearers = [...joint.bearers, key];
}

/** Of each kind of account the one that an event named last; the main one is that of whose main account was named last. */
function newest(one: readonly Belonging[], other: readonly Belonging[]): Belonging[] {
  const [first, second] = (other[0]?.at ?? 0) > (one[0]?.at ?? 0) ? [other, one] : [one, other];
  const accounts: Belonging[] = [];
  for (const account of [...first, ...second]) {
    const index = accounts.findIndex(({ kind }) => kind === account.kind);
    const known = accounts[index];
    if (known === undefined) accounts.push(account);
    else if (account.at > known.at) accounts[index] = account;
  }
  return accounts.slice(0, maxKinds);
}
