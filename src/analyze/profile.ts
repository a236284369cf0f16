import { createHash } from 'node:crypto';
import { profileProperty } from '../contract/columns.ts';
import type { Filter } from '../contract/query.ts';
import type { Parameters } from './parameters.ts';
import type { Span } from './range.ts';

/**
 * Traits of an event's person and account, now and at the time of the event. An event does not hold them: the query joins them, under a name that is made
 * of the property's own. Queries without them pay nothing.
 */
export function traitColumn(property: string): string | undefined {
  if (profileProperty(property) === undefined) return undefined;
  return `trait_${createHash('sha1').update(property).digest('hex').slice(0, 16)}`;
}

/** The JOINs that bring in the traits among the properties, each once. */
export function traitJoins(
  properties: readonly (string | undefined)[],
  range: Span,
  parameters: Parameters,
): string {
  const joins: string[] = [];
  for (const property of new Set(properties)) {
    const trait = property === undefined ? undefined : profileProperty(property);
    if (property === undefined || trait === undefined) continue;
    const of = { column: traitColumn(property) ?? '', name: parameters.add('String', trait.name) };
    joins.push(trait.atEvent ? thenJoin(of, trait.of, range, parameters) : nowJoin(of, trait.of, parameters));
  }
  return joins.join('\n');
}

export function propertiesOf(...filters: readonly (readonly Filter[])[]): string[] {
  return filters.flat().map(({ property }) => property);
}

interface Joined {
  readonly column: string;
  /** Placeholder of the trait's name. */
  readonly name: string;
}

const whose = { person: "kind = 'person' AND key != 0", account: 'key = 0' } as const;
const texts = `if(startsWith(value, '"'), JSONExtractString(value), value)`;

/** The newest row of the history is what holds now; so that now and then cannot disagree, both are read from there. */
function nowJoin({ column, name }: Joined, of: 'person' | 'account', parameters: Parameters): string {
  const keys = of === 'person' ? ['person_id'] : ['kind', 'id'];
  const as = keys.map((key) => `${key} AS ${column}_${key}`).join(', ');
  return `LEFT ANY JOIN (SELECT ${as}, argMax(${texts}, (timestamp, version)) AS ${column} FROM tributary.profile_history
    WHERE project = ${parameters.project} AND ${whose[of]} AND trait = ${name} GROUP BY ${keys.join(', ')}) AS of_${column}
    ON ${on(column, of)}`;
}

function thenJoin(
  { column, name }: Joined,
  of: 'person' | 'account',
  range: Span,
  parameters: Parameters,
): string {
  const keys = of === 'person' ? ['person_id'] : ['kind', 'id'];
  const as = keys.map((key) => `${key} AS ${column}_${key}`).join(', ');
  const end = `fromUnixTimestamp64Milli(${parameters.add('Int64', range.end)}, 'UTC')`;
  return `ASOF LEFT JOIN (SELECT ${as}, timestamp AS ${column}_at, argMax(${texts}, version) AS ${column} FROM tributary.profile_history
    WHERE project = ${parameters.project} AND ${whose[of]} AND trait = ${name} AND timestamp < ${end}
    GROUP BY ${keys.join(', ')}, timestamp) AS of_${column}
    ON ${on(column, of)} AND timestamp >= ${column}_at`;
}

function on(column: string, of: 'person' | 'account'): string {
  if (of === 'person') return `person_id = ${column}_person_id`;
  return `account_kind = ${column}_kind AND account_id = ${column}_id`;
}
