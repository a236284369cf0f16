import type { Door } from '../../src/contract/source.ts';

/** Doors whose requests are webhooks: what they received can be looked at. */
const webhooks: ReadonlySet<Door> = new Set([
  'stripe',
  'slack',
  'github',
  'telegram',
  'sendgrid',
  'mailgun',
  'postmark',
  'ses',
  'generic',
]);

export function isWebhook(door: Door): boolean {
  return webhooks.has(door);
}
