import type { Output, ParsedInput } from '../contract/endpoints.ts';
import type {
  QuarantinedItem,
  QuarantineOutcome,
  QuarantineSelection,
} from '../contract/quarantine-endpoints.ts';
import type { ClickHouseClient } from '../warehouse/warehouse.ts';
import { ask } from './ask.ts';
import { formOf } from './fix.ts';
import { arrived, both, type Condition, inState, ofCauses, selected } from './selection.ts';

/** Characters of an item that are shown. */
const shownPayload = 100_000;

/** A row of quarantine as fixes and replays need it. */
export interface KeptItem {
  readonly project: string;
  readonly receivedAt: number;
  readonly offset: number;
  readonly item: number;
  readonly protocol: string;
  readonly key: string;
  readonly stage: string;
  readonly payload: string;
  readonly encoding: 'text' | 'base64';
  readonly envelope: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** JSON. */
  readonly headers: string;
  readonly address: string;
  readonly visitor: string;
  readonly originOffset: number;
  readonly originItem: number;
}

/** Where a walk through items stands: the last one that was seen, in the order of their arrival. */
export interface Cursor {
  readonly receivedAt: number;
  readonly offset: number;
  readonly item: number;
}

const place = '(received_at, log_offset, item)';
const cursorSql = (of: string): string =>
  `(fromUnixTimestamp64Milli({${of}At:Int64}), {${of}Offset:UInt64}, {${of}Item:UInt32})`;
const cursorParams = (of: string, { receivedAt, offset, item }: Cursor): Record<string, number> => ({
  [`${of}At`]: receivedAt,
  [`${of}Offset`]: offset,
  [`${of}Item`]: item,
});

/** One page of a group for people, newest first. */
export async function quarantineItems(
  warehouse: ClickHouseClient,
  { project, state, cause, cursor, limit, from, to }: ParsedInput<'quarantineItems'>,
): Promise<Output<'quarantineItems'>> {
  const where = both(inState(project, state), arrived(from, to));
  const after = cursor === undefined ? undefined : cursorOf(cursor);
  const before = after === undefined ? '' : ` AND ${place} < ${cursorSql('after')}`;
  const rows = await ask<Omit<QuarantinedItem, 'headers' | 'outcome' | 'form' | 'cut'> & ShownRow>(
    warehouse,
    `SELECT log_offset AS offset, item, toUnixTimestamp64Milli(received_at) AS receivedAt, protocol, key_id AS source, stage, reason, detail,
      method, path, query, headers, address, leftUTF8(payload, ${shownPayload}) AS payload, lengthUTF8(payload) AS size, payload_encoding AS encoding,
      envelope, replay AS replayed
    FROM tributary.quarantine WHERE ${where.sql} AND ${ofCauses([cause])}${before}
    ORDER BY received_at DESC, log_offset DESC, item DESC LIMIT {limit:UInt32}`,
    { ...where.params, ...(after ? cursorParams('after', after) : undefined), limit },
  );
  const outcomes = await outcomesOf(warehouse, project, rows);
  const last = rows.at(-1);
  return {
    items: rows.map(({ size, envelope, headers, ...row }) => ({
      ...row,
      headers: headersOf(headers),
      cut: size > shownPayload,
      form: formOf({ ...row, envelope }),
      outcome: outcomes.get(`${row.offset}.${row.item}`) ?? null,
    })),
    cursor:
      last !== undefined && rows.length === limit ? `${last.receivedAt}.${last.offset}.${last.item}` : null,
  };
}

interface ShownRow {
  readonly headers: string;
  readonly envelope: string;
  readonly size: number;
}

export function headersOf(json: string): Record<string, string> {
  try {
    return JSON.parse(json) as Record<string, string>;
  } catch {
    return {};
  }
}

function cursorOf(text: string): Cursor {
  const [receivedAt = 0, offset = 0, item = 0] = text.split('.').map(Number);
  return { receivedAt, offset, item };
}

async function outcomesOf(
  warehouse: ClickHouseClient,
  project: string,
  rows: readonly { readonly offset: number; readonly item: number }[],
): Promise<Map<string, QuarantineOutcome>> {
  if (rows.length === 0) return new Map();
  const places = rows.map(({ offset, item }) => `(${offset},${item})`).join(',');
  const found = await ask<QuarantineOutcome & { offset: number; item: number }>(
    warehouse,
    `SELECT log_offset AS offset, item, outcome, toUnixTimestamp64Milli(at) AS at, \`by\`, fix, replay FROM tributary.quarantine_outcomes
    WHERE project = {project:String} AND (log_offset, item) IN (${places}) ORDER BY replay_offset, quarantine_outcomes.at`,
    { project },
  );
  return new Map(found.map(({ offset, item, ...outcome }) => [`${offset}.${item}`, outcome]));
}

