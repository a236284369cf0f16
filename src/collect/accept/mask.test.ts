import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it, test } from 'vitest';
import { type PrivacyRules, privacyRules } from '../../contract/privacy-settings.ts';
import type { AcceptedRequest, LogRecord } from '../../contract/request.ts';
import { rulesOf } from '../../privacy/privacy.ts';
import { decodeNow } from '../decode-now.fixture.ts';
import { recordOf } from '../record.fixture.ts';
import { maskingWriter, maskRequest } from './mask.ts';

const everything = { email: 'mask', phone: 'mask', card: 'mask', token: 'mask' } as const;
const strict: Partial<PrivacyRules> = { urls: everything, properties: everything };
const key = { id: 3, secret: 'c2VjcmV0', createdAt: 1 };

function kept(record: LogRecord, settings: Partial<PrivacyRules> = {}): LogRecord {
  return { ...maskRequest(record, rulesOf(privacyRules.parse(settings), key)), offset: 1 };
}

const url = 'https://x.test/a?email=jane%40example.com&token=s3cr3t&utm_source=mail';
const clean = 'https://x.test/a?email=(email)&token=(token)&utm_source=mail';
const base64 = (value: unknown, as: BufferEncoding = 'base64') =>
  Buffer.from(JSON.stringify(value)).toString(as);

test.each<[string, LogRecord]>([
  [
    'segment',
    recordOf('segment', '/v1/track', {
      body: { type: 'track', event: 'A', userId: 'u', context: { page: { url } } },
    }),
  ],
  ['tributary', recordOf('tributary', '/t', { body: { e: [{ n: 'A', a: 'x', d: { url } }] } })],
  [
    'posthog',
    recordOf('posthog', '/e', { body: { event: 'A', distinct_id: 'x', properties: { $current_url: url } } }),
  ],
  [
    'mixpanel in a form',
    recordOf('mixpanel', '/track', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `data=${encodeURIComponent(base64([{ event: 'A', properties: { distinct_id: 'x', token: 't', current_url: url } }]))}`,
    }),
  ],
  [
    'snowplow by GET, base64',
    recordOf('snowplow', '/i', {
      query: `e=pv&p=web&url=${encodeURIComponent(url)}&cx=${base64({ schema: 'iglu:x/contexts/jsonschema/1-0-0', data: [] }, 'base64url')}`,
    }),
  ],
  [
    'matomo in bulk',
    recordOf('matomo', '/matomo.php', {
      body: { requests: [`?idsite=1&rec=1&_id=1234567890123456&url=${encodeURIComponent(url)}`] },
    }),
  ],
  [
    'ga4',
    recordOf('ga4', '/g/collect', {
      query: `v=2&tid=G-1&cid=1.2&en=page_view&dl=${encodeURIComponent(url)}`,
    }),
  ],
])('%s: the address of a page is masked where it is written', (_name, record) => {
  const before = decodeNow(record);
  const after = decodeNow(kept(record));
  expect(after.failures).toEqual(before.failures);
  const written = JSON.stringify(after.events);
  expect(written).not.toContain('jane');
  expect(written).not.toContain('s3cr3t');
  expect(decodeURIComponent(written)).toContain(clean);
});

test('log lines: in frames that count their bytes, in OTLP as protobuf, and in the referrer', () => {
  const message = '<13>1 2026-11-21T22:41:43Z host app 1 - - login jane@example.com GET /?token=abc';
  const frames = kept(
    recordOf('syslog', '/syslog/v1', { body: `${message.length} ${message}${message.length} ${message}` }),
    strict,
  );
  expect(decodeNow(frames).logs?.map(({ body }) => body)).toEqual([
    'login (email) GET /?token=(token)',
    'login (email) GET /?token=(token)',
  ]);

  const attribute = field(6, Buffer.concat([field(1, 'password'), field(2, field(1, 'hunter2'))]));
  const line = field(2, Buffer.concat([field(5, field(1, 'mail to jane@example.com sent')), attribute]));
  const protobuf = recordOf('otlp', '/v1/logs', {
    headers: { 'content-type': 'application/x-protobuf' },
    body: field(1, field(2, line)),
  });
  expect(decodeNow(kept(protobuf, strict)).logs).toMatchObject([
    { body: 'mail to (email) sent', attributes: { password: '(token)' } },
  ]);

  const visited = recordOf('segment', '/v1/page', { body: {}, headers: { referer: url } });
  expect(kept(visited).headers.referer).toBe(clean);
});

function field(number: number, value: Buffer | string): Buffer {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
}

it('gives back the very request where there is nothing to hide', () => {
  const record = recordOf('segment', '/v1/track', {
    body: { event: 'A', userId: 'jane@example.com', properties: { n: 1 } },
  });
  expect(maskRequest(record, rulesOf(privacyRules.parse({}), key))).toBe(record);
  expect(maskRequest(record, undefined)).toBe(record);
});

it('a writer masks before it appends, and waits for rules that are not known yet', async () => {
  const appended: AcceptedRequest[] = [];
  const rules = rulesOf(privacyRules.parse({}), key);
  const log = {
    append: async (request: AcceptedRequest) => void appended.push(request),
    close: async () => undefined,
  };
  const record = recordOf('segment', '/v1/page', { body: { url } });
  await maskingWriter(log, () => rules).append(record);
  await maskingWriter(log, async () => rules).append(record);
  expect(appended.map(({ body }) => Buffer.from(body).toString())).toEqual(
    Array(2).fill(JSON.stringify({ url: clean })),
  );
});

test('every recorded request of a real client decodes to as many events after the strictest masking', () => {
  const folder = join(import.meta.dirname, '../protocols/fixtures');
  let seen = 0;
  for (const protocol of readdirSync(folder)) {
    for (const file of readdirSync(join(folder, protocol)).filter((name) => name.endsWith('.json'))) {
      const { request } = JSON.parse(readFileSync(join(folder, protocol, file), 'utf8')) as {
        request: {
          url: string;
          headers: Record<string, string>;
          method: string;
          body_base64: string;
          admitted?: Record<string, string>;
        };
      };
      const sent = Buffer.from(request.body_base64, 'base64');
      const [path = '', query = ''] = request.url.split('?');
      const record = recordOf(protocol, path.replace(/(.)\/$/, '$1'), {
        method: request.method,
        query,
        headers: { ...request.headers, ...request.admitted },
        body: sent[0] === 0x1f ? gunzipSync(sent) : sent,
      });
      const before = decodeNow(record);
      for (const settings of [{}, { ...strict, pseudonyms: { userIds: true, emails: true } }]) {
        const after = decodeNow(kept(record, settings));
        expect([
          file,
          after.events.length,
          after.logs?.length,
          after.failures.map(({ reason }) => reason),
        ]).toEqual([
          file,
          before.events.length,
          before.logs?.length,
          before.failures.map(({ reason }) => reason),
        ]);
        expect(after.events.map(({ type, event }) => [type, event])).toEqual(
          before.events.map(({ type, event }) => [type, event]),
        );
      }
      seen++;
    }
  }
  expect(seen).toBeGreaterThan(50);
});
