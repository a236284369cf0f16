import { parse } from 'yaml';
import { z } from 'zod';
import type { EventType, JsonObject, JsonValue } from '../contract/event.ts';
import { messageOf, TributaryError } from '../runtime/errors.ts';
import { idOf, isObject, numberOf, textOf, timeOf, without } from './fields.ts';
import type { Converted, Format, HistoricEvent } from './format.ts';
import { toTributary } from './tributary.ts';

/** `$name` is the column of that name; everything else stands for itself (`$$` for a dollar sign at the start). */
const value = z.union([z.string(), z.number(), z.boolean()]);
const values = z.record(z.string(), value);

const mappingSchema = z.strictObject({
  type: z.enum(['track', 'page', 'screen', 'identify', 'group', 'alias']).default('track'),
  /** Name of a track event. */
  event: value.optional(),
  id: value.optional(),
  timestamp: value,
  /** For times without a zone, such as `+02:00`; UTC otherwise. */
  zone: z
    .string()
    .regex(/^[+-]\d\d:\d\d$/, 'an offset such as +02:00')
    .optional(),
  userId: value.optional(),
  anonymousId: value.optional(),
  accountId: value.optional(),
  previousId: value.optional(),
  sessionId: value.optional(),
  url: value.optional(),
  referrer: value.optional(),
  title: value.optional(),
  userAgent: value.optional(),
  address: value.optional(),
  locale: value.optional(),
  revenue: value.optional(),
  /** What the revenue column is divided by: 100 when it holds cents. */
  revenueDivisor: z.number().positive().optional(),
  currency: value.optional(),
  orderId: value.optional(),
  /** By name, or `rest` for every column that nothing else uses. */
  properties: z.union([z.literal('rest'), z.literal('none'), values]).default('rest'),
  /** Traits of the person. */
  traits: values.optional(),
});

export type Mapping = z.output<typeof mappingSchema>;

/** Reads a mapping file; rejects with `config-invalid`, naming the file and the place. */
export function readMapping(text: string, file: string): Mapping {
  let parsed: JsonValue | undefined;
  try {
    parsed = parse(text) as JsonValue | undefined;
  } catch (error) {
    throw new TributaryError('config-invalid', `${file} is no YAML: ${messageOf(error)}`, { cause: error });
  }
  const result = mappingSchema.safeParse(parsed);
  if (result.success) return checked(result.data, file);
  throw new TributaryError(
    'config-invalid',
    `${file}: ${result.error.issues.map((one) => problemOf(one, parsed)).join('; ')}`,
  );
}

function problemOf(issue: z.core.$ZodIssue, mapping: JsonValue | undefined): string {
  if (!isObject(mapping)) return 'it is no list of keys and columns, such as "timestamp: $placed"';
  if (issue.code === 'unrecognized_keys')
    return `there is no key ${issue.keys.map((key) => `"${key}"`).join(', ')}`;
  const place = issue.path.join('.');
  if (issue.path.length === 1 && !Object.hasOwn(mapping, place)) return `${place} is missing`;
  return `${place}: ${issue.code === 'invalid_union' ? 'a column such as $name, a text or a number' : issue.message}`;
}

function checked(mapping: Mapping, file: string): Mapping {
  if (mapping.type === 'track' && mapping.event === undefined)
    throw new TributaryError(
      'config-invalid',
      `${file}: event: a track event needs a name, such as "order placed" or $column`,
    );
  if (mapping.userId === undefined && mapping.anonymousId === undefined)
    throw new TributaryError('config-invalid', `${file}: userId: say who it was, by userId or anonymousId`);
  return mapping;
}

/** Columns that tables of events usually have, by what they mean; the first that is there counts. */
const usual: Readonly<Partial<Record<keyof Mapping, readonly string[]>>> = {
  event: ['event', 'event_name', 'eventName', 'action', 'name'],
  id: ['event_id', 'eventId', 'message_id', 'messageId', 'uuid', 'id'],
  timestamp: ['timestamp', 'time', 'event_time', 'occurred_at', 'created_at', 'date', 'ts'],
  userId: ['user_id', 'userId', 'customer_id', 'customerId', 'uid', 'user'],
  anonymousId: ['anonymous_id', 'anonymousId', 'visitor_id', 'device_id', 'cookie_id', 'client_id'],
  accountId: ['account_id', 'accountId', 'company_id', 'team_id', 'workspace_id', 'organization_id'],
  sessionId: ['session_id', 'sessionId'],
  url: ['url', 'page_url', 'page_location'],
  referrer: ['referrer', 'page_referrer'],
  title: ['title', 'page_title'],
  userAgent: ['user_agent', 'userAgent', 'useragent'],
  revenue: ['revenue', 'amount'],
  currency: ['currency'],
  orderId: ['order_id', 'orderId'],
};

