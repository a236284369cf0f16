import type { LinkPurpose } from './store.ts';

/** Milliseconds a session lives after its last use. */
export const sessionLifetime = 30 * 86_400_000;

/** Milliseconds a one-time link can be used. */
export const linkLifetime: Readonly<Record<LinkPurpose, number>> = {
  start: 3_600_000,
  invite: 7 * 86_400_000,
};
