import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, deflateSync, gunzipSync, gzipSync } from 'node:zlib';

/** One generated request. `key` is the write key that was put into it, so that a test knows what to expect. */
export interface FuzzRequest {
  /** What was done to it, for the message of a failing test. */
  readonly name: string;
  readonly method: string;
  /** Path with query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Every status the collector may answer such a request with; 404 = no path of a tracker. */
export const allowedStatuses: readonly number[] = [200, 202, 204, 400, 401, 404, 405, 413, 503];

/** The protocols whose recorded requests are spoiled here. */
export const fuzzedProtocols: readonly string[] = [
  'segment',
  'rudderstack',
  'posthog',
  'mixpanel',
  'tributary',
  'amplitude',
  'ga4',
  'matomo',
  'plausible',
  'umami',
  'snowplow',
];

const fixtures = join(import.meta.dirname, '../src/collect/protocols/fixtures');

/** mulberry32: the same seed gives the same requests on every machine. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }
}

interface Draft {
  name: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  body: Buffer;
}
type Mutation = (draft: Draft, random: Random) => void;

function recorded(): Draft[] {
  return fuzzedProtocols.flatMap((protocol) =>
    readdirSync(join(fixtures, protocol)).map((file) => {
      const { request } = JSON.parse(readFileSync(join(fixtures, protocol, file), 'utf8')) as {
        request: { method: string; url: string; headers: Record<string, string>; body_base64: string };
      };
      const body = Buffer.from(request.body_base64, 'base64');
      const { 'content-encoding': _encoding, ...headers } = request.headers;
      const plain = body[0] === 0x1f ? gunzipSync(body) : body;
      return { name: file, method: request.method, url: request.url, headers, body: plain };
    }),
  );
}

const odd: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1e308,
  '',
  ' ',
  'x'.repeat(5_000),
  [],
  {},
  [[[]]],
  { a: { b: [] } },
  'NaN',
  '\u0000',
  '\ud800',
  '💧',
  '__proto__',
  'undefined',
  '9'.repeat(400),
];
const times: readonly unknown[] = [
  '0000-00-00T00:00:00Z',
  '9999-12-31T23:59:59.999Z',
  '+275760-09-13T00:00:00.000Z',
  '1969-12-31',
  'now',
  '-1',
  1e18,
  -1e18,
  0,
  '2026-02-30T25:61:61Z',
  '١٢٣',
  4_102_444_800,
];
const timeFields = [
  'timestamp',
  'originalTimestamp',
  'sentAt',
  'sent_at',
  'offset',
  'time',
  '$time',
  'client_upload_time',
  'timestamp_micros',
  'cdt',
  'cdo',
  'dtm',
  'stm',
  'ttm',
];

type Json = Record<string, unknown>;

const keyFields = /"(k|aid|api_key|token|\$token|website|domain|d)":"[^"]*"/g;

function withKey(body: Buffer, writeKey: string): Buffer {
  const [json, wrap] = unwrapped(body);
  return Buffer.from(wrap(json.replaceAll(keyFields, `"$1":"${writeKey}"`)));
}

/** The JSON of a body that may hide it in the base64 of a form, and how it gets back there. */
function unwrapped(body: Buffer): [json: string, wrap: (json: string) => string] {
  const text = body.toString();
  if (!text.startsWith('data=')) return [text, (json) => json];
  const json = Buffer.from(decodeURIComponent(text.slice(5).replaceAll(' ', '+')), 'base64').toString();
  return [json, (changed) => `data=${encodeURIComponent(Buffer.from(changed).toString('base64'))}`];
}

/** Every object inside, the outermost first. */
function objects(value: unknown, found: Json[] = []): Json[] {
  if (typeof value !== 'object' || value === null) return found;
  if (!Array.isArray(value)) found.push(value as Json);
  for (const item of Object.values(value)) objects(item, found);
  return found;
}

/** Changes the JSON of the body (or, of a GET, the parameters of the query) by `change`. */
function changeJson(draft: Draft, random: Random, change: (object: Json, root: Json) => void): void {
  if (draft.body.length === 0) {
    const [path = '', query = ''] = draft.url.split('?');
    const fields: Json = Object.fromEntries(new URLSearchParams(query));
    change(fields, fields);
    const pairs = Object.entries(fields).map(
      ([key, value]) =>
        `${percentEncoded(key)}=${percentEncoded(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))}`,
    );
    draft.url = `${path}?${pairs.join('&')}`.slice(0, 30_000);
    return;
  }
  try {
    const [json, wrap] = unwrapped(draft.body);
    const root = JSON.parse(json) as Json;
    change(random.pick(objects(root)) ?? {}, root);
    draft.body = Buffer.from(wrap(JSON.stringify(root)));
  } catch {
    // an earlier mutation broke the JSON: that is mutation enough
  }
}

function percentEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function spoil(body: Buffer, random: Random): Buffer {
  if (body.length === 0) return random.bytes(20);
  const copy = Buffer.from(body);
  for (let count = 1 + random.below(8); count > 0; count--)
    copy[random.below(copy.length)] = random.below(256);
  return copy;
}

const mutations: Readonly<Record<string, Mutation>> = {
  'as it is': () => {},
  'cut off': (draft, random) => {
    draft.body = draft.body.subarray(0, random.below(draft.body.length + 1));
  },
  'changed bytes': (draft, random) => {
    draft.body = spoil(draft.body, random);
  },
  'random bytes': (draft, random) => {
    draft.body = random.bytes(random.below(300));
  },
  'another type': (draft, random) =>
    changeJson(draft, random, (object) => {
      object[random.pick(Object.keys(object)) ?? 'type'] = random.pick(odd);
    }),
  'a missing field': (draft, random) =>
    changeJson(draft, random, (object) => {
      delete object[random.pick(Object.keys(object)) ?? ''];
    }),
  'an absurd time': (draft, random) =>
    changeJson(draft, random, (object) => {
      object[random.pick(timeFields)] = random.pick(times);
    }),
  'an odd address': (draft, random) =>
    changeJson(draft, random, (object) => {
      object.ip = random.pick<unknown>(['1.2.3.4', '::1', '999.1.1.1', '1.2.3.4"', 7, null, 'x'.repeat(300)]);
    }),
  'hostile keys': (draft, random) =>
    changeJson(draft, random, (object) => {
      for (const key of [
        'constructor',
        'toString',
        '',
        '\u0000',
        'a.b',
        '$set',
        '$groups',
        'products',
        'reason',
      ])
        object[key] = random.pick(odd);
      Object.defineProperty(object, '__proto__', { value: { polluted: true }, enumerable: true });
    }),
  'many properties': (draft, random) => {
    // 100,000 once in a while: each costs as much as hundreds of other requests.
    const properties = random.below(40) === 0 ? hugeProperties : manyProperties;
    const body = draft.body.toString();
    const at = body.indexOf('{', random.below(body.length + 1)) + 1;
    if (at > 0) draft.body = Buffer.from(`${body.slice(0, at)}${properties}${body.slice(at)}`);
    else draft.url += `&${'a=1&'.repeat(1_100)}`;
  },
  'deep nesting': (draft, random) => {
    const levels = random.pick([30, 1_000, 10_000]);
    const body = draft.body.toString();
    draft.body = Buffer.from(
      body.replace(
        /[}\]]\s*$/,
        (end) => `${end === '}' ? ',"deep":' : ','}${'['.repeat(levels)}${']'.repeat(levels)}${end}`,
      ),
    );
  },
  'invalid UTF-8': (draft, random) => {
    const at = random.below(draft.body.length + 1);
    draft.body = Buffer.concat([
      draft.body.subarray(0, at),
      Buffer.from(random.pick(['ff', 'c080', 'eda080', 'f8888080'] as const), 'hex'),
      draft.body.subarray(at),
    ]);
  },
  'another charset': (draft, random) => {
    draft.headers['content-type'] = random.pick([
      'application/json; charset=utf-16',
      'text/plain; charset=latin1',
      'x/y',
      'multipart/form-data',
      '',
    ] as const);
    if (random.below(2) === 0)
      draft.body = Buffer.from(draft.body.toString(), random.pick(['utf16le', 'latin1'] as const));
  },
  compressed: (draft, random) => {
    draft.body = random.pick([gzipSync, deflateSync, quickBrotli])(draft.body);
    draft.headers['content-encoding'] = random.pick([
      'gzip',
      'deflate',
      'br',
      'zstd',
      'identity',
      'gzip, br',
      '*',
    ] as const);
  },
  'broken gzip': (draft, random) => {
    const packed = gzipSync(draft.body);
    draft.body =
      random.below(2) === 0 ? packed.subarray(0, random.below(packed.length)) : spoil(packed, random);
  },
  'a gzip bomb': (draft) => {
    draft.body = bomb;
    draft.headers['content-encoding'] = 'gzip';
  },
  'garbage headers': (draft, random) => {
    for (const name of [
      'user-agent',
      'cookie',
      'referer',
      'origin',
      'x-forwarded-for',
      'forwarded',
      'sec-ch-ua',
      'sp-anonymous',
      'posthog-request-timestamp',
      'sentat',
      'x-random',
    ] as const) {
      // Node's own client refuses what may not stand in a header at all, so this is what it lets through.
      if (random.below(2) === 0)
        draft.headers[name] = random
          .bytes(random.below(200))
          .toString('latin1')
          .replace(/[^\t\x20-\x7e\x80-\xff]/g, ';')
          .trim();
    }
  },
  'another path': (draft, random) => {
    draft.url = random.pick([
      '/v1/track',
      '/v1/batch',
      '/v1/p/',
      '/segment/v1/i',
      '/rudderstack/v1/batch',
      '/pixel/v1/track?writeKey=x',
      '/sourceConfig',
      '/batch/',
      '/e/?data=%7B%7D',
      '/i/v1/analytics/events',
      '/s/',
      '/flags/?v=2',
      '/array/%00/config',
      '/posthog/engage',
      '/track/?verbose=1&data=e30',
      '/mixpanel/engage/',
      '/import?strict=1',
      '/groups',
      '/record',
      '/2/httpapi',
      '/httpapi?api_key=x&event=%7B',
      '/identify?identification=%5B%5D',
      '/mp/collect?api_secret=x',
      '/debug/mp/collect',
      '/g/collect?v=2&en=%',
      '/collect?v=1',
      '/matomo.php?cip=%&idsite=1',
      '/piwik.php?requests',
      '/api/event/',
      '/api/send',
      '/umami/api/batch',
      '/i',
      '/i/',
      '/ice.png?',
      '/com.snowplowanalytics.snowplow/tp2',
      '/snowplow/i',
      '/v1/projects/%00/settings',
      '/v1/nothing',
      '//i',
      '/v1/m',
      '/%',
      '/i?%',
      '/i?e=pv&e=pp',
      '/x_y-zabcdef/i?e=pv',
    ] as const);
  },
  'another method': (draft, random) => {
    draft.method = random.pick(['GET', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'POST'] as const);
  },
  'another key': (draft, random) => {
    draft.headers.authorization = random.pick([
      'Basic',
      'Basic ',
      'Basic !!!',
      `Basic ${btoa('nobody:')}`,
      'Bearer x',
      `Basic ${btoa(':')}`,
    ] as const);
  },
};