/** What a file without a mapping most likely means; undefined when nothing names the time, the event or the user. */
export function guessMapping(columns: readonly string[]): Mapping | undefined {
  const found: Record<string, string> = {};
  const taken = new Set<string>();
  for (const [field, names] of Object.entries(usual)) {
    const column = names.find((name) => columns.includes(name) && !taken.has(name));
    if (column === undefined) continue;
    taken.add(column);
    found[field] = `$${column}`;
  }
  const result = mappingSchema.safeParse(found);
  if (!result.success || found.event === undefined) return undefined;
  return found.userId === undefined && found.anonymousId === undefined ? undefined : result.data;
}

/** The format that a mapping describes. */
export function mappedFormat(mapping: Mapping): Format {
  const used = columnsOf(mapping);
  return {
    name: 'mapped',
    summary: 'rows as the mapping says',
    convert: (row, number) => convert(mapping, used, row, number),
    recognizes: () => false,
  };
}

function convert(mapping: Mapping, used: ReadonlySet<string>, row: JsonObject, number: number): Converted {
  const text = (from: z.output<typeof value> | undefined) => textOf(read(row, from));
  const time = timeOf(withZone(read(row, mapping.timestamp), mapping.zone));
  if (time === undefined) return { skip: `no readable time in ${String(mapping.timestamp)}` };
  const name = mapping.type === 'track' ? text(mapping.event) : mapping.type;
  if (name === undefined) return { skip: `no event name in ${String(mapping.event)}` };
  const userId = text(mapping.userId);
  const anonymousId = text(mapping.anonymousId);
  if (userId === undefined && anonymousId === undefined)
    return { skip: 'nobody: no userId and no anonymousId' };
  const amount = numberOf(read(row, mapping.revenue));
  const traits = mapping.traits && picked(row, mapping.traits);
  const event: HistoricEvent = {
    type: mapping.type satisfies EventType,
    event: name,
    id: text(mapping.id) ?? idOf('row', number, JSON.stringify(row)),
    trueAt: time,
    userId,
    anonymousId,
    accountId: text(mapping.accountId),
    previousId: text(mapping.previousId),
    clientSessionId: text(mapping.sessionId),
    url: text(mapping.url),
    referrer: text(mapping.referrer),
    title: text(mapping.title),
    userAgent: text(mapping.userAgent),
    address: text(mapping.address),
    locale: text(mapping.locale),
    revenue: amount === undefined ? undefined : amount / (mapping.revenueDivisor ?? 1),
    currency: text(mapping.currency),
    orderId: text(mapping.orderId),
    properties:
      mapping.properties === 'rest'
        ? without(row, used)
        : mapping.properties === 'none'
          ? {}
          : picked(row, mapping.properties),
    person: traits && Object.keys(traits).length > 0 ? { set: traits } : undefined,
  };
  return [{ door: 'tributary', item: toTributary(event) }];
}

function read(row: JsonObject, from: z.output<typeof value> | undefined): JsonValue | undefined {
  if (typeof from !== 'string' || !from.startsWith('$')) return from;
  if (from.startsWith('$$')) return from.slice(1);
  const column = from.slice(1);
  if (Object.hasOwn(row, column)) return row[column];
  // a.b reaches into JSON where there is no column of that whole name
  let at: JsonValue | undefined = row;
  for (const part of column.split('.')) at = isObject(at) && Object.hasOwn(at, part) ? at[part] : undefined;
  return at;
}

function picked(row: JsonObject, names: z.output<typeof values>): JsonObject {
  return Object.fromEntries(
    Object.entries(names).flatMap(([name, from]) => {
      const held = read(row, from);
      return held === undefined || held === null || held === '' ? [] : [[name, held]];
    }),
  );
}

function withZone(time: JsonValue | undefined, zone: string | undefined): JsonValue | undefined {
  return zone !== undefined &&
    typeof time === 'string' &&
    /^\s*\d{4}-\d\d-\d\d[T ]\d\d:\d\d[\d:.,]*\s*$/.test(time)
    ? `${time.trim()}${zone}`
    : time;
}

/** Columns that the mapping uses, so that they are not properties too. */
function columnsOf(mapping: Mapping): Set<string> {
  const columns = new Set<string>();
  const add = (from: unknown): void => {
    if (typeof from === 'string' && from.startsWith('$') && !from.startsWith('$$')) {
      columns.add(from.slice(1)).add(from.slice(1).split('.', 1)[0] ?? '');
    } else if (typeof from === 'object' && from !== null) for (const one of Object.values(from)) add(one);
  };
  for (const one of Object.values(mapping)) add(one);
  return columns;
}
