import { createHmac } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';

import { fromGithub, fromSlack, fromSns, json } from '../webhook/bodies.fixture.ts';
import {
  collector,
  doors,
  genuine,
  keyOf,
  now,
  of,
  secrets,
  sesOpen,
  startCollector,
  tolerances,
} from './hook.fixture.ts';

describe('every sender', () => {
  test.each(doors)(
    '%s: what is signed rightly is kept, answered with 200, and becomes an event',
    async (door) => {
      const { post, decoded, records } = await collector();
      const reply = await post(door, of(door));
      expect(reply).toMatchObject({ status: 200, body: '{"ok":true}' });
      const [record] = records();
      expect(record).toMatchObject({ protocol: 'hook', path: '/hook', key: `id-of-${door}`, project: 'p' });
      const [only] = await decoded();
      expect(only).toMatchObject({ failures: [], events: [{ type: 'track' }] });
    },
  );

  test.each(doors.filter((door) => door !== 'ses'))(
    '%s: another secret is refused with words, and nothing kept',
    async (door) => {
      const { post, records } = await collector();
      const sent =
        door === 'sendgrid' ? { ...of(door), body: `${of(door).body} ` } : genuine[door]?.('wrong', now);
      const reply = await post(door, sent ?? of(door));
      expect(reply.status).toBe(401);
      expect(JSON.parse(reply.body)).toMatchObject({
        ok: false,
        error: expect.stringMatching(/secret|sign/),
      });
      expect(records()).toEqual([]);
    },
  );

  test.each(doors)('%s: without headers it is refused, whatever the body', async (door) => {
    const { post, records } = await collector();
    const body = door === 'mailgun' || door === 'ses' ? '{}' : of(door).body;
    expect((await post(door, { headers: json, body })).status).toBe(401);
    expect(records()).toEqual([]);
  });

  test.each(doors.filter((door) => !['postmark', 'ses', 'generic'].includes(door)))(
    '%s: without a secret to check with nothing is believed',
    async (door) => {
      const { post, records } = await collector();
      const reply = await post(`${door}-bare`, of(door));
      expect(reply.status).toBe(401);
      expect(reply.body).toContain('enter it under Sources');
      expect(records()).toEqual([]);
    },
  );

  test.each(['postmark', 'ses', 'generic'])(
    '%s: the address alone is enough where the owner wants no more',
    async (door) => {
      const { post, records } = await collector();
      expect((await post(`${door}-bare`, of(door))).status).toBe(200);
      expect(records()).toHaveLength(1);
    },
  );

  test.each(Object.entries(tolerances))(
    '%s: a signature older than %i seconds, or from the future, is refused',
    async (door, seconds) => {
      const { post, records } = await collector();
      for (const off of [-seconds - 2, seconds + 2]) {
        const reply = await post(door, of(door, now + off * 1_000));
        expect(reply.status).toBe(401);
        expect(reply.body).toContain('older than');
      }
      expect(records()).toEqual([]);
      expect((await post(door, of(door, now - (seconds - 5) * 1_000))).status).toBe(200);
    },
  );

  test.each(doors.filter((door) => door !== 'generic'))(
    '%s: what is sent again has the id of the first time',
    async (door) => {
      const { post, decoded } = await collector();
      await post(door, of(door));
      await post(door, of(door, now + 2_000));
      const ids = (await decoded()).flatMap(({ events }) => events.map(({ id }) => id));
      expect(ids).toHaveLength(2);
      expect(ids[0]).toBeTruthy();
      expect(ids[1]).toBe(ids[0]);
    },
  );

  test('the secret of the address and of the headers does not reach the log', async () => {
    const { post, records } = await collector();
    await post('generic', { headers: json, body: '{"a":1}' }, '?token=generic-secret&x=1');
    await post('postmark', of('postmark'));
    await post('telegram', of('telegram'));
    expect(records()).toHaveLength(3);
    const text = JSON.stringify(records().map(({ body: _body, ...record }) => record));
    expect(text).toContain('"query":"x=1"');
    for (const secret of ['generic-secret', 'dXNlcjpwYXNzd29yZA', 'user:password', 'a-secret-token'])
      expect(text).not.toContain(secret);
  });

  test('addresses that senders state are truncated before they are kept', async () => {
    const { post, records } = await collector();
    await post('sendgrid', of('sendgrid'));
    await post('ses', of('ses'));
    await post('mailgun', of('mailgun'));
    await post('generic-bare', {
      headers: json,
      body: JSON.stringify({ a: { IP: '203.0.113.9' }, inner: JSON.stringify({ client_ip: '203.0.113.9' }) }),
    });
    const bodies = records().map(({ body }) => Buffer.from(body).toString());
    expect(bodies).toHaveLength(4);
    for (const body of bodies) {
      expect(body).toContain('203.0.113.0');
      expect(body).not.toContain('203.0.113.9');
    }
  });

  test('a key of a tracker is no webhook’s, and an unknown key is nobody’s', async () => {
    const { post, records } = await collector();
    const wrong = await post('tracker', of('generic'));
    expect(wrong.status).toBe(400);
    expect(wrong.body).toContain('not of a webhook');
    expect((await post('nobody', of('generic'))).status).toBe(401);
    expect(records()).toEqual([]);
  });
});

