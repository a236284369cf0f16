import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { collectorTests } from '../../src/collect/collector-under-test.ts';
import { decodeNow } from '../../src/collect/decode-now.fixture.ts';
import type { Protocol } from '../../src/collect/protocol.ts';
import { protocols } from '../../src/collect/protocols.ts';
import type { LogRecord } from '../../src/contract/request.ts';

/** Recorded requests of real clients, sent again with what browsers, proxies and careless SDKs do to requests. */
const folder = join(import.meta.dirname, '../../src/collect/protocols/fixtures');
const startCollector = await collectorTests();

interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body_base64: string;
  readonly admitted?: Record<string, string>;
}

interface Fixture {
  readonly request: Sent;
  readonly expected?: { readonly failures: readonly unknown[]; readonly events: readonly unknown[] };
}

/** A good request that names a key or needs none, with a body where the protocol has such. */
function recorded(protocol: Protocol): Sent | undefined {
  const path = join(folder, protocol.name);
  const good = readdirSync(path)
    .map((file) => JSON.parse(readFileSync(join(path, file), 'utf8')) as Fixture)
    .filter(({ request, expected }) => !request.admitted && expected?.failures.length === 0)
    .map(({ request }) => request)
    .filter(({ method, url, headers, body_base64 }) => {
      const [bare = '', query = ''] = url.split('?');
      const body = Buffer.from(body_base64, 'base64');
      const taken = protocol.route(bare.replace(/(.)\/$/, '$1'));
      if (!taken) return false;
      const unpacked = body[0] === 0x1f ? gunzipSync(body) : body;
      const more = { secure: false, host: 'localhost', prefix: '' };
      const { key, hint } = protocol.read({ route: taken, method, query, headers, body: unpacked, ...more });
      return protocol.keyless || key !== undefined || hint !== undefined;
    });
  return good.find(({ method }) => method === 'POST') ?? good[0];
}

/** Their requests say nothing without settings of their key, or carry no key of their own as they were recorded. */
const doors = ['email', 'hook', 'otlp', 'logplex', 'syslog', 'lines'];
const requests = protocols.flatMap((protocol): [string, Sent][] => {
  const sent = doors.includes(protocol.name) ? undefined : recorded(protocol);
  return sent ? [[protocol.name, sent]] : [];
});

test('all protocols of trackers are here', () => {
  const missing = protocols.map(({ name }) => name).filter((name) => !requests.some(([one]) => one === name));
  expect(missing).toEqual(doors);
});

describe.each(requests)('%s', (_name, sent) => {
  const body = Buffer.from(sent.body_base64, 'base64');
  const { 'content-length': _, ...headers } = sent.headers;
  const [path = '', query] = sent.url.split('?');
  const slashed = `${path.replace(/\/?$/, '/')}${query === undefined ? '' : `?${query}`}`;
  const anyKey = { id: 'k', project: 'one', door: 'tracker' };

  const variants: [string, string, Record<string, string>, Buffer][] = [
    ['a trailing slash', slashed, headers, body],
    ['the type of a beacon', sent.url, { ...headers, 'content-type': 'text/plain;charset=UTF-8' }, body],
    ['a wrong type', sent.url, { ...headers, 'content-type': 'image/png' }, body],
    [
      'gzip that no header tells of',
      sent.url,
      headers,
      body.length > 0 && body[0] !== 0x1f ? gzipSync(body) : body,
    ],
  ];

  test.each(variants)('takes %s', async (_what, url, changed, bytes) => {
    const { call, records } = await startCollector({ keyOf: () => anyKey });
    const plain = await call(sent.method, sent.url, headers, body);
    const odd = await call(sent.method, url, changed, bytes);
    expect([plain.status, odd.status]).toEqual([plain.status, plain.status]);
    expect(plain.status).toBeLessThan(300);
    const [first, second] = records().map(decoded);
    expect(first?.failures).toEqual([]);
    expect((first?.events.length ?? 0) + (first?.logs?.length ?? 0)).toBeGreaterThan(0);
    expect(second).toEqual(first);
  });

  test('lets a page of any origin read the answer, errors too', async () => {
    const origin = 'https://shop.test';
    const good = await startCollector({ keyOf: () => anyKey });
    const bad = await startCollector({ keyOf: () => undefined });
    const cors = { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' };
    const taken = await good.call(sent.method, sent.url, { ...headers, origin }, body);
    expect(taken.headers).toMatchObject(cors);
    const refused = await bad.call(sent.method, sent.url, { ...headers, origin }, body);
    expect(refused.headers).toMatchObject(cors);
    expect(refused.status).toBeGreaterThanOrEqual(400);
  });

  test('answers a preflight with the headers that were asked for', async () => {
    const { call } = await startCollector();
    const asked = {
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'baggage, x-own',
    };
    const answer = await call('OPTIONS', sent.url, { origin: 'https://shop.test', ...asked });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': 'https://shop.test',
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'baggage, x-own',
    });
  });
});

/** Ids that are made anew for each request are not compared. */
function decoded(record: LogRecord) {
  return decodeNow({ ...record, offset: 1, headers: { ...record.headers, cookie: '' } });
}
