import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createDecoder } from '../collect/collect.ts';
import type { LogRecord } from '../contract/request.ts';
import { recordEraser } from '../privacy/person/records.ts';
import { systemClock } from '../runtime/clock.ts';
import { silentLogger } from '../runtime/logger.ts';
import { openStore } from '../store/store.ts';
import { connect } from '../warehouse/warehouse.ts';
import { keepErasing, newReport } from './erasures.ts';
import { PipelineGate } from './pipeline-gate.ts';

const decode = createDecoder(
  async () => '$.people.list.{ "event": "Made", "userId": id, "properties": { "by": by } }',
);
const receivedAt = 1_795_300_000_000;
const device = '0b5f6c1e-2d11-4c55-9a53-0d8e6f0b7c11';

function recordOf(protocol: string, path: string, body: unknown, over: Partial<LogRecord> = {}): LogRecord {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    offset: 1,
    receivedAt,
    project: 'p',
    key: '',
    visitor: '',
    protocol,
    method: text === '' ? 'GET' : 'POST',
    path,
    query: '',
    headers: {},
    address: '',
    body: body instanceof Uint8Array ? body : Buffer.from(text),
    ...over,
  };
}

async function without(record: LogRecord, ...ids: string[]) {
  const eraser = recordEraser(
    'p',
    { keys: [], ids: ids.map((id) => ({ kind: 'u', id })), marks: [] },
    decode,
  );
  const rest = await eraser.change(record);
  const decoded = rest && (await decode(rest));
  const people = [...(decoded?.events ?? []), ...(decoded?.logs ?? [])].map(
    ({ userId, anonymousId }) => userId ?? anonymousId,
  );
  return { rest, decoded, people, text: rest && Buffer.from(rest.body).toString(), counts: eraser.counts };
}

const batch = (...calls: object[]): LogRecord => recordOf('segment', '/v1/batch', { batch: calls });
const call = (userId: unknown, properties: object = {}): object => ({
  type: 'track',
  event: 'Bought',
  userId,
  properties,
});
const form = (json: unknown): string =>
  `data=${encodeURIComponent(Buffer.from(JSON.stringify(json)).toString('base64'))}`;
const played = (id: string, more: object = {}): object => ({
  event: 'Played',
  properties: { distinct_id: id, $user_id: id, $insert_id: 'abc', time: receivedAt, token: 't', ...more },
});

