import type { Sender } from './sender.ts';
import { generic } from './senders/generic.ts';
import { github } from './senders/github.ts';
import { mailgun } from './senders/mailgun.ts';
import { postmark } from './senders/postmark.ts';
import { sendgrid } from './senders/sendgrid.ts';
import { ses } from './senders/ses.ts';
import { slack } from './senders/slack.ts';
import { stripe } from './senders/stripe.ts';
import { telegram } from './senders/telegram.ts';

/** Every sender of webhooks that is understood; `generic` is for the others. */
const senders: readonly Sender[] = [
  slack,
  telegram,
  stripe,
  github,
  sendgrid,
  mailgun,
  postmark,
  ses,
  generic,
];

const byDoor = new Map(senders.map((sender) => [sender.door, sender]));

/** Undefined for a source that is for something else. */
export function senderOf(door: string): Sender | undefined {
  return byDoor.get(door);
}
