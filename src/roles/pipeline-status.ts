import { appendedAt } from '../contract/request.ts';
import type { LedgerRow, PipelineResult } from '../contract/result.ts';
import type { LogReader } from '../log/log.ts';
import type { Clock } from '../runtime/clock.ts';
import { messageOf } from '../runtime/errors.ts';
import type { PipelineProgress } from '../warehouse/load.ts';
import type { ClickHouseClient } from '../warehouse/warehouse.ts';

export interface PipelineStatusOptions {
  readonly log: Pick<LogReader, 'accepted' | 'head' | 'read'>;
  readonly warehouse: ClickHouseClient;
  readonly clock: Clock;
  readonly project: string;
  /** How far back the ledger goes. */
  readonly minutes: number;
  /** What the process role last said; undefined when it is silent. */
  readonly process:
    | { readonly at: number; readonly detail: { readonly progress: PipelineProgress } }
    | undefined;
}

const minute = 60_000;
const day = 86_400_000;
/** Behind by more than this, the pipeline is called slow. */
const slowSeconds = 5;
/** A minute that ended less than this ago may still differ between log and warehouse: the two are read one after the other. */
const settleMs = 60_000;

/** Sources, stages, ledger and quarantine of one project, each told by the part that knows it. */
export async function pipelineStatus(options: PipelineStatusOptions): Promise<PipelineResult> {
  const { log, clock, minutes, project } = options;
  const now = clock.now();
  const since = Math.floor(now / minute) * minute - (minutes - 1) * minute;
  const accepted = log.accepted(since).filter((count) => count.project === project);
  const head = log.head();
  let stored: Stored | undefined;
  let trouble = '';
  try {
    stored = await readWarehouse(options, since, now);
  } catch (error) {
    trouble = messageOf(error);
  }
  return {
    sources: stored ? sourcesOf(stored, now) : [],
    stages: stagesOf(options, { now, head, accepted, stored, trouble }),
    ledger: ledgerOf({ accepted, stored, since, now, isBehind: isBehind(options.process, head) }),
    missing: stored?.missing ?? null,
    quarantine: stored?.quarantine ?? [],
  };
}

interface SourceRow {
  readonly protocol: string;
  readonly library: string;
  readonly last: number;
  readonly minute: number;
  readonly day: number;
  readonly usual: number;
}

interface Stored {
  readonly sources: readonly SourceRow[];
  readonly hops: readonly { minute: number; hop: string; reason: string; count: number }[];
  /** Rows of events and logs by minute. */
  readonly rows: readonly { minute: number; count: number }[];
  readonly missing: number | null;
  readonly quarantine: PipelineResult['quarantine'];
  readonly quarantinedDay: ReadonlyMap<string, number>;
}

