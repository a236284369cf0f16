import type { ClickHouseClient } from '@clickhouse/client';
import type { DriftResult } from '../../contract/plan-endpoints.ts';
import type { Clock } from '../../runtime/clock.ts';
import { propertyPath } from '../../warehouse/warehouse.ts';
import { ask } from '../ask.ts';
import { Parameters } from '../parameters.ts';
import { runsOf } from '../sample.ts';

const day = 86_400_000;
const days = 30;
/** Rows whose properties are looked at for types that differ; each that does is then looked at in all events. */
const wanted = 100_000;
const maxCandidates = 20;

interface Candidate {
  readonly event: string;
  readonly path: string;
}

type Change = DriftResult['changes'][number];

/**
 * Properties that changed their type: where a type began that was not there at the beginning. Found in a sample, then dated and counted over all
 * events of the last thirty days.
 */
export async function planDrift(
  warehouse: ClickHouseClient,
  clock: Clock,
  { project }: { project: string },
): Promise<DriftResult> {
  const from = clock.now() - days * day;
  const candidates = await candidatesOf(warehouse, project, from);
  const changes = await Promise.all(candidates.map((one) => changesOf(warehouse, project, from, one)));
  return { days, changes: changes.flat().toSorted((a, b) => b.at - a.at) };
}

/** Numbers are one type whether whole or not, and so are lists whatever they hold. */
const typeSql = (type: string): string =>
  `multiIf(${type} IN ('Int64', 'UInt64', 'Float64', 'Int128', 'UInt128', 'Int256', 'UInt256'), 'number', ${type} = 'String', 'text', ${type} = 'Bool', 'true or false', startsWith(${type}, 'Array'), 'list', ${type})`;

async function candidatesOf(
  warehouse: ClickHouseClient,
  project: string,
  from: number,
): Promise<Candidate[]> {
  const counting = new Parameters(project);
  const recent = (parameters: Parameters): string =>
    `project = ${parameters.project} AND timestamp >= fromUnixTimestamp64Milli(${parameters.add('Int64', from)})`;
  const counts = await ask<{ event: string; count: number }>(
    warehouse,
    `SELECT event, count() AS count FROM tributary.events WHERE ${recent(counting)} GROUP BY event ORDER BY count, event LIMIT 5000`,
    counting,
  );
  // rare events whole, since a sample of all would pass them over
  const rare: string[] = [];
  let room = wanted / 2;
  for (const { event, count } of counts) {
    room -= count;
    if (room < 0) break;
    rare.push(event);
  }
  const rest = counts.slice(rare.length).reduce((sum, { count }) => sum + count, 0);
  const parameters = new Parameters(project);
  const sample = runsOf(rest, wanted / 2).sql;
  return ask(
    warehouse,
    `SELECT event, path FROM (
      SELECT event, tupleElement(entry, 1) AS path, ${typeSql('tupleElement(entry, 2)')} AS kind, count() AS count
      FROM tributary.events ARRAY JOIN CAST(JSONAllPathsWithTypes(properties), 'Array(Tuple(String, String))') AS entry
      WHERE ${recent(parameters)} AND (event IN ${parameters.add('Array(String)', rare)} OR ${sample}) AND NOT startsWith(path, '$')
      GROUP BY event, path, kind
    ) GROUP BY event, path HAVING count() > 1 ORDER BY sum(count) DESC, event, path LIMIT ${maxCandidates}`,
    parameters,
  );
}

interface Seen {
  readonly kind: string;
  readonly count: number;
  readonly first: number;
  readonly last: number;
  readonly library: string;
  readonly keyId: string;
}

async function changesOf(
  warehouse: ClickHouseClient,
  project: string,
  from: number,
  { event, path }: Candidate,
): Promise<Change[]> {
  const parameters = new Parameters(project);
  const seen = await ask<Seen>(
    warehouse,
    `SELECT ${typeSql(`dynamicType(${propertyPath(path)})`)} AS kind, count() AS count, toUnixTimestamp64Milli(min(timestamp)) AS first,
      toUnixTimestamp64Milli(max(timestamp)) AS last, topK(1)(library)[1] AS library, topK(1)(key_id)[1] AS keyId
    FROM tributary.events
    WHERE project = ${parameters.project} AND event = ${parameters.add('String', event)}
      AND timestamp >= fromUnixTimestamp64Milli(${parameters.add('Int64', from)}) AND kind != 'None'
    GROUP BY kind ORDER BY first, kind`,
    parameters,
  );
  return driftOf(seen).map(([before, after]) => ({
    event,
    property: path,
    from: before.kind,
    to: after.kind,
    at: after.first,
    lastBefore: before.last,
    before: before.count,
    after: after.count,
    library: after.library,
    keyId: after.keyId,
  }));
}

/** Each type that began after another one, with the most frequent of those that were there before it. Types come in the order of their first event. */
export function driftOf<One extends { readonly count: number }>(seen: readonly One[]): [One, One][] {
  const pairs: [One, One][] = [];
  for (const [at, after] of seen.entries()) {
    const [before] = seen.slice(0, at).toSorted((a, b) => b.count - a.count);
    if (before) pairs.push([before, after]);
  }
  return pairs;
}
