import type { IncomingHttpHeaders } from 'node:http';
import type { Answer, Incoming, Route } from '../protocol.ts';

/**
 * What clients of Elasticsearch ask before they send: which version, which licence, whether templates, policies and
 * pipelines are there. Everything is there, so that they need not be told to leave it out.
 */
export const product = { 'x-elastic-product': 'Elasticsearch', 'content-type': 'application/json' } as const;

/** Shippers and client libraries name themselves; browsers ask for pages, and get the interface. */
const clients = /elastic|beat|logstash|manticore|vector|fluent|opensearch|opentelemetry/i;

export function isClient(headers: IncomingHttpHeaders): boolean {
  return (
    headers['x-elastic-client-meta'] !== undefined ||
    /vnd\.elasticsearch/.test(headers.accept ?? '') ||
    clients.test(headers['user-agent'] ?? '')
  );
}

const reads = ['GET', 'HEAD'];
const writes = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'];

/** Paths that are only answered. `/` itself is the interface's, but for the clients that name themselves. */
export function handshakeRoute(path: string): Route | undefined {
  if (path === '/') return { kind: 'answer', methods: reads, path, only: isClient };
  if (path === '/elasticsearch') return { kind: 'answer', methods: reads, path: '/' };
  const [, first = '', rest = ''] = /^\/(_[a-z_]{2,40}|logstash)((?:\/[^/]{0,200}){0,4})$/.exec(path) ?? [];
  if (!known.has(first)) return undefined;
  return { kind: 'answer', methods: writes, path: `/${first}${rest}` };
}

const known = new Set(
  '_license _xpack _ilm _index_template _component_template _template _ingest _nodes _cluster _cat _data_stream _alias _security logstash'.split(
    ' ',
  ),
);

export function handshake({ route: { path }, method, headers }: Incoming): Answer {
  return { status: 200, headers: product, body: JSON.stringify(answerTo(path, method, headers)) };
}

function answerTo(path: string, method: string, headers: IncomingHttpHeaders): unknown {
  const number = versionFor(headers['user-agent'] ?? '');
  if (path === '/') return root(number);
  if (method === 'PUT' || method === 'POST' || method === 'DELETE') return { acknowledged: true };
  const [, area, name = ''] = path.split('/');
  if (area === '_license') return license;
  if (area === '_xpack')
    return { license: license.license, features: { ilm: { available: true, enabled: true } } };
  if (area === '_nodes') return nodes(number);
  if (area === '_cluster') return health;
  if (area === '_ilm') return { [path.split('/')[3] ?? 'policy']: { version: 1, policy: { phases: {} } } };
  if (area === '_index_template')
    return { index_templates: [{ name: name || 'logs', index_template: { index_patterns: [] } }] };
  if (area === '_data_stream') return { data_streams: [] };
  return {};
}

/** No client may be newer than its server, and some speak differently with another major version than their own. */
function versionFor(agent: string): string {
  const [, major] = /(?:beat|logstash|elastic[\w-]{0,20})\/(\d{1,2})\./i.exec(agent) ?? [];
  return `${major !== undefined && Number(major) >= 7 ? major : 8}.99.0`;
}

function root(number: string) {
  return {
    name: 'tributary',
    cluster_name: 'tributary',
    cluster_uuid: 'dHJpYnV0YXJ5LWxvZ3M_Xw',
    version: {
      number,
      build_flavor: 'default',
      build_type: 'tar',
      build_hash: '0000000000000000000000000000000000000000',
      build_date: '2026-01-01T00:00:00.000Z',
      build_snapshot: false,
      lucene_version: '9.0.0',
      minimum_wire_compatibility_version: '7.17.0',
      minimum_index_compatibility_version: '7.0.0',
    },
    tagline: 'You Know, for Search',
  };
}

const license = {
  license: {
    status: 'active',
    uid: '00000000-0000-0000-0000-000000000000',
    type: 'basic',
    issue_date: '2026-01-01T00:00:00.000Z',
    issue_date_in_millis: 1_767_225_600_000,
    expiry_date_in_millis: 4_102_444_800_000,
    max_nodes: 1_000,
    issued_to: 'tributary',
    issuer: 'tributary',
    start_date_in_millis: -1,
  },
};

const health = {
  cluster_name: 'tributary',
  status: 'green',
  timed_out: false,
  number_of_nodes: 1,
  number_of_data_nodes: 1,
  active_primary_shards: 1,
  active_shards: 1,
  relocating_shards: 0,
  initializing_shards: 0,
  unassigned_shards: 0,
};

function nodes(version: string) {
  const node = {
    name: 'tributary',
    version,
    roles: ['data', 'ingest', 'master'],
    ingest: { processors: [] },
  };
  return {
    _nodes: { total: 1, successful: 1, failed: 0 },
    cluster_name: 'tributary',
    nodes: { tributary: node },
  };
}