describe('challenges', () => {
  it('answers Slack’s, when it is signed', async () => {
    const { post, records } = await collector();
    const question = {
      type: 'url_verification',
      token: 'x',
      challenge: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P',
    };
    const reply = await post('slack', fromSlack(secrets.slack ?? '', question, now));
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.body)).toEqual({ challenge: question.challenge });
    expect((await post('slack', fromSlack('wrong', question, now))).status).toBe(401);
    expect(records()).toEqual([]);
  });

  it('confirms a subscription of SNS by visiting the address of Amazon, once per question', async () => {
    const { post, asked, records } = await collector();
    const reply = await post('ses', fromSns('You have chosen …', now, { type: 'SubscriptionConfirmation' }));
    expect(reply.status).toBe(200);
    expect(asked.filter((url) => !url.endsWith('.pem'))).toEqual([
      'https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription',
    ]);
    expect(records()).toEqual([]);
  });

  test.each([
    ['another host', { subscribeUrl: 'https://evil.example/?Action=ConfirmSubscription' }],
    [
      'a host that looks like Amazon’s',
      { subscribeUrl: 'https://sns.eu-central-1.amazonaws.com.evil.example/' },
    ],
    ['http', { subscribeUrl: 'http://sns.eu-central-1.amazonaws.com/' }],
    ['another port', { subscribeUrl: 'https://sns.eu-central-1.amazonaws.com:8443/' }],
  ])('does not visit %s', async (_what, options) => {
    const { post, asked } = await collector();
    const reply = await post('ses', fromSns('…', now, { type: 'SubscriptionConfirmation', ...options }));
    expect(reply.status).toBe(401);
    expect(asked.filter((url) => !url.endsWith('.pem'))).toEqual([]);
  });

  test.each([
    'https://evil.example/SimpleNotificationService-1.pem',
    'https://sns.eu-central-1.amazonaws.com@evil.example/1.pem',
    'https://s3.amazonaws.com/mine/1.pem',
    'http://sns.eu-central-1.amazonaws.com/1.pem',
    'https://sns.eu-central-1.amazonaws.com/1.txt',
  ])('reads no certificate at %s', async (certUrl) => {
    const { post, asked, records } = await collector();
    expect((await post('ses', fromSns(sesOpen, now, { certUrl }))).status).toBe(401);
    expect(asked).toEqual([]);
    expect(records()).toEqual([]);
  });

  it('asks SNS to come back when the certificate cannot be read now', async () => {
    const { call, records } = await startCollector({
      keyOf,
      outbound: { get: () => Promise.reject(new Error('no network')) },
    });
    const { headers, body } = fromSns(sesOpen, now, {
      certUrl: 'https://sns.us-east-1.amazonaws.com/other.pem',
    });
    const reply = await call('POST', '/hook/ses', headers, body);
    expect(reply.status).toBe(503);
    expect(reply.headers['retry-after']).toBe('5');
    expect(records()).toEqual([]);
  });

  it('takes both versions of SNS’s signature, and only the topic of the source', async () => {
    const { post } = await collector();
    expect((await post('ses', fromSns(sesOpen, now, { version: '1' }))).status).toBe(200);
    expect((await post('ses', fromSns(sesOpen, now, { version: '2' }))).status).toBe(200);
    const { headers, body } = fromSns(sesOpen, now);
    expect((await post('ses', { headers, body: body.replace('"Open', '"Clic') })).status).toBe(401);
    expect((await post('ses', { headers, body: body.replace('Message\\n', '') })).status).toBe(200);
  });

  it('GitHub’s ping and SNS’s goodbye are no events', async () => {
    const { post, decoded } = await collector();
    await post(
      'github',
      fromGithub(secrets.github ?? '', 'ping', 'd1', { zen: 'Keep it logically awesome.' }),
    );
    expect(await decoded()).toMatchObject([{ events: [], failures: [], dropped: { ping: 1 } }]);
  });
});

