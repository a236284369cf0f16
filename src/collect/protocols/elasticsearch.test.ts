import { describe, expect, it } from 'vitest';
import { collectorTests, keyNamed } from '../collector-under-test.ts';
import { decodeNow } from '../decode-now.fixture.ts';

const startCollector = await collectorTests();

const key = { authorization: `Basic ${btoa('elastic:wk_one')}` };
const lines = (...items: unknown[]) =>
  `${items.map((item) => (typeof item === 'string' ? item : JSON.stringify(item))).join('\n')}\n`;
const anyIndex = { index: { _index: 'x' } };

async function sent(body: string, path = '/_bulk', headers: Record<string, string> = key) {
  const collector = await startCollector();
  const reply = await collector.call('POST', path, headers, body);
  return { ...reply, json: JSON.parse(reply.body), decoded: () => collector.records().map(decodeNow)[0] };
}

describe('the answer to _bulk', () => {
  it('has one item per action, in order, with the action’s own name', async () => {
    const { status, headers, json, body, decoded } = await sent(
      lines(
        { index: { _id: 'a' } },
        { m: 1 },
        { create: { _index: 'o' } },
        { m: 2 },
        { delete: { _id: 'b' } },
        { update: { _id: 'c' } },
        { doc: { m: 3 } },
        { create: {} },
        'no object',
      ),
      '/logs-app/_bulk',
    );
    expect([status, headers['x-elastic-product']]).toEqual([200, 'Elasticsearch']);
    expect(json.items).toMatchObject([
      { index: { _index: 'logs-app', _id: 'a', status: 201 } },
      { create: { _index: 'o', status: 201 } },
      { delete: { _id: 'b', status: 404 } },
      { update: { _id: 'c', status: 200 } },
      { create: { status: 400, error: { type: 'mapper_parsing_exception' } } },
    ]);
    expect(body).toContain('"errors":true');
    expect(decoded()).toMatchObject({
      logs: [{ stream: 'logs-app' }, { stream: 'o' }, { stream: 'logs-app' }],
      failures: [{ reason: 'bad document', payload: 'no object' }],
      dropped: { 'delete of a document': 1 },
    });
  });

  it('says errors:false when all is well, with Windows line ends and by PUT as well', async () => {
    const { call } = await startCollector();
    const reply = await call('PUT', '/_bulk', key, lines(anyIndex, { m: 1 }).replaceAll('\n', '\r\n'));
    expect(reply.body).toContain('"errors":false');
  });

  it.each([
    ['no action', '{"m":1}\n{"m":2}\n'],
    ['not JSON', 'x\ny\n'],
    ['no document', '{"index":{"_index":"x"}}\n'],
    ['nothing', '\n\n'],
  ])('is 400 and nothing is kept for %s', async (_name, body) => {
    const { status, json, decoded } = await sent(body);
    expect([status, json.status, decoded()]).toEqual([400, 400, undefined]);
  });

  it('names no index: the item fails', async () => {
    expect((await sent(lines({ index: {} }, { m: 1 }))).json.items).toMatchObject([
      { index: { status: 400 } },
    ]);
  });
});

describe('keys', () => {
  it.each([
    ['the password', `Basic ${btoa('elastic:wk_one')}`],
    ['the user', `Basic ${btoa('wk_one:')}`],
    ['the user beside a password', `Basic ${btoa('wk_one:x')}`],
    ['an ApiKey’s key', `ApiKey ${btoa('any:wk_one')}`],
    ['a plain ApiKey', 'ApiKey wk_one'],
    ['Bearer', 'Bearer wk_one'],
  ])('%s', async (_name, authorization) => {
    expect((await sent(lines(anyIndex, { m: 1 }), '/_bulk', { authorization })).status).toBe(200);
  });

  it('an unknown one is refused as Elasticsearch does', async () => {
    const { status, headers, json } = await sent('x', '/_bulk', { authorization: 'ApiKey other' });
    expect([status, headers['x-elastic-product'], json.error.type]).toEqual([
      401,
      'Elasticsearch',
      'security_exception',
    ]);
  });
});

