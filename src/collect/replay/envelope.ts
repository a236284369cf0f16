import type { Decoded, JsonObject, JsonValue } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { isObject } from '../event/fields.ts';
import { payloadOf } from '../event/payload-forms.ts';

/** More than any client says of its events together. */
const maxEnvelope = 200_000;
/** The item was all of the body, or of the query. */
const bare = '"item"';
export const ofQuery = '"query"';

/**
 * Failed items with what stood around them in the body of their request (when it was sent, what its events share), so that one of them can be a
 * request by itself. `lists`: where the protocol's bodies have their items.
 */
export function withEnvelopes(decoded: Decoded, record: LogRecord, lists: readonly string[]): Decoded {
  const isAlone = ({ payload, envelope }: Decoded['failures'][number]): boolean =>
    payload !== undefined && envelope === undefined;
  if (!decoded.failures.some(isAlone)) return decoded;
  const envelope = envelopeOf(record, lists);
  const failures = decoded.failures.map((failure) => (isAlone(failure) ? { ...failure, envelope } : failure));
  return { ...decoded, failures };
}

/** The body without its items, as JSON; empty when it cannot be told. */
export function envelopeOf(record: Pick<LogRecord, 'query' | 'body'>, lists: readonly string[]): string {
  const payload = payloadOf(record);
  if ('reason' in payload) return formEnvelope(record, lists);
  const { json } = payload;
  if (Array.isArray(json)) return '[]';
  const list = isObject(json) ? listIn(json, lists) : undefined;
  if (list === undefined || !isObject(json)) return bare;
  return bounded({ ...json, [list]: [] });
}

/** Old clients send a form, with the items as JSON in one of its fields. */
function formEnvelope({ body, query }: Pick<LogRecord, 'query' | 'body'>, lists: readonly string[]): string {
  const text = body.length > 0 ? Buffer.from(body).toString('latin1', 0, 5_000_000) : query;
  const form = new URLSearchParams(text);
  const list = lists.find((name) => form.has(name));
  if (list === undefined) return body.length === 0 ? ofQuery : '';
  form.delete(list);
  return bounded({ ...Object.fromEntries(form), [list]: [] });
}

function bounded(envelope: JsonObject): string {
  try {
    const text = JSON.stringify(envelope);
    return text.length > maxEnvelope ? '' : text;
  } catch {
    return '';
  }
}

function listIn(json: JsonObject, lists: readonly string[]): string | undefined {
  return lists.find((name) => Array.isArray(json[name]) || typeof json[name] === 'string');
}

/** The body that the item stood in; undefined when it stood in none. */
export function aroundOf(envelope: string): JsonValue | undefined {
  const around = envelope === '' ? undefined : (JSON.parse(envelope) as JsonValue);
  return typeof around === 'string' ? undefined : around;
}

/** A body with one item in it. */
export function enveloped(item: JsonValue, envelope: string, lists: readonly string[]): JsonValue {
  if (envelope === bare) return item;
  const around = aroundOf(envelope);
  if (Array.isArray(around)) return [item];
  const [first] = lists;
  if (isObject(around)) return { ...around, [listIn(around, lists) ?? first ?? 'items']: [item] };
  return first === undefined ? [item] : { [first]: [item] };
}
