import { basicUser } from '../authorization.ts';
import { object, text } from '../fields.ts';
import { parseJson } from '../payload.ts';
import { parameter, without } from '../payload-forms.ts';
import type { Answer, Incoming, Protocol, Reading, Route } from '../protocol.ts';
import { decodeCalls, types } from '../segment-events.ts';

/**
 * The Segment HTTP API, as @segment/analytics-node, @segment/analytics-next and RudderStack's SDKs speak it: whole and
 * one-letter paths, single events and batches. Clients drop on 400, 401, 413 and try again on 503.
 */
const routes = new Map<string, Route>([
  ...Object.keys(types).map((name): [string, Route] => [
    `/v1/${name}`,
    { kind: 'events', methods: ['POST'], path: `/v1/${name}` },
  ]),
  // The SDK's measurements of itself: answered, so that it is content, and not kept.
  ['/v1/m', { kind: 'answer', methods: ['POST'], path: '/v1/m' }],
]);

function route(path: string): Route | undefined {
  const known = routes.get(path);
  if (known) return known;
  const key = /^\/v1\/projects\/([^/]{1,200})\/settings$/.exec(path)?.[1];
  return key === undefined
    ? undefined
    : { kind: 'answer', methods: ['GET', 'HEAD'], path: '/v1/projects/settings', key };
}

const json = { 'content-type': 'application/json' };
const success: Answer = { status: 200, headers: json, body: '{"success":true}' };

/** Above this the key must be in the header: the body would have to be parsed on the thread that answers everybody. */
const maxBodyForKey = 1024 * 1024;

function read({ query, headers, body }: Incoming): Reading {
  const key = basicUser(headers.authorization) ?? parameter(query, 'writeKey') ?? keyOfBody(body);
  return { key, query: without(query, 'writeKey'), answer: success };
}

function keyOfBody(body: Buffer): string | undefined {
  if (body.length > maxBodyForKey) return undefined;
  const parsed = parseJson(body);
  if ('reason' in parsed) return undefined;
  const whole = object(parsed.json);
  const first = Array.isArray(whole.batch) ? object(whole.batch[0]) : undefined;
  return text(whole.writeKey) ?? text(first?.writeKey);
}

/** What analytics-next fetches before it sends: where to send, and that nothing else is switched on. */
function answer({ route: { key, path }, host, secure, prefix }: Incoming, known: boolean): Answer {
  if (path === '/v1/m') return success;
  if (!known) {
    const message = 'no project has this write key; use one shown under Sources';
    return {
      status: 404,
      headers: json,
      body: JSON.stringify({ success: false, error: { code: 'unknown-key', message } }),
    };
  }
  const settings = {
    integrations: {
      'Segment.io': {
        apiKey: key,
        apiHost: `${host}${prefix}/v1`,
        protocol: secure ? 'https' : 'http',
        type: 'server',
      },
    },
    plan: {
      track: { __default: { enabled: true } },
      identify: { __default: { enabled: true } },
      group: { __default: { enabled: true } },
    },
    edgeFunction: {},
    enabledMiddleware: {},
    metrics: { sampleRate: 0 },
    remotePlugins: [],
    legacyVideoPluginsEnabled: false,
  };
  return {
    status: 200,
    headers: { ...json, 'cache-control': 'public, max-age=120' },
    body: JSON.stringify(settings),
  };
}

export const segment: Protocol = {
  name: 'segment',
  route,
  read,
  answer,
  tooLargeStatus: 413,
  decode: (record) => decodeCalls(record),
};
