import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogRecord } from '../../contract/request.ts';
import { collectorTests } from '../collector-under-test.ts';
import { decodeNow } from '../decode-now.fixture.ts';

const startCollector = await collectorTests();

const frames = (...messages: string[]) => messages.map((one) => `${Buffer.byteLength(one)} ${one}`).join('');
const router =
  '<158>1 2026-11-21T22:05:00+00:00 host heroku router - at=info method=GET path="/n?a=1" host=h fwd="203.0.113.77" dyno=web.1 connect=1ms service=18ms status=200 bytes=13\n';
const basic = { authorization: `Basic ${btoa('wk_one:')}` };
const frame = { 'logplex-msg-count': '2', 'logplex-frame-id': 'F1', 'content-type': 'application/logplex-1' };

async function taken(path: string, headers: Record<string, string>, body: string | Buffer) {
  const { call, records } = await startCollector();
  const reply = await call('POST', path, headers, body);
  const [record] = records();
  return { reply, record, ...decodeNow(record as LogRecord) };
}

describe('Logplex', () => {
  it('answers empty and at once, frames by bytes, and types what the router says', async () => {
    const { reply, logs } = await taken(
      '/logplex',
      { ...basic, ...frame },
      frames(router, '<190>1 2026-11-21T22:05:00+00:00 host app web.1 - ü\n  second line\n'),
    );
    expect([reply.status, reply.body]).toEqual([204, '']);
    expect(logs).toMatchObject([
      {
        id: 'F1-0',
        service: 'router',
        attributes: {
          'http.response.status_code': 200,
          'url.path': '/n',
          'url.query': 'a=1',
          service_ms: 18,
          connect_ms: 1,
          'client.address': '203.0.113.0',
        },
      },
      { id: 'F1-1', service: 'web.1', body: 'ü\n  second line' },
    ]);
    expect(logs?.[0]?.attributes).not.toHaveProperty('logplex.found');
  });

  it.each([
    ['password', { authorization: `Basic ${btoa('heroku:wk_one')}` }],
    ['drain token', { 'logplex-drain-token': 'wk_one' }],
  ])('takes its key from the %s', async (_name, headers) => {
    expect((await taken('/logplex', headers, frames(router))).reply.status).toBe(204);
  });

  it('a count that does not match is accepted and marked, and so is a frame that is cut off', async () => {
    const { logs } = await taken(
      '/logplex',
      { ...basic, ...frame },
      `${frames(router)}900 <190>1 - host app web.1 - cut`,
    );
    expect(logs?.length).toBe(2);
    const mismatch = await taken('/logplex', { ...basic, ...frame }, frames(router));
    expect(mismatch.logs).toMatchObject([{ attributes: { 'logplex.msg_count': 2, 'logplex.found': 1 } }]);
  });

  it('@[database.table] lines are events with the frame’s id, and losses are counted', async () => {
    const event =
      '<190>1 2026-11-21T22:05:00+00:00 host app web.1 - @[prod.signups] {"user_id":"u","team":"t"}\n';
    const loss =
      '<172>1 - host heroku logplex - Error L10 (output buffer overflow): 7 messages dropped since 2026-11-21T22:04:00+00:00.';
    const { events, logs } = await taken('/logplex', { ...basic, ...frame }, frames(event, loss));
    expect(events).toMatchObject([
      {
        event: 'signups',
        id: 'F1-0',
        userId: 'u',
        accountId: 't',
        trueAt: Date.parse('2026-11-21T22:05:00Z'),
        properties: { $database: 'prod' },
      },
    ]);
    expect(logs).toMatchObject([{ attributes: { 'logplex.code': 'L10', 'logplex.dropped_messages': 7 } }]);
  });
});

describe('syslog over HTTP', () => {
  it('takes counted and line framed messages, and hides addresses without breaking the frames', async () => {
    const { record, logs } = await taken(
      '/syslog/v1',
      basic,
      `${frames('<13>1 - h a - - - from 203.0.113.77 port 1')}<14>Nov 21 22:05:00 h b[3]: from 203.0.113.77\n`,
    );
    expect(Buffer.from(record?.body ?? []).includes('113.77')).toBe(false);
    expect(logs).toMatchObject([
      { service: 'a', body: 'from 203.0.113.0 port 1' },
      { service: 'b', body: 'from 203.0.113.0' },
    ]);
  });
});

