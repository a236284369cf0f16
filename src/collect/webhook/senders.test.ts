import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { createDecoder } from '../collect.ts';
import { majorUnits } from '../event/money.ts';
import { hideStatedAddresses } from './addresses.ts';
import { amazon } from './bodies.fixture.ts';
import { senderOf } from './senders.ts';

const doors = ['slack', 'telegram', 'stripe', 'github', 'sendgrid', 'mailgun', 'postmark', 'ses', 'generic'];
const folder = join(import.meta.dirname, '../protocols/fixtures/hook');
const bodies = readdirSync(folder).map((name) => {
  const { request } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as {
    request: { body_base64: string };
  };
  return Buffer.from(request.body_base64, 'base64');
});

/** Numbers that look random and are the same in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const values: readonly unknown[] = [
  null,
  '',
  0,
  -1,
  1e308,
  'x',
  true,
  [],
  {},
  [[]],
  '\ud800',
  'a'.repeat(5_000),
  { id: { id: 1 } },
];

/** A body with some of its values replaced, or some of its bytes. */
function damaged(body: Buffer, next: (below: number) => number): Buffer {
  if (next(4) === 0) {
    const copy = Buffer.from(body);
    for (let times = next(8); times >= 0; times--) copy[next(copy.length)] = next(256);
    return next(3) === 0 ? copy.subarray(0, next(copy.length)) : copy;
  }
  try {
    const text = JSON.stringify(JSON.parse(body.toString()), (_key, value: unknown) =>
      next(12) === 0 ? values[next(values.length)] : value,
    );
    return Buffer.from(text ?? 'null');
  } catch {
    return body;
  }
}

it('5,000 damaged bodies: each is judged and decoded to events or reasons, never an exception', async () => {
  const next = numbers(20_261_122);
  const decode = createDecoder();
  const { outbound } = amazon();
  const totals = { events: 0, failures: 0, dropped: 0 };
  for (let count = 0; count < 5_000; count++) {
    const door = doors[next(doors.length)] ?? '';
    const body = damaged(bodies[next(bodies.length)] ?? Buffer.alloc(0), next);
    const headers: Record<string, string> = { 'x-tributary-door': door };
    for (const name of [
      'x-github-event',
      'x-github-delivery',
      'x-slack-signature',
      'stripe-signature',
      'authorization',
      'webhook-signature',
      'x-signature',
    ])
      if (next(2) === 0) headers[name] = String(values[next(values.length)]);
    const verdict = await senderOf(door)?.check({
      headers,
      query: 'token=%',
      body,
      secret: 'c2VjcmV0',
      now: 0,
      outbound,
    });
    expect(['refused', 'later']).toContain(verdict?.kind);
    const record = {
      offset: 1,
      receivedAt: 1,
      project: 'p',
      key: 'k',
      visitor: '',
      address: '',
      protocol: 'hook',
      method: 'POST',
      path: '/hook',
      query: '',
    };
    const decoded = await decode({ ...record, headers, body });
    JSON.stringify(decoded);
    expect(decoded.failures.filter(({ reason }) => reason === 'decoder failed')).toEqual([]);
    totals.events += decoded.events.length;
    totals.failures += decoded.failures.length;
    totals.dropped += decoded.dropped ? 1 : 0;
  }
  expect(totals.events).toBeGreaterThan(800);
  expect(totals.failures).toBeGreaterThan(800);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
}, 60_000);

it('believes the signature that SendGrid’s own libraries are tested with', async () => {
  // https://github.com/sendgrid/sendgrid-nodejs/tree/main/packages/eventwebhook: key, time, signature; the body ends with a new line
  const secret =
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==';
  const body = Buffer.from(
    `${JSON.stringify([{ email: 'hello@world.com', event: 'dropped', reason: 'Bounced Address', sg_event_id: 'ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA', sg_message_id: 'LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0', 'smtp-id': '<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>', timestamp: 1_600_112_492 }])}\r\n`,
  );
  const headers = {
    'x-twilio-email-event-webhook-timestamp': '1600112502',
    'x-twilio-email-event-webhook-signature':
      'MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=',
  };
  const now = 1_600_112_502_000;
  const check = (sent: Buffer) =>
    senderOf('sendgrid')?.check({ headers, query: '', body: sent, secret, now, outbound: amazon().outbound });
  expect(await check(body)).toEqual({ kind: 'genuine' });
  expect(await check(body.subarray(0, -2))).toMatchObject({ kind: 'refused' });
});

describe('money', () => {
  test.each([
    [2_900, 'EUR', 29],
    [1_500, 'JPY', 1_500],
    [5_005, 'KWD', 5.005],
    [500, 'UGX', 5],
    [500, 'ISK', 5],
    ['1450', 'USD', 14.5],
    [undefined, 'USD', undefined],
    [1, undefined, undefined],
  ])('%s in %s is %s', (amount, currency, expected) => expect(majorUnits(amount, currency)).toBe(expected));
});

describe('addresses', () => {
  const hide = (text: string): string => hideStatedAddresses(Buffer.from(text), () => '0').toString();
  test.each([
    ['{"Geo":{"IP":"203.0.113.9"}}', '{"Geo":{"IP":"0"}}'],
    ['{"a":"{\\"ipAddress\\": \\"203.0.113.9\\"}"}', '{"a":"{\\"ipAddress\\": \\"0\\"}"}'],
    ['{"ses:source-ip" : ["203.0.113.9"]}', '{"ses:source-ip" : ["0"]}'],
    ['{"description":"my IP is secret"}', '{"description":"my IP is secret"}'],
  ])('%s', (before, after) => expect(hide(before)).toBe(after));

  it('takes no longer for hostile text', () => {
    const started = performance.now();
    hide(`${'\\'.repeat(500_000)}"IP${'"IP":'.repeat(100_000)}`);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
