import { setImmediate as turn } from 'node:timers/promises';
import type { CommandItem } from '../contract/command.ts';
import type { Decoded, DecodedEvent } from '../contract/event.ts';
import type { EnrichBatch, EnrichedBatch, LogItem, PipelineItem } from '../contract/pipeline.ts';
import { originOf } from '../contract/replay.ts';
import type { LogRecord } from '../contract/request.ts';
import type { LogRow, QuarantineRow } from '../contract/row.ts';
import { messageOf } from '../runtime/errors.ts';
import type { Confirm, RecentIds } from './dedupe.ts';
import { type InFlight, SeenIds, withoutDuplicates } from './duplicates.ts';
import { enrichSafely } from './enrich-safely.ts';
import { type Refusal, storableJson } from './insert.ts';
import { Ledger } from './ledger.ts';
import { quarantined, quarantinedItem, refusedItem } from './quarantine.ts';
import { type ConfirmReplayed, Replays } from './replays.ts';
import type { Table, TableRows } from './rows.ts';

/** Everything that one range of the log becomes. */
export interface Batch {
  /** The range [from, to). */
  readonly from: number;
  readonly to: number;
  readonly records: readonly LogRecord[];
  readonly rows: { readonly [T in Table]: readonly TableRows[T][] };
  readonly changes: EnrichedBatch['changes'];
  /** Ids that clients gave, of the rows in `events` and in `logs`. */
  readonly ids: SeenIds;
  /** What `logs` was made of. */
  readonly lines: readonly LogItem[];
  readonly counted: Ledger;
  /** What it replays; undefined when that is nothing. */
  readonly replays: Replays | undefined;
}

export interface PrepareOptions {
  readonly decode: (record: LogRecord) => Decoded | Promise<Decoded>;
  readonly enrich: EnrichBatch;
  readonly recent: RecentIds;
  readonly confirm: Confirm;
  readonly confirmReplayed: ConfirmReplayed;
}

/** Items that the warehouse refused, by event id: they go to quarantine instead. */
export type Refused = ReadonlyMap<string, Refusal>;

/** Records between two turns of the event loop, so that an upload and its answer are not kept waiting. */
const recordsPerTurn = 250;

const noRefused: Refused = new Map();

/** The same range gives the same rows, whenever and however often: nothing in here may depend on the clock or on chance. */
export async function prepareBatch(
  options: PrepareOptions,
  range: { from: number; to: number; records: readonly LogRecord[] },
  inFlight: InFlight | undefined,
  refused: Refused = noRefused,
): Promise<Batch> {
  const ledger = new Ledger();
  const quarantine: QuarantineRow[] = [];
  const replays = await Replays.of(range.records, range.from, options.confirmReplayed, inFlight?.replays);
  const decoded = await decodeAll(options, range.records, { ledger, quarantine, replays });
  const { commands } = decoded;
  const { fresh, freshLines, ids } = await unseen(options, decoded, range.from, inFlight, {
    ledger,
    replays,
  });
  if (replays) ids.replays = replays.places;
  const { accepted, rejected } = split(fresh, refused);
  for (const { item, refusal } of rejected) {
    quarantine.push(refusedItem(item, refusal));
    ledger.add(item.record, 'quarantined', refusal.reason);
    ids.delete(item.record.project, item.eventId, 'events');
  }
  const enriched = await enrichSafely(options.enrich, accepted, freshLines, commands);
  for (const { item, failure } of enriched.failures) {
    quarantine.push(quarantinedItem(item, failure));
    ledger.add(item.record, 'quarantined', failure.reason);
    ids.delete(item.record.project, item.eventId, 'events');
  }
  for (const { item, failure } of enriched.lineFailures) {
    quarantine.push(quarantinedItem(item, failure));
    ledger.add(item.record, 'quarantined', failure.reason);
    ids.delete(item.record.project, item.lineId, 'logs');
  }
  for (const { item, reason } of enriched.dropped) {
    ledger.add(item.record, 'dropped', reason);
    replays?.count(item.record, 'dropped');
    ids.delete(item.record.project, item.eventId, 'events');
  }
  for (const event of enriched.events) event.properties = storableJson(event.properties);
  for (const line of enriched.logs) line.attributes = storableJson(line.attributes);
  for (const line of enriched.logs) line.resource = storableJson(line.resource);
  countLoaded(accepted, [...enriched.failures, ...enriched.dropped], { ledger, replays });
  countLoaded(freshLines, enriched.lineFailures, { ledger, replays });
  return {
    ...range,
    changes: enriched.changes,
    ids,
    lines: freshLines,
    counted: ledger,
    replays,
    rows: {
      events: enriched.events,
      sessions: enriched.sessions,
      session_repairs: enriched.sessionRepairs,
      identities: enriched.identities,
      identity_history: enriched.identityHistory,
      profile_history: enriched.profileHistory,
      persons: enriched.persons.map(withStorableTraits),
      accounts: enriched.accounts.map(withStorableTraits),
      logs: enriched.logs,
      quarantine,
      quarantine_outcomes: replays?.outcomes(quarantine) ?? [],
      ledger: ledger.entries(),
    },
  };
}

