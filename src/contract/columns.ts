/**
 * The columns of `tributary.events` that charts can filter and break down by: one list for the query builder on the
 * server and the pickers of the UI. `kind` decides the operators.
 */
export type ColumnKind = 'text' | 'number' | 'time';

export interface ColumnInfo {
  readonly name: string;
  readonly label: string;
  readonly kind: ColumnKind;
  readonly group: 'Event' | 'Page' | 'Source' | 'Place' | 'Device' | 'Person' | 'Money';
  /** Also a column of `tributary.sessions`, so that session metrics need no subquery. */
  readonly session?: true;
}

export const eventColumns = [
  { name: 'event', label: 'Event', kind: 'text', group: 'Event' },
  { name: 'type', label: 'Event type', kind: 'text', group: 'Event' },
  { name: 'library', label: 'Library', kind: 'text', group: 'Event' },
  { name: 'protocol', label: 'Protocol', kind: 'text', group: 'Event' },
  { name: 'key_id', label: 'Write key', kind: 'text', group: 'Event' },
  { name: 'consent', label: 'Consent', kind: 'text', group: 'Event' },
  { name: 'url', label: 'URL', kind: 'text', group: 'Page' },
  { name: 'host', label: 'Host', kind: 'text', group: 'Page' },
  { name: 'path', label: 'Page', kind: 'text', group: 'Page' },
  { name: 'entry_path', label: 'Entry page', kind: 'text', group: 'Page', session: true },
  { name: 'exit_path', label: 'Exit page', kind: 'text', group: 'Page', session: true },
  { name: 'channel', label: 'Channel', kind: 'text', group: 'Source', session: true },
  { name: 'source', label: 'Source', kind: 'text', group: 'Source', session: true },
  { name: 'referrer', label: 'Referrer', kind: 'text', group: 'Source', session: true },
  { name: 'medium', label: 'Medium', kind: 'text', group: 'Source', session: true },
  { name: 'campaign', label: 'Campaign', kind: 'text', group: 'Source', session: true },
  { name: 'term', label: 'Term', kind: 'text', group: 'Source', session: true },
  { name: 'content', label: 'Content', kind: 'text', group: 'Source', session: true },
  { name: 'country', label: 'Country', kind: 'text', group: 'Place', session: true },
  { name: 'region', label: 'Region', kind: 'text', group: 'Place', session: true },
  { name: 'city', label: 'City', kind: 'text', group: 'Place', session: true },
  { name: 'language', label: 'Language', kind: 'text', group: 'Place', session: true },
  { name: 'timezone', label: 'Time zone', kind: 'text', group: 'Place', session: true },
  { name: 'device_type', label: 'Device', kind: 'text', group: 'Device', session: true },
  { name: 'device_brand', label: 'Device brand', kind: 'text', group: 'Device', session: true },
  { name: 'device_model', label: 'Device model', kind: 'text', group: 'Device', session: true },
  { name: 'os', label: 'OS', kind: 'text', group: 'Device', session: true },
  { name: 'os_version', label: 'OS version', kind: 'text', group: 'Device', session: true },
  { name: 'browser', label: 'Browser', kind: 'text', group: 'Device', session: true },
  { name: 'browser_version', label: 'Browser version', kind: 'text', group: 'Device', session: true },
  { name: 'screen', label: 'Screen size', kind: 'text', group: 'Device', session: true },
  { name: 'app_version', label: 'App version', kind: 'text', group: 'Device', session: true },
  { name: 'bot_score', label: 'Bot score', kind: 'number', group: 'Device' },
  { name: 'user_id', label: 'User id', kind: 'text', group: 'Person' },
  { name: 'anonymous_id', label: 'Anonymous id', kind: 'text', group: 'Person' },
  { name: 'account_id', label: 'Account id', kind: 'text', group: 'Person' },
  { name: 'account_kind', label: 'Account kind', kind: 'text', group: 'Person' },
  { name: 'revenue', label: 'Revenue', kind: 'number', group: 'Money' },
  { name: 'currency', label: 'Currency', kind: 'text', group: 'Money' },
  { name: 'order_id', label: 'Order id', kind: 'text', group: 'Money' },
] as const satisfies readonly ColumnInfo[];

export type ColumnName = (typeof eventColumns)[number]['name'];

/** A column's description, or undefined when the name is not a column (then it is a property path). */
export function columnInfo(name: string): ColumnInfo | undefined {
  return eventColumns.find((column) => column.name === name);
}

/** Prefix that makes a name a property path: `properties.plan`, `properties.cart.total`. */
export const propertyPrefix = 'properties.';

/** A trait of the event's person or account: `person.plan` as it is now, `person_then.plan` as it was when the event happened. */
export interface ProfileProperty {
  readonly of: 'person' | 'account';
  readonly atEvent: boolean;
  readonly name: string;
}

export function profileProperty(property: string): ProfileProperty | undefined {
  const [, of, then, name] = /^(person|account)(_then)?\.(.+)$/s.exec(property) ?? [];
  if (of === undefined || name === undefined) return undefined;
  return { of: of === 'person' ? 'person' : 'account', atEvent: then !== undefined, name };
}
