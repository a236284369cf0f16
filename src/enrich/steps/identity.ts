import { blockedId } from '../blocked-id.ts';
import { type Memory, type Subject, subjectKey } from '../memory.ts';
import { cut, type Draft, limit, type Step } from '../step.ts';
import { inheritTraits, noTraits } from '../traits.ts';

/**
 * Which person the event is of, first version. An event with both ids links the anonymous id to the user, once: from then on its
 * anonymous events are the user's. An anonymous id that belongs to one user is never given to another (a shared computer);
 * events with a user id are always that user's. alias links the previous id, which may be a user's.
 */
export const identityStep: Step = { name: 'identity', run: identify };

function identify(draft: Draft, memory: Memory): undefined {
  const { anonymous, event, row, user } = draft;
  if (user !== undefined) {
    if (anonymous !== undefined) link(draft, memory, anonymous, user, 'identify');
    const before = event.type === 'alias' ? cut(event.previousId, limit.id) : '';
    if (!blockedId(before)) link(draft, memory, previous(memory, row.project, before), user, 'alias');
  }
  const subject = user ?? anonymous;
  if (subject !== undefined) row.person_key = memory.personOf(subject).key;
}

/** The id before an alias is a user's when that user was ever seen, else an anonymous one. */
function previous(memory: Memory, project: string, id: string): Subject {
  const user = memory.subject(subjectKey('u', project, id));
  return user.firstSeen > 0 ? user : memory.subject(subjectKey('a', project, id));
}

function link(
  { row }: Draft,
  memory: Memory,
  from: Subject,
  to: Subject,
  reason: 'identify' | 'alias',
): void {
  // The same text as both ids says nothing about another device, and would point to itself.
  if (from.link !== '' || from.id === to.id) return;
  const person = memory.personOf(to);
  if (person === from) return;
  from.link = person.id;
  inherit(person, from);
  memory.changed(from);
  memory.changed(person);
  memory.changedPersons.delete(from);
  memory.identities.push({
    project: row.project,
    alias_key: from.key,
    alias_id: from.id,
    person_key: person.key,
    user_id: person.id,
    reason,
    linked_at: row.timestamp,
    version: memory.version,
  });
}

/** What was known of the id before it had a name is the person's now; what the person says itself wins. */
function inherit(person: Subject, from: Subject): void {
  if (from.firstSeen > 0 && (person.firstSeen === 0 || from.firstSeen < person.firstSeen))
    person.firstSeen = from.firstSeen;
  if (person.anonymous === '') person.anonymous = from.anonymous;
  for (const account of from.accounts)
    if (!person.accounts.some(({ kind }) => kind === account.kind)) person.accounts.push(account);
  person.traits = inheritTraits(person.traits, from.traits);
  from.traits = noTraits;
  // The next event of the person tells it: this very one.
  person.told = 0;
}
