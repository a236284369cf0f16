import { hash } from 'node:crypto';
import type { AcceptedRequest } from '../../contract/request.ts';

/**
 * The anonymous id of a visitor whose client has none: the collector's, for this day. A server that speaks for many users has one
 * connection and so one visitor; what it says of its user (address, agent) tells them apart. Undefined when nobody gave one.
 */
export function visitorOf(
  { visitor }: Pick<AcceptedRequest, 'visitor'>,
  ...said: readonly (string | undefined)[]
): string | undefined {
  if (visitor === '') return undefined;
  const told = said.filter((one) => one !== undefined);
  return told.length === 0 ? visitor : hash('sha256', [visitor, ...told].join('\n')).slice(0, 32);
}
