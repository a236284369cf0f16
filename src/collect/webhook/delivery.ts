import type { JsonValue } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { type Problem, parseJson, parseText } from '../event/payload.ts';
import { parameter } from '../event/payload-forms.ts';
import { deliveryId } from './senders/generic.ts';

/** A webhook's request, read: what a mapping is given. */
export interface WebhookDelivery {
  readonly body: JsonValue;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: string;
  /** Milliseconds. */
  readonly receivedAt: number;
  /** Id of the source's key. */
  readonly source: string;
  /** The sender's own id of the delivery, the same when it sends it again. */
  readonly id: string | undefined;
}

export function deliveryOf(record: LogRecord): WebhookDelivery | Problem {
  const parsed = bodyOf(record);
  if ('reason' in parsed) return parsed;
  const { headers, query, receivedAt, key } = record;
  return {
    body: parsed.json,
    headers,
    query,
    receivedAt,
    source: key,
    id: deliveryId({ headers, source: key }),
  };
}

/** JSON; a form's `payload` that is JSON (GitHub, Slack's commands); another form as its fields; else the text. */
function bodyOf({ body, headers }: LogRecord): { readonly json: JsonValue } | Problem {
  const parsed = parseJson(body);
  if (!('reason' in parsed) || parsed.reason !== 'not JSON') return parsed;
  const text = Buffer.from(body).toString('utf8');
  if (!headers['content-type']?.includes('application/x-www-form-urlencoded')) return { json: text };
  const payload = parameter(text, 'payload');
  const inner = payload === undefined ? undefined : parseText(payload);
  if (inner && !('reason' in inner)) return inner;
  return { json: Object.fromEntries(new URLSearchParams(text)) };
}