/** The batch with the log lines that the warehouse refused in quarantine; the same refusals give the same batch. */
export function withRefusedLines(
  batch: Batch,
  refusals: readonly { readonly row: LogRow; readonly refusal: Refusal }[],
): Batch {
  if (refusals.length === 0) return batch;
  const quarantine = [...batch.rows.quarantine];
  for (const { row, refusal } of refusals) {
    const item = batch.lines.find(
      ({ lineId, record }) => lineId === row.line_id && record.offset === row.log_offset,
    );
    if (!item) continue;
    quarantine.push(refusedItem(item, refusal));
    batch.counted.add(item.record, 'loaded', '', -1);
    batch.counted.add(item.record, 'quarantined', refusal.reason);
    batch.ids.delete(item.record.project, item.lineId, 'logs');
  }
  const outcomes = batch.replays?.outcomes(quarantine) ?? [];
  return {
    ...batch,
    rows: { ...batch.rows, quarantine, quarantine_outcomes: outcomes, ledger: batch.counted.entries() },
  };
}

interface DecodedItems {
  readonly items: readonly PipelineItem[];
  readonly lines: readonly LogItem[];
  readonly commands: readonly CommandItem[];
}

/** Where it is written down what becomes of a range. */
interface Accounts {
  readonly ledger: Ledger;
  readonly replays: Replays | undefined;
}

async function decodeAll(
  { decode }: PrepareOptions,
  records: readonly LogRecord[],
  { ledger, quarantine, replays }: Accounts & { readonly quarantine: QuarantineRow[] },
): Promise<DecodedItems> {
  const items: PipelineItem[] = [];
  const lines: LogItem[] = [];
  const commands: CommandItem[] = [];
  for (const [at, record] of records.entries()) {
    if (at % recordsPerTurn === recordsPerTurn - 1) await turn();
    if (replays?.wasReplayed(record)) {
      ledger.add(record, 'processed');
      ledger.add(record, 'decoded');
      ledger.add(record, 'dropped', 'replayed before');
      continue;
    }
    const answer = decodeSafely(decode, record);
    const decoded = answer instanceof Promise ? await answer : answer;
    ledger.add(record, 'processed');
    for (const given of decoded.commands ?? []) commands.push({ record, ...given });
    const numbered = decoded.events.length + decoded.failures.length;
    ledger.add(record, 'decoded', '', numbered + (decoded.logs?.length ?? 0));
    for (const [reason, count] of Object.entries(decoded.dropped ?? {})) {
      ledger.add(record, 'decoded', '', count);
      ledger.add(record, 'dropped', reason, count);
      replays?.count(record, 'dropped');
    }
    for (const [index, failure] of decoded.failures.entries()) {
      ledger.add(record, 'quarantined', failure.reason);
      // Failures carry no position: they are numbered after the events, so that no two items of a request share a number.
      const item = failure.payload === undefined ? 0 : decoded.events.length + index + 1;
      quarantine.push(quarantined(record, item, failure));
    }
    itemsOf(record, decoded, items);
    for (const [at, line] of decoded.logs?.entries() ?? []) {
      const index = numbered + at;
      lines.push({ record, index, lineId: line.id ?? lineIdOf(record, index), line });
    }
  }
  return { items, lines, commands };
}

