import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { PbfWriter } from 'pbf';
import { describe, expect, it } from 'vitest';
import type { LogRecord } from '../../contract/request.ts';
import { collectorTests } from '../collector-under-test.ts';
import { decodeNow } from '../decode-now.fixture.ts';

const startCollector = await collectorTests();

const key = { authorization: 'Bearer wk_one' };
const json = { ...key, 'content-type': 'application/json' };
const protobuf = { ...key, 'content-type': 'application/x-protobuf' };
const request = (...logRecords: unknown[]) =>
  JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });

/** A record with these attributes and this body, in protobuf. */
function encoded(attributes: Readonly<Record<string, string>>, body: string): Buffer {
  const value = (text: string) => (_: unknown, writer: PbfWriter) => writer.writeStringField(1, text);
  const writer = new PbfWriter();
  writer.writeMessage(
    1,
    (_group, inGroup) => {
      inGroup.writeMessage(
        2,
        (_scope, inScope) => {
          inScope.writeMessage(
            2,
            (_record, inRecord) => {
              inRecord.writeMessage(5, value(body), undefined);
              for (const [name, text] of Object.entries(attributes)) {
                inRecord.writeMessage(
                  6,
                  (_pair, inPair) => {
                    inPair.writeStringField(1, name);
                    inPair.writeMessage(2, value(text), undefined);
                  },
                  undefined,
                );
              }
            },
            undefined,
          );
        },
        undefined,
      );
    },
    undefined,
  );
  return Buffer.from(writer.finish());
}

function recordOf(body: Uint8Array, type: string): LogRecord {
  const empty = { project: 'p', key: '', visitor: '', address: '', query: '' };
  return {
    ...empty,
    offset: 1,
    receivedAt: 1_795_301_100_000,
    protocol: 'otlp',
    method: 'POST',
    path: '/v1/logs',
    headers: { 'content-type': type },
    body,
  };
}

describe('answers', () => {
  it.each([
    ['JSON', json, Buffer.from(request({ body: { stringValue: 'x' } })), '{}'],
    ['protobuf', protobuf, encoded({}, 'x'), ''],
    ['gzip', { ...protobuf, 'content-encoding': 'gzip' }, gzipSync(encoded({}, 'x')), ''],
  ])('%s in its own content type', async (_name, headers, body, expected) => {
    const { call, records } = await startCollector();
    const reply = await call('POST', '/v1/logs', headers, body);
    expect([reply.status, reply.headers['content-type'], reply.body]).toEqual([
      200,
      headers['content-type'],
      expected,
    ]);
    expect(decodeNow(records()[0] as LogRecord).logs).toMatchObject([{ body: 'x' }]);
  });

  it('tells which records are none, keeps the others, and quarantines those', async () => {
    const { call, records } = await startCollector();
    const reply = await call('POST', '/v1/logs', json, request({ body: { stringValue: 'x' } }, 5, 'y'));
    expect(JSON.parse(reply.body)).toMatchObject({ partialSuccess: { rejectedLogRecords: '2' } });
    const { logs, failures } = decodeNow(records()[0] as LogRecord);
    expect([logs?.length, failures.length]).toEqual([1, 2]);
  });

  it.each([
    ['broken JSON', json, '{"resourceLogs":'],
    ['an array', json, '[]'],
    ['broken protobuf', protobuf, Buffer.from([0x0a, 0x7f, 0x01])],
  ])('%s: 400 with a google.rpc.Status', async (_name, headers, body) => {
    const { call, records } = await startCollector();
    const reply = await call('POST', '/v1/logs', headers, body);
    expect([reply.status, reply.headers['content-type'], records().length]).toEqual([
      400,
      headers['content-type'],
      0,
    ]);
    if (headers === json) expect(JSON.parse(reply.body)).toMatchObject({ code: 3 });
    else expect(Buffer.from(reply.body, 'latin1').subarray(0, 3)).toEqual(Buffer.from([0x08, 3, 0x12]));
  });

  it.each([
    ['Bearer', { authorization: 'Bearer wk_one' }, 200],
    ['Basic', { authorization: `Basic ${btoa('wk_one:')}` }, 200],
    ['a header of its own', { 'x-tributary-key': 'wk_one' }, 200],
    ['no key', {}, 401],
  ])('with %s', async (_name, headers, status) => {
    const { call } = await startCollector();
    expect(
      (await call('POST', '/v1/logs', { 'content-type': 'application/json', ...headers }, request({})))
        .status,
    ).toBe(status);
  });
});

