import { basicUser } from '../accept/authorization.ts';
import { hideInJson } from '../accept/privacy.ts';
import { smallJson } from '../accept/stated-key.ts';
import { object, text } from '../event/fields.ts';
import { parameter, rewriteWrapped, without } from '../event/payload-forms.ts';
import { decodeCalls, types } from '../event/segment-events.ts';
import type { Answer, Incoming, Protocol, Reading, Route } from '../protocol.ts';

/**
 * The Segment HTTP API, as @segment/analytics-node, @segment/analytics-next and RudderStack's SDKs speak it: whole and
 * one-letter paths, single events and batches, and the pixel, whose `data` is base64. Clients drop on 400, 401, 413 and try again on 503.
 */
const routes = new Map<string, Route>([
  ...Object.keys(types).map((name): [string, Route] => [
    `/v1/${name}`,
    { kind: 'events', methods: ['POST'], path: `/v1/${name}` },
  ]),
  ...Object.keys(types).map((name): [string, Route] => [
    `/v1/pixel/${name}`,
    { kind: 'events', methods: ['GET', 'HEAD'], path: `/v1/pixel/${name}` },
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

const image: Answer = {
  status: 200,
  headers: { 'content-type': 'image/gif', 'cache-control': 'no-cache, no-store, must-revalidate' },
  body: Buffer.from('R0lGODlhAQABAPAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64'),
};

function read(incoming: Incoming): Reading {
  const { query, headers, method } = incoming;
  return {
    key: basicUser(headers.authorization) ?? parameter(query, 'writeKey') ?? keyOfBody(incoming),
    query: without(query, 'writeKey'),
    answer: method === 'POST' ? success : image,
  };
}

/** Of a body over 1 MB the key must be in the header: it would have to be parsed on the thread that answers everybody. */
function keyOfBody(incoming: Incoming): string | undefined {
  const whole = object(smallJson(incoming));
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
  hideAddresses: (sent, hide) =>
    sent.body.length > 0 ? sent : rewriteWrapped(sent, (bytes) => hideInJson(bytes, hide)),
  tooLargeStatus: 413,
  itemLists: ['batch'],
  decode: (record) => decodeCalls(record),
};
