import { type Cause, join } from '../identity/graph.ts';
import { isMailStranger } from '../identity/mail-address.ts';
import { previousOf } from '../identity/previous-id.ts';
import type { Memory, Subject } from '../memory.ts';
import type { Draft, Step } from '../step.ts';

/**
 * Whose an event is, and which ids it says are one person: an anonymous id and a user in one event, `alias`, an address of e-mail. The row
 * gets the key of its own id, whoever that counts as: queries resolve it.
 */
export const identityStep: Step = { name: 'identity', run: identify };

function identify(draft: Draft, memory: Memory): undefined {
  const { anonymous, event, mail, own, row, user } = draft;
  if (own === undefined) return;
  row.person_key = own.key;
  if (user !== undefined) {
    if (anonymous !== undefined && anonymous.link !== user.stateKey)
      joinOnce(draft, memory, anonymous, user, 'identify');
    const before = event.type === 'alias' ? previousOf(draft, memory) : undefined;
    if (before !== undefined) joinOnce(draft, memory, before, user, event.merge ? 'merge' : 'alias');
    if (mail !== undefined) joinOnce(draft, memory, mail, user, 'email');
  } else if (mail !== undefined && isMailStranger(anonymous?.id)) {
    joinOnce(draft, memory, own, mail, 'email');
  }
}

/** The same text as both ids says nothing about another device. */
function joinOnce({ row }: Draft, memory: Memory, from: Subject, to: Subject, reason: Cause['reason']): void {
  if (from.id !== to.id) join(memory, from, to, { reason, at: row.timestamp, by: '', note: '' });
}
