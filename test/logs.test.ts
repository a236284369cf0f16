import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@elastic/elasticsearch';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { flat, logs, run } from './log-senders.ts';
import { freePort, type Program, post, startProgram, writeKey } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'tributary-logs-'));
let program: Program;
let syslogTcp = 0;
let syslogUdp = 0;

beforeAll(async () => {
  [syslogTcp, syslogUdp] = [await freePort(), await freePort()];
  const args = ['--no-demo', `--syslog-tcp-port=${syslogTcp}`, `--syslog-udp-port=${syslogUdp}`];
  program = await startProgram({ args });
});
afterAll(async () => {
  await program?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

describe('OpenTelemetry', () => {
  test.each([
    ['JSON', JsonExporter],
    ['protobuf', ProtobufExporter],
  ])(
    'its Node exporter in %s: records are logs, those with a name and a user are events',
    async (name, Exporter) => {
      const exporter = new Exporter({
        url: `${program.url}/v1/logs`,
        headers: { authorization: `Bearer ${writeKey}` },
      });
      const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter })] });
      const logger = provider.getLogger('lab', '1.2.3');
      logger.emit({
        severityNumber: SeverityNumber.ERROR,
        severityText: 'ERROR',
        body: `charge failed ${name}`,
        attributes: {
          'user.id': 'u-otel',
          amount: 12.5,
          many: [1, 2],
          'client.address': '203.0.113.77',
          trace_id: '0af7651916cd43dd8448eb211c80319c',
        },
      });
      logger.emit({
        eventName: `cart.opened.${name}`,
        body: 'x',
        attributes: { 'user.id': 'u-otel', items: 3 },
      });
      await provider.shutdown();
      const [row] = await logs(program, `body = 'charge failed ${name}'`, 1);
      expect(row).toMatchObject({
        severity: 17,
        user_id: 'u-otel',
        protocol: 'otlp',
        trace_id: '0af7651916cd43dd8448eb211c80319c',
        attributes: { amount: 12.5, many: [1, 2] },
      });
      expect(JSON.stringify(row)).toContain('203.0.113.0');
      await program.until(
        `SELECT count() FROM tributary.events WHERE event = 'cart.opened.${name}' AND user_id = 'u-otel'`,
        1,
      );
    },
  );
});

describe('Elasticsearch', () => {
  test('the official client: bulk, an error of one item, and the same ids once', async () => {
    const client = new Client({ node: program.url, auth: { username: 'elastic', password: writeKey } });
    expect((await client.info({}, { headers: { 'user-agent': 'elasticsearch-js/9' } })).tagline).toContain(
      'Search',
    );
    const operations = [
      { index: { _index: 'app', _id: 'e1' } },
      {
        '@timestamp': new Date().toISOString(),
        message: 'from the client',
        'log.level': 'warn',
        service: { name: 'shop' },
        user: { id: 'u-es' },
      },
      { create: { _index: 'app' } },
      { message: 'GET /x took=5ms request_id=r-es' },
    ];
    for (const _again of [1, 2]) {
      const answer = await client.bulk({ operations });
      expect([answer.errors, answer.items.length]).toEqual([false, 2]);
    }
    await expect(client.bulk({ operations: ['no action'] })).rejects.toThrow('illegal_argument_exception');
    await client.close();
    const rows = await logs(program, `stream = 'app'`, 3);
    expect(rows.filter(({ body }) => body === 'from the client')).toMatchObject([
      { severity: 13, service: 'shop', user_id: 'u-es' },
    ]);
    expect(rows.filter(({ request_id }) => request_id === 'r-es')).toHaveLength(2);
  });

  test('Filebeat’s exchange, as its source has it: root, licence, policy, template, bulk', async () => {
    const agent = {
      'user-agent': 'Elastic-Filebeat/8.15.0 (linux; amd64)',
      authorization: `ApiKey ${btoa(`id:${writeKey}`)}`,
    };
    const call = (method: string, path: string, body?: string) =>
      fetch(`${program.url}${path}`, {
        method,
        headers: { ...agent, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body }),
      });
    const root = (await (await call('GET', '/')).json()) as { version: { number: string } };
    expect(root.version.number).toBe('8.99.0');
    expect(
      ((await (await call('GET', '/_license?human=false')).json()) as { license: { status: string } }).license
        .status,
    ).toBe('active');
    expect((await call('GET', '/_ilm/policy/filebeat')).status).toBe(200);
    expect((await call('PUT', '/_index_template/filebeat-8.15.0', '{}')).status).toBe(200);
    const document = {
      '@timestamp': new Date().toISOString(),
      agent: { id: 'beat-1' },
      log: { offset: 7, file: { path: '/var/log/x.log' } },
      message: 'from filebeat user=u-beat',
      host: { name: 'web-9' },
    };
    const body = `{"create":{"_index":"filebeat"}}\n${JSON.stringify(document)}\n`;
    // a batch that was not answered comes again
    for (const _again of [1, 2]) expect((await call('POST', '/_bulk', body)).status).toBe(200);
    await post(`${program.url}/lines/v1`, 'after filebeat\n', { 'content-type': 'text/plain' });
    await logs(program, `body = 'after filebeat'`, 1);
    expect(await logs(program, `stream = 'filebeat'`, 1)).toMatchObject([
      { host: 'web-9', user_id: 'u-beat' },
    ]);
  });
});