const properties = (count: number) =>
  Array.from({ length: count }, (_, index) => `"property_${index}":${index},`).join('');
const manyProperties = properties(1_100);
const hugeProperties = properties(100_000);
const quickBrotli = (body: Buffer) =>
  brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
const bomb = gzipSync(Buffer.alloc(25 * 1024 * 1024));
const names = Object.keys(mutations);
/** One in so many of these is enough: each costs as much as a hundred other requests. */
const costly: Readonly<Record<string, number>> = {
  'a gzip bomb': 40,
  'many properties': 8,
  'deep nesting': 3,
};

/**
 * `count` requests made from recorded ones by one to three mutations. `writeKey` goes into the Authorization header and,
 * as application id, into Snowplow's; a part of the requests loses it again.
 */
export function* fuzzRequests(count: number, seed: number, writeKey: string): Generator<FuzzRequest> {
  const random = new Random(seed);
  const originals = recorded();
  for (let index = 0; index < count; index++) {
    const original = random.pick(originals);
    const draft: Draft = {
      ...original,
      headers: { ...original.headers, authorization: `Basic ${btoa(`${writeKey}:`)}` },
      url: original.url.replace(/([?&](?:aid|writeKey|idsite|tid|measurement_id)=)[^&]*/, `$1${writeKey}`),
      body: withKey(original.body, writeKey),
    };
    for (let times = 1 + random.below(3); times > 0; times--) {
      const name = random.pick(names);
      if (random.below(costly[name] ?? 1) > 0) continue;
      mutations[name]?.(draft, random);
      draft.name += `, ${name}`;
    }
    yield { ...draft, name: `#${index} ${draft.name}` };
  }
}
