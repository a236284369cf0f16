import type { JsonObject, JsonValue } from '../../contract/event.ts';
import { isObject, maxIdLength, text } from '../event/fields.ts';

/** What joins a line to its person, account, request, session and trace. */
export interface LogContext {
  userId?: string | undefined;
  anonymousId?: string | undefined;
  accountId?: string | undefined;
  requestId?: string | undefined;
  clientSessionId?: string | undefined;
  traceId?: string | undefined;
  spanId?: string | undefined;
}

type Field = keyof LogContext | 'traceparent';

/** The usual names, lower case, without dots, dashes and underscores; of several in a line the one listed first counts. */
const names: Readonly<Record<Field, readonly string[]>> = {
  userId: ['userid', 'enduserid', 'usrid', 'currentuserid', 'contextuserid', 'distinctid', 'user', 'enduser'],
  anonymousId: ['anonymousid', 'visitorid', 'deviceid'],
  accountId: [
    'accountid',
    'account',
    'teamid',
    'team',
    'tenantid',
    'tenant',
    'organizationid',
    'organization',
    'orgid',
    'org',
    'workspaceid',
    'workspace',
    'companyid',
    'company',
    'customerid',
    'customer',
    'groupid',
  ],
  requestId: [
    'requestid',
    'xrequestid',
    'httprequestid',
    'reqid',
    'correlationid',
    'xcorrelationid',
    'httprequestheaderxrequestid',
  ],
  clientSessionId: ['sessionid', 'session'],
  traceId: ['traceid', 'oteltraceid', 'contexttraceid'],
  spanId: ['spanid', 'otelspanid', 'contextspanid'],
  traceparent: ['traceparent'],
};

/** Objects in which such names are looked for: `{user: {id}}`, `{http: {request: {id}}}`, `{ctx: {user_id}}`. */
const holders = new Set([
  'user',
  'enduser',
  'usr',
  'account',
  'team',
  'tenant',
  'organization',
  'org',
  'workspace',
]);
for (const name of ['company', 'customer', 'session', 'trace', 'span', 'http', 'request', 'req', 'context'])
  holders.add(name);
const transparent = new Set([
  'ctx',
  'context',
  'labels',
  'extra',
  'meta',
  'metadata',
  'fields',
  'mdc',
  'tags',
  'attributes',
]);

interface Meaning {
  readonly field: Field;
  readonly rank: number;
}

const meanings = new Map<string, Meaning>();
for (const field of Object.keys(names) as Field[])
  for (const [rank, name] of names[field].entries()) meanings.set(name, { field, rank });

// The same keys come with every line, so that what a key means is worked out once.
const known = new Map<string, Meaning | undefined>();
const maxKnown = 5_000;
const maxDepth = 3;

function meaningOf(key: string): Meaning | undefined {
  if (known.has(key)) return known.get(key);
  // in capitals it is a variable of the environment, and root
  const meaning =
    key.length > 60 || key === 'USER' ? undefined : meanings.get(key.toLowerCase().replace(/[._-]/g, ''));
  if (known.size >= maxKnown) known.clear();
  known.set(key, meaning);
  return meaning;
}

/** Reads the context from attributes under any of its usual names. */
export function contextOf(attributes: JsonObject): LogContext {
  const found: LogContext = {};
  collect(attributes, '', 1, found, {});
  return found;
}

function collect(
  attributes: JsonObject,
  prefix: string,
  depth: number,
  found: LogContext,
  ranks: Partial<Record<Field, number>>,
): void {
  for (const key in attributes) {
    const value = attributes[key];
    if (value === undefined || value === null) continue;
    if (isObject(value)) {
      if (depth >= maxDepth) continue;
      if (holders.has(key)) collect(value, `${prefix}${key}.`, depth + 1, found, ranks);
      if (transparent.has(key)) collect(value, prefix, depth + 1, found, ranks);
      continue;
    }
    const meaning = meaningOf(prefix + key);
    if (meaning === undefined || meaning.rank >= (ranks[meaning.field] ?? 1_000)) continue;
    if (take(meaning.field, value, found)) ranks[meaning.field] = meaning.rank;
  }
}

function take(field: Field, value: JsonValue, found: LogContext): boolean {
  const said = text(value);
  if (said === undefined || said === '-' || said.length > maxIdLength) return false;
  if (field === 'traceparent') {
    const [, trace, span] = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}/.exec(said) ?? [];
    found.traceId ??= traceId(trace);
    found.spanId ??= spanId(span);
    return trace !== undefined;
  }
  const id = field === 'traceId' ? traceId(said) : field === 'spanId' ? spanId(said) : said;
  if (id === undefined) return false;
  found[field] = id;
  return true;
}

/** 32 lower-case digits; ids of 64 bits, as Zipkin has them, are the lower half. */
export function traceId(said: string | undefined): string | undefined {
  if (said === undefined || !/^(?:[\da-fA-F]{16}|[\da-fA-F]{32})$/.test(said) || /^0+$/.test(said))
    return undefined;
  return said.toLowerCase().padStart(32, '0');
}

export function spanId(said: string | undefined): string | undefined {
  return said !== undefined && /^[\da-fA-F]{16}$/.test(said) && !/^0+$/.test(said)
    ? said.toLowerCase()
    : undefined;
}