async function readWarehouse(options: PipelineStatusOptions, since: number, now: number): Promise<Stored> {
  const { warehouse, project } = options;
  const ask = async <Row>(query: string, from: number): Promise<Row[]> => {
    const result = await warehouse.query({
      query,
      query_params: { project, since: from, minute: now - minute, day: now - day },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    return result.json<Row>();
  };
  const received = `project = {project:String} AND received_at >= fromUnixTimestamp64Milli({since:Int64})`;
  // The ledger before the events: what is loaded in between then shows as stored, never as missing.
  const hops = await ask<Stored['hops'][number]>(
    `SELECT toUnixTimestamp(minute) * 1000 AS minute, hop, reason, sum(count) AS count FROM tributary.ledger
     WHERE project = {project:String} AND minute >= toDateTime(intDiv({since:Int64}, 1000)) GROUP BY minute, hop, reason`,
    since,
  );
  const [rows, sources, counted, quarantine, quarantined] = await Promise.all([
    ask<Stored['rows'][number]>(
      `SELECT toUnixTimestamp(toStartOfMinute(received_at)) * 1000 AS minute, count() AS count FROM (
         SELECT received_at FROM tributary.events WHERE ${received} UNION ALL SELECT received_at FROM tributary.logs WHERE ${received})
       GROUP BY minute`,
      since,
    ),
    ask<SourceRow>(
      // The usual gap: of all gaps between minutes with events, 95 of 100 are shorter.
      `SELECT protocol, library, toUnixTimestamp64Milli(max(received_at)) AS last,
         countIf(received_at >= fromUnixTimestamp64Milli({minute:Int64})) AS minute,
         countIf(received_at >= fromUnixTimestamp64Milli({day:Int64})) AS day,
         arrayReduce('quantileExact(0.95)', arrayDifference(arraySort(groupUniqArray(toUnixTimestamp(toStartOfMinute(received_at)))))) * 1000 AS usual
       FROM (SELECT protocol, library, received_at FROM tributary.events WHERE ${received}
         UNION ALL SELECT protocol, '' AS library, received_at FROM tributary.logs WHERE ${received})
       GROUP BY protocol, library ORDER BY day DESC, last DESC LIMIT 200`,
      now - 7 * day,
    ),
    ask<{ ids: number; missing: number }>(
      // A gap of more than 10,000 is a tracker that began to count anew, not that many events.
      `SELECT count() AS ids, sum(least(10000, last - first + 1 - got)) AS missing FROM (
         SELECT toInt64(max(sequence)) AS last, toInt64(min(sequence)) AS first, toInt64(uniqExact(sequence)) AS got
         FROM tributary.events WHERE ${received} AND sequence > 0 GROUP BY anonymous_id)`,
      now - day,
    ),
    ask<Stored['quarantine'][number]>(
      `SELECT stage, reason, protocol, count() AS count, toUnixTimestamp64Milli(max(received_at)) AS last,
         argMax(leftUTF8(if(payload = '', query, payload), 2000), received_at) AS sample, argMax(detail, received_at) AS detail
       FROM tributary.quarantine WHERE ${received} GROUP BY stage, reason, protocol ORDER BY count DESC LIMIT 50`,
      now - 7 * day,
    ),
    ask<{ protocol: string; count: number }>(
      `SELECT protocol, count() AS count FROM tributary.quarantine WHERE ${received} GROUP BY protocol`,
      now - day,
    ),
  ]);
  return {
    sources,
    hops,
    rows,
    missing: counted[0]?.ids ? counted[0].missing : null,
    quarantine,
    quarantinedDay: new Map(quarantined.map(({ protocol, count }) => [protocol, count])),
  };
}

/** Quarantine does not know libraries: its counts stand at the busiest source of the protocol. */
function sourcesOf(stored: Stored, now: number): PipelineResult['sources'] {
  const left = new Map(stored.quarantinedDay);
  const sources: PipelineResult['sources'] = stored.sources.map((source) => {
    const { protocol, library, last } = source;
    const quarantinedDay = left.get(protocol) ?? 0;
    left.delete(protocol);
    const silence = now - last;
    const patience = Math.max(15 * minute, 3 * source.usual);
    return {
      name: library === '' ? protocol : `${protocol} · ${library}`,
      protocol,
      library,
      lastEvent: last,
      rate: source.minute / 60,
      day: source.day,
      quarantinedDay,
      state: silence > day ? 'idle' : silence > patience ? 'stale' : 'ok',
    };
  });
  for (const [protocol, quarantinedDay] of left) {
    sources.push({
      name: protocol,
      protocol,
      library: '',
      lastEvent: null,
      rate: 0,
      day: 0,
      quarantinedDay,
      state: 'idle',
    });
  }
  return sources;
}

function isBehind(process: PipelineStatusOptions['process'], head: number): boolean {
  return process === undefined || process.detail.progress.lastOffset < head;
}

interface StageFacts {
  readonly now: number;
  readonly head: number;
  readonly accepted: readonly { minute: number; requests: number }[];
  readonly stored: Stored | undefined;
  readonly trouble: string;
}

function stagesOf(options: PipelineStatusOptions, facts: StageFacts): PipelineResult['stages'] {
  const { log, process } = options;
  const { now, head, accepted, stored, trouble } = facts;
  const progress = process?.detail.progress;
  const [last] = head > 0 ? log.read(head, 1, 1) : [];
  const newest = last ? appendedAt(last) : null;
  const lastMinute = Math.floor(now / minute) * minute - minute;
  const perSecond =
    accepted.filter((count) => count.minute === lastMinute).reduce((sum, { requests }) => sum + requests, 0) /
    60;
  const lastStored = stored?.sources.reduce((last, source) => Math.max(last, source.last), 0) || null;
  const quiet = { lag: 0, lagSeconds: 0, errorsDay: 0, message: '' };
  return [
    {
      ...quiet,
      name: 'collect',
      state: 'ok',
      last: accepted.reduce((last, count) => Math.max(last, count.minute), 0) || null,
      rate: perSecond,
    },
    { ...quiet, name: 'log', state: 'ok', last: newest, rate: perSecond },
    {
      name: 'process',
      state:
        progress === undefined
          ? 'down'
          : progress.lastError !== null || progress.lagSeconds > slowSeconds
            ? 'slow'
            : 'ok',
      last: progress?.lastAt ?? null,
      rate: progress?.recordsPerSecond ?? 0,
      lag: progress?.lagRecords ?? 0,
      lagSeconds: progress?.lagSeconds ?? 0,
      errorsDay: progress?.errors ?? 0,
      message:
        progress === undefined
          ? 'The pipeline is silent; what is accepted waits in the log.'
          : (progress.lastError ?? ''),
    },
    {
      ...quiet,
      name: 'warehouse',
      state: stored ? 'ok' : 'down',
      last: lastStored,
      rate: stored ? stored.sources.reduce((sum, source) => sum + source.minute, 0) / 60 : 0,
      message: trouble,
    },
  ];
}

interface LedgerFacts {
  readonly accepted: readonly { minute: number; requests: number }[];
  readonly stored: Stored | undefined;
  readonly since: number;
  readonly now: number;
  /** Whether records wait in the log, or may wait because the pipeline is silent. */
  readonly isBehind: boolean;
}

/** One row per minute in which anything happened, oldest first. */
function ledgerOf({ accepted, stored, since, now, isBehind }: LedgerFacts): LedgerRow[] {
  const rows = new Map<number, LedgerRow>();
  const rowOf = (at: number): LedgerRow => {
    const row = rows.get(at) ?? emptyRow(at);
    rows.set(at, row);
    return row;
  };
  for (const count of accepted) rowOf(count.minute).accepted += count.requests;
  for (const { minute: at, hop, reason, count } of stored?.hops ?? []) addHop(rowOf(at), hop, reason, count);
  for (const { minute: at, count } of stored?.rows ?? []) rowOf(at).stored += count;
  for (const row of rows.values()) {
    const isRecent = now - (row.minute + minute) < settleMs;
    const waits = !stored || isRecent || (isBehind && row.accepted > row.processed);
    row.state = isBalanced(row) ? 'balanced' : waits ? 'pending' : 'unbalanced';
  }
  return [...rows.values()].filter((row) => row.minute >= since).toSorted((a, b) => a.minute - b.minute);
}

function emptyRow(at: number): LedgerRow {
  return {
    minute: at,
    accepted: 0,
    processed: 0,
    decoded: 0,
    loaded: 0,
    quarantined: 0,
    duplicates: 0,
    dropped: {},
    stored: 0,
    removed: 0,
    state: 'pending',
  };
}

function addHop(row: LedgerRow, hop: string, reason: string, count: number): void {
  if (hop === 'dropped') row.dropped[reason] = (row.dropped[reason] ?? 0) + count;
  else if (hop === 'duplicate') row.duplicates += count;
  else if (
    hop === 'removed' ||
    hop === 'processed' ||
    hop === 'decoded' ||
    hop === 'loaded' ||
    hop === 'quarantined'
  )
    row[hop] += count;
}

function isBalanced(row: LedgerRow): boolean {
  const dropped = Object.values(row.dropped).reduce((sum, count) => sum + count, 0);
  return (
    row.accepted === row.processed &&
    row.decoded === row.loaded + row.quarantined + row.duplicates + dropped &&
    row.loaded === row.stored + row.removed
  );
}