describe('Heroku', () => {
  test('a drain: router lines are typed, @[…] lines are events, a frame that comes again counts once', async () => {
    const now = new Date().toISOString();
    const messages = [
      `<158>1 ${now} host heroku router - at=info method=GET path="/h?a=1" host=h fwd="203.0.113.77" dyno=web.1 connect=1ms service=18ms status=200 bytes=13\n`,
      `<190>1 ${now} host app web.1 - @[prod.noted] {"user_id":"u-heroku","n":1}\n`,
    ];
    const body = messages.map((message) => `${message.length} ${message}`).join('');
    const headers = {
      'content-type': 'application/logplex-1',
      'logplex-msg-count': '2',
      'logplex-frame-id': 'frame-1',
    };
    for (const _again of [1, 2])
      expect((await post(`${program.url}/logplex`, body, headers)).status).toBe(204);
    await post(`${program.url}/lines/v1`, 'after heroku\n', { 'content-type': 'text/plain' });
    await logs(program, `body = 'after heroku'`, 1);
    const rows = await logs(program, `protocol = 'logplex'`, 1);
    expect(rows).toMatchObject([{ service: 'router', attributes: { service_ms: 18 } }]);
    expect(JSON.stringify(rows)).not.toContain('113.77');
    const events = await program.rows(`SELECT user_id FROM tributary.events WHERE event = 'noted'`);
    expect(events).toEqual([{ user_id: 'u-heroku' }]);
  });
});

describe('syslog', () => {
  test.each([
    [
      'TCP, counted, RFC 5424',
      'tcp',
      'TCP_Framing="octet-counted" Template="RSYSLOG_SyslogProtocol23Format"',
    ],
    ['TCP by lines, as rsyslog forwards by itself', 'tcp', ''],
    ['UDP', 'udp', 'Template="RSYSLOG_SyslogProtocol23Format"'],
  ])('rsyslog over %s', async (name, protocol, more) => {
    const where = mkdtempSync(join(folder, 'rsyslog-'));
    const source = join(where, 'app.log');
    const tag = `app${name.length}${protocol}`;
    writeFileSync(source, '');
    writeFileSync(
      join(where, 'rsyslog.conf'),
      `module(load="imfile" PollingInterval="1" mode="polling")
global(workDirectory="${where}")
input(type="imfile" File="${source}" Tag="${tag}:" Severity="warning" Facility="local3")
action(type="omfwd" Target="127.0.0.1" Port="${protocol === 'tcp' ? syslogTcp : syslogUdp}" Protocol="${protocol}" ${more})
`,
    );
    const child = run('/usr/sbin/rsyslogd', [
      '-n',
      '-f',
      join(where, 'rsyslog.conf'),
      '-i',
      join(where, 'pid'),
    ]);
    let output = '';
    child.stderr?.on('data', (chunk) => (output += chunk));
    appendFileSync(source, `level=error msg="from rsyslog" user=u-${tag} ip=203.0.113.77\n`);
    const rows = await logs(program, `protocol = 'syslog' AND user_id = 'u-${tag}'`, 1).catch(
      (error: unknown) => {
        throw new Error(`${String(error)}\n${output}`);
      },
    );
    expect(rows).toMatchObject([{ body: 'from rsyslog', severity: 17, service: tag }]);
    expect(flat(rows[0]?.attributes ?? {})).toMatchObject({ 'syslog.facility': 'local3', ip: '203.0.113.0' });
  });
});
