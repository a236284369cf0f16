import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { collectorTests } from './collector-under-test.ts';
import { decodeNow } from './decode-now.fixture.ts';

const startCollector = await collectorTests();

const json = (value: unknown) => JSON.stringify(value);
const base64 = (value: unknown) => Buffer.from(json(value)).toString('base64');
const form = (value: unknown) => `data=${encodeURIComponent(base64(value))}`;
const basic = (key: string) => ({ authorization: `Basic ${btoa(`${key}:`)}` });
const posthogEvent = { event: 'E', distinct_id: 'u', api_key: 'wk_one' };
const oldPosthogEvent = { event: 'E', properties: { distinct_id: 'u', token: 'wk_one', $lib: 'web' } };
const mixpanelEvent = {
  event: 'E',
  properties: { distinct_id: 'u', token: 'wk_one', mp_lib: 'web', $lib_version: '2' },
};
const call = { event: 'E', userId: 'u', writeKey: 'wk_one' };

describe('a path that several protocols have belongs to the one whose request it is', () => {
  it.each<[string, string, string, Record<string, string>, string]>([
    ['posthog', 'PostHog’s batch', '/batch/', {}, json({ api_key: 'wk_one', batch: [posthogEvent] })],
    [
      'posthog',
      'whose event has a list of events',
      '/batch',
      {},
      json({ api_key: 'wk_one', batch: [{ ...posthogEvent, events: [] }] }),
    ],
    ['posthog', 'a list of events', '/batch', {}, json([posthogEvent])],
    ['posthog', 'a form', '/batch', {}, form([posthogEvent])],
    [
      'amplitude',
      'Amplitude’s batch',
      '/batch',
      {},
      json({ api_key: 'wk_one', events: [{ event_type: 'E', user_id: 'user1' }] }),
    ],
    ['posthog', 'PostHog’s event', '/track/', {}, json(posthogEvent)],
    ['posthog', 'its older form', '/track', {}, form(oldPosthogEvent)],
    [
      'posthog',
      'with a project key of PostHog',
      '/engage/',
      {},
      form({ $token: 'phc_known', $distinct_id: 'u', $set: { a: 1 } }),
    ],
    [
      'posthog',
      'a change of a person',
      '/engage',
      {},
      json({ api_key: 'wk_one', distinct_id: 'u', $set: { a: 1 } }),
    ],
    ['mixpanel', 'Mixpanel’s event', '/track/', {}, form(mixpanelEvent)],
    ['mixpanel', 'without any SDK', '/track', {}, json([{ event: 'E', properties: { token: 'wk_one' } }])],
    [
      'mixpanel',
      'a change of a person',
      '/engage/',
      {},
      form({ $token: 'wk_one', $distinct_id: 'u', $set: { a: 1 } }),
    ],
    ['segment', 'Segment’s call', '/v1/track', {}, json(call)],
    ['segment', 'its batch', '/v1/batch', basic('wk_one'), json({ batch: [{ ...call, type: 'track' }] })],
    ['rudderstack', 'RudderStack’s call', '/v1/track/', basic('wk_one'), json({ ...call, channel: 'web' })],
    [
      'rudderstack',
      'with a property of the same name',
      '/v1/track',
      basic('wk_one'),
      json({ properties: { channel: 'mail' }, ...call, channel: 'mobile' }),
    ],
    ['segment', 'with such a property', '/v1/track', {}, json({ ...call, properties: { channel: 'mail' } })],
    [
      'rudderstack',
      'by the headers of its browser SDK',
      '/v1/track',
      { ...basic('wk_one'), anonymousid: 'YQ==' },
      json(call),
    ],
    [
      'rudderstack',
      'a server’s batch',
      '/v1/batch',
      basic('wk_one'),
      json({ batch: [{ ...call, type: 'track', channel: 'server' }] }),
    ],
  ])('%s: %s', async (protocol, _what, path, headers, body) => {
    const { call: request, records } = await startCollector({
      keyOf: (key) =>
        key === 'wk_one' || key === 'phc_known' ? { id: 'k', project: 'one', door: 'tracker' } : undefined,
    });
    expect((await request('POST', path, headers, body)).status).toBe(200);
    expect(records().map((record) => record.protocol)).toEqual([protocol]);
  });

  it.each([
    ['PostHog', '/flags/?v=2', json({ token: 'wk_one', distinct_id: 'u' }), 'featureFlagPayloads'],
    ['PostHog', '/decide/?v=3', json({ token: 'wk_one', distinct_id: 'u' }), 'supportedCompression'],
    ['Mixpanel', '/flags/?token=wk_one&context=%7B%7D', '', '{"flags":{}}'],
    ['Mixpanel', '/decide/?verbose=1&lib=web&token=wk_one', '', 'notifications'],
  ])('%s: %s', async (_protocol, path, body, text) => {
    const { call: request } = await startCollector();
    const reply = await request(body === '' ? 'GET' : 'POST', path, {}, body);
    expect([reply.status, reply.body]).toEqual([200, expect.stringContaining(text)]);
    expect(JSON.parse(reply.body)).toBeTypeOf('object');
  });

  it.each([
    ['posthog', '/posthog/track/', {}, form(mixpanelEvent)],
    ['mixpanel', '/mixpanel/track', {}, json({ event: 'E', properties: { token: 'wk_one', $lib: 'web' } })],
    ['segment', '/segment/v1/track', {}, json({ ...call, channel: 'web' })],
    ['rudderstack', '/rudderstack/v1/track/', basic('wk_one'), json(call)],
    ['posthog', '/posthog/i/v0/e/', {}, json(posthogEvent)],
    ['mixpanel', '/mixpanel/import', basic('wk_one'), json([{ event: 'E', properties: { time: 1 } }])],
    ['rudderstack', '/rudderstack/beacon/v1/batch?writeKey=wk_one', {}, json({ batch: [call] })],
  ])('%s has what comes under %s', async (protocol, path, headers, body) => {
    const { call: request, records } = await startCollector();
    expect((await request('POST', path, headers, body)).status).toBe(200);
    expect(records().map((record) => record.protocol)).toEqual([protocol]);
  });

  it('large bodies find their protocol and key without being parsed', async () => {
    const { call: request, records } = await startCollector();
    const padding = { $groups: {}, text: 'x'.repeat(1_100_000) };
    const bodies: [string, string][] = [
      [
        '/batch/',
        `{"batch":[${json({ event: 'E', distinct_id: 'u', properties: { ...padding, api_key: 'theirs' } })}],"api_key":"wk_one"}`,
      ],
      [
        '/batch/',
        `{"api_key":"wk_one","batch":[${json({ event: 'E', distinct_id: 'u', properties: padding })}]}`,
      ],
      ['/import', json([{ event: 'E', properties: { token: 'wk_one', ...padding } }])],
      ['/import', form([{ event: 'E', properties: { token: 'wk_one', ...padding } }])],
    ];
    for (const [path, body] of bodies) expect((await request('POST', path, {}, body)).status).toBe(200);
    expect(records().map(({ protocol }) => protocol)).toEqual(['posthog', 'posthog', 'mixpanel', 'mixpanel']);
  });
});