describe('a person’s items in requests of several', () => {
  it('are told by whose they are, and not by what else has their id', async () => {
    const about = {
      products: [{ id: '42', product_id: '42', value: '42' }],
      customer: '42',
      invited_by: { user_id: '42' },
    };
    const { people, text } = await without(batch(call('7', about), call('42'), call('8', about)), '42');
    expect(people).toEqual(['7', '8']);
    expect(JSON.parse(text ?? '')).toEqual({ batch: [call('7', about), call('8', about)] });
  });

  it('leave a request of others alone that speaks of them', async () => {
    const record = batch(call('7', { id: '42' }), call('8', { user_id: '42' }));
    expect(await without(record, '42')).toMatchObject({ rest: record, counts: { rewritten: 0, deleted: 0 } });
  });

  const lines = [
    '{"message":"a","user_id":"person-a"}',
    '{"message":"for person-a","user_id":"person-b"}',
    '',
  ];
  const bulk = ['{"index":{"_index":"person-a"}}', '{"message":"x","user":{"id":"person-b"}}'];
  const otlp = (id: string): object => ({
    body: { stringValue: 'hello' },
    attributes: [
      { key: 'user.id', value: { stringValue: id } },
      { key: 'invited', value: { stringValue: 'person-a' } },
    ],
  });
  const frame = (message: string): string => `${Buffer.byteLength(message)} ${message}`;
  const syslog = (id: string): string =>
    frame(`<13>1 2026-10-01T00:00:00Z h a - - - {"message":"x","user_id":"${id}"}`);
  it.each([
    [
      'mixpanel',
      recordOf('mixpanel', '/track', form([played('person-a'), played('person-b', { id: 'person-a' })])),
    ],
    [
      'posthog',
      recordOf('posthog', '/batch', {
        batch: ['person-a', 'person-b'].map((id) => ({
          event: 'e',
          distinct_id: id,
          properties: { customer: 'person-a' },
        })),
      }),
    ],
    [
      'amplitude',
      recordOf(
        'amplitude',
        '/',
        `e=${encodeURIComponent(JSON.stringify(['person-a', 'person-b'].map((id) => ({ event_type: 'e', user_id: id, event_properties: { id: 'person-a' } }))))}&api_key=k`,
      ),
    ],
    [
      'tributary',
      recordOf('tributary', '/t/v1', {
        e: [
          { n: 'x', u: 'person-a' },
          { n: 'x', u: 'person-b', p: { id: 'person-a' } },
        ],
      }),
    ],
    [
      'matomo',
      recordOf('matomo', '/matomo.php', {
        requests: [
          '?idsite=1&rec=1&url=https%3A%2F%2Fa.test&uid=person-a',
          '?idsite=1&rec=1&url=https%3A%2F%2Fa.test%2Fperson-a&uid=person-b',
        ],
      }),
    ],
    [
      'ga4',
      recordOf('ga4', '/g/collect', 'en=x&uid=person-a\nen=y&uid=person-b&ep.id=person-a', {
        query: 'v=2&cid=1.2',
      }),
    ],
    ['lines', recordOf('lines', '/lines/v1', lines.join('\n'))],
    [
      'elasticsearch',
      recordOf(
        'elasticsearch',
        '/_bulk',
        [...bulk, ...bulk.map((one) => one.replace('person-b', 'person-a')), ''].join('\n'),
      ),
    ],
    [
      'otlp',
      recordOf(
        'otlp',
        '/v1/logs',
        {
          resourceLogs: [
            { scopeLogs: [{ logRecords: [otlp('person-a')] }, { logRecords: [otlp('person-b')] }] },
          ],
        },
        {
          headers: { 'content-type': 'application/json' },
        },
      ),
    ],
    ['syslog', recordOf('syslog', '/syslog/v1', syslog('person-a') + syslog('person-b'))],
  ])('can be cut from %s', async (_, record) => {
    const before = await decode(record);
    expect([...before.events, ...(before.logs ?? [])].map(({ userId }) => userId)).toEqual(
      expect.arrayContaining(['person-a', 'person-b']),
    );
    expect(await without(record, 'person-a')).toMatchObject({
      people: ['person-b'],
      counts: { rewritten: 1, whole: 0 },
    });
  });

  it('that fail to decode go when they name the person, also with a short id', async () => {
    const broken = { type: 'track', userId: '42' };
    const { text } = await without(
      batch(call('7'), broken, { type: 'track', userId: '7', invited: '42' }),
      '42',
    );
    expect(JSON.parse(text ?? '').batch).toEqual([call('7'), { type: 'track', userId: '7', invited: '42' }]);
  });

  it('that fail to decode go as a whole where nothing tells where they begin', async () => {
    const broken = { type: 'track', userId: 'person-a', context: 'x', tags: ['person-a', 'x'] };
    expect((await without(recordOf('segment', '/v1/track', broken), 'person-a')).rest).toBeUndefined();
    const other = { type: 'track', userId: 'person-b' };
    expect((await without(batch(other, broken), 'person-a')).text).toBe(JSON.stringify({ batch: [other] }));
  });

  it('go with the others’ when nobody can tell them apart, which is told', async () => {
    const record = recordOf(
      'hook',
      '/hook',
      { people: { list: [{ id: 'person-a' }, { id: 'person-b' }] } },
      {
        key: 'k',
        headers: { 'x-tributary-door': 'generic' },
      },
    );
    expect(await decode(record)).toMatchObject({ events: [{}, {}] });
    expect((await without(record, 'person-a')).counts).toMatchObject({ deleted: 1, whole: 1 });
  });

  it('leave what a mapping made of others', async () => {
    const record = recordOf(
      'hook',
      '/hook',
      { people: { list: [{ id: 'person-b', by: 'person-a' }] } },
      {
        key: 'k',
        headers: { 'x-tributary-door': 'generic' },
      },
    );
    expect(await without(record, 'person-a')).toMatchObject({ rest: record });
  });

  it('leave numbers of the others as they were written', async () => {
    const record = recordOf(
      'segment',
      '/v1/batch',
      '{"batch":[{"type":"track","event":"e","userId":"person-a"},{"type":"track","event":"e","userId":"b","properties":{"n":12345678901234567890}}]}',
    );
    expect((await without(record, 'person-a')).text).toContain('12345678901234567890');
  });
});

