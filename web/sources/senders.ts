import type { Door } from '../../src/contract/source.ts';

/** Something that can send: a client library, a service's webhook, a file. */
export interface Sender {
  readonly id: string;
  readonly label: string;
  readonly door: Door;
  /** What its clients may have already instead of one of our keys, with an example. */
  readonly keeps?: readonly [name: string, example: string];
  /** What it signs with, in its own words, and where to find it. */
  readonly secret?: readonly [name: string, where: string];
}

export interface SenderGroup {
  readonly label: string;
  readonly senders: readonly Sender[];
}

const tracker = 'tracker';

/** What a source can be made for. The id of a tracker is that of its snippet. */
export const senderGroups: readonly SenderGroup[] = [
  {
    label: 'A tracker in your product',
    senders: [
      { id: 'tributary', label: 'Tributary', door: tracker },
      { id: 'segment-browser', label: 'Segment', door: tracker, keeps: ['write key', 'Xk3…'] },
      { id: 'posthog', label: 'PostHog', door: tracker, keeps: ['project token', 'phc_…'] },
      { id: 'mixpanel', label: 'Mixpanel', door: tracker, keeps: ['project token', '9ab41…'] },
      { id: 'amplitude', label: 'Amplitude', door: tracker, keeps: ['API key', '2f1ce…'] },
      { id: 'ga4', label: 'Google Analytics', door: tracker, keeps: ['measurement id', 'G-AB12CD34EF'] },
      { id: 'rudderstack', label: 'RudderStack', door: tracker, keeps: ['write key', '2Ab…'] },
      { id: 'snowplow-browser', label: 'Snowplow', door: tracker, keeps: ['application id', 'web-shop'] },
      { id: 'matomo', label: 'Matomo', door: tracker, keeps: ['site id', '7'] },
      { id: 'plausible', label: 'Plausible', door: tracker, keeps: ['domain', 'example.com'] },
      { id: 'umami', label: 'Umami', door: tracker, keeps: ['website id', '94db1cb1-74f4-…'] },
      { id: 'curl', label: 'Your own code', door: tracker },
    ],
  },
  {
    label: 'A service that calls a webhook',
    senders: [
      {
        id: 'stripe',
        label: 'Stripe',
        door: 'stripe',
        secret: ['Signing secret', 'Stripe shows it when the endpoint is made: whsec_…'],
      },
      {
        id: 'slack',
        label: 'Slack',
        door: 'slack',
        secret: ['Signing secret', 'In the app’s Basic Information'],
      },
      {
        id: 'github',
        label: 'GitHub',
        door: 'github',
        secret: ['Secret', 'The one that you enter in the webhook’s settings'],
      },
      {
        id: 'telegram',
        label: 'Telegram',
        door: 'telegram',
        secret: ['Secret token', 'The secret_token that you pass to setWebhook'],
      },
      {
        id: 'sendgrid',
        label: 'SendGrid',
        door: 'sendgrid',
        secret: ['Verification key', 'The public key of the signed event webhook'],
      },
      {
        id: 'mailgun',
        label: 'Mailgun',
        door: 'mailgun',
        secret: ['Webhook signing key', 'In Mailgun’s API security'],
      },
      {
        id: 'postmark',
        label: 'Postmark',
        door: 'postmark',
        secret: ['Secret', 'user:password of the URL, or the value of a header that you set there'],
      },
      {
        id: 'ses',
        label: 'Amazon SES',
        door: 'ses',
        secret: ['Topic ARN', 'The only SNS topic that may send; optional'],
      },
      {
        id: 'generic',
        label: 'Any JSON',
        door: 'generic',
        secret: ['Secret', 'What the sender states in a header or signs with; optional'],
      },
    ],
  },
  {
    label: 'Something else',
    senders: [
      { id: 'email', label: 'E-mail links', door: 'email' },
      { id: 'logs', label: 'Logs', door: 'logs', keeps: ['drain token', 'd.73ea7440-…'] },
      { id: 'import', label: 'History from files', door: 'import' },
    ],
  },
];

const senders = senderGroups.flatMap((group) => group.senders);

/** What the door of a source is called, and what its sender signs with. */
export function senderOf(door: Door): Sender | undefined {
  return door === tracker ? undefined : senders.find((sender) => sender.door === door);
}

export function doorName(door: Door): string {
  return senderOf(door)?.label ?? 'Tracker';
}
