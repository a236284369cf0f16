import type { JsonValue } from '../../contract/event.ts';
import type { ReplayedBody } from '../../contract/replay.ts';
import type { AcceptedRequest } from '../../contract/request.ts';
import type { Protocol } from '../protocol.ts';
import { protocols } from '../protocols.ts';
import { aroundOf, enveloped, ofQuery } from './envelope.ts';

/** What of a request is another one when it has one item only; `read`: it is no request, and read by itself. */
type Alone = Pick<AcceptedRequest, 'query' | 'body'> & { readonly read?: ReplayedBody };

const byName = new Map<string, Protocol>(protocols.map((protocol) => [protocol.name, protocol]));

/**
 * One item of a request in a request by itself: of the same protocol, with what stood around it. `item` is what quarantine kept or what a fix made
 * of it: JSON, or the text of a line.
 */
export function requestOfItem(
  original: Pick<AcceptedRequest, 'protocol' | 'method' | 'path' | 'query'>,
  item: JsonValue,
  envelope: string,
): Alone {
  const protocol = byName.get(original.protocol);
  const { query } = original;
  if (!protocol?.itemLists) {
    const text = typeof item === 'string' ? item : JSON.stringify(item);
    return { query, body: Buffer.from(text), read: { kind: 'item', envelope } };
  }
  const around = aroundOf(envelope);
  const asked =
    around === undefined ? protocol.itemRequest?.(item, original, envelope === ofQuery) : undefined;
  if (asked) return { query: asked.query, body: Buffer.from(asked.body) };
  return { query, body: Buffer.from(JSON.stringify(enveloped(item, envelope, protocol.itemLists))) };
}
