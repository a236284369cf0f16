import type { DecodedEvent, JsonObject, JsonValue } from '../../contract/event.ts';
import { type Fetched, prefetcherOf } from '../email/prefetchers.ts';
import { mailbox, said } from './sender.ts';

/** What can happen to an e-mail, in one set of names for every service, so that one funnel counts them all. */
export const mailEvents = {
  sent: 'email sent',
  delivered: 'email delivered',
  deferred: 'email deferred',
  bounced: 'email bounced',
  dropped: 'email dropped',
  opened: 'email opened',
  clicked: 'email clicked',
  spam: 'email marked as spam',
  unsubscribed: 'email unsubscribed',
  resubscribed: 'email resubscribed',
} as const;
export type MailKind = keyof typeof mailEvents;

export interface MailFacts {
  readonly kind: MailKind;
  /** Of whom the report is: `sendgrid`, …, `link` for our own pixels and links. */
  readonly sender: string;
  readonly id: string | undefined;
  /** Milliseconds. */
  readonly at: number | undefined;
  readonly recipient: string | undefined;
  /** The product's own id of the recipient. */
  readonly user?: string | undefined;
  readonly account?: string | undefined;
  readonly message: string | undefined;
  readonly link?: string | undefined;
  /** What is known of the fetch of an open or a click. */
  readonly fetched?: Fetched | undefined;
  /** The service itself says that a machine opened it. */
  readonly machine?: string | undefined;
  readonly more?: Readonly<Record<string, JsonValue | undefined>>;
}

/** The event of a report. A prefetcher's user agent and address are not the recipient's, and stay out of it. */
export function mailEvent(facts: MailFacts): DecodedEvent {
  const { fetched, kind, recipient } = facts;
  const active = kind === 'opened' || kind === 'clicked';
  const prefetcher = active ? (facts.machine ?? (fetched && prefetcherOf(fetched))) : undefined;
  const person = active && prefetcher === undefined ? fetched : undefined;
  const properties: JsonObject = said({
    ...facts.more,
    sender: facts.sender,
    message: facts.message,
    recipient,
    link: facts.link,
    prefetch: prefetcher === undefined ? undefined : true,
    prefetcher,
  });
  return {
    type: 'track',
    event: mailEvents[kind],
    id: facts.id,
    trueAt: facts.at,
    userId: facts.user,
    anonymousId: mailbox(recipient),
    accountId: facts.account,
    userAgent: person?.userAgent,
    address: person?.address === '' ? undefined : person?.address,
    properties,
    person: recipient === undefined ? undefined : { set: { email: recipient } },
  };
}
