import type { Command, CommandItem, PersonCommand, PersonId } from '../../contract/command.ts';
import { type Memory, type Subject, type SubjectKind, subjectKey } from '../memory.ts';
import { type Cause, merge, split, undo } from './graph.ts';
import { jointOf } from './person.ts';

const kinds: Readonly<Record<PersonId['kind'], SubjectKind>> = { anonymous: 'a', user: 'u', email: 'e' };

export function isPersonCommand(command: Command): command is PersonCommand {
  return command.kind === 'merge' || command.kind === 'undo' || command.kind === 'split';
}

export function personCommandKeys(command: PersonCommand, project: string): string[] {
  return [...idsOf(command), ...command.known].map((id) => keyOf(id, project));
}

function idsOf(command: PersonCommand): readonly PersonId[] {
  if (command.kind === 'merge') return [command.from, command.into];
  return command.kind === 'undo' ? [command.alias] : command.ids;
}

function keyOf({ kind, id }: PersonId, project: string): string {
  return subjectKey(kinds[kind], project, id);
}

/** Joins or parts persons. Given twice it does nothing the second time. */
export function applyPersonCommand(
  command: PersonCommand,
  { by, record }: CommandItem,
  memory: Memory,
): void {
  const subject = (id: PersonId): Subject => memory.subject(keyOf(id, record.project));
  for (const id of command.known) adopt(memory, subject(id));
  const cause: Cause = { reason: 'operator', at: record.receivedAt, by, note: command.note };
  if (command.kind === 'merge') merge(memory, subject(command.from), subject(command.into), cause);
  else if (command.kind === 'undo') undo(memory, subject(command.alias), cause);
  else split(memory, command.ids.map(subject), cause);
}

/** An id that was joined by a version that did not remember the ids of a person. */
function adopt(memory: Memory, subject: Subject): void {
  const person = memory.personOf(subject);
  const members = memory.members(person);
  if (person === subject || members.includes(subject.stateKey)) return;
  jointOf(person);
  memory.setMembers(person, [...members, subject.stateKey]);
  memory.changed(person);
}