function itemsOf(record: LogRecord, { events }: Decoded, items: PipelineItem[]): void {
  for (const [index, event] of events.entries()) {
    if (record.replay && event.id === undefined) items.push(replayedItem(record, index, event));
    else {
      const eventId = event.id ?? derivedId(record.receivedAt, record.offset, index);
      items.push({ record, index, event, eventId });
    }
  }
}

function lineIdOf(record: LogRecord, index: number): string {
  if (record.replay === undefined) return `#${record.offset}.${index}`;
  const { offset, item } = originOf(record, index);
  return `#${offset}.${item - 1}`;
}

/** Its id is that which it would have had at its first arrival, and is looked up like those that clients give. */
function replayedItem(record: LogRecord, index: number, event: DecodedEvent): PipelineItem {
  const { offset, item } = originOf(record, index);
  const eventId = derivedId(record.receivedAt, offset, item - 1);
  return { record, index, event: { ...event, id: eventId }, eventId };
}

/** A decoder never throws; if one does after all, its record must not stop the river. */
function decodeSafely(decode: PrepareOptions['decode'], record: LogRecord): Decoded | Promise<Decoded> {
  try {
    const decoded = decode(record);
    return decoded instanceof Promise ? decoded.catch(decoderFailed) : decoded;
  } catch (error) {
    return decoderFailed(error);
  }
}

function decoderFailed(error: unknown): Decoded {
  return { events: [], failures: [{ stage: 'decode', reason: 'decoder failed', detail: messageOf(error) }] };
}

/**
 * Id of an event that its client did not name: shaped as UUID version 7 (time first), with the position in the log where others have
 * random bits, so that it is the same on every replay.
 */
export function derivedId(receivedAt: number, offset: number, index: number): string {
  const time = receivedAt.toString(16).padStart(12, '0');
  const low = (index & 0xfff).toString(16).padStart(3, '0');
  const high = ((index >>> 12) & 0xfff).toString(16).padStart(3, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${low}-8${high}-${offset.toString(16).padStart(12, '0')}`;
}

async function unseen(
  { recent, confirm }: PrepareOptions,
  { items, lines }: Pick<DecodedItems, 'items' | 'lines'>,
  from: number,
  inFlight: InFlight | undefined,
  { ledger, replays }: Accounts,
): Promise<{ fresh: readonly PipelineItem[]; freshLines: readonly LogItem[]; ids: SeenIds }> {
  const ids = new SeenIds();
  const known = { ids, recent, confirm, from, inFlight };
  const events = await withoutDuplicates(
    items,
    ({ event }) => event.id,
    ({ event }) => event.trueAt ?? event.occurredAt,
    'events',
    known,
  );
  const logs = await withoutDuplicates(
    lines,
    ({ line }) => line.id,
    () => undefined,
    'logs',
    known,
  );
  for (const { record } of [...events.duplicates, ...logs.duplicates]) {
    ledger.add(record, 'duplicate');
    replays?.count(record, 'duplicate');
  }
  return { fresh: events.fresh, freshLines: logs.fresh, ids };
}

function split(
  items: readonly PipelineItem[],
  refused: Refused,
): { accepted: readonly PipelineItem[]; rejected: { item: PipelineItem; refusal: Refusal }[] } {
  if (refused.size === 0) return { accepted: items, rejected: [] };
  const accepted: PipelineItem[] = [];
  const rejected: { item: PipelineItem; refusal: Refusal }[] = [];
  for (const item of items) {
    const refusal = refused.get(item.eventId);
    if (refusal) rejected.push({ item, refusal });
    else accepted.push(item);
  }
  return { accepted, rejected };
}

/** What went in and did not come out as a failure or dropped was loaded. */
function countLoaded<Item extends PipelineItem | LogItem>(
  items: readonly Item[],
  lost: readonly { readonly item: Item }[],
  { ledger, replays }: Accounts,
): void {
  const gone = new Set(lost.map(({ item }) => item));
  for (const item of items) {
    if (gone.size > 0 && gone.has(item)) continue;
    ledger.add(item.record, 'loaded');
    replays?.count(item.record, 'loaded');
  }
}

function withStorableTraits<Row extends { traits: string }>(row: Row): Row {
  const traits = storableJson(row.traits);
  return traits === row.traits ? row : { ...row, traits };
}