describe('handshakes', () => {
  // the paths and agents are those in the clients' sources
  it.each([
    ['GET', '/', 'Elastic-Filebeat/8.15.0 (linux; amd64)', { version: { number: '8.99.0' } }],
    [
      'GET',
      '/',
      'logstash/7.17.0 (OS=Linux) logstash-output-elasticsearch/11.4.1',
      { version: { number: '7.99.0' } },
    ],
    ['GET', '/', 'elasticsearch-js/9.4.3 (linux)', { version: { number: '9.99.0' } }],
    ['GET', '/', 'Vector/0.50.0 (x86_64-unknown-linux-gnu)', { version: { number: '8.99.0' } }],
    ['GET', '/elasticsearch/', 'curl/8', { tagline: 'You Know, for Search' }],
    ['GET', '/_license', 'x', { license: { type: 'basic', status: 'active' } }],
    ['GET', '/elasticsearch/_license', 'x', { license: { type: 'basic', status: 'active' } }],
    ['GET', '/_xpack', 'x', { license: { type: 'basic' } }],
    ['GET', '/_cluster/health', 'x', { status: 'green' }],
    ['GET', '/_nodes/http', 'x', { _nodes: { total: 1 } }],
    ['GET', '/_ilm/policy/filebeat', 'x', { filebeat: { version: 1 } }],
    ['PUT', '/_ilm/policy/filebeat', 'x', { acknowledged: true }],
    ['PUT', '/_index_template/filebeat-8.15.0', 'x', { acknowledged: true }],
    ['PUT', '/_ingest/pipeline/filebeat-8.15.0-nginx', 'x', { acknowledged: true }],
  ])('%s %s of %s', async (method, path, agent, expected) => {
    const { call } = await startCollector();
    const reply = await call(method, path, { 'user-agent': agent, ...key });
    expect([reply.status, reply.headers['x-elastic-product']]).toEqual([200, 'Elasticsearch']);
    expect(JSON.parse(reply.body)).toMatchObject(expected);
  });

  it('HEAD has no body, and a browser’s / is left to the interface', async () => {
    const { call } = await startCollector();
    expect(await call('HEAD', '/', { 'user-agent': 'Manticore 0.9.1' })).toMatchObject({
      status: 200,
      body: '',
    });
    expect(await call('HEAD', '/_index_template/logstash')).toMatchObject({ status: 200 });
    const browser = await call('GET', '/', {
      'user-agent': 'Mozilla/5.0 (X11) Chrome/130.0',
      accept: 'text/html',
    });
    expect(browser.status).toBe(404);
  });
});

it('the id is the client’s, else the place in the file, and the same after a retry', async () => {
  const ids = async (action: object, document: object) =>
    (await sent(lines({ create: { _index: 'x', ...action } }, document))).decoded()?.logs?.[0]?.id;
  const place = { agent: { id: 'a' }, log: { offset: 5, file: { path: '/x' } }, message: 'm' };
  expect(await ids({ _id: '1' }, {})).toBe(await ids({ _id: '1' }, { other: 1 }));
  expect(await ids({}, place)).toBe(await ids({}, { ...place, more: 1 }));
  expect(await ids({}, place)).not.toBe(await ids({}, { ...place, log: { ...place.log, offset: 6 } }));
  expect(await ids({}, { message: 'm' })).toBeUndefined();
});

it('addresses in documents and in the lines in them are hidden before the disk', async () => {
  const { call, records } = await startCollector({ keyOf: () => keyNamed('one') });
  const document = {
    message: '203.0.113.77 - - [x]',
    'source.ip': '203.0.113.77',
    client: { ip: ['203.0.113.78'] },
  };
  await call('POST', '/x/_bulk', {}, lines({ index: {} }, document));
  await call('POST', '/x/_bulk', key, lines({ index: {} }, document));
  expect(Buffer.from(records()[0]?.body ?? []).toString()).not.toMatch(/\.7[78]/);
  expect(records()).toHaveLength(1);
});
