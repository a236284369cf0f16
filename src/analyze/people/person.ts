import type { ClickHouseClient } from '@clickhouse/client';
import { explained } from '../../contract/bots.ts';
import type {
  MergePreview,
  PersonEvent,
  PersonIdFacts,
  PersonResult,
} from '../../contract/person-endpoints.ts';
import { ask } from '../ask.ts';
import { Parameters } from '../parameters.ts';
import { suggestionsOf } from './identity-history.ts';
import { type KnownPerson, knownPerson, mailOf, nameOf } from './person-ids.ts';

const shownIds = 500;
const shownAccounts = 50;
const propertyLength = 4_000;

export interface Actor {
  readonly id: string;
  readonly name: string;
}
/** Who gave a command; the store knows the names. */
export type ActorOf = (id: string) => Actor | null;

/** Of the keys of a person, the placeholder: fewer lookups than asking who every event is of. */
function keysSql(person: KnownPerson, parameters: Parameters): string {
  const keys = parameters.add(
    'Array(String)',
    person.ids.map(({ key }) => key),
  );
  return `person_key IN (SELECT toUInt64(arrayJoin(${keys})))`;
}

interface Activity {
  readonly key: string;
  readonly events: number;
  readonly first: number;
  readonly last: number;
}

export async function person(
  warehouse: ClickHouseClient,
  project: string,
  key: string,
  actorOf: ActorOf,
): Promise<PersonResult> {
  const known = await knownPerson(warehouse, project, key);
  const parameters = new Parameters(project);
  const where = `project = ${parameters.project} AND ${keysSql(known, parameters)}`;
  const [activity, totals, accounts, suggestions] = await Promise.all([
    ask<Activity>(
      warehouse,
      `SELECT toString(person_key) AS key, count() AS events, toUnixTimestamp64Milli(min(timestamp)) AS first,
        toUnixTimestamp64Milli(max(timestamp)) AS last FROM tributary.events WHERE ${where} GROUP BY person_key`,
      parameters,
    ),
    totalsOf(warehouse, known, project),
    ask<PersonResult['accounts'][number]>(
      warehouse,
      `SELECT account.1 AS kind, account.2 AS id, toUnixTimestamp64Milli(max(timestamp)) AS lastSeen, count() AS events
      FROM tributary.events ARRAY JOIN CAST(groups, 'Array(Tuple(String, String))') AS account
      WHERE ${where} GROUP BY kind, id ORDER BY lastSeen DESC, kind, id LIMIT ${shownAccounts}`,
      parameters,
    ),
    suggestionsOf(warehouse, project, known),
  ]);
  const seen = new Map(activity.map((one) => [one.key, one]));
  return {
    ...summaryOf(known),
    id: known.id,
    traits: { ...known.traits },
    known: known.ids.slice(0, shownIds).map((id) => idFacts(id, seen.get(id.key), actorOf)),
    ...totals,
    accounts,
    suggestions,
  };
}

function summaryOf(known: KnownPerson) {
  const { key, userId, anonymousId, traits, firstSeen, lastSeen, ids } = known;
  const named = { person: key, userId, anonymousId, name: nameOf(known), email: mailOf(traits) };
  return { ...named, firstSeen, lastSeen, ids: ids.length };
}

function idFacts(
  { key, kind, id, to, reason, at, by }: KnownPerson['ids'][number],
  seen: Activity | undefined,
  actorOf: ActorOf,
): PersonIdFacts {
  return {
    key,
    kind,
    id,
    joined: to ? { to: { ...to }, reason, at, by: actorOf(by) } : null,
    events: seen?.events ?? 0,
    firstEvent: seen?.first ?? null,
    lastEvent: seen?.last ?? null,
  };
}

interface Totals {
  readonly events: number;
  readonly sessions: number;
  readonly revenue: { readonly currency: string; readonly amount: number }[];
}

