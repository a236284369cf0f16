import type { QuarantineSelection, QuarantineState } from '../contract/quarantine-endpoints.ts';

/** SQL of our own words; what people choose is in `params`, or digits that were checked. */
export interface Condition {
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
}

const states: Readonly<Record<QuarantineState, string>> = {
  waiting: 'NOT IN (SETTLED)',
  replayed: 'IN (REPLAYED)',
  discarded: 'IN (DISCARDED)',
};

const outcomes = (having: string): string =>
  `SELECT log_offset, item FROM tributary.quarantine_outcomes WHERE project = {project:String} GROUP BY log_offset, item HAVING ${having}`;
const isReplayed = 'max(replay_offset) > 0';
const isDiscarded = `argMax(outcome, at) = 'discarded'`;

/** Rows of a project that are in this state. */
export function inState(project: string, state: QuarantineState): Condition {
  const which = states[state]
    .replace('SETTLED', outcomes(`${isReplayed} OR ${isDiscarded}`))
    .replace('REPLAYED', outcomes(isReplayed))
    .replace('DISCARDED', outcomes(`NOT (${isReplayed}) AND ${isDiscarded}`));
  return {
    sql: `project = {project:String} AND (log_offset, item) ${which}`,
    params: { project },
  };
}

/** Rows that arrived in [from, to). */
export function arrived(from: number | undefined, to: number | undefined): Condition {
  const bounds: string[] = [];
  if (from !== undefined) bounds.push('received_at >= fromUnixTimestamp64Milli({from:Int64})');
  if (to !== undefined) bounds.push('received_at < fromUnixTimestamp64Milli({to:Int64})');
  return {
    sql: bounds.join(' AND ') || '1',
    params: {
      ...(from === undefined ? undefined : { from }),
      ...(to === undefined ? undefined : { to }),
    },
  };
}

export function selected({ causes, from, to, items }: QuarantineSelection): Condition {
  const time = arrived(from, to);
  const named =
    items === undefined
      ? ''
      : ` AND (log_offset, item) IN (${items.map(({ offset, item }) => `(${offset},${item})`).join(',')})`;
  return { sql: `${ofCauses(causes)} AND ${time.sql}${named}`, params: time.params };
}

export function ofCauses(causes: readonly string[]): string {
  return `cause_id IN (${causes.map((cause) => String(BigInt(`0x${cause}`))).join(',')})`;
}

/** How a group's id is written. */
export const causeSql = `leftPad(lower(hex(cause_id)), 16, '0')`;

export function both(one: Condition, other: Condition): Condition {
  return { sql: `${one.sql} AND ${other.sql}`, params: { ...one.params, ...other.params } };
}
