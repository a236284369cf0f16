import { readRecords } from '../archive/archive.ts';
import type { LogRecord } from '../contract/request.ts';
import { appendedAt } from '../contract/request.ts';
import type { RewindPlan, RewindRange } from '../contract/rewind.ts';
import type { LogReader } from '../log/log.ts';
import { TributaryError } from '../runtime/errors.ts';
import type { ClickHouseClient, Table } from '../warehouse/warehouse.ts';
import { inRange, parametersOf, rowsOf } from './tables.ts';

const minute = 60_000;
const hour = 60 * minute;

export interface Reach {
  readonly warehouse: ClickHouseClient;
  readonly log: Pick<LogReader, 'read' | 'head'>;
  readonly lake: string;
  /** The next offset of the live pipeline: what lies before it is in the tables. */
  readonly liveNext: () => Promise<number>;
  /** Hours after which a visit of the project ends whatever comes. */
  readonly longestVisit: (project: string) => Promise<number>;
}

/**
 * The offsets of a range of receipt. Records lie in the order of their arrival, so the range begins with the first one that was received at
 * `from` or later and ends before the first one received at `to` or later.
 */
export async function planRewind(reach: Reach, project: string, range: RewindRange): Promise<RewindPlan> {
  const from = range.from === null ? null : Math.floor(range.from / minute) * minute;
  const to = range.to === null ? null : Math.ceil(range.to / minute) * minute;
  if (from !== null && to !== null && from >= to)
    throw new TributaryError('bad-request', 'the range is empty: "from" must be before "to"');
  const live = await reach.liveNext();
  const oldest = await firstFrom(reach, project, 0);
  if (!oldest || oldest.offset >= live)
    throw new TributaryError('not-found', 'neither the log nor the archive has a record of this project');
  const first = from === null ? oldest : await firstFrom(reach, project, from);
  if (!first || first.offset >= live) throw nothing();
  const end = await endAt(reach, project, to, live);
  if (end <= first.offset) throw nothing();
  const outOfReach = await countBefore(reach.warehouse, project, oldest);
  const isWhole = to === null && first.offset === oldest.offset && outOfReach === 0;
  const mode = isWhole ? ('whole' as const) : ('part' as const);
  // longer than a visit can be, so that visits at the ends of the range are seen whole
  const margin = (Math.max(24, await reach.longestVisit(project)) + 1) * hour;
  const warm = isWhole ? first : await firstFrom(reach, project, appendedAt(first) - margin);
  const scope = { project, first: first.offset, end };
  const [counts] = await rowsOf<{ events: number; logs: number; quarantined: number; newest: number | null }>(
    reach.warehouse,
    `SELECT
      (SELECT count() FROM tributary.events WHERE ${inRange()}) AS events,
      (SELECT count() FROM tributary.logs WHERE ${inRange()}) AS logs,
      (SELECT count() FROM tributary.quarantine WHERE ${inRange()}) AS quarantined,
      (SELECT toUnixTimestamp64Milli(maxOrNull(received_at)) FROM tributary.events WHERE ${inRange()}) AS newest`,
    parametersOf(scope),
  );
  return {
    mode,
    from: isWhole ? null : (from ?? first.receivedAt),
    to: isWhole ? null : to,
    warmFrom: warm?.offset ?? first.offset,
    first: first.offset,
    end,
    coolTo: isWhole || to === null ? end : Math.max(end, await endAt(reach, project, to + margin, live)),
    events: counts?.events ?? 0,
    logs: counts?.logs ?? 0,
    quarantined: counts?.quarantined ?? 0,
    outOfReach: from === null ? outOfReach : 0,
    oldest: first.receivedAt,
    newest: counts?.newest ?? null,
  };
}

function nothing(): TributaryError {
  return new TributaryError('not-found', 'neither the log nor the archive has a record of this range');
}

/** Offset of the first record received at `time` or later, at most `limit`. */
async function endAt(reach: Reach, project: string, time: number | null, limit: number): Promise<number> {
  if (time === null) return limit;
  const record = await firstFrom(reach, project, time);
  return Math.min(limit, record?.offset ?? limit);
}

/** What is replayed is as old as its first arrival, but lies where it was appended. */
async function firstFrom(reach: Reach, project: string, time: number): Promise<LogRecord | undefined> {
  for await (const record of readRecords({ ...reach, project, from: time }))
    if (appendedAt(record) === record.receivedAt) return record;
  return undefined;
}

const offsetTables: readonly Table[] = ['events', 'logs', 'quarantine'];
const versionTables: readonly Table[] = [
  'sessions',
  'identities',
  'identity_history',
  'profile_history',
  'persons',
  'accounts',
];

/** Rows that nothing can be made of again: their records came before the oldest that is left. */
async function countBefore(warehouse: ClickHouseClient, project: string, oldest: LogRecord): Promise<number> {
  const older = [
    ...offsetTables.map((table) => [table, 'log_offset < {offset:UInt64}']),
    // a version is the newest offset of what the row was made of
    ...versionTables.map((table) => [table, 'version < {offset:UInt64}']),
    ['ledger', 'minute < {minute:UInt32} AND count > 0'],
  ];
  const counts = older.map(
    ([table, isOlder]) =>
      `(SELECT count() FROM tributary.${table} WHERE project = {project:String} AND ${isOlder})`,
  );
  const [row] = await rowsOf<{ rows: number }>(warehouse, `SELECT ${counts.join(' + ')} AS rows`, {
    project,
    offset: oldest.offset,
    minute: Math.floor(oldest.receivedAt / minute) * 60,
  });
  return row?.rows ?? 0;
}
