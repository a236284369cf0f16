import type { JsonObject } from '../../contract/event.ts';
import { textOf, timeOf } from '../fields.ts';
import type { Converted, Format } from '../format.ts';

const types = new Set(['track', 'page', 'screen', 'identify', 'group', 'alias']);

/**
 * Calls as Segment and RudderStack archive them (JSON lines in S3). `timestamp` is right already there: with `sentAt` and
 * `originalTimestamp` beside it, it would be corrected a second time.
 */
function convert(row: JsonObject): Converted {
  const { originalTimestamp: _original, sentAt: _sent, receivedAt: _received, ...call } = row;
  if (!types.has(textOf(row.type) ?? '')) return { skip: 'no "type" of a call' };
  if (textOf(row.messageId) === undefined)
    return { skip: 'no "messageId": without it a second import would double the event' };
  const time = timeOf(row.timestamp ?? row.originalTimestamp);
  if (time === undefined) return { skip: 'no readable "timestamp"' };
  return [{ door: 'segment', item: { ...call, timestamp: new Date(time).toISOString() } }];
}

export const segment: Format = {
  name: 'segment',
  summary: 'calls as Segment or RudderStack archive them (type, messageId, timestamp, …)',
  convert,
  recognizes: (row) => 'messageId' in row && types.has(textOf(row.type) ?? ''),
};
