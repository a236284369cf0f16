import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formats, readLine } from './formats.ts';

const now = Date.parse('2026-01-01T10:00:00Z');
const read = (line: string, format?: string) => readLine(line, now, format);
const at = (text: string) => Date.parse(text);

describe('access logs', () => {
  const line = (head: string, request: string, rest: string) =>
    `${head} [31/Dec/2025:23:59:58 +0100] "${request}" ${rest}`;

  it.each([
    [
      'common',
      line('203.0.113.7 - -', 'GET /a HTTP/1.1', '200 12'),
      { 'client.address': '203.0.113.7', 'url.path': '/a' },
    ],
    ['no size', line('203.0.113.7 - -', 'GET /a HTTP/1.1', '304 -'), { 'http.response.status_code': 304 }],
    ['no status', line('203.0.113.7 - -', 'GET /a HTTP/1.1', '- 0'), { 'http.response.body.size': 0 }],
    ['no request', line('203.0.113.7 - -', '-', '408 0 "-" "-"'), { 'http.request.line': '-' }],
    [
      'TLS to a plain port',
      line('203.0.113.7 - -', '\\x16\\x03\\x01', '400 157 "-" "-"'),
      { 'http.response.status_code': 400 },
    ],
    [
      'an e-mail as user',
      line('203.0.113.7 - ada@example.com', 'GET / HTTP/1.1', '200 1'),
      { 'user.name': 'ada@example.com' },
    ],
    [
      'IPv6',
      line('2001:db8::7 - -', 'GET / HTTP/2.0', '200 1'),
      { 'client.address': '2001:db8::7', 'network.protocol.version': '2.0' },
    ],
    [
      'forwarded in front',
      line('203.0.113.7, 10.0.0.1 - -', 'GET / HTTP/1.1', '200 1'),
      { 'client.address': '203.0.113.7', 'http.forwarded': '203.0.113.7, 10.0.0.1' },
    ],
    [
      'forwarded behind',
      line('10.0.0.1 - -', 'GET / HTTP/1.1', '200 1 "-" "curl" "203.0.113.7, 10.0.0.9"'),
      { 'client.address': '203.0.113.7', 'user_agent.original': 'curl' },
    ],
    [
      'a virtual host',
      line('shop.example:443 203.0.113.7 - -', 'GET / HTTP/1.1', '200 1'),
      { 'server.address': 'shop.example:443', 'client.address': '203.0.113.7' },
    ],
    [
      'an empty referrer',
      line('203.0.113.7 - -', 'GET / HTTP/1.1', '200 1 "" "Mozilla/5.0"'),
      { 'user_agent.original': 'Mozilla/5.0' },
    ],
    [
      'nginx escapes',
      line('203.0.113.7 - -', 'GET / HTTP/1.1', '200 1 "-" "a \\x22b\\x22 \\xC3\\xBC"'),
      { 'user_agent.original': 'a "b" ü' },
    ],
    [
      'Apache escapes',
      line('203.0.113.7 - -', 'GET / HTTP/1.1', '200 1 "-" "a \\"b\\""'),
      { 'user_agent.original': 'a "b"' },
    ],
    [
      'more fields',
      line('203.0.113.7 - -', 'GET / HTTP/1.1', '200 1 "-" "x" 0.123 rt=0.120 upstream="10.0.0.2:80" HIT'),
      { 'http.server.request.duration': 0.123, rt: 0.12, upstream: '10.0.0.2:80', 'access.extra': ['HIT'] },
    ],
    ['a hidden address', line('- - -', 'GET / HTTP/1.1', '200 1'), { 'http.response.status_code': 200 }],
  ])('%s', (_name, text, attributes) => {
    expect(read(text)).toMatchObject({ body: text, timestamp: at('2025-12-31T22:59:58Z'), attributes });
  });

  it.each([
    [200, 9],
    [404, 13],
    [503, 17],
  ])('status %i has severity %i', (status, severity) => {
    expect(read(line('h - -', 'GET / HTTP/1.1', `${status} 1`))).toMatchObject({ severity });
  });
});