describe('records', () => {
  const decoded = (...records: unknown[]) =>
    decodeNow(recordOf(Buffer.from(request(...records)), 'application/json'));
  const text = (name: string, stringValue: string) => ({ key: name, value: { stringValue } });

  it('an event name with a user or a session makes an event, without one a log', () => {
    const attributes = [text('session.id', 's1')];
    expect(decoded({ eventName: 'cart.opened', attributes })).toMatchObject({
      events: [{ event: 'cart.opened', clientSessionId: 's1' }],
      logs: [],
    });
    expect(decoded({ attributes: [text('event.name', 'x'), text('enduser.id', 'u')] }).events).toMatchObject([
      { event: 'x', userId: 'u' },
    ]);
    expect(decoded({ eventName: 'x' })).toMatchObject({
      events: [],
      logs: [{ attributes: { 'event.name': 'x' } }],
    });
  });

  it('64-bit numbers are exact, as numbers or as digits', () => {
    const attributes = [
      { key: 'a', value: { intValue: '12' } },
      { key: 'b', value: { intValue: '9223372036854775807' } },
      { key: 'c', value: { intValue: 7 } },
    ];
    expect(decoded({ timeUnixNano: '1795301100123456789', attributes }).logs).toMatchObject([
      { timestamp: 1_795_301_100_123.456, attributes: { a: 12, b: '9223372036854775807', c: 7 } },
    ]);
  });

  it('a line in the body is read, and what the record says wins', () => {
    expect(
      decoded({
        severityNumber: 21,
        body: { stringValue: 'level=info msg=hi user=7 team=t' },
        attributes: [text('user.id', 'u')],
      }).logs,
    ).toMatchObject([{ body: 'hi', severity: 21, userId: 'u', accountId: 't' }]);
  });
});

it('addresses in protobuf are hidden before the disk, and the message stays whole', async () => {
  const { call, records } = await startCollector();
  const attributes = { 'client.address': '203.0.113.77', 'net.peer.ip': '2001:db8:abcd:12::7', app: '1' };
  const line = '203.0.113.77 - - [31/Dec/2025:23:59:58 +0100] "GET / HTTP/1.1" 200 1';
  await call('POST', '/v1/logs', protobuf, encoded(attributes, line));
  const [record] = records();
  expect(Buffer.from(record?.body ?? []).includes('113.77')).toBe(false);
  expect(decodeNow(record as LogRecord).logs).toMatchObject([
    {
      attributes: {
        'client.address': '203.0.113.0',
        'net.peer.ip': '2001:db8:abcd::',
        app: '1',
        'url.path': '/',
      },
    },
  ]);
});

it('whatever the bytes are, decoding answers', () => {
  const whole = encoded({ a: 'b', 'user.id': 'u' }, 'x');
  const mutated = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 })).map(([at, byte]) => {
    const copy = Buffer.from(whole);
    copy[at] = byte;
    return copy;
  });
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), (body) => {
      for (const type of ['application/json', 'application/x-protobuf'])
        JSON.stringify(decodeNow(recordOf(body, type)));
    }),
    { numRuns: 3_000 },
  );
});

it('values in values end at a depth', () => {
  const deep = (levels: number): object =>
    levels === 0 ? { stringValue: 'x' } : { arrayValue: { values: [deep(levels - 1)] } };
  const { logs, failures } = decodeNow(
    recordOf(Buffer.from(request({ body: deep(2_000) })), 'application/json'),
  );
  expect((logs?.length ?? 0) + failures.length).toBe(1);
});
