import type { Consent } from './event.ts';
import type { ConsentRules } from './project-settings.ts';

/** What an event says of consent as a bit, so that a session can hold what all of its events say. `''`: the client does not say. */
export const consentBits: Readonly<Record<Consent | '', number>> = {
  '': 1,
  denied: 2,
  anonymous: 4,
  granted: 8,
};

/** Values of `consent` that the rules leave out of charts. */
export function leftOutConsents(rules: ConsentRules): (Consent | '')[] {
  const left: (Consent | '')[] = [];
  if (rules.unknown === 'hide') left.push('');
  if (rules.denied === 'hide') left.push('denied');
  return left;
}
