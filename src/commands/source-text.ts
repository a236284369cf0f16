import type { Door, Source } from '../contract/source.ts';

export interface ListedSource extends Source {
  readonly lastSeen?: number | null;
  /** Of the last 24 hours; undefined when the warehouse could not be asked. */
  readonly day?: { readonly events: number; readonly quarantined: number } | undefined;
}

/** One line per source, columns under each other. */
export function sourceTable(sources: readonly ListedSource[], now: number): string {
  if (sources.length === 0) return 'There are no sources; make one: tributary source create "Web shop"';
  const rows = sources.map((one) => [
    one.project,
    one.name || '(unnamed)',
    one.door,
    one.key,
    seenText(one.lastSeen, now),
    one.day ? one.day.events.toLocaleString('en') : '?',
    one.day ? one.day.quarantined.toLocaleString('en') : '?',
    limitsText(one),
  ]);
  return columns([
    ['PROJECT', 'NAME', 'FOR', 'KEY', 'LAST SEEN', 'EVENTS 24H', 'QUARANTINED', 'LIMITS'],
    ...rows,
  ]);
}

/** Everything about one source. */
export function describeSource(
  one: ListedSource & { readonly revoked?: true },
  url: string,
  now: number,
): string {
  if (one.revoked) return `${one.name} is revoked; what is sent with ${one.key} is refused from now on.`;
  const facts: [string, string][] = [
    ['Name', one.name],
    ['Project', one.project],
    ['For', one.door],
    ['Key', one.key],
    ...one.previous.map(({ key, validUntil }): [string, string] => [
      'Former key',
      `${key} (works until ${new Date(validUntil).toISOString()})`,
    ]),
    ['Id', one.id],
    ['Origins', one.origins.join(', ') || 'all'],
    ['Events', one.events.join(', ') || 'all'],
    ['Rate', one.requestsPerSecond === null ? 'no limit' : `${one.requestsPerSecond} requests per second`],
    ['Secret', secretText(one)],
    ['Mapping', one.mapping ?? 'none'],
  ];
  if (one.lastSeen !== undefined) facts.push(['Last seen', seenText(one.lastSeen, now)]);
  if (one.day)
    facts.push(['Last 24 hours', `${one.day.events} events, ${one.day.quarantined} in quarantine`]);
  facts.push(['Page', `${url}/sources/${one.id}`]);
  return columns(facts);
}

/** Senders whose requests are refused while there is nothing to check their signature with. */
const signing: readonly Door[] = ['stripe', 'slack', 'github', 'telegram', 'sendgrid', 'mailgun'];

function secretText({ door, key, signed }: Source): string {
  if (signed) return 'stored';
  return signing.includes(door)
    ? `none: what ${door} sends is refused until there is one; tributary source limit ${key} --secret-file FILE`
    : 'none';
}

function limitsText({ origins, events, requestsPerSecond }: Source): string {
  const parts = [
    origins.length > 0 ? origins.join(' ') : '',
    events.length > 0 ? `${events.length} event name${events.length === 1 ? '' : 's'}` : '',
    requestsPerSecond === null ? '' : `${requestsPerSecond}/s`,
  ].filter(Boolean);
  return parts.length === 0 ? 'none' : parts.join(', ');
}

export function seenText(at: number | null | undefined, now: number): string {
  if (at === null || at === undefined) return 'never';
  const minutes = Math.floor((now - at) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return `${Math.floor(minutes / 1_440)} days ago`;
}

export function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n');
}
