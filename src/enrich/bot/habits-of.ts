import type { Memory } from '../memory.ts';
import type { Draft } from '../step.ts';
import { type Habits, habitsAt } from './habits.ts';

/**
 * What is remembered of the visitor of an event, brought up to its time. Undefined without an id, and for ids that are made of address and
 * agent: a whole office can be behind one.
 */
export function habitsOf({ anonymous, event, item, row, user }: Draft, memory: Memory): Habits | undefined {
  const visitor = anonymous ?? user;
  if (visitor === undefined) return undefined;
  const { record } = item;
  if (anonymous !== undefined && record.visitor !== '' && event.anonymousId === record.visitor)
    return undefined;
  const habits = habitsAt(visitor.habits, row.timestamp);
  visitor.habits = habits;
  memory.changed(visitor);
  return habits;
}
