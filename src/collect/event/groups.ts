import type { JsonObject, JsonValue } from '../../contract/event.ts';
import { isObject, maxIdLength, maxNameLength, text } from './fields.ts';

/** The fields of an event that name its accounts. */
export interface Accounts {
  readonly accountId?: string | undefined;
  readonly accountKind?: string | undefined;
  readonly groups?: Readonly<Record<string, string>> | undefined;
}

/** No product known has more than five; PostHog stops there. */
const maxKinds = 20;
/** Of several kinds the paying one counts most: the customer before its parts. */
const preferred = [
  'company',
  'account',
  'organization',
  'organisation',
  'org',
  'customer',
  'tenant',
  'team',
  'workspace',
];
const none: Accounts = Object.freeze({});

/**
 * Accounts of several kinds, `{company: 'c1', project: 'p7'}`, as fields of an event. An id may be a number or a list, of
 * which the first counts. Kinds and ids over the bounds are left out.
 */
export function accountsOf(kinds: JsonValue | undefined): Accounts {
  if (!isObject(kinds)) return none;
  let groups: Record<string, string> | undefined;
  let count = 0;
  for (const kind in kinds) {
    const id = idOf(kinds[kind]);
    if (id === undefined || kind === '' || kind === '__proto__' || kind.length > maxNameLength) continue;
    groups ??= {};
    groups[kind] = id;
    count++;
    if (count === maxKinds) break;
  }
  return groups ? { ...mainOf(groups), groups } : none;
}

/**
 * Accounts among other properties, where no client says which of them are accounts: lists under a name that accounts have.
 * Text under such a name may be anything (`company: "Acme Ltd"`), a list of ids only comes from an SDK's call for groups.
 */
export function accountsAmong(properties: JsonObject): Accounts {
  let kinds: Record<string, JsonValue> | undefined;
  for (const kind of preferred) {
    const value = properties[kind];
    if (!Array.isArray(value)) continue;
    kinds ??= {};
    kinds[kind] = value as readonly JsonValue[];
  }
  return kinds ? accountsOf(kinds) : none;
}

/** The account of one kind, such as a profile operation names it. */
export function accountOf(kind: JsonValue | undefined, id: JsonValue | undefined): Accounts {
  const accountKind = text(kind);
  return accountKind === undefined ? none : accountsOf({ [accountKind]: id ?? null });
}

function mainOf(groups: Readonly<Record<string, string>>): Accounts {
  const kinds = Object.keys(groups);
  const accountKind = preferred.find((kind) => Object.hasOwn(groups, kind)) ?? kinds[0] ?? '';
  return { accountId: groups[accountKind], accountKind };
}

function idOf(value: JsonValue | undefined): string | undefined {
  const id = text(Array.isArray(value) ? (value as readonly JsonValue[])[0] : value)?.trim();
  return id === undefined || id === '' || id.length > maxIdLength ? undefined : id;
}
