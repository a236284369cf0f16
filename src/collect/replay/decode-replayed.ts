import { z } from 'zod';
import type { Decoded, DecodedEvent, Failure, JsonObject, JsonValue } from '../../contract/event.ts';
import type { LogLine } from '../../contract/log-line.ts';
import type { ReplayedBody } from '../../contract/replay.ts';
import type { LogRecord } from '../../contract/request.ts';
import { withinBounds } from '../event/event-problem.ts';
import { outOfBounds } from '../event/fields.ts';
import { parseJson } from '../event/payload.ts';
import type { DecodeContext, Protocol } from '../protocol.ts';

const text = z.string().min(1).optional();
const json = z.json() as z.ZodType<JsonValue>;
const object = z.record(z.string(), json) as z.ZodType<JsonObject>;
const texts = z.record(z.string(), z.string());
const facts = z.record(z.string(), z.string().optional()).optional();

const changes = z
  .strictObject({
    delete: z.literal(true).optional(),
    set: object.optional(),
    setOnce: object.optional(),
    add: z.record(z.string(), z.number()).optional(),
    append: object.optional(),
    union: z.record(z.string(), z.array(json)).optional(),
    remove: object.optional(),
    unset: z.array(z.string()).optional(),
  })
  .optional();

/** A decoded event as quarantine kept it, after somebody may have changed it. */
const eventSchema = z.looseObject({
  type: z.enum(['track', 'page', 'screen', 'identify', 'group', 'alias']),
  event: z.string().min(1),
  id: text,
  occurredAt: z.number().optional(),
  sentAt: z.number().optional(),
  trueAt: z.number().optional(),
  userId: text,
  anonymousId: text,
  accountId: text,
  accountKind: text,
  groups: texts.optional(),
  previousId: text,
  clientSessionId: text,
  url: text,
  referrer: text,
  title: text,
  userAgent: text,
  clientHints: z.looseObject({}).optional(),
  address: text,
  locale: text,
  timezone: text,
  screen: text,
  device: facts,
  appVersion: text,
  library: text,
  campaign: facts,
  revenue: z.number().optional(),
  currency: text,
  orderId: text,
  items: z
    .array(z.looseObject({ price: z.number().optional(), quantity: z.number().optional() }))
    .max(1_000)
    .optional(),
  sequence: z.number().int().min(0).optional(),
  consent: z.enum(['granted', 'denied', 'anonymous']).optional(),
  contexts: z.array(z.strictObject({ schema: z.string(), data: object })).optional(),
  properties: object.default({}),
  person: changes,
  account: changes,
});

const lineSchema = z.looseObject({
  id: text,
  timestamp: z.number().optional(),
  observedAt: z.number().optional(),
  severity: z.number().int().min(0).max(24).optional(),
  severityText: text,
  service: text,
  host: text,
  stream: text,
  body: z.string(),
  attributes: object.default({}),
  resource: object.optional(),
  traceId: text,
  spanId: text,
  userId: text,
  anonymousId: text,
  accountId: text,
  requestId: text,
  clientSessionId: text,
});

/** Decodes what is no request: an item by itself, or what decoding had let pass already. Total. */
export function decodeReplayed(
  record: LogRecord,
  read: ReplayedBody,
  protocol: Protocol | undefined,
  context: DecodeContext,
): Decoded | Promise<Decoded> {
  if (read.kind !== 'item')
    return again(decodedBefore(record, read.kind), record, envelopeOfDecoded(read.kind));
  const { envelope } = read;
  if (!protocol?.decodeItem) {
    const detail = `items of "${record.protocol}" cannot be decoded by themselves`;
    return again(failed('unknown protocol', detail), record, envelope);
  }
  const decoded = protocol.decodeItem(record, envelope, context);
  return decoded instanceof Promise
    ? decoded.then((one) => again(one, record, envelope))
    : again(decoded, record, envelope);
}

/** Stands where other items have what stood around them: these are no items of a request. */
export function envelopeOfDecoded(kind: 'event' | 'line'): string {
  return JSON.stringify(`decoded ${kind}`);
}

/** What fails again is an item again, and can be tried once more. */
function again(decoded: Decoded, { body }: LogRecord, envelope: string): Decoded {
  if (decoded.failures.length === 0) return decoded;
  const payload = Buffer.from(body).toString();
  return { ...decoded, failures: decoded.failures.map((one) => ({ payload, envelope, ...present(one) })) };
}

/** Without the fields that are undefined, which would hide those of a spread before. */
function present(failure: Failure): Failure {
  const { payload, envelope, ...rest } = failure;
  return {
    ...rest,
    ...(payload === undefined ? undefined : { payload }),
    ...(envelope === undefined ? undefined : { envelope }),
  };
}

function decodedBefore({ body }: LogRecord, kind: 'event' | 'line'): Decoded {
  const parsed = parseJson(body);
  if ('reason' in parsed) return failed(parsed.reason, parsed.detail);
  const checked = (kind === 'event' ? eventSchema : lineSchema).safeParse(parsed.json);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    return failed(`not a decoded ${kind}`, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  const { properties, attributes } = checked.data as { properties?: JsonObject; attributes?: JsonObject };
  const bounds = outOfBounds(properties ?? attributes ?? {});
  if (bounds) return failed(bounds.reason, bounds.detail);
  if (kind === 'line') return { events: [], logs: [checked.data as LogLine], failures: [] };
  const event = withinBounds(checked.data as DecodedEvent);
  return 'reason' in event ? failed(event.reason, event.detail) : { events: [event], failures: [] };
}

function failed(reason: string, detail: string): Decoded {
  return { events: [], failures: [{ stage: 'decode', reason, detail }] };
}