describe('generic', () => {
  const body = '{"hello":"world"}';
  const secret = secrets.generic ?? '';
  const hmac = (digest: string, encoding: 'hex' | 'base64'): string =>
    createHmac(digest, secret).update(body).digest(encoding);
  const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;

  test.each([
    ['Bearer', { authorization: `Bearer ${secret}` }, ''],
    ['Basic, as the password', { authorization: basic(`hook:${secret}`) }, ''],
    ['a parameter', {}, `?token=${secret}`],
    ['GitLab', { 'x-gitlab-token': secret }, ''],
    ['hexadecimal SHA-256', { 'x-signature': hmac('sha256', 'hex') }, ''],
    ['hexadecimal SHA-256 with its name', { 'x-hub-signature-256': `sha256=${hmac('sha256', 'hex')}` }, ''],
    ['Intercom', { 'x-hub-signature': `sha1=${hmac('sha1', 'hex')}` }, ''],
    ['Shopify', { 'x-shopify-hmac-sha256': hmac('sha256', 'base64') }, ''],
  ])('believes %s', async (_how, headers, query) => {
    const { post, records } = await collector();
    expect((await post('generic', { headers: { ...json, ...headers }, body }, query)).status).toBe(200);
    expect((await post('generic', { headers: { ...json, ...headers }, body: `${body} ` }, '')).status).toBe(
      'authorization' in headers || 'x-gitlab-token' in headers ? 200 : 401,
    );
    expect(records().length).toBeGreaterThan(0);
  });

  it('believes Standard Webhooks, while they are fresh', async () => {
    const key = Buffer.from('a key of thirty-two bytes length');
    const whsec = `whsec_${key.toString('base64')}`;
    const { call } = await startCollector({
      keyOf: () => ({ id: 'k', project: 'p', door: 'generic', secret: whsec }),
    });
    const send = (stamp: number, id = 'msg_1') =>
      call(
        'POST',
        '/hook/k',
        {
          ...json,
          'webhook-id': 'msg_1',
          'webhook-timestamp': `${stamp}`,
          'webhook-signature': `v1,bm90 v1,${createHmac('sha256', key).update(`${id}.${stamp}.${body}`).digest('base64')}`,
        },
        body,
      );
    expect((await send(now / 1_000)).status).toBe(200);
    expect((await send(now / 1_000 - 301)).status).toBe(401);
    expect((await send(now / 1_000, 'msg_2')).status).toBe(401);
  });

  it.each(['=geheim', 'пароль', 'a=rest of it', 'whsec_', 'x'])(
    'signs with the text itself when "%s" is no base64, never with an empty key',
    async (secret) => {
      const { call } = await startCollector({
        keyOf: () => ({ id: 'k', project: 'p', door: 'generic', secret }),
      });
      const send = (key: string) => {
        const signature = createHmac('sha256', key)
          .update(`m.${now / 1_000}.${body}`)
          .digest('base64');
        return call(
          'POST',
          '/hook/k',
          {
            ...json,
            'webhook-id': 'm',
            'webhook-timestamp': `${now / 1_000}`,
            'webhook-signature': `v1,${signature}`,
          },
          body,
        );
      };
      expect((await send('')).status).toBe(401);
      expect((await send(secret)).status).toBe(200);
    },
  );

  it('keeps forms and texts too, under the sender’s own id of the delivery', async () => {
    const { post, decoded } = await collector();
    const form = {
      'content-type': 'application/x-www-form-urlencoded',
      'x-gitlab-event': 'Push Hook',
      'idempotency-key': 'i-1',
    };
    await post('generic-bare', { headers: form, body: 'a=1&b=two' });
    await post('generic-bare', { headers: { 'content-type': 'text/plain' }, body: 'plain words' });
    const events = (await decoded()).flatMap((one) => one.events);
    expect(events).toMatchObject([
      { event: 'webhook received', id: 'id-of-generic-bare:i-1', properties: { a: '1', b: 'two' } },
      { event: 'webhook received', id: undefined, properties: { body: 'plain words' } },
    ]);
  });
});