async function totalsOf(warehouse: ClickHouseClient, known: KnownPerson, project: string): Promise<Totals> {
  const parameters = new Parameters(project);
  const where = `project = ${parameters.project} AND ${keysSql(known, parameters)}`;
  const [[counted], revenue] = await Promise.all([
    ask<Pick<Totals, 'events' | 'sessions'>>(
      warehouse,
      `SELECT count() AS events, uniqExactIf(session_id, session_id != 0) AS sessions FROM tributary.events WHERE ${where}`,
      parameters,
    ),
    ask<Totals['revenue'][number]>(
      warehouse,
      `SELECT currency, sum(revenue) AS amount FROM tributary.events WHERE ${where} AND revenue != 0
      GROUP BY currency ORDER BY amount DESC`,
      parameters,
    ),
  ]);
  return { events: counted?.events ?? 0, sessions: counted?.sessions ?? 0, revenue };
}

interface EventRow extends Omit<PersonEvent, 'id' | 'bots'> {
  readonly botLayers: number;
  readonly botReason: string;
  readonly userId: string;
  readonly anonymousId: string;
}

export async function personEvents(
  warehouse: ClickHouseClient,
  project: string,
  key: string,
  { before, limit }: { readonly before?: number | undefined; readonly limit: number },
): Promise<{ events: PersonEvent[] }> {
  const known = await knownPerson(warehouse, project, key);
  const parameters = new Parameters(project);
  const conditions = [`project = ${parameters.project}`, keysSql(known, parameters)];
  if (before !== undefined)
    conditions.push(`timestamp < fromUnixTimestamp64Milli(${parameters.add('Int64', before)}, 'UTC')`);
  const rows = await ask<EventRow>(
    warehouse,
    `SELECT event_id AS eventId, toUnixTimestamp64Milli(timestamp) AS at, type, event, toString(session_id) AS session,
      user_id AS userId, anonymous_id AS anonymousId, path, title, source, country, browser, os, revenue, currency,
      consent, bot_layers AS botLayers, bot_reason AS botReason, leftUTF8(toString(properties), ${propertyLength}) AS properties
    FROM tributary.events WHERE ${conditions.join(' AND ')}
    ORDER BY timestamp DESC, event_id LIMIT ${parameters.add('UInt32', limit)}`,
    parameters,
  );
  return {
    events: rows.map(({ userId, anonymousId, botLayers, botReason, ...event }) => ({
      ...event,
      bots: explained(botLayers, botReason),
      id:
        userId === ''
          ? { kind: 'anonymous' as const, id: anonymousId || known.id.id }
          : { kind: 'user' as const, id: userId },
    })),
  };
}

/** What a merge would move. Reads; the merge itself is a command of its own. */
export async function previewMerge(
  warehouse: ClickHouseClient,
  project: string,
  fromKey: string,
  intoKey: string,
): Promise<MergePreview> {
  const asked = await Promise.all([
    knownPerson(warehouse, project, fromKey),
    knownPerson(warehouse, project, intoKey),
  ]);
  // as the pipeline does: who is known as a user stays the person
  const swaps = asked[0].id.kind === 'user' && asked[1].id.kind !== 'user';
  const [from, into] = swaps ? [asked[1], asked[0]] : asked;
  const sides = await Promise.all(
    [from, into].map(async (one) => ({
      person: one.key,
      id: one.id,
      name: nameOf(one),
      ids: one.ids.length,
      ...(await totalsOf(warehouse, one, project)),
      firstSeen: one.firstSeen,
      lastSeen: one.lastSeen,
    })),
  );
  const [moves, stays] = sides as [MergePreview['from'], MergePreview['into']];
  const seen = [from.firstSeen, into.firstSeen].filter((at) => at > 0);
  return {
    from: moves,
    into: stays,
    firstSeen: seen.length > 0 ? Math.min(...seen) : 0,
    lastSeen: Math.max(from.lastSeen, into.lastSeen),
    conflicts: Object.entries(from.traits)
      .filter(([trait, value]) => {
        const other = into.traits[trait];
        return other !== undefined && JSON.stringify(other) !== JSON.stringify(value);
      })
      .map(([trait, value]) => ({ trait, from: value, into: into.traits[trait] })),
  };
}
