import type { Decoded } from '../contract/event.ts';
import type { AcceptedRequest, LogRecord } from '../contract/request.ts';
import { decodeCommand, operatorProtocol } from './operator.ts';
import type { DecodeContext, Protocol } from './protocol.ts';
import { protocols } from './protocols.ts';
import { decodeReplayed } from './replay/decode-replayed.ts';
import { withEnvelopes } from './replay/envelope.ts';

/**
 * Decodes records with today's code for their protocols. Total: what cannot be decoded is a failure, never an exception.
 * `mapping`: the JSONata text that belongs to a key.
 */
export function createDecoder(
  mapping: DecodeContext['mapping'] = () => Promise.resolve(undefined),
): (record: LogRecord) => Decoded | Promise<Decoded> {
  const byName = new Map(protocols.map((protocol) => [protocol.name, protocol]));
  const context: DecodeContext = { mapping, request: decodeInner };
  return (record) => {
    const protocol = byName.get(record.protocol);
    if (record.replay?.body) return decodeReplayed(record, record.replay.body, protocol, context);
    if (protocol) return decodeRequest(protocol, record, context);
    if (record.protocol === operatorProtocol) return decodeCommand(record);
    const detail = `this version speaks ${[...byName.keys()].join(', ')}, not "${record.protocol}"`;
    return { events: [], failures: [{ stage: 'decode', reason: 'unknown protocol', detail }] };
  };
}

function decodeRequest(
  protocol: Protocol,
  record: LogRecord,
  context: DecodeContext,
): Decoded | Promise<Decoded> {
  const decoded = protocol.decode(record, context);
  const { itemLists } = protocol;
  if (itemLists === undefined || decoded instanceof Promise || decoded.failures.length === 0) return decoded;
  return withEnvelopes(decoded, record, itemLists);
}

/** Requests inside of others are trackers' and have none inside of them. */
const noInner: DecodeContext = { mapping: () => Promise.resolve(undefined), request: () => undefined };

function decodeInner(inner: Omit<AcceptedRequest, 'protocol'>): Decoded | undefined {
  for (const protocol of protocols) {
    const route = protocol.route(inner.path);
    if (route?.kind !== 'events' || !route.methods.includes(inner.method)) continue;
    const record = { ...inner, path: route.path, protocol: protocol.name, offset: 0 };
    const decoded = protocol.decode(record, noInner);
    if (!(decoded instanceof Promise)) return decoded;
  }
  return undefined;
}
