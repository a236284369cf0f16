import type { JsonObject } from '../../contract/event.ts';
import { idOf, objectOf, textOf, timeOf } from '../fields.ts';
import type { Converted, Format } from '../format.ts';

/**
 * Mixpanel's raw export (`/api/2.0/export`: one `{event, properties}` per line) and its people
 * (`/api/query/engage`: `{$distinct_id, $properties}`).
 */
function convert(row: JsonObject): Converted {
  const person = textOf(row.$distinct_id);
  if (person !== undefined) {
    return [
      {
        door: 'mixpanel-people',
        item: { $distinct_id: person, $ignore_time: true, $set: objectOf(row.$properties) },
      },
    ];
  }
  const event = textOf(row.event);
  const properties = objectOf(row.properties);
  const time = timeOf(properties.time);
  if (event === undefined) return { skip: 'no "event"' };
  if (time === undefined) return { skip: 'no readable "time" in the properties' };
  const id =
    textOf(properties.$insert_id) ??
    idOf(event, textOf(properties.distinct_id), time, JSON.stringify(properties));
  return [{ door: 'mixpanel', item: { event, properties: { ...properties, time, $insert_id: id } } }];
}

export const mixpanel: Format = {
  name: 'mixpanel',
  summary: 'raw export of Mixpanel (event, properties), or its people ($distinct_id, $properties)',
  convert,
  recognizes: (row) =>
    ('event' in row && 'distinct_id' in objectOf(row.properties) && !('uuid' in row)) ||
    '$distinct_id' in row,
};
