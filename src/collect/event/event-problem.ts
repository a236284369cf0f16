import type { DecodedEvent } from '../../contract/event.ts';
import { maxIdLength, maxNameLength } from './fields.ts';
import type { Problem } from './payload.ts';

const identifiers = [
  'id',
  'userId',
  'anonymousId',
  'accountId',
  'previousId',
  'clientSessionId',
  'orderId',
] as const;

/** The event, or why it is none: a name or an identifier without end is data in the wrong place. */
export function withinBounds(event: DecodedEvent): DecodedEvent | Problem {
  if (event.event.length > maxNameLength) {
    return { reason: 'event name too long', detail: `the name has more than ${maxNameLength} characters` };
  }
  for (const name of identifiers) {
    const value = event[name];
    if (value !== undefined && value.length > maxIdLength) {
      return { reason: 'identifier too long', detail: `the ${name} has more than ${maxIdLength} characters` };
    }
  }
  return event;
}

export const nobody: Problem = {
  reason: 'no userId and no anonymousId',
  detail: 'an event needs an id of its user or of a device',
};
