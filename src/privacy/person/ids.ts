import type { ClickHouseClient } from '@clickhouse/client';
import { hash64, sha256 } from '../../runtime/ids.ts';

/** One id of a person, in the words of the enricher: anonymous, user, hash of an e-mail address. */
export interface Id {
  readonly kind: 'a' | 'u' | 'e';
  readonly id: string;
}

/** Everything by which a person can be found. */
export interface PersonIds {
  /** Person keys of all ids, as decimal text; the first is the person's own. */
  readonly keys: readonly string[];
  readonly ids: readonly Id[];
  /** E-mail addresses and phones of the profile: found in texts besides the ids. */
  readonly marks: readonly string[];
}

const kindNames: Readonly<Record<string, Id['kind']>> = { user: 'u', anonymous: 'a', email: 'e' };
const maxIds = 10_000;
/** Bytes: the keys of so many ids are more than the engine takes otherwise. */
export const max_query_size = '16777216';

/** Keys are digits, so they may stand in a query as they are. All ids of the person that a text names: a user id, an anonymous id, an e-mail address, or `key:` and a person key. `names`: what the text was ever kept as. */
export async function idsOfPerson(
  warehouse: ClickHouseClient,
  project: string,
  text: string,
  names: readonly string[],
): Promise<PersonIds> {
  const asked = text.startsWith('key:') ? [text.slice(4)] : names.flatMap((name) => keysOf(project, name));
  const [key = '0'] = asked;
  if (!/^\d{1,20}$/.test(key)) return { keys: [], ids: [], marks: [] };
  const persons = await rows<{ person: string }>(
    warehouse,
    `SELECT DISTINCT toString(dictGetOrDefault('tributary.identity', 'person_key', key, key)) AS person
    FROM (SELECT arrayJoin([${asked.join(',')}]::Array(UInt64)) AS key)`,
  );
  const found = await edgesOf(
    warehouse,
    project,
    persons.map(({ person }) => person),
  );
  if (!text.startsWith('key:'))
    for (const name of names) for (const kind of kindsOf(name)) found.push(idAs(kind, name));
  const known = new Map(found.map((one) => [keyOf(project, one), one]));
  const keys = [...new Set([...persons.map(({ person }) => person), ...known.keys()])];
  const own = await idsOfKeys(warehouse, project, keys);
  for (const one of own) if (keys.includes(keyOf(project, one))) known.set(keyOf(project, one), one);
  return { keys, ids: [...known.values()].slice(0, maxIds), marks: await marksOf(warehouse, project, keys) };
}

function keysOf(project: string, name: string): string[] {
  return kindsOf(name).map((kind) => keyOf(project, idAs(kind, name)));
}

function kindsOf(name: string): Id['kind'][] {
  return name.includes('@') ? ['u', 'a', 'e'] : ['u', 'a'];
}

function idAs(kind: Id['kind'], name: string): Id {
  return { kind, id: kind === 'e' ? sha256(name.trim().toLowerCase()) : name };
}

function keyOf(project: string, { kind, id }: Id): string {
  return hash64(project, kind, id).toString();
}

/** The ids that count as one of these persons today. */
async function edgesOf(
  warehouse: ClickHouseClient,
  project: string,
  persons: readonly string[],
): Promise<Id[]> {
  const edges = await rows<{ alias_kind: string; alias_id: string; target_kind: string; target_id: string }>(
    warehouse,
    `SELECT alias_kind, alias_id, target_kind, target_id FROM tributary.identities FINAL
    WHERE project = {project:String} AND removed = 0 AND (person_key IN (${persons.join(',')}) OR alias_key IN (${persons.join(',')}))
    LIMIT ${maxIds}`,
    { project },
  );
  return edges.flatMap(({ alias_kind, alias_id, target_kind, target_id }) =>
    [[alias_kind, alias_id] as const, [target_kind, target_id] as const].flatMap(([name, id]) => {
      const kind = kindNames[name];
      return kind && id !== '' ? [{ kind, id }] : [];
    }),
  );
}

async function idsOfKeys(
  warehouse: ClickHouseClient,
  project: string,
  keys: readonly string[],
): Promise<Id[]> {
  const found = await rows<{ user_id: string; anonymous_id: string }>(
    warehouse,
    `SELECT user_id, anonymous_id FROM tributary.events WHERE project = {project:String} AND person_key IN (${keys.join(',')})
    GROUP BY user_id, anonymous_id LIMIT ${maxIds}
    UNION ALL SELECT user_id, anonymous_id FROM tributary.persons WHERE project = {project:String} AND person_key IN (${keys.join(',')}) LIMIT ${maxIds}`,
    { project },
  );
  return found.flatMap(({ user_id, anonymous_id }) => [
    ...(user_id === '' ? [] : [{ kind: 'u' as const, id: user_id }]),
    ...(anonymous_id === '' ? [] : [{ kind: 'a' as const, id: anonymous_id }]),
  ]);
}

/** Texts of the profile that name the person wherever they stand. */
async function marksOf(
  warehouse: ClickHouseClient,
  project: string,
  keys: readonly string[],
): Promise<string[]> {
  const profiles = await rows<{ traits: string }>(
    warehouse,
    `SELECT DISTINCT toJSONString(traits) AS traits FROM tributary.persons
    WHERE project = {project:String} AND person_key IN (${keys.join(',')}) LIMIT 1000`,
    { project },
  );
  const marks = new Set<string>();
  for (const { traits } of profiles) {
    JSON.parse(traits, (name, value: unknown) => {
      if (
        typeof value === 'string' &&
        value.length < 321 &&
        (value.includes('@') || /phone|mobile/i.test(name))
      )
        marks.add(value);
      return value;
    });
  }
  return [...marks].slice(0, 100);
}

export async function rows<Row>(
  warehouse: ClickHouseClient,
  query: string,
  query_params: Record<string, unknown> = {},
): Promise<Row[]> {
  const result = await warehouse.query({
    query,
    query_params,
    format: 'JSONEachRow',
    clickhouse_settings: { max_query_size },
  });
  return result.json<Row>();
}
