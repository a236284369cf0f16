import {
  fromGithub,
  fromMailgun,
  fromPostmark,
  fromSendgrid,
  fromSlack,
  fromStripe,
  fromTelegram,
  type Sent,
  sendgridKey,
} from '../src/collect/webhook/bodies.fixture.ts';
import type { Door } from '../src/contract/source.ts';

const team = { team_id: 'T1', type: 'event_callback', event_time: 1_795_299_990 };
const ada = { id: 99, first_name: 'Ada', username: 'ada' };

/** What each service sends, with the rows that it must become: name, user, stranger, account, revenue, currency. */
export const services: readonly {
  readonly door: Door;
  readonly secret: string;
  readonly calls: (secret: string) => readonly Sent[];
  readonly rows: readonly (readonly [string, string, string, string, number | null, string])[];
}[] = [
  {
    door: 'slack',
    secret: 'slack-signing-secret',
    calls: (secret) => [
      fromSlack(
        secret,
        { ...team, event_id: 'Ev1', event: { type: 'message', user: 'U1', text: 'hi', ts: '1795299990.1' } },
        Date.now(),
      ),
      fromSlack(
        secret,
        { ...team, event_id: 'Ev2', event: { type: 'reaction_added', user: 'U1', reaction: '+1' } },
        Date.now(),
      ),
    ],
    rows: [
      ['slack message', '', 'slack:U1', 'T1', null, ''],
      ['slack reaction added', '', 'slack:U1', 'T1', null, ''],
    ],
  },
  {
    door: 'telegram',
    secret: 'telegram-secret',
    calls: (secret) => [
      fromTelegram(secret, {
        update_id: 1,
        message: { message_id: 5, from: ada, chat: { id: -7 }, date: 1_795_299_990, text: '/start' },
      }),
    ],
    rows: [['telegram message', '', 'telegram:99', '-7', null, '']],
  },
  {
    door: 'stripe',
    secret: 'whsec_1',
    calls: (secret) => {
      const event = (id: string, type: string, object: object): Sent =>
        fromStripe(
          secret,
          { id, object: 'event', type, created: 1_795_299_990, data: { object } },
          Date.now(),
        );
      const common = { customer: 'cus_1', metadata: { user_id: 'u-1', account_id: 'acme' } };
      return [
        event('evt_1', 'invoice.paid', {
          object: 'invoice',
          id: 'in_1',
          amount_paid: 2_900,
          currency: 'eur',
          ...common,
        }),
        event('evt_2', 'charge.succeeded', {
          object: 'charge',
          id: 'ch_1',
          amount: 2_900,
          invoice: 'in_1',
          currency: 'eur',
          ...common,
        }),
        event('evt_3', 'charge.succeeded', {
          object: 'charge',
          id: 'ch_2',
          amount: 500,
          currency: 'jpy',
          ...common,
        }),
      ];
    },
    rows: [
      // the same moment, so in the order of their ids
      ['stripe charge.succeeded', 'u-1', 'stripe:cus_1', 'acme', null, ''],
      ['stripe charge.succeeded', 'u-1', 'stripe:cus_1', 'acme', 500, 'JPY'],
      ['stripe invoice.paid', 'u-1', 'stripe:cus_1', 'acme', 29, 'EUR'],
    ],
  },
  {
    door: 'github',
    secret: 'github-secret',
    calls: (secret) => [
      fromGithub(secret, 'ping', 'd-0', { zen: 'Design for failure.' }),
      fromGithub(secret, 'issues', 'd-1', {
        action: 'opened',
        issue: { number: 1 },
        sender: { id: 3, login: 'ada' },
        organization: { login: 'octo' },
      }),
    ],
    rows: [['github issues opened', '', 'github:3', 'octo', null, '']],
  },
  {
    door: 'sendgrid',
    secret: sendgridKey,
    calls: () => [
      fromSendgrid(
        ['delivered', 'open', 'click'].map((event, index) => ({
          event,
          email: 'ada@example.com',
          timestamp: 1_795_299_990,
          sg_event_id: `sg-${index}`,
          sg_message_id: 'm.1',
        })),
        Date.now(),
      ),
    ],
    rows: [
      ['email clicked', '', 'email:ada@example.com', '', null, ''],
      ['email delivered', '', 'email:ada@example.com', '', null, ''],
      ['email opened', '', 'email:ada@example.com', '', null, ''],
    ],
  },
  {
    door: 'mailgun',
    secret: 'mailgun-key',
    calls: (secret) => [
      fromMailgun(
        secret,
        { id: 'mg-1', event: 'complained', recipient: 'bob@example.com', timestamp: 1_795_299_990 },
        Date.now(),
      ),
    ],
    rows: [['email marked as spam', '', 'email:bob@example.com', '', null, '']],
  },
  {
    door: 'postmark',
    secret: 'hook:password',
    calls: (secret) => [
      fromPostmark(secret, {
        RecordType: 'Delivery',
        MessageID: 'pm-1',
        Recipient: 'cyd@example.com',
        DeliveredAt: '2026-11-21T20:00:00Z',
        Metadata: { user_id: 'u-3' },
      }),
    ],
    rows: [['email delivered', 'u-3', 'email:cyd@example.com', '', null, '']],
  },
];
