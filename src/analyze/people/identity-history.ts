import type { ClickHouseClient } from '@clickhouse/client';
import type { IdentityChange, PersonResult } from '../../contract/person-endpoints.ts';
import type { IdKind } from '../../contract/row.ts';
import { ask } from '../ask.ts';
import { Parameters } from '../parameters.ts';
import { personOf } from '../person.ts';
import type { ActorOf } from './person.ts';
import { type KnownPerson, knownPerson } from './person-ids.ts';

interface Row
  extends Pick<IdentityChange, 'at' | 'action' | 'aliasPerson' | 'targetPerson' | 'reason' | 'note'> {
  readonly aliasKind: IdKind;
  readonly aliasId: string;
  readonly targetKind: IdKind;
  readonly targetId: string;
  readonly by: string;
}

const columns = `toUnixTimestamp64Milli(at) AS at, action, alias_kind AS aliasKind, alias_id AS aliasId, target_kind AS targetKind,
  target_id AS targetId, toString(${personOf('alias_key')}) AS aliasPerson, toString(${personOf('target_key')}) AS targetPerson,
  reason, by, note`;

function changeOf(
  { aliasKind, aliasId, targetKind, targetId, by, ...row }: Row,
  actorOf: ActorOf,
): IdentityChange {
  return {
    ...row,
    alias: { kind: aliasKind, id: aliasId },
    target: { kind: targetKind, id: targetId },
    by: actorOf(by),
  };
}

export interface HistoryQuestion {
  readonly project: string;
  readonly person?: string | undefined;
  readonly who: 'all' | 'operators';
  readonly limit: number;
}

/** What happened to the ids of a person, those that left it included; or to all of the project. */
export async function identityHistory(
  warehouse: ClickHouseClient,
  { project, person, who, limit }: HistoryQuestion,
  actorOf: ActorOf,
): Promise<IdentityChange[]> {
  const parameters = new Parameters(project);
  const conditions = [`project = ${parameters.project}`];
  if (who === 'operators') conditions.push(`by != ''`);
  if (person !== undefined)
    conditions.push(touchesSql(await knownPerson(warehouse, project, person), parameters));
  const rows = await ask<Row>(
    warehouse,
    `SELECT ${columns} FROM tributary.identity_history WHERE ${conditions.join(' AND ')}
    ORDER BY identity_history.at DESC, version DESC LIMIT ${parameters.add('UInt32', limit)}`,
    parameters,
  );
  return rows.map((row) => changeOf(row, actorOf));
}

/** What the command of that time and operator did. */
export async function changesOf(
  warehouse: ClickHouseClient,
  command: { readonly project: string; readonly at: number; readonly by: string },
  actorOf: ActorOf,
): Promise<IdentityChange[]> {
  const parameters = new Parameters(command.project);
  const at = `fromUnixTimestamp64Milli(${parameters.add('Int64', command.at)}, 'UTC')`;
  const rows = await ask<Row>(
    warehouse,
    `SELECT ${columns} FROM tributary.identity_history
    WHERE project = ${parameters.project} AND identity_history.at = ${at} AND by = ${parameters.add('String', command.by)} LIMIT 200`,
    parameters,
  );
  return rows.map((row) => changeOf(row, actorOf));
}

function touchesSql(person: KnownPerson, parameters: Parameters): string {
  const keys = parameters.add(
    'Array(String)',
    person.ids.map(({ key }) => key),
  );
  const among = `(SELECT toUInt64(arrayJoin(${keys})))`;
  return `(alias_key IN ${among} OR target_key IN ${among})`;
}

const telling = `reason IN ('e-mail address of another user', 'both are known users')`;

/** Other persons of whom something said that they are this one, and it was refused. */
export async function suggestionsOf(
  warehouse: ClickHouseClient,
  project: string,
  person: KnownPerson,
): Promise<PersonResult['suggestions']> {
  const parameters = new Parameters(project);
  const own = parameters.add('UInt64', person.key);
  const rows = await ask<Row>(
    warehouse,
    `SELECT ${columns} FROM tributary.identity_history
    WHERE project = ${parameters.project} AND action = 'refused' AND ${telling} AND ${touchesSql(person, parameters)}
      AND (${personOf('alias_key')} = ${own}) != (${personOf('target_key')} = ${own})
    ORDER BY identity_history.at DESC LIMIT 50`,
    parameters,
  );
  const found = new Map<string, PersonResult['suggestions'][number]>();
  for (const { aliasPerson, aliasKind, aliasId, targetPerson, targetKind, targetId, reason, at } of rows) {
    const isAlias = targetPerson === person.key;
    const other = isAlias ? aliasPerson : targetPerson;
    const id = isAlias ? { kind: aliasKind, id: aliasId } : { kind: targetKind, id: targetId };
    if (!found.has(other)) found.set(other, { person: other, id, reason, at });
  }
  return [...found.values()].slice(0, 10);
}
