import type { Output, ParsedInput } from '../contract/endpoints.ts';
import type { ClickHouseClient } from '../warehouse/warehouse.ts';
import { ask } from './ask.ts';
import { arrived, both, type Condition, causeSql, inState, ofCauses } from './selection.ts';

const day = 86_400_000;
const usualRange = 30 * day;
const buckets = 24;
const shown = 200;

type Question = ParsedInput<'quarantineGroups'>;
type Group = Output<'quarantineGroups'>['groups'][number];

/** What failed, by cause, the most frequent first. */
export async function quarantineGroups(
  warehouse: ClickHouseClient,
  question: Question,
  now: number,
): Promise<Output<'quarantineGroups'>> {
  const { project, state, source, reason, cause } = question;
  const to = question.to ?? now + 60_000;
  const from = Math.min(question.from ?? now - usualRange, to - 1);
  const all = both(inState(project, state), arrived(from, to));
  const others = filtered(all, { source, reason, cause: undefined });
  const where = filtered(all, { source, reason, cause });
  const width = Math.max(1, Math.ceil((to - from) / buckets));
  const [groups, [whole], sources, reasons] = await Promise.all([
    ask<Omit<Group, 'share'>>(
      warehouse,
      `SELECT ${causeSql} AS cause, any(stage) AS stage, any(reason) AS reason, any(protocol) AS protocol, any(key_id) AS source,
        any(q.cause) AS detail, count() AS count, toUnixTimestamp64Milli(min(received_at)) AS first, toUnixTimestamp64Milli(max(received_at)) AS last,
        countResample(0, ${buckets}, 1)(toInt64(least(${buckets - 1}, intDiv(toUnixTimestamp64Milli(received_at) - {from:Int64}, {width:Int64})))) AS trend
      FROM tributary.quarantine AS q WHERE ${where.sql} GROUP BY cause_id ORDER BY count DESC, last DESC LIMIT ${shown}`,
      { ...where.params, width },
    ),
    ask<{ total: number; found: number }>(
      warehouse,
      `SELECT count() AS total, countIf(${cause === undefined ? '1' : ofCauses([cause])}) AS found FROM tributary.quarantine WHERE ${others.sql}`,
      others.params,
    ),
    names(warehouse, 'key_id', all),
    names(warehouse, 'reason', all),
  ]);
  const total = whole?.total ?? 0;
  return {
    from,
    to,
    total: whole?.found ?? 0,
    groups: groups.map((group) => ({ ...group, share: total === 0 ? 0 : group.count / total })),
    sources,
    reasons,
  };
}

function filtered(
  all: Condition,
  { source, reason, cause }: Pick<Question, 'source' | 'reason' | 'cause'>,
): Condition {
  const conditions = [all.sql];
  if (source !== undefined) conditions.push('key_id = {source:String}');
  if (reason !== undefined) conditions.push('reason = {reason:String}');
  if (cause !== undefined) conditions.push(ofCauses([cause]));
  return { sql: conditions.join(' AND '), params: { ...all.params, source, reason } };
}

async function names(
  warehouse: ClickHouseClient,
  column: string,
  { sql, params }: Condition,
): Promise<string[]> {
  const rows = await ask<{ name: string }>(
    warehouse,
    `SELECT ${column} AS name FROM tributary.quarantine WHERE ${sql} GROUP BY name ORDER BY count() DESC LIMIT 200`,
    params,
  );
  return rows.map(({ name }) => name);
}