describe('PostHog', () => {
  it.each([
    ['POST', '/e/', json([posthogEvent])],
    ['POST', '/capture', json({ event: 'E', distinct_id: 'u', token: 'wk_one' })],
    ['POST', '/i/v0/e/', json({ event: 'E', distinct_id: 'u', $token: 'wk_one' })],
    ['POST', '/e/?api_key=wk_one', json({ event: 'E', distinct_id: 'u' })],
    ['POST', '/e/', base64(oldPosthogEvent)],
    ['GET', `/e/?ip=1&${form(oldPosthogEvent)}&_=1`, ''],
    ['HEAD', `/capture/?${form(posthogEvent)}`, ''],
  ])('%s %s finds its key and is answered with 200 and a status', async (method, path, body) => {
    const { call: request, records } = await startCollector();
    const reply = await request(method, path, { 'content-type': 'text/plain' }, body);
    expect([reply.status, reply.body]).toEqual([200, method === 'HEAD' ? '' : '{"status":1}']);
    expect(records()[0]).toMatchObject({ project: 'one', protocol: 'posthog' });
    expect(records()[0]?.query).not.toContain('api_key=');
  });

  it('answers a beacon with 204', async () => {
    const { call: request } = await startCollector();
    expect((await request('POST', '/e/?beacon=1', {}, json(posthogEvent))).status).toBe(204);
  });

  it('answers the newest API with a result per event, and takes the key from its header', async () => {
    const { call: request, records } = await startCollector();
    const batch = [
      { uuid: 'a-1', event: 'E', distinct_id: 'u' },
      { uuid: 'a-2', event: 'E' },
      { uuid: 'a-3', distinct_id: 'u' },
      { event: 'E', distinct_id: 'u' },
    ];
    const headers = {
      authorization: 'Bearer wk_one',
      'posthog-request-timestamp': '2026-11-21T22:41:45.128Z',
    };
    const reply = await request('POST', '/i/v1/analytics/events', headers, json({ batch }));
    const { results } = JSON.parse(reply.body) as { results: Record<string, { result: string }> };
    expect(Object.entries(results).map(([id, { result }]) => [id, result])).toEqual([
      ['a-1', 'ok'],
      ['a-2', 'drop'],
      ['a-3', 'drop'],
    ]);
    expect(records()[0]?.headers).toMatchObject({ 'posthog-request-timestamp': '2026-11-21T22:41:45.128Z' });
    expect(records()[0]?.headers).not.toHaveProperty('authorization');
  });

  it.each([
    ['unknown', json({ ...posthogEvent, api_key: 'nobody' })],
    ['missing', json({ event: 'E', distinct_id: 'u' })],
    ['different in two events', json([posthogEvent, { ...posthogEvent, api_key: 'wk_two12' }])],
  ])('a key that is %s is 401 in its words', async (_name, body) => {
    const { call: request, records } = await startCollector();
    const reply = await request('POST', '/e/', { origin: 'https://app.example' }, body);
    expect([reply.status, JSON.parse(reply.body)]).toEqual([
      401,
      {
        type: 'authentication_error',
        code: 'invalid_api_key',
        detail: expect.stringContaining('key'),
        attr: null,
      },
    ]);
    expect(reply.headers['access-control-allow-origin']).toBe('https://app.example');
    expect(records()).toEqual([]);
  });

  it('answers what its SDKs fetch', async () => {
    const { call: request } = await startCollector();
    const config = await request('GET', '/array/wk_one/config');
    expect(JSON.parse(config.body)).toMatchObject({ hasFeatureFlags: false, sessionRecording: false });
    const script = await request('GET', '/posthog/array/wk_one/config.js');
    expect(script.headers['content-type']).toContain('text/javascript');
    const page: { _POSTHOG_REMOTE_CONFIG?: Record<string, unknown> } = {};
    runInNewContext(script.body, { window: page });
    expect(page._POSTHOG_REMOTE_CONFIG).toMatchObject({ wk_one: { config: { hasFeatureFlags: false } } });
    expect((await request('GET', '/array/nobody/config')).status).toBe(404);
    for (const path of ['/api/surveys/?token=wk_one', '/flags/definitions?token=wk_one']) {
      expect(JSON.parse((await request('GET', path)).body)).toBeTypeOf('object');
    }
  });

  it('answers recordings of screens, counts them and keeps none', async () => {
    const { call: request, records, metrics } = await startCollector();
    const body = json({ event: '$snapshot', distinct_id: 'u', token: 'wk_one' });
    expect((await request('POST', '/s/?compression=gzip-js', {}, body)).body).toBe('{"status":1}');
    expect(records()).toEqual([]);
    expect(metrics.toString()).toContain('{protocol="posthog",outcome="dropped"} 1');
  });

  it('a visitor without an id gets one for the day', async () => {
    const { call: request, records } = await startCollector();
    const event = {
      ...posthogEvent,
      distinct_id: '$posthog_cookieless',
      properties: { $cookieless_mode: true },
    };
    await request('POST', '/e/', {}, base64([event]));
    await request('POST', '/e/', {}, json([posthogEvent]));
    expect(records().map(({ visitor }) => visitor !== '')).toEqual([true, false]);
  });
});

