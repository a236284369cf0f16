import type { JsonValue } from '../../contract/event.ts';
import { parsePayload, payloadBytes } from '../event/payload-forms.ts';
import type { Incoming } from '../protocol.ts';

/** Above this the body is not parsed on the thread that answers everybody. */
const maxToParse = 1024 * 1024;
/** Whoever claims a request and whoever reads it parse its body once. */
const known = new WeakMap<Buffer, JsonValue>();

/** The JSON of a request that is not kept yet; undefined when it is broken or too large to be parsed here. */
export function smallJson({ query, body }: Incoming): JsonValue | undefined {
  if (body.length > maxToParse) return undefined;
  const before = known.get(body);
  if (before !== undefined) return before;
  const payload = parsePayload(payloadBytes({ query, body }));
  if ('reason' in payload) return undefined;
  if (body.length > 0) known.set(body, payload.json);
  return payload.json;
}

/** Clients put the key at the front, at the end, or into each event. */
const searched = 16_384;

/** The key in a body that is too large to be parsed here: the value of one of the fields, the last part of the body first. */
export function keyInText({ query, body }: Incoming, fields: RegExp): string | undefined {
  if (body.length <= maxToParse) return undefined;
  const bytes = payloadBytes({ query, body });
  const end = bytes.toString('latin1', Math.max(0, bytes.length - 1_024));
  const start = bytes.toString('latin1', 0, searched);
  return fields.exec(end.slice(end.lastIndexOf(']') + 1))?.[1] ?? fields.exec(start)?.[1];
}
