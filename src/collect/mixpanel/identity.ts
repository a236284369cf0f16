import type { EventType, JsonObject, JsonValue } from '../../contract/event.ts';
import { maxIdLength, text } from '../event/fields.ts';
import type { Problem } from '../event/payload.ts';

export interface Who {
  readonly userId?: string | undefined;
  readonly anonymousId?: string | undefined;
  readonly previousId?: string | undefined;
  readonly merge?: true | undefined;
}

const ofDevice = '$device:';

export function idOf(value: JsonValue | undefined): string | undefined {
  const id = text(value);
  return id === undefined || id.length > maxIdLength ? undefined : id;
}

/** `distinct_id` is the user, unless it is the device's own id; an event may name nobody. */
export function whoIs(type: EventType, properties: JsonObject): Who | Problem {
  const { distinct_id, $device_id, $user_id } = properties;
  for (const id of [distinct_id, $device_id, $user_id]) {
    if (typeof id === 'string' && id.length > maxIdLength) {
      return { reason: 'identifier too long', detail: `an id has more than ${maxIdLength} characters` };
    }
  }
  if (type === 'alias') return joined(properties);
  const device = idOf($device_id);
  if (type === 'identify') {
    const before = anonymous(idOf(properties.$anon_id) ?? idOf(properties.$anon_distinct_id) ?? device);
    const userId = idOf(properties.$identified_id) ?? idOf($user_id) ?? idOf(distinct_id);
    return userId === undefined
      ? { reason: 'no distinct_id', detail: 'an $identify event names "$identified_id" or "distinct_id"' }
      : { userId, anonymousId: before === userId ? undefined : before };
  }
  return personOf(idOf(distinct_id), idOf($user_id), device);
}

export function personOf(
  distinct: string | undefined,
  user: string | undefined,
  device: string | undefined,
): Who {
  if (distinct === undefined) return { userId: user, anonymousId: device };
  if (distinct === device || distinct.startsWith(ofDevice)) {
    return { userId: user, anonymousId: device ?? anonymous(distinct) };
  }
  return { userId: user ?? distinct, anonymousId: device };
}

/** Without the prefix it is the same text as `$device_id`. */
function anonymous(id: string | undefined): string | undefined {
  return id?.startsWith(ofDevice) ? text(id.slice(ofDevice.length)) : id;
}

/** `$create_alias` names one more id of a person, `$merge` two; which is the user's is only known when the other is a device's. */
function joined({ alias, distinct_id, $device_id, $distinct_ids }: JsonObject): Who | Problem {
  const merged: readonly JsonValue[] = Array.isArray($distinct_ids)
    ? $distinct_ids
    : [distinct_id ?? null, alias ?? null];
  const [first, second] = [idOf(merged[0]), idOf(merged[1])];
  if (first === undefined || second === undefined) {
    return {
      reason: 'no alias',
      detail: 'two ids are joined: "distinct_id" and "alias", or "$distinct_ids"',
    };
  }
  const unnamed = first.startsWith(ofDevice) || first === idOf($device_id);
  return unnamed
    ? { userId: second, previousId: anonymous(first) }
    : { userId: first, previousId: anonymous(second), merge: $distinct_ids === undefined ? undefined : true };
}
