import type { ClickHouseClient } from '@clickhouse/client';
import type { PersonId } from '../../contract/command.ts';
import type { IdKind } from '../../contract/row.ts';
import { TributaryError } from '../../runtime/errors.ts';
import { hash64, sha256 } from '../../runtime/ids.ts';
import { ask } from '../ask.ts';
import { Parameters } from '../parameters.ts';

/** Ids of a person that are read at most. */
export const mostIds = 2_000;

export interface KnownId extends PersonId {
  readonly key: string;
  readonly to: PersonId | undefined;
  readonly reason: string;
  readonly at: number;
  readonly by: string;
}

export interface KnownPerson {
  /** Its `person_id`. */
  readonly key: string;
  /** The id that it is named by. */
  readonly id: PersonId;
  readonly userId: string;
  readonly anonymousId: string;
  readonly traits: Readonly<Record<string, unknown>>;
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** The id that it is named by first, then the others as they were joined. */
  readonly ids: readonly KnownId[];
}

interface EdgeRow {
  readonly key: string;
  readonly kind: IdKind;
  readonly id: string;
  readonly toKey: string;
  readonly toKind: IdKind;
  readonly toId: string;
  readonly reason: string;
  readonly at: number;
  readonly by: string;
}

interface ProfileRow {
  readonly userId: string;
  readonly anonymousId: string;
  readonly traits: string;
  readonly firstSeen: number;
  readonly lastSeen: number;
}

/** The person that a key counts as today, with all of its ids; fails when nobody has the key. */
export async function knownPerson(
  warehouse: ClickHouseClient,
  project: string,
  anyKey: string,
): Promise<KnownPerson> {
  const parameters = new Parameters(project);
  const key = parameters.add('UInt64', anyKey);
  const person = `(SELECT dictGetOrDefault('tributary.identity', 'person_key', ${key}, ${key}))`;
  const [[today], edges, [profile]] = await Promise.all([
    ask<{ key: string }>(
      warehouse,
      `SELECT toString(${person}) AS key WHERE ${parameters.project} != ''`,
      parameters,
    ),
    ask<EdgeRow>(
      warehouse,
      `SELECT toString(alias_key) AS key, alias_kind AS kind, alias_id AS id, toString(target_key) AS toKey,
        target_kind AS toKind, target_id AS toId, reason, toUnixTimestamp64Milli(linked_at) AS at, by
      FROM tributary.identities FINAL
      WHERE project = ${parameters.project} AND person_key = ${person} AND removed = 0
      ORDER BY linked_at, alias_key LIMIT ${mostIds}`,
      parameters,
    ),
    ask<ProfileRow>(
      warehouse,
      `SELECT user_id AS userId, anonymous_id AS anonymousId, toString(traits) AS traits,
        toUnixTimestamp64Milli(first_seen) AS firstSeen, toUnixTimestamp64Milli(last_seen) AS lastSeen
      FROM tributary.persons FINAL WHERE project = ${parameters.project} AND person_key = ${person}`,
      parameters,
    ),
  ]);
  const found = today?.key ?? anyKey;
  if (profile === undefined && edges.length === 0)
    throw new TributaryError('not-found', `nobody in this project has the key ${anyKey}`);
  const traits = traitsOf(profile?.traits);
  const id = namedBy(project, found, edges, profile, traits);
  const own: KnownId = { ...id, key: found, to: undefined, reason: '', at: 0, by: '' };
  return {
    key: found,
    id,
    userId: profile?.userId ?? (id.kind === 'user' ? id.id : ''),
    anonymousId: profile?.anonymousId ?? '',
    traits,
    firstSeen: profile?.firstSeen ?? 0,
    lastSeen: profile?.lastSeen ?? 0,
    ids: [own, ...edges.map(knownId)],
  };
}

function knownId({ key, kind, id, toKind, toId, reason, at, by }: EdgeRow): KnownId {
  return { key, kind, id, to: { kind: toKind, id: toId }, reason, at, by };
}

export function traitsOf(text: string | undefined): Readonly<Record<string, unknown>> {
  return text === undefined ? {} : (JSON.parse(text) as Record<string, unknown>);
}

const letters: readonly (readonly [IdKind, string])[] = [
  ['user', 'u'],
  ['anonymous', 'a'],
  ['email', 'e'],
];

/** Of which id the key is the hash: what edges say, or one of those in the profile. */
function namedBy(
  project: string,
  key: string,
  edges: readonly EdgeRow[],
  profile: ProfileRow | undefined,
  traits: Readonly<Record<string, unknown>>,
): PersonId {
  const edge = edges.find(({ toKey }) => toKey === key);
  if (edge) return { kind: edge.toKind, id: edge.toId };
  const mail = typeof traits.email === 'string' ? sha256(traits.email.trim().toLowerCase()) : '';
  const said = { user: profile?.userId ?? '', anonymous: profile?.anonymousId ?? '', email: mail };
  for (const [kind, letter] of letters) {
    const id = said[kind];
    if (id !== '' && String(hash64(project, letter, id)) === key) return { kind, id };
  }
  return profile?.userId
    ? { kind: 'user', id: profile.userId }
    : { kind: 'anonymous', id: profile?.anonymousId || key };
}

/** How a person is called. */
export function nameOf({
  userId,
  anonymousId,
  traits,
}: Pick<KnownPerson, 'userId' | 'anonymousId' | 'traits'>): string {
  const { name, firstName, lastName, first_name, last_name } = traits;
  const parts = [firstName ?? first_name, lastName ?? last_name].filter((part) => typeof part === 'string');
  const said = typeof name === 'string' && name !== '' ? name : parts.join(' ');
  return said || mailOf(traits) || userId || anonymousId;
}

export function mailOf({ email }: Readonly<Record<string, unknown>>): string {
  return typeof email === 'string' ? email : '';
}
