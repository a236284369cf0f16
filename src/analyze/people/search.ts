import type { ClickHouseClient } from '@clickhouse/client';
import type { ParsedInput } from '../../contract/endpoints.ts';
import type { PersonSummary } from '../../contract/person-endpoints.ts';
import { sha256 } from '../../runtime/ids.ts';
import { ask } from '../ask.ts';
import { Parameters } from '../parameters.ts';
import { mailOf, nameOf, traitsOf } from './person-ids.ts';

interface Row {
  readonly person: string;
  readonly userId: string;
  readonly anonymousId: string;
  readonly traits: string;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly ids: number;
}

/** People that have the text in an id or in a trait, who was seen last first; without a text, all. */
export async function searchPeople(
  warehouse: ClickHouseClient,
  { project, search, kind, limit }: ParsedInput<'searchPeople'>,
): Promise<{ people: PersonSummary[] }> {
  const parameters = new Parameters(project);
  const conditions = [`project = ${parameters.project}`];
  if (kind !== 'all') conditions.push(kind === 'known' ? `user_id != ''` : `user_id = ''`);
  if (search !== '') conditions.push(`person_key IN (${foundSql(search, parameters)})`);
  const count = parameters.add('UInt32', limit);
  // the traits of those that are shown only: of all they are most of what is stored
  const rows = await ask<Row>(
    warehouse,
    `WITH shown AS (
      SELECT person_key FROM tributary.persons FINAL WHERE ${conditions.join(' AND ')} AND person_key = person_id
      ORDER BY last_seen DESC, person_key LIMIT ${count}
    )
    SELECT toString(person_key) AS person, user_id AS userId, anonymous_id AS anonymousId, toString(traits) AS traits,
      toUnixTimestamp64Milli(first_seen) AS firstSeen, toUnixTimestamp64Milli(last_seen) AS lastSeen, 1 + aliases AS ids
    FROM tributary.persons FINAL
    LEFT JOIN (
      SELECT person_key, count() AS aliases FROM tributary.identities FINAL
      WHERE project = ${parameters.project} AND removed = 0 AND person_key IN shown GROUP BY person_key
    ) AS joined USING (person_key)
    WHERE project = ${parameters.project} AND person_key IN shown
    ORDER BY lastSeen DESC, person_key`,
    parameters,
  );
  return {
    people: rows.map(({ traits: text, ...row }) => {
      const traits = traitsOf(text);
      return { ...row, name: nameOf({ ...row, traits }), email: mailOf(traits) };
    }),
  };
}

/** Keys of persons, by any of their ids or by what their traits say. */
function foundSql(search: string, parameters: Parameters): string {
  const text = parameters.add('String', search);
  const mail = parameters.add('String', sha256(search.toLowerCase()));
  const has = (column: string): string => `positionCaseInsensitiveUTF8(${column}, ${text}) > 0`;
  return `SELECT person_id FROM tributary.persons WHERE project = ${parameters.project}
      AND (${has('user_id')} OR ${has('anonymous_id')} OR ${has('toString(traits)')})
    UNION ALL
    SELECT person_key FROM tributary.identities FINAL WHERE project = ${parameters.project} AND removed = 0
      AND (${has('alias_id')} OR alias_kind = 'email' AND alias_id = ${mail})`;
}
