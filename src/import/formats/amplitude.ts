import type { JsonObject, JsonValue } from '../../contract/event.ts';
import { numberOf, objectOf, textOf, timeOf } from '../fields.ts';
import type { Converted, Format } from '../format.ts';

/** Fields that the export and the HTTP API name alike. */
const same = [
  'user_id',
  'device_id',
  'platform',
  'os_name',
  'os_version',
  'device_brand',
  'device_manufacturer',
  'device_model',
  'language',
  'country',
  'region',
  'city',
  'library',
] as const;

/** Amplitude's export (`/api/2/export`: JSON lines, each file gzipped). */
function convert(row: JsonObject): Converted {
  const type = textOf(row.event_type);
  const id = textOf(row.$insert_id) ?? textOf(row.uuid);
  const time = timeOf(row.event_time ?? row.client_event_time);
  if (type === undefined) return { skip: 'no "event_type"' };
  if (id === undefined)
    return { skip: 'no "$insert_id" and no "uuid": without one a second import would double the event' };
  if (time === undefined) return { skip: 'no readable "event_time"' };
  const item: Record<string, JsonValue> = {
    event_type: type,
    insert_id: id,
    time,
    event_properties: objectOf(row.event_properties),
    user_properties: objectOf(row.user_properties),
    groups: objectOf(row.groups),
  };
  for (const name of same) {
    const value = textOf(row[name]);
    if (value !== undefined) item[name] = value;
  }
  const address = textOf(row.ip_address);
  if (address !== undefined) item.ip = address;
  const version = textOf(row.version_name);
  if (version !== undefined) item.app_version = version;
  const session = numberOf(row.session_id);
  if (session !== undefined) item.session_id = session;
  return [{ door: 'amplitude', item }];
}

export const amplitude: Format = {
  name: 'amplitude',
  summary: 'export of Amplitude (event_type, event_time, user_id, device_id, event_properties, …)',
  convert,
  recognizes: (row) => 'event_type' in row && 'event_time' in row,
};