export interface Walk {
  readonly project: string;
  readonly selection: QuarantineSelection;
  /** Items of later records are left out: they came after the walk began. */
  readonly until: number;
}

const pageItems = 500;
const pageBytes = 8_000_000;

/** The waiting items of a selection behind a cursor, in the order of their arrival; as many as fit into a page, none at the end. */
export async function nextItems(
  warehouse: ClickHouseClient,
  walk: Walk,
  cursor: Cursor | null,
): Promise<KeptItem[]> {
  const where = waitingOf(walk);
  const params = { ...where.params, ...(cursor ? cursorParams('after', cursor) : undefined) };
  const after =
    cursor === null
      ? ''
      : ` AND received_at >= fromUnixTimestamp64Milli({afterAt:Int64}) AND ${place} > ${cursorSql('after')}`;
  const sizes = await ask<Cursor & { bytes: number }>(
    warehouse,
    `SELECT toUnixTimestamp64Milli(received_at) AS receivedAt, log_offset AS offset, item, length(payload) + length(envelope) AS bytes
    FROM tributary.quarantine WHERE ${where.sql}${after} ORDER BY received_at, log_offset, item LIMIT ${pageItems}`,
    params,
  );
  let bytes = 0;
  let count = 0;
  for (const size of sizes) {
    bytes += size.bytes;
    if (bytes > pageBytes && count > 0) break;
    count++;
  }
  const last = sizes[count - 1];
  if (!last) return [];
  return ask<KeptItem>(
    warehouse,
    `${keptSql} FROM tributary.quarantine WHERE ${where.sql}${after} AND ${place} <= ${cursorSql('last')}
    ORDER BY received_at, log_offset, item LIMIT ${count}`,
    { ...params, ...cursorParams('last', last) },
  );
}

/** The newest waiting items, for a first look at what a fix does. */
export async function newestItems(
  warehouse: ClickHouseClient,
  walk: Walk,
  limit: number,
): Promise<KeptItem[]> {
  const where = waitingOf(walk);
  return ask<KeptItem>(
    warehouse,
    `${keptSql} FROM tributary.quarantine WHERE ${where.sql} AND length(payload) < ${pageBytes / 40}
    ORDER BY received_at DESC, log_offset DESC, item DESC LIMIT ${limit}`,
    where.params,
  );
}

export async function countItems(warehouse: ClickHouseClient, walk: Walk): Promise<number> {
  const where = waitingOf(walk);
  const [row] = await ask<{ total: number }>(
    warehouse,
    `SELECT count() AS total FROM tributary.quarantine WHERE ${where.sql}`,
    where.params,
  );
  return row?.total ?? 0;
}

/** The newest record of the log that has left something in quarantine. */
export async function newestOffset(warehouse: ClickHouseClient, project: string): Promise<number> {
  const [row] = await ask<{ newest: number }>(
    warehouse,
    'SELECT max(log_offset) AS newest FROM tributary.quarantine WHERE project = {project:String}',
    { project },
  );
  return row?.newest ?? 0;
}

/** Of these records, those of which events or log lines are stored: to send one of them again as a whole would double what has no id. */
export async function partlyLoaded(
  warehouse: ClickHouseClient,
  project: string,
  offsets: readonly number[],
): Promise<ReadonlySet<number>> {
  if (offsets.length === 0) return new Set();
  const which = `project = {project:String} AND log_offset IN (${[...new Set(offsets)].join(',')})`;
  const rows = await ask<{ offset: number }>(
    warehouse,
    `SELECT DISTINCT log_offset AS offset FROM tributary.events WHERE ${which}
    UNION DISTINCT SELECT DISTINCT log_offset AS offset FROM tributary.logs WHERE ${which}`,
    { project },
  );
  return new Set(rows.map(({ offset }) => offset));
}

function waitingOf({ project, selection, until }: Walk): Condition {
  const where = both(inState(project, 'waiting'), selected(selection));
  return { sql: `${where.sql} AND log_offset <= {until:UInt64}`, params: { ...where.params, until } };
}

const keptSql = `SELECT project, toUnixTimestamp64Milli(received_at) AS receivedAt, log_offset AS offset, item, protocol, key_id AS key, stage, payload,
  payload_encoding AS encoding, envelope, method, path, query, headers, address, visitor, origin_offset AS originOffset, origin_item AS originItem`;
