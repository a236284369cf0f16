import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { LogRecord } from '../../contract/request.ts';
import { keptHeaders } from '../accept/headers.ts';
import { decodeNow } from '../decode-now.fixture.ts';
import type { Protocol } from '../protocol.ts';
import { protocols } from '../protocols.ts';

const folder = join(import.meta.dirname, 'fixtures');
const folders = readdirSync(folder);

interface Fixture {
  readonly request: {
    readonly client: string;
    readonly method: string;
    readonly url: string;
    readonly headers: Record<string, string>;
    readonly body_base64: string;
    /** What admission adds to the headers: the sender that the key of a webhook is for. */
    readonly admitted?: Record<string, string>;
  };
  /** What it must decode to. UPDATE_FIXTURES=1 writes it anew; read the difference before committing it. */
  readonly expected?: unknown;
}

function routeOf({ route }: Pick<Protocol, 'route'>, url: string) {
  return route((url.split('?')[0] ?? '').replace(/(.)\/$/, '$1'));
}

function recordOf({ request }: Fixture, protocol: Protocol): LogRecord {
  const { method, headers } = request;
  const [, query = ''] = request.url.split('?');
  const sent = Buffer.from(request.body_base64, 'base64');
  const body = sent[0] === 0x1f ? gunzipSync(sent) : sent;
  const route = routeOf(protocol, request.url) ?? { kind: 'events', methods: [], path: '' };
  const reading = protocol.read({ route, method, query, headers, body, secure: false, host: '', prefix: '' });
  // A new id for a new visitor, whom a recorded request is not.
  const { cookie: _, ...kept } = reading.headers ?? {};
  return {
    offset: 1,
    receivedAt: 1_795_301_100_000,
    project: 'p',
    key: '',
    visitor: reading.cookieless ? 'visitor of the day' : '',
    protocol: protocol.name,
    method,
    path: route.path,
    query: reading.query,
    headers: keptHeaders(headers, { ...kept, ...request.admitted }),
    address: '203.0.113.0',
    body,
  };
}

describe.each(protocols)('$name', (protocol) => {
  const files = folders.includes(protocol.name)
    ? readdirSync(join(folder, protocol.name)).filter((name) => name.endsWith('.json'))
    : [];

  it('has recorded requests of real clients', () => {
    expect(files.length).toBeGreaterThan(4);
  });

  it.each(files)('decodes %s to the events written beside it', (file) => {
    const path = join(folder, protocol.name, file);
    const fixture = JSON.parse(readFileSync(path, 'utf8')) as Fixture;
    const decoded: unknown = JSON.parse(JSON.stringify(decodeNow(recordOf(fixture, protocol))));
    if (process.env.UPDATE_FIXTURES === '1') {
      writeFileSync(
        path,
        `${JSON.stringify({ request: fixture.request, expected: decoded }, undefined, 2)}\n`,
      );
    }
    expect(decoded).toEqual(fixture.expected);
    expect(routeOf(protocol, fixture.request.url)?.kind).toBe('events');
  });
});
