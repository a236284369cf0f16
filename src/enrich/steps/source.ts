import type { Memory } from '../memory.ts';
import type { Draft, Step, Verdict } from '../step.ts';

/** Events that their key was not made for go to quarantine: a key that is public in one page cannot fill the numbers of others. */
export const sourceStep: Step = { name: 'source', run: judge };

function judge({ row }: Draft, memory: Memory): Verdict | undefined {
  const allowed = memory.allowedEvents.get(row.key_id);
  if (allowed === undefined || allowed.has(row.event)) return undefined;
  return {
    fail: 'event not allowed for this key',
    detail: `key ${row.key_id} may not send "${row.event}": add the event to the key, or send it with another one`,
  };
}
