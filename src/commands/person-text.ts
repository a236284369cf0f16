import type {
  IdentityChange,
  MergePreview,
  PersonResult,
  PersonSummary,
} from '../contract/person-endpoints.ts';

const day = (at: number): string => (at === 0 ? 'never' : new Date(at).toISOString().slice(0, 10));
const moment = (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ');

function money(revenue: PersonResult['revenue']): string {
  return revenue.map(({ currency, amount }) => `${amount} ${currency}`.trim()).join(', ') || 'no revenue';
}

export function peopleText(people: readonly PersonSummary[]): string {
  if (people.length === 0) return 'nobody found';
  return people
    .map(
      (one) =>
        `${one.person}  ${one.name || one.userId || one.anonymousId}  ${one.ids} ids, last seen ${day(one.lastSeen)}`,
    )
    .join('\n');
}

export function personText(one: PersonResult): string {
  const ids = one.known.map(({ kind, id, joined, events }) => {
    const how = joined
      ? `joined to ${joined.to.id} on ${moment(joined.at)}: ${joined.reason}`
      : 'names the person';
    return `  ${kind} ${id}  ${how}; ${events} events`;
  });
  const traits = Object.entries(one.traits).map(([name, value]) => `  ${name}: ${JSON.stringify(value)}`);
  const others = one.suggestions.map(({ id, reason }) => `  ${id.id}: ${reason}`);
  return [
    `${one.name || one.id.id}  (${one.person})`,
    `${one.events} events, ${one.sessions} sessions, ${money(one.revenue)}; seen ${day(one.firstSeen)} to ${day(one.lastSeen)}`,
    'ids:',
    ...ids,
    ...(traits.length > 0 ? ['properties:', ...traits] : []),
    ...(others.length > 0 ? ['perhaps the same person:', ...others] : []),
  ].join('\n');
}

export function previewText({ from, into, conflicts, firstSeen, lastSeen }: MergePreview): string {
  return [
    `${from.name || from.id.id} becomes a part of ${into.name || into.id.id}`,
    `moves ${from.sessions} sessions, ${money(from.revenue)} and ${from.events} events; seen ${day(firstSeen)} to ${day(lastSeen)}`,
    ...conflicts.map(
      ({ trait, from: one, into: other }) => `  ${trait}: ${JSON.stringify(one)} or ${JSON.stringify(other)}`,
    ),
  ].join('\n');
}

export function changesText(changes: readonly IdentityChange[]): string {
  if (changes.length === 0) return 'nothing happened to its ids yet';
  return changes
    .map(({ at, action, alias, target, reason, by, note }) => {
      const who = by ? ` by ${by.name}` : '';
      return `${moment(at)}  ${action} ${alias.kind} ${alias.id} ${action === 'linked' || action === 'merged' ? 'to' : 'from'} ${target.id}: ${reason}${who}${note === '' ? '' : ` (${note})`}`;
    })
    .join('\n');
}