describe('Mixpanel', () => {
  it.each([
    ['POST', '/track/', {}, form(mixpanelEvent), '1'],
    ['POST', '/track/?verbose=1', {}, form(mixpanelEvent), '{"status":1,"error":null}'],
    ['POST', '/track', {}, `data=${encodeURIComponent(json(mixpanelEvent))}`, '1'],
    ['POST', '/track', {}, json([mixpanelEvent]), '1'],
    ['GET', `/track?verbose=0&${form(mixpanelEvent)}`, {}, '', '1'],
    ['GET', `/track?callback=mixpanel._jsc[123]&${form(mixpanelEvent)}`, {}, '', 'mixpanel._jsc[123](1);'],
    ['GET', `/track?verbose=1&callback=f&${form(mixpanelEvent)}`, {}, '', 'f({"status":1,"error":null});'],
    ['GET', `/track?callback=alert(1)%2F%2F&${form(mixpanelEvent)}`, {}, '', '1'],
    ['GET', `/engage?${form({ $token: 'wk_one', $distinct_id: 'u', $set: { a: 1 } })}`, {}, '', '1'],
    [
      'POST',
      '/groups/',
      {},
      form({ $token: 'wk_one', $group_key: 'company', $group_id: 'c', $set: {} }),
      '1',
    ],
    ['GET', `/import?api_key=old&${form(mixpanelEvent)}`, {}, '', '1'],
    [
      'POST',
      '/import',
      basic('wk_one'),
      json([{ event: 'E', properties: { time: 1 } }]),
      '{"code":200,"num_records_imported":1,"status":"OK"}',
    ],
    [
      'POST',
      '/import?token=wk_one',
      {},
      '{"event":"E","properties":{"time":1}}\n{"event":"F","properties":{"time":1}}',
      '{"code":200,"num_records_imported":2,"status":"OK"}',
    ],
    ['POST', '/import', basic('wk_one'), form([{ event: 'E', properties: { time: 1 } }]), '1'],
  ])('%s %s is answered as its client reads it', async (method, path, headers, body, answer) => {
    const { call: request, records } = await startCollector();
    const reply = await request(method, path, headers, body);
    expect([reply.status, reply.body]).toEqual([200, answer]);
    expect(records()).toMatchObject([{ project: 'one', protocol: 'mixpanel' }]);
  });

  it('an image is an image', async () => {
    const { call: request } = await startCollector();
    const reply = await request('GET', `/track/?img=1&${form(mixpanelEvent)}`);
    expect([reply.headers['content-type'], reply.body.slice(0, 6)]).toEqual(['image/gif', 'GIF89a']);
  });

  it('a strict import says which records are none, and keeps all of them', async () => {
    const { call: request, records } = await startCollector();
    const list = [
      { event: 'E', properties: { time: 1 } },
      { event: 'E', properties: { $insert_id: 'i2' } },
      7,
    ];
    const reply = await request('POST', '/import?strict=1', basic('wk_one'), json(list));
    expect([reply.status, JSON.parse(reply.body)]).toEqual([
      400,
      {
        code: 400,
        error: expect.any(String),
        failed_records: [
          { index: 1, insert_id: 'i2', field: 'properties.time', message: expect.any(String) },
          { index: 2, insert_id: '', field: '', message: expect.any(String) },
        ],
        num_records_imported: 1,
        status: 'Bad Request',
      },
    ]);
    expect(records()).toHaveLength(1);
  });

  it.each([
    ['/track?verbose=1', { status: 0, error: expect.stringContaining('write key') }],
    ['/import', { code: 401, error: expect.stringContaining('write key'), status: 'Unauthorized' }],
  ])('an unknown key at %s is 401 in its words', async (path, body) => {
    const { call: request } = await startCollector();
    const reply = await request('POST', path, {}, json([{ event: 'E', properties: { token: 'nobody' } }]));
    expect([reply.status, JSON.parse(reply.body)]).toEqual([401, body]);
  });

  it('hides addresses in base64 and keeps the switch that looks like one', async () => {
    const { call: request, records } = await startCollector();
    const event = { event: 'E', properties: { token: 'wk_one', ip: '203.0.113.77', $ip: '198.51.100.9' } };
    await request('POST', '/track/?ip=1', {}, form([event]));
    await request('GET', `/track/?ip=0&${form(event)}`);
    await request('POST', '/track/?ip=1', {}, json([event]));
    const kept = records().map(({ query, body }) => query + Buffer.from(body).toString());
    for (const text of kept) {
      const data = /data=([^&]+)/.exec(text)?.[1];
      const plain = data ? Buffer.from(decodeURIComponent(data), 'base64').toString() : text;
      expect(plain).toContain('"ip":"203.0.113.0","$ip":"198.51.100.0"');
    }
    expect(records().map(({ query }) => /use_ip=[01]/.exec(query)?.[0])).toEqual([
      'use_ip=1',
      'use_ip=0',
      'use_ip=1',
    ]);
  });

  it.each([
    ['PostHog', 'POST', '/e/', form([{ ...posthogEvent, properties: { $ip: '203.0.113.77' } }])],
    ['PostHog', 'POST', '/e/', base64([{ ...posthogEvent, properties: { $ip: '203.0.113.77' } }])],
    ['PostHog', 'POST', '/e/', json([{ ...posthogEvent, properties: { $ip: '203.0.113.77' } }])],
    ['Segment', 'GET', `/v1/pixel/track?${form({ ...call, context: { ip: '203.0.113.77' } })}`, ''],
    ['RudderStack', 'GET', '/pixel/v1/track?writeKey=wk_one&event=E&userId=u&context.ip=203.0.113.77', ''],
  ])('so does %s: %s %s', async (_protocol, method, path, body) => {
    const { call: request, records } = await startCollector();
    expect((await request(method, path, {}, body)).status).toBe(200);
    const [record] = records();
    expect(record && decodeNow(record).events.map(({ address }) => address)).toEqual(['203.0.113.0']);
  });

  it('answers recordings of screens and keeps none', async () => {
    const { call: request, records, metrics } = await startCollector();
    expect((await request('POST', '/record/?seq=1', basic('wk_one'), Buffer.from([1, 2, 3]))).status).toBe(
      200,
    );
    expect(records()).toEqual([]);
    expect(metrics.toString()).toContain('{protocol="mixpanel",outcome="dropped"} 1');
  });
});

