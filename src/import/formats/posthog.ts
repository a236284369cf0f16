import type { JsonObject } from '../../contract/event.ts';
import { objectOf, textOf, timeOf } from '../fields.ts';
import type { Converted, Format } from '../format.ts';

/**
 * Batch exports (JSON lines, Parquet) and CSV of PostHog: uuid, event, distinct_id, timestamp, properties (an object, or
 * JSON in text, or columns named `properties.…`).
 */
function convert(row: JsonObject): Converted {
  const event = textOf(row.event);
  const uuid = textOf(row.uuid);
  const time = timeOf(row.timestamp);
  if (event === undefined) return { skip: 'no "event"' };
  if (uuid === undefined) return { skip: 'no "uuid": without it a second import would double the event' };
  if (time === undefined) return { skip: 'no readable "timestamp"' };
  const flat = Object.fromEntries(
    Object.entries(row)
      .filter(([name, value]) => name.startsWith('properties.') && value !== null && value !== '')
      .map(([name, value]) => [name.slice('properties.'.length), value]),
  );
  return [
    {
      door: 'posthog',
      item: {
        uuid,
        event,
        distinct_id: textOf(row.distinct_id) ?? '',
        timestamp: new Date(time).toISOString(),
        properties: { ...flat, ...objectOf(row.properties) },
      },
    },
  ];
}

export const posthog: Format = {
  name: 'posthog',
  summary: 'batch export or CSV of PostHog (uuid, event, distinct_id, timestamp, properties)',
  convert,
  recognizes: (row) =>
    'distinct_id' in row && 'event' in row && ('uuid' in row || 'properties' in row) && !('messageId' in row),
};