describe('another user on a device of the person', () => {
  it.each([
    ['segment', batch({ ...call('b'), anonymousId: device })],
    [
      'a batch of both',
      batch({ ...call(undefined), anonymousId: device }, { ...call('b'), anonymousId: device }),
    ],
    ['tributary', recordOf('tributary', '/t/v1', { a: device, u: 'b', e: [{ n: 'x' }] })],
    [
      'posthog',
      recordOf('posthog', '/capture', {
        event: 'e',
        distinct_id: 'b',
        properties: { $device_id: device, $user_id: 'b', $is_identified: true },
      }),
    ],
    ['mixpanel', recordOf('mixpanel', '/track', form([played('b', { $device_id: device })]))],
    ['ga4', recordOf('ga4', '/g/collect', '', { query: `v=2&cid=${device}&uid=b&en=x` })],
    [
      'the Measurement Protocol',
      recordOf('ga4', '/mp/collect', { client_id: device, user_id: 'b', events: [{ name: 'x' }] }),
    ],
    [
      'snowplow',
      recordOf('snowplow', '/i', '', { query: `e=pv&p=web&url=https%3A%2F%2Fa.test&uid=b&duid=${device}` }),
    ],
  ])('keeps their events without the device: %s', async (_, record) => {
    const before = await decode(record);
    expect(before.events.at(-1)).toMatchObject({ userId: 'b' });
    const { decoded, rest } = await without(record, 'a', device);
    expect(decoded?.events).toHaveLength(1);
    expect(decoded?.events).toMatchObject([{ userId: 'b' }]);
    expect(JSON.stringify(rest)).not.toContain(device);
    expect(Buffer.from(rest?.body ?? []).toString()).not.toContain(device);
  });

  it('is not an anonymous visitor who gives the person’s address', async () => {
    const traits = { email: 'Jane@person.example' };
    const identify = { type: 'identify', anonymousId: 'elsewhere', traits };
    const { change } = recordEraser('p', { keys: [], ids: [], marks: ['jane@person.example'] }, decode);
    expect(await change(batch(identify))).toBeUndefined();
    const users = batch({ ...identify, userId: 'b' });
    expect(await change(users)).toBe(users);
  });

  it('is not in the file of the person', async () => {
    const eraser = recordEraser('p', { keys: [], ids: [{ kind: 'a', id: device }], marks: [] }, decode);
    expect(await eraser.isTheirs(batch({ ...call('b'), anonymousId: device }))).toBe(false);
    expect(await eraser.isTheirs(batch({ ...call(undefined), anonymousId: device }))).toBe(true);
  });
});

describe('ids are found however they are spelled', () => {
  const quoted = (id: string): string => `{"type":"track","event":"e","userId":"${id}"}`;
  it.each([
    ['josé', quoted('jos\\u00e9')],
    ['josé', quoted('jos\\u00E9')],
    ['users/42', quoted('users\\/42')],
    ['a@b.example', quoted('a\\u0040b.example')],
    ['Jörg "J" 😀', quoted('J\\u00f6rg \\"J\\" \\ud83d\\ude00')],
  ])('%s in %s', async (id, body) => {
    expect((await without(recordOf('segment', '/v1/track', body), id)).rest).toBeUndefined();
  });

  it.each([
    ['Jane Doe', 'uid=Jane+Doe'],
    ['josé', 'uid=jos%c3%a9'],
    ["o'neil", 'uid=o%27neil'],
  ])('%s in %s', async (id, query) => {
    const record = recordOf('matomo', '/matomo.php', '', {
      query: `idsite=1&rec=1&url=https%3A%2F%2Fa.test&${query}`,
    });
    expect((await decode(record)).events).toMatchObject([{ userId: id }]);
    expect((await without(record, id)).rest).toBeUndefined();
  });

  it('also where nothing can be decoded', async () => {
    expect((await without(recordOf('gone', '/', '{"who": "jos\\u00e9", '), 'josé')).rest).toBeUndefined();
  });
});

it('an erasure begins by discarding the rewind, which would bring the person back', async () => {
  const data = mkdtempSync(join(tmpdir(), 'tributary-erasures-'));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  const store = openStore({ url: 'embedded', data });
  onTestFinished(() => store.close());
  const warehouse = connect({ url: 'http://127.0.0.1:1', user: 'nobody', password: '' });
  onTestFinished(() => warehouse.close());
  const project = await store.projects.create({ name: 'Shop', timezone: 'UTC' });
  const target = JSON.stringify({ person: { keys: ['1'], ids: [{ kind: 'u', id: 'a' }], marks: [] } });
  await store.privacy.addErasure({
    id: 'er_1',
    project: project.id,
    createdAt: receivedAt,
    by: 'somebody',
    rearrival: 'drop',
    target,
    report: newReport('s', 1),
  });
  const ended = new AbortController();
  const places = {
    log: join(data, 'log.db'),
    state: join(data, 'state.db'),
    lake: join(data, 'lake'),
    pipelineLock: join(data, 'lock'),
    pipelinePause: join(data, 'pause'),
  };
  const cleared: string[] = [];
  await keepErasing({
    store,
    warehouse,
    reader: { head: () => 0 },
    places,
    gate: new PipelineGate(places),
    clearRewind: async (of) => {
      cleared.push(of);
      ended.abort();
      throw new Error('the process ends');
    },
    decode,
    clock: systemClock,
    logger: silentLogger,
    signal: AbortSignal.any([ended.signal, AbortSignal.timeout(10_000)]),
  });
  expect(cleared).toEqual([project.id]);
  expect((await store.privacy.erasure('er_1'))?.target).toBe(target);
});
