import { type Range, sqlTime, type Unit } from './intervals.ts';
import { quoted, type Statements } from './statements.ts';

/** How rows of a source are told apart by time. */
export interface SourceTime {
  readonly time: string;
  /** An aggregate that is another one when rows came, went or changed. */
  readonly mark: string;
}

const byOffset = (time: string): SourceTime => ({ time, mark: '(count(), max(log_offset))' });

/** The pipeline's own tables. `none`: rows that are looked up whatever their time; that they change makes no interval late. */
const known: Readonly<Record<string, SourceTime | 'none'>> = {
  'tributary.events': byOffset('timestamp'),
  'tributary.logs': byOffset('timestamp'),
  'tributary.quarantine': byOffset('received_at'),
  // versions that are merged away change the count, but not what the session is
  'tributary.sessions': { time: 'day_key', mark: 'max(version)' },
  'tributary.ledger': { time: 'minute', mark: 'sum(count)' },
  'tributary.persons': 'none',
  'tributary.accounts': 'none',
  'tributary.identities': 'none',
  'tributary.identity_history': 'none',
  'tributary.profile_history': 'none',
  'tributary.identity': 'none',
  'tributary.session_repairs': 'none',
  'tributary.session_repair': 'none',
  'tributary.session_range': 'none',
};

export type DeclaredSources = Readonly<
  Record<string, { readonly time: string; readonly arrived?: string | undefined }>
>;

/** Undefined for a table of which nobody has said what its time is. */
export function sourceTime(table: string, declared: DeclaredSources): SourceTime | 'none' | undefined {
  const said = declared[table];
  if (!said) return known[table];
  return {
    time: quoted(said.time),
    mark: said.arrived === undefined ? 'count()' : `(count(), max(${quoted(said.arrived)}))`,
  };
}

const floors: Readonly<Record<Unit, string>> = {
  hour: 'toStartOfHour',
  day: 'toStartOfDay',
  week: 'toMonday',
  month: 'toStartOfMonth',
};

/**
 * Fingerprints of a source's rows by interval, read from two columns of the stretch. Equal fingerprints: nothing arrived in between. A
 * high-water mark of arrivals would be cheaper, but would miss a row that becomes visible after one with a later number.
 */
export class Arrivals {
  readonly #statements: Statements;
  readonly #asked = new Map<string, Promise<Map<number, string>>>();

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  of(table: string, { time, mark }: SourceTime, unit: Unit, range: Range): Promise<Map<number, string>> {
    const key = [table, time, mark, unit, range.from, range.to].join(' ');
    const known = this.#asked.get(key) ?? this.#ask(table, { time, mark }, unit, range);
    this.#asked.set(key, known);
    return known;
  }

  async #ask(
    table: string,
    { time, mark }: SourceTime,
    unit: Unit,
    range: Range,
  ): Promise<Map<number, string>> {
    const rows = await this.#statements.rows<{ start: number; mark: string }>(
      `SELECT toUnixTimestamp(toDateTime(${floors[unit]}(toDateTime(${time}, 'UTC')), 'UTC')) AS start, toString(cityHash64(${mark})) AS mark
      FROM ${table} WHERE ${time} >= toDateTime({from:String}, 'UTC') AND ${time} < toDateTime({to:String}, 'UTC')
      GROUP BY start`,
      { from: sqlTime(range.from), to: sqlTime(range.to) },
    );
    return new Map(rows.map((row) => [row.start, row.mark]));
  }

  /** The time of the oldest row; undefined when there is none. */
  async oldest(table: string, { time }: SourceTime): Promise<number | undefined> {
    const [row] = await this.#statements.rows<{ rows: number; oldest: number }>(
      `SELECT count() AS rows, toUnixTimestamp(toDateTime(min(${time}), 'UTC')) AS oldest FROM ${table}`,
    );
    return row && row.rows > 0 ? row.oldest : undefined;
  }
}
