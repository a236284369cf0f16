import type { Decoded, DecodedEvent, Failure, JsonObject, JsonValue } from '../../contract/event.ts';
import { withinBounds } from '../event/event-problem.ts';
import { currency, isObject, number, outOfBounds, text, time } from '../event/fields.ts';
import type { Problem } from '../event/payload.ts';
import type { WebhookDelivery } from './delivery.ts';
import { evaluateMapping } from './mapping.ts';

/** What a mapping may give for each event; docs/webhooks.md says what each field means. */
const fields = [
  'event',
  'userId',
  'anonymousId',
  'accountId',
  'timestamp',
  'id',
  'revenue',
  'currency',
  'properties',
  'traits',
] as const;

/** One delivery makes at most this many events. */
const maxEvents = 1_000;

/** The events that a JSONata text makes of a delivery. Never rejects: what goes wrong fails the delivery or one event of it. */
export async function mapEvents(mapping: string, unmapped: WebhookDelivery): Promise<Decoded> {
  const { headers, query, receivedAt } = unmapped;
  const body = asText(unmapped.body);
  if (body === undefined)
    return failed({
      stage: 'decode',
      reason: 'too deep',
      detail: 'the body is nested too deep for a mapping',
    });
  const result = await evaluateMapping({
    text: mapping,
    body,
    headers,
    query: Object.fromEntries(new URLSearchParams(query)),
    receivedAt,
  });
  if ('reason' in result) return failed({ stage: 'decode', ...result });
  const { json } = result;
  if (json === undefined || json === null || (Array.isArray(json) && json.length === 0))
    return { events: [], failures: [], dropped: { 'the mapping made no event': 1 } };
  const list: readonly JsonValue[] = Array.isArray(json) ? json : [json];
  if (list.length > maxEvents)
    return failed({
      stage: 'decode',
      reason: 'too many events',
      detail: `a mapping makes at most ${maxEvents} events`,
    });
  const events: DecodedEvent[] = [];
  const failures: Failure[] = [];
  for (const [index, item] of list.entries()) {
    const event = eventOf(item, unmapped, index, list.length);
    if (!('reason' in event)) events.push(event);
    else failures.push({ stage: 'decode', ...event, payload: JSON.stringify(item) });
  }
  return { events, failures };
}

/** The event of a body that has these fields and no others already; undefined when it has not. */
export function readyEvent(unmapped: WebhookDelivery): DecodedEvent | undefined {
  const { body } = unmapped;
  if (!isObject(body) || wrongField(body)) return undefined;
  const event = eventOf(body, unmapped, 0, 1);
  return 'reason' in event ? undefined : event;
}

/** The event that a mapping had made, by itself. */
export function mappedBefore(unmapped: WebhookDelivery): Decoded {
  const event = eventOf(unmapped.body, unmapped, 0, 1);
  return 'reason' in event ? failed({ stage: 'decode', ...event }) : { events: [event], failures: [] };
}

function asText(body: JsonValue): string | undefined {
  try {
    return JSON.stringify(body);
  } catch {
    return undefined;
  }
}

function failed(failure: Failure): Decoded {
  return { events: [], failures: [failure] };
}

function eventOf(
  item: JsonValue,
  { id: delivery, source }: WebhookDelivery,
  index: number,
  count: number,
): DecodedEvent | Problem {
  const problem = isObject(item) ? (wrongField(item) ?? outOfBounds(item)) : notAnEvent(item);
  if (problem || !isObject(item)) return problem ?? notAnEvent(item);
  const id = text(item.id);
  const derived = delivery === undefined || count === 1 ? delivery : `${delivery}:${index}`;
  const revenue = number(item.revenue);
  const stated = currency(item.currency);
  return withinBounds({
    type: 'track',
    event: text(item.event) ?? '',
    id: id === undefined ? derived : `${source}:${id}`,
    trueAt: time(item.timestamp),
    userId: text(item.userId),
    anonymousId: text(item.anonymousId),
    accountId: text(item.accountId),
    revenue,
    currency: revenue === undefined ? undefined : stated,
    properties: isObject(item.properties) ? item.properties : {},
    person: isObject(item.traits) ? { set: item.traits } : undefined,
  });
}

function notAnEvent(item: JsonValue): Problem {
  const what = Array.isArray(item) ? 'a list' : JSON.stringify(item).slice(0, 80);
  return {
    reason: 'not an event',
    detail: `a mapping gives objects with these fields: ${fields.join(', ')}; not ${what}`,
  };
}

/** A field that is misspelt would be lost without a word. */
function wrongField(item: JsonObject): Problem | undefined {
  const strange = Object.keys(item).find((name) => !(fields as readonly string[]).includes(name));
  if (strange !== undefined)
    return { reason: 'unknown field', detail: `"${strange.slice(0, 80)}" is none of ${fields.join(', ')}` };
  if (text(item.event) === undefined || typeof item.event === 'object')
    return { reason: 'no event name', detail: 'the field "event" must be a text' };
  for (const name of ['properties', 'traits'] as const) {
    if (item[name] !== undefined && item[name] !== null && !isObject(item[name]))
      return { reason: 'wrong type', detail: `"${name}" must be an object` };
  }
  if (item.timestamp !== undefined && item.timestamp !== null && time(item.timestamp) === undefined)
    return {
      reason: 'wrong type',
      detail: '"timestamp" must be ISO 8601, or seconds or milliseconds since 1970',
    };
  if (item.revenue !== undefined && item.revenue !== null && number(item.revenue) === undefined)
    return { reason: 'wrong type', detail: '"revenue" must be a number' };
  return undefined;
}
