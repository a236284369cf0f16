import type { SessionRules } from '../contract/project-settings.ts';
import type { Filter, Scope } from '../contract/query.ts';
import { type CountingRules, countedEvents, countedSessions } from './counted.ts';
import { expressionOf, sessionOnlyColumns } from './expression.ts';
import { filterSql } from './filter.ts';
import type { Parameters } from './parameters.ts';
import { propertiesOf, traitJoins } from './profile.ts';
import type { Span } from './range.ts';

/** What of a query's scope SQL needs; the range is said apart because comparison asks twice. */
export type Conditions = Pick<Scope, 'filters' | 'includeBots'> & {
  /** What the project's owner lets count. */
  readonly rules: CountingRules & { readonly sessions?: Pick<SessionRules, 'maxHours'> };
};
export type Ruled<Query> = Query & Pick<Conditions, 'rules'>;

const hour = 3_600_000;
const day = 24 * hour;

/** Half-open instants on a DateTime64 column, as constants that the sort key can use. */
function between(column: string, start: number, end: number, parameters: Parameters): string {
  const instant = (at: number): string => `fromUnixTimestamp64Milli(${parameters.add('Int64', at)}, 'UTC')`;
  return `${column} >= ${instant(start)} AND ${column} < ${instant(end)}`;
}

/**
 * WHERE of a query on `tributary.events`: project, instants, what counts, filters. Filters on columns that only sessions have
 * (entry and exit page) hold for the events of such sessions.
 */
export function eventsWhere(scope: Conditions, range: Span, parameters: Parameters): string {
  const ofSessions = scope.filters.filter((filter) => expressionOf(filter.property).onlyInSessions);
  const ofEvents = scope.filters.filter((filter) => !ofSessions.includes(filter));
  const conditions = [
    `project = ${parameters.project}`,
    between('timestamp', range.start, range.end, parameters),
    ...countedEvents(scope),
    ...ofEvents.map((filter) => filterSql(filter, parameters)),
  ];
  if (ofSessions.length > 0) {
    conditions.push(
      `session_id IN (SELECT session_id FROM tributary.sessions FINAL WHERE ${sessionsAround(scope, range, parameters)} AND ${ofSessions
        .map((filter) => filterSql(filter, parameters))
        .join(' AND ')})`,
    );
  }
  return conditions.join(' AND ');
}

/**
 * WHERE of a query on `tributary.sessions`: those that started in the range. Filters on columns of sessions hold for the
 * session; the others for at least one event of it (all of them for the same event).
 */
export function sessionsWhere(scope: Conditions, range: Span, parameters: Parameters): string {
  const ofSessions = scope.filters.filter((filter) => expressionOf(filter.property).inSessions);
  const ofEvents = scope.filters.filter((filter) => !ofSessions.includes(filter));
  const conditions = [
    `project = ${parameters.project}`,
    ...nearDays(scope, range, parameters),
    between('started_at', range.start, range.end, parameters),
    ...countedSessions(scope),
    ...ofSessions.map((filter) => filterSql(filter, parameters)),
  ];
  if (ofEvents.length > 0) {
    const around = { ...range, end: range.end + longest(scope) };
    const events = eventsWhere({ ...scope, filters: ofEvents }, around, parameters);
    const from = eventsFrom(propertiesOf(ofEvents), around, parameters);
    conditions.push(`session_id IN (SELECT session_id FROM ${from} WHERE ${events} AND session_id != 0)`);
  }
  return conditions.join(' AND ');
}

/** A session may go on after the range in which it began. */
function longest({ rules }: Pick<Conditions, 'rules'>): number {
  return Math.max(day, (rules.sessions?.maxHours ?? 24) * hour);
}

/** Sessions that may have events in the range. */
export function sessionsAround(
  scope: Pick<Conditions, 'rules'>,
  range: Span,
  parameters: Parameters,
): string {
  return [`project = ${parameters.project}`, ...nearDays(scope, range, parameters)].join(' AND ');
}

/** `day_key` leads the sort key; `started_at` can be a little before it when events come late. */
function nearDays(scope: Pick<Conditions, 'rules'>, range: Span, parameters: Parameters): string[] {
  const around = longest(scope);
  return [between('day_key', range.start - around, range.end + around, parameters)];
}

/** Event name and further filters of one series or step; `*` is any event. */
export function matchSql(
  match: { readonly event: string; readonly filters: readonly Filter[] },
  parameters: Parameters,
): string {
  const conditions = match.filters.map((filter) => filterSql(filter, parameters));
  if (match.event !== '*') conditions.unshift(`event = ${parameters.add('String', match.event)}`);
  return conditions.length === 0 ? '1' : conditions.join(' AND ');
}

/**
 * FROM of a query on events that uses these properties: with the columns which only sessions have, and with the traits of persons and accounts.
 * Properties of filters on columns of sessions need not be named: `eventsWhere` asks the sessions itself.
 */
export function eventsFrom(
  properties: readonly (string | undefined)[],
  range: Span,
  parameters: Parameters,
): string {
  return `tributary.events ${traitJoins(properties, range, parameters)}`.trimEnd();
}

/** The same, for a query that also shows `shown`, which may be a column that only sessions have. */
export function eventsShowing(
  scope: Pick<Conditions, 'rules'>,
  shown: string | undefined,
  properties: readonly (string | undefined)[],
  range: Span,
  parameters: Parameters,
): string {
  const from = eventsFrom([shown, ...properties], range, parameters);
  if (shown === undefined || !expressionOf(shown).onlyInSessions) return from;
  return `${from} LEFT ANY JOIN (SELECT session_id, ${sessionOnlyColumns.join(', ')} FROM tributary.sessions FINAL
    WHERE ${sessionsAround(scope, range, parameters)}) AS of_session USING (session_id)`;
}
