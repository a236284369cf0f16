import type { EventType, JsonObject, JsonValue } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { isObject, maxIdLength, text } from '../event/fields.ts';
import { type Accounts, accountOf, accountsOf } from '../event/groups.ts';
import type { Problem } from '../event/payload.ts';

/** What PostHog's SDK writes instead of an id when it may not keep one. */
export const cookielessId = '$posthog_cookieless';

const maxDistinctId = 200;

/** Numbers and objects are taken as their text, and what is longer than PostHog's own limit is cut as there. */
export function distinctIdOf(item: JsonObject, properties: JsonObject): string | undefined {
  const stated =
    item.distinct_id ?? item.$distinct_id ?? properties.distinct_id ?? properties.$distinct_id ?? undefined;
  const id = typeof stated === 'object' ? JSON.stringify(stated) : text(stated);
  const trimmed = id?.trim().slice(0, maxDistinctId).toWellFormed();
  return trimmed === '' ? undefined : trimmed;
}

export function idOf(value: JsonValue | undefined): string | undefined {
  const id = text(value);
  return id === undefined || id.length > maxIdLength ? undefined : id;
}

interface Who {
  readonly userId?: string | undefined;
  readonly anonymousId?: string | undefined;
  readonly previousId?: string | undefined;
  readonly consent?: 'anonymous' | undefined;
}

export function whoIs(
  type: EventType,
  distinctId: string,
  item: JsonObject,
  properties: JsonObject,
  options: JsonObject,
  record: LogRecord,
): Who | Problem {
  if (distinctId === cookielessId || options.cookieless_mode === true) {
    return { anonymousId: text(record.visitor), consent: 'anonymous' };
  }
  const device = idOf(properties.$device_id);
  const unnamed =
    distinctId === device ||
    properties.$is_identified === false ||
    (properties.$process_person_profile ?? options.process_person_profile) === false;
  if (type === 'alias') return joined(distinctId, unnamed, idOf(properties.alias ?? item.alias));
  if (type === 'identify' && item.event === '$identify') {
    return {
      userId: distinctId,
      anonymousId: other(distinctId, idOf(properties.$anon_distinct_id) ?? device),
    };
  }
  if (type === 'group' && distinctId === madeUpId(properties)) return {};
  return unnamed
    ? { anonymousId: distinctId }
    : { userId: distinctId, anonymousId: other(distinctId, device) };
}

function other(distinctId: string, id: string | undefined): string | undefined {
  return id === distinctId ? undefined : id;
}

/** Which of two ids is the user's: the one that is not known to be a device's. */
function joined(distinctId: string, unnamed: boolean, alias: string | undefined): Who | Problem {
  if (alias === undefined)
    return { reason: 'no alias', detail: 'an alias event names the other id in "alias"' };
  return unnamed ? { userId: alias, previousId: distinctId } : { userId: distinctId, previousId: alias };
}

/** Server SDKs send a group's properties as of somebody who is nobody: `$company_c1`. */
function madeUpId({ $group_type, $group_key }: JsonObject): string {
  return `$${text($group_type) ?? ''}_${text($group_key) ?? ''}`;
}

export function accountsFor(type: EventType, properties: JsonObject): Accounts {
  const { $groups } = properties;
  if (type !== 'group') return $groups === undefined ? noAccounts : accountsOf($groups);
  const own = accountOf(properties.$group_type, properties.$group_key);
  return isObject($groups) ? { ...own, groups: { ...accountsOf($groups).groups, ...own.groups } } : own;
}

const noAccounts: Accounts = {};