describe('key=value', () => {
  it.each([
    [
      'pure logfmt',
      'level=warn msg="a \\"b\\"" n=1 f=1.5 id=007 big=12345678901234567890 ok=true e= user=u1',
      {
        body: 'a "b"',
        severity: 13,
        userId: 'u1',
        attributes: { n: 1, f: 1.5, id: '007', big: '12345678901234567890', ok: true, e: '' },
      },
    ],
    [
      'text with pairs',
      'Payment failed (attempt=2, code=E1) user_id=7',
      {
        body: 'Payment failed (attempt=2, code=E1) user_id=7',
        userId: '7',
        attributes: { attempt: 2, code: 'E1' },
      },
    ],
    ['= in a value', 'q=a=b', { attributes: { q: 'a=b' } }],
    ['no key', '=x ==', { attributes: {} }],
    ['a URL is no pair', 'GET https://e.x/?a=1&b=2', { attributes: {} }],
    ['an open quote', 'a="never closed', { attributes: { a: 'never closed' } }],
    [
      'a time and a level',
      '2025-12-31 23:00:00,250 ERROR boom',
      { timestamp: at('2025-12-31T23:00:00.250Z'), severity: 17, severityText: 'ERROR' },
    ],
    [
      'a bracketed level',
      '[2025-12-31T23:00:00+01:00] app.WARNING: x [warn]',
      { timestamp: at('2025-12-31T22:00:00Z'), severity: 13 },
    ],
    ['a word is no level', 'there was no error today', { body: 'there was no error today' }],
    ['time in a pair', 'ts=1767222000.5 msg=x', { timestamp: 1_767_222_000_500 }],
    [
      'trace',
      'traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 x',
      { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' },
    ],
    [
      'context',
      'team=t1 request_id=r1 session_id=s1 device_id=d1',
      { accountId: 't1', requestId: 'r1', clientSessionId: 's1', anonymousId: 'd1' },
    ],
  ])('%s', (_name, text, expected) => {
    expect(read(text)).toMatchObject(expected);
  });

  it('the name of the prototype is no key', () => {
    expect(Object.getPrototypeOf((read('__proto__=1 a=2') as { attributes: object }).attributes)).toBe(
      Object.prototype,
    );
  });
});

describe('JSON', () => {
  it.each([
    [
      'pino',
      '{"level":60,"time":1767222000123,"msg":"m","reqId":"r"}',
      { severity: 21, timestamp: 1_767_222_000_123, body: 'm', requestId: 'r' },
    ],
    [
      'nested context',
      '{"message":"m","user":{"id":5},"http":{"request":{"id":"q"}},"session":{"id":"s"}}',
      { userId: '5', requestId: 'q', clientSessionId: 's' },
    ],
    ['an id wins over a name', '{"msg":"m","user":"ada","user_id":"u1"}', { userId: 'u1' }],
    ['no message', '{"a":1}', { body: '{"a":1}', attributes: { a: 1 } }],
    ['broken', '{"a":', { body: '{"a":' }],
    ['an array', '[1]', { body: '[1]' }],
    ['nanoseconds', '{"msg":"m","ts":"1767222000123456789"}', { timestamp: 1_767_222_000_123.456 }],
  ])('%s', (_name, text, expected) => {
    expect(read(text)).toMatchObject(expected);
  });
});

describe('syslog', () => {
  it('of a time without a year takes the year that is not ahead', () => {
    expect(read('<13>Dec 31 23:00:00 h a: x')).toMatchObject({ timestamp: at('2025-12-31T23:00:00Z') });
    expect(read('<13>Jan  2 09:00:00 h a: x')).toMatchObject({ timestamp: at('2026-01-02T09:00:00Z') });
    expect(read('<13>Jan  3 09:00:00 h a: x')).toMatchObject({ timestamp: at('2025-01-03T09:00:00Z') });
  });

  it.each([
    ['a priority over 191', '<192>1 - - - - - - x', { body: '<192>1 - - - - - - x' }],
    ['nothing but dashes', '<0>1 - - - - - -', { severity: 21, body: '' }],
    ['data that is not closed', '<13>1 - h a p m [x y="1', { body: '[x y="1' }],
    ['what looks like data', '<13>1 - h a p m [error] boom', { body: '[error] boom' }],
    [
      'a line in a line in a line',
      '<13>1 - h a - - - {"log":"user=9 x\\n","stream":"s","time":"2026-01-01T00:00:00Z"}',
      { userId: '9', body: 'user=9 x' },
    ],
  ])('%s', (_name, text, expected) => {
    expect(read(text)).toMatchObject(expected);
  });
});

describe('events', () => {
  it('@[database.table] {…} is one', () => {
    expect(read('@[prod.signed_up] {"a":1,"time":1767222000}')).toMatchObject({
      event: { database: 'prod', table: 'signed_up', properties: { a: 1 }, at: 1_767_222_000_000 },
    });
  });

  it.each(['@[prod] {}', '@[.x] {}', '@[a.b] text', '@[a b.c] {}', '@['])('%s is none', (line) => {
    expect(read(line)).toMatchObject({ body: line });
    expect(read(line)).not.toHaveProperty('event');
  });

  it('a broken one is a failure', () => {
    expect(read('@[a.b] {"x":')).toMatchObject({ reason: 'not JSON' });
  });
});

it('a named format is believed where it can read the line, and plain reads nothing', () => {
  expect(read('a=1 b=2', 'plain')).toEqual({ body: 'a=1 b=2', attributes: {} });
  expect(read('a=1', 'json')).toMatchObject({ attributes: { a: 1 } });
});

it('every line is read, by every format, without an exception and in JSON', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '<13>',
      '1 ',
      '- ',
      '[',
      ']',
      '"',
      '\\',
      '=',
      '{',
      '}',
      '@[a.b] ',
      '[31/Dec/2025:23:59:58 +0100] "',
      '203.0.113.7',
      ' 200 1',
      'user=',
      '2026-01-01T00:00:00Z',
      '__proto__',
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const line = pieces.join('');
      for (const name of [undefined, ...formats.map((format) => format.name)])
        JSON.stringify(read(line, name));
    }),
    { numRuns: 2_000 },
  );
});

it.each([
  '"',
  '\\',
  '[',
  '=',
  'a=',
  'a="',
  '<13>1 - - - - - [a@b c="',
  '[31/Dec/2025:23:59:58 +0100] "',
  ' ',
  '203.0.113.7 ',
  '{"a":',
  '1:',
])('a megabyte of %j is read in linear time', (piece) => {
  const line = piece.repeat(1_000_000 / piece.length);
  for (const name of [undefined, 'syslog', 'access']) read(line, name);
  // quadratic time would be minutes, and the test over its time
  expect(read(line)).toHaveProperty('attributes');
});
