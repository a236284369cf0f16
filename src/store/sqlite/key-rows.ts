import { type Key, keySchema } from '../../contract/endpoints.ts';
import { type Source, sourceSchema } from '../../contract/source.ts';
import { sha256 } from '../../runtime/ids.ts';
import type { Row } from './database.ts';

export const keyColumns =
  'id, project, kind, name, role, shown, created_at AS createdAt, last_used_at AS lastUsedAt';

/** `previous` needs a clock, so it has one parameter: now. */
export const sourceColumns = `keys.id, project, name, door, shown AS key, created_at AS createdAt,
  last_used_at AS lastUsedAt, origins, events, requests_per_second AS requestsPerSecond,
  secret IS NOT NULL AS signed, mapping,
  (SELECT json_group_array(json_object('key', value, 'validUntil', valid_until) ORDER BY valid_until DESC)
   FROM previous_values WHERE key_id = keys.id AND valid_until > ?) AS previous`;

export function toKey(row: Row | undefined): Key {
  return keySchema.parse(row);
}

export function toSource(row: Row): Source {
  return sourceSchema.parse({
    ...row,
    signed: row.signed === 1,
    origins: JSON.parse(String(row.origins)),
    events: JSON.parse(String(row.events)),
    previous: JSON.parse(String(row.previous)),
  });
}

/** What a presented key is found by. */
export function lookupOf(kind: 'write' | 'api', value: string): string {
  return kind === 'api' ? sha256(value) : value;
}