describe('Segment', () => {
  it('answers its pixel with an image, and finds the key inside', async () => {
    const { call: request, records } = await startCollector();
    const reply = await request('GET', `/v1/pixel/track?${form(call)}`);
    expect([reply.status, reply.body.slice(0, 6)]).toEqual([200, 'GIF89a']);
    expect(records()).toMatchObject([{ protocol: 'segment', project: 'one', path: '/v1/pixel/track' }]);
  });
});

describe('RudderStack', () => {
  it.each([
    ['POST', '/v1/merge', basic('wk_one'), json({ mergeProperties: [] }), 'text/plain; charset=utf-8', 'OK'],
    ['POST', '/beacon/v1/batch?writeKey=wk_one', {}, json({ batch: [] }), 'text/plain; charset=utf-8', 'OK'],
    ['GET', '/pixel/v1/track?writeKey=wk_one&event=E&userId=u', {}, '', 'image/gif', 'GIF89a'],
    ['GET', '/pixel/v1/page?writeKey=wk_one&anonymousId=a', {}, '', 'image/gif', 'GIF89a'],
  ])('%s %s is kept without its key and answered', async (method, path, headers, body, type, start) => {
    const { call: request, records } = await startCollector();
    const reply = await request(method, path, headers, body);
    expect([reply.status, reply.headers['content-type'], reply.body.slice(0, start.length)]).toEqual([
      200,
      type,
      start,
    ]);
    expect(records()).toMatchObject([{ protocol: 'rudderstack', project: 'one' }]);
    expect(records()[0]?.query).not.toContain('writeKey');
  });

  it('an unknown key is 401 in its words', async () => {
    const { call: request } = await startCollector();
    const reply = await request('POST', '/v1/track', { ...basic('nobody'), sentat: 'now' }, json(call));
    expect([reply.status, reply.body]).toEqual([401, expect.stringMatching(/^invalid write key: /)]);
  });

  it('serves the settings that its browser SDK waits for, and says that it lives', async () => {
    const { call: request } = await startCollector();
    const settings = await request('GET', '/sourceConfig/?p=npm&v=3&writeKey=wk_one', basic('wk_one'));
    expect(JSON.parse(settings.body)).toMatchObject({
      source: { id: expect.any(String), enabled: true, config: {}, destinations: [] },
    });
    expect((await request('GET', '/sourceConfig/')).status).toBe(400);
    expect(JSON.parse((await request('GET', '/health')).body)).toMatchObject({ server: 'UP' });
    expect((await request('GET', '/version')).status).toBe(200);
  });
});