describe('lines', () => {
  const chunk = (facts: object, text: string | Buffer) =>
    Buffer.concat([
      Buffer.from(`${JSON.stringify({ ...facts, bytes: Buffer.byteLength(text) })}\n`),
      Buffer.from(text),
    ]);
  const chunked = { ...basic, 'content-type': 'application/vnd.tributary.lines' };

  it('a line has the same id in whatever chunks it comes, also when an address in front of it is hidden', async () => {
    const text = '203.0.113.77 one\ntwo\nthree\n';
    const whole = await taken('/lines/v1', chunked, chunk({ id: 'f', offset: 100 }, text));
    const parts = await taken(
      '/lines/v1',
      chunked,
      Buffer.concat([
        chunk({ id: 'f', offset: 100 }, text.slice(0, 17)),
        chunk({ id: 'f', offset: 117 }, text.slice(17)),
      ]),
    );
    const ids = whole.logs?.map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
    expect(parts.logs?.map(({ id }) => id)).toEqual(ids);
    expect((await taken('/lines/v1', chunked, chunk({ id: 'g', offset: 100 }, text))).logs?.[0]?.id).not.toBe(
      ids?.[0],
    );
  });

  it('a body of any other type is the lines', async () => {
    const { logs } = await taken('/lines/v1?file=a.log&service=api&key=wk_one', {}, 'a user=1\n\nb\n');
    expect(logs).toMatchObject([
      { body: 'a user=1', stream: 'a.log', service: 'api', userId: '1' },
      { body: 'b' },
    ]);
  });

  it('a tracker’s GET in an access log is its event, at the line’s time, of the line’s visitor', async () => {
    const line = (status: number, query: string) =>
      `203.0.113.77 - - [21/Nov/2026:22:05:00 +0000] "GET /i?${query} HTTP/1.1" ${status} 43 "-" "Firefox/130"\n`;
    const query = 'e=pv&url=https%3A%2F%2Fe.x%2F&eid=e1&duid=d1&p=web&tv=js-3';
    const { events, logs } = await taken(
      '/lines/v1',
      basic,
      line(200, query) + line(503, query) + line(200, 'x=1'),
    );
    expect(events).toMatchObject([
      {
        type: 'page',
        id: 'e1',
        anonymousId: 'd1',
        trueAt: Date.parse('2026-11-21T22:05:00Z'),
        address: '203.0.113.0',
        userAgent: 'Firefox/130',
      },
    ]);
    expect(logs).toMatchObject([{ severity: 17 }, { severity: 9 }]);
  });

  it('bytes that are no UTF-8 are kept as latin1', async () => {
    const { logs } = await taken('/lines/v1', basic, Buffer.from('na\xefve\x00\n', 'latin1'));
    expect(logs).toMatchObject([{ body: 'naïve\0' }]);
  });

  it('a chunk without a header, or longer than it is, fails with a reason', async () => {
    expect((await taken('/lines/v1', chunked, 'x\n')).failures).toMatchObject([{ reason: 'broken chunk' }]);
    const short = await taken('/lines/v1', chunked, '{"bytes":50}\nx\n');
    expect([short.logs?.length, short.failures[0]?.reason]).toEqual([1, 'short chunk']);
  });
});

it.each(['logplex', 'syslog', 'lines', 'elasticsearch'])(
  '%s: whatever the bytes are, decoding answers',
  (protocol) => {
    const pieces = fc.constantFrom(
      '{"index":{"_index":"a"}}\n',
      '{"bytes":5}\n',
      '5 abcde',
      '12 ',
      '<13>',
      '@[a.b] {',
      '{"a":',
      '\n',
      '"',
      '203.0.113.7 - - [31/Dec/2025:23:59:58 +0100] "GET /i?e=pv HTTP/1.1" 200 1\n',
    );
    const body = fc
      .array(fc.oneof(pieces, fc.string({ unit: 'binary' })), { maxLength: 20 })
      .map((all) => Buffer.from(all.join('')));
    fc.assert(
      fc.property(fc.oneof(body, fc.uint8Array({ maxLength: 300 })), (bytes) => {
        const record = {
          offset: 1,
          receivedAt: 1_795_301_100_000,
          project: 'p',
          key: '',
          visitor: '',
          address: '',
          query: '',
          protocol,
          method: 'POST',
          path: '/x/_bulk',
          headers: { 'content-type': 'application/vnd.tributary.lines' },
          body: bytes,
        };
        const decoded = decodeNow(record);
        JSON.stringify(decoded);
        expect(decoded.failures.map(({ reason }) => reason)).not.toContain('decoder failed');
      }),
      { numRuns: 1_500 },
    );
  },
);
