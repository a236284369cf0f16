import { setImmediate as turn } from 'node:timers/promises';
import type { Decoded, Failure } from '../contract/event.ts';
import type { EnrichBatch, EnrichedBatch, PipelineItem } from '../contract/pipeline.ts';
import type { LogRecord } from '../contract/request.ts';
import type { QuarantineRow } from '../contract/row.ts';
import { messageOf } from '../runtime/errors.ts';
import { type Confirm, hashId, type RecentIds } from './dedupe.ts';
import { enrichSafely } from './enrich-safely.ts';
import { type Refusal, storableJson } from './insert.ts';
import { Ledger } from './ledger.ts';
import type { Table, TableRows } from './rows.ts';

/** Everything that one range of the log becomes. */
export interface Batch {
  /** The range [from, to). */
  readonly from: number;
  readonly to: number;
  readonly records: readonly LogRecord[];
  readonly rows: { readonly [T in Table]: readonly TableRows[T][] };
  readonly changes: EnrichedBatch['changes'];
  /** Ids that clients gave, of the rows in `events`. */
  readonly ids: ReadonlyMap<string, SeenId>;
}

interface SeenId {
  readonly hash: readonly [high: number, low: number];
  readonly offset: number;
}

export interface PrepareOptions {
  readonly decode: (record: LogRecord) => Decoded | Promise<Decoded>;
  readonly enrich: EnrichBatch;
  readonly recent: RecentIds;
  readonly confirm: Confirm;
}

/** Ids of the batch that is being inserted: the warehouse may not know them yet. */
export type InFlight = ReadonlyMap<string, unknown>;

/** Items that the warehouse refused, by event id: they go to quarantine instead. */
export type Refused = ReadonlyMap<string, Refusal>;

/** Records between two turns of the event loop, so that an upload and its answer are not kept waiting. */
const recordsPerTurn = 250;
/** Quarantine keeps this much of one item; what is longer is in the log under the offset named. */
const maxPayload = 8_000_000;

const noRefused: Refused = new Map();

/** The same range gives the same rows, whenever and however often: nothing in here may depend on the clock or on chance. */
export async function prepareBatch(
  options: PrepareOptions,
  range: { from: number; to: number; records: readonly LogRecord[] },
  inFlight: InFlight,
  refused: Refused = noRefused,
): Promise<Batch> {
  const ledger = new Ledger();
  const quarantine: QuarantineRow[] = [];
  const items = await decodeAll(options, range.records, ledger, quarantine);
  const { fresh, ids } = await withoutDuplicates(options, items, range.from, inFlight, ledger);
  const { accepted, rejected } = split(fresh, refused);
  for (const { item, refusal } of rejected) {
    quarantine.push(quarantined(item.record, item.index + 1, failureOfRefusal(refusal, item)));
    ledger.add(item.record, 'quarantined', refusal.reason);
    ids.delete(keyOf(item.record.project, item.eventId));
  }
  const enriched = await enrichSafely(options.enrich, accepted);
  for (const { item, failure } of enriched.failures) {
    quarantine.push(quarantined(item.record, item.index + 1, withPayload(failure, item)));
    ledger.add(item.record, 'quarantined', failure.reason);
    ids.delete(keyOf(item.record.project, item.eventId));
  }
  for (const { item, reason } of enriched.dropped) {
    ledger.add(item.record, 'dropped', reason);
    ids.delete(keyOf(item.record.project, item.eventId));
  }
  for (const event of enriched.events) event.properties = storableJson(event.properties);
  countLoaded(accepted, enriched, ledger);
  return {
    ...range,
    changes: enriched.changes,
    ids,
    rows: {
      events: enriched.events,
      sessions: enriched.sessions,
      identities: enriched.identities,
      persons: enriched.persons.map(withStorableTraits),
      accounts: enriched.accounts.map(withStorableTraits),
      quarantine,
      ledger: ledger.entries(),
    },
  };
}

async function decodeAll(
  { decode }: PrepareOptions,
  records: readonly LogRecord[],
  ledger: Ledger,
  quarantine: QuarantineRow[],
): Promise<PipelineItem[]> {
  const items: PipelineItem[] = [];
  for (const [at, record] of records.entries()) {
    if (at % recordsPerTurn === recordsPerTurn - 1) await turn();
    const answer = decodeSafely(decode, record);
    const decoded = answer instanceof Promise ? await answer : answer;
    ledger.add(record, 'processed');
    ledger.add(record, 'decoded', '', decoded.events.length + decoded.failures.length);
    for (const [reason, count] of Object.entries(decoded.dropped ?? {})) {
      ledger.add(record, 'decoded', '', count);
      ledger.add(record, 'dropped', reason, count);
    }
    for (const [index, failure] of decoded.failures.entries()) {
      ledger.add(record, 'quarantined', failure.reason);
      // Failures carry no position: they are numbered after the events, so that no two items of a request share a number.
      const item = failure.payload === undefined ? 0 : decoded.events.length + index + 1;
      quarantine.push(quarantined(record, item, failure));
    }
    for (const [index, event] of decoded.events.entries()) {
      items.push({
        record,
        index,
        event,
        eventId: event.id ?? derivedId(record.receivedAt, record.offset, index),
      });
    }
  }
  return items;
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

const keyOf = (project: string, id: string): string => `${project}\0${id}`;

async function withoutDuplicates(
  { recent, confirm }: PrepareOptions,
  items: readonly PipelineItem[],
  from: number,
  inFlight: InFlight,
  ledger: Ledger,
): Promise<{ fresh: PipelineItem[]; ids: Map<string, SeenId> }> {
  const ids = new Map<string, SeenId>();
  const suspects: { project: string; id: string; from: number; to: number }[] = [];
  const duplicates = new Set<PipelineItem>();
  const firstOf = new Map<string, PipelineItem>();
  for (const item of items) {
    const { id } = item.event;
    if (id === undefined) continue;
    const { project, offset } = item.record;
    const key = keyOf(project, id);
    if (ids.has(key) || inFlight.has(key)) {
      duplicates.add(item);
      continue;
    }
    const hash = hashId(project, id);
    ids.set(key, { hash, offset });
    const range = recent.maybe(hash[0], hash[1]);
    if (range) {
      suspects.push({ project, id, ...range });
      firstOf.set(key, item);
    }
  }
  if (suspects.length > 0) {
    for (const key of await confirm(suspects, from)) {
      const item = firstOf.get(key);
      if (!item) continue;
      duplicates.add(item);
      ids.delete(key);
    }
  }
  for (const item of duplicates) ledger.add(item.record, 'duplicate');
  return { fresh: duplicates.size > 0 ? items.filter((item) => !duplicates.has(item)) : [...items], ids };
}

function split(
  items: PipelineItem[],
  refused: Refused,
): { accepted: PipelineItem[]; rejected: { item: PipelineItem; refusal: Refusal }[] } {
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
function countLoaded(items: readonly PipelineItem[], enriched: EnrichedBatch, ledger: Ledger): void {
  if (enriched.failures.length + enriched.dropped.length === 0) {
    for (const { record } of items) ledger.add(record, 'loaded');
    return;
  }
  const gone = new Set([...enriched.failures, ...enriched.dropped].map(({ item }) => item));
  for (const item of items) if (!gone.has(item)) ledger.add(item.record, 'loaded');
}

function withStorableTraits<Row extends { traits: string }>(row: Row): Row {
  const traits = storableJson(row.traits);
  return traits === row.traits ? row : { ...row, traits };
}

function withPayload(failure: Failure, item: PipelineItem): Failure {
  return failure.payload === undefined ? { ...failure, payload: JSON.stringify(item.event) } : failure;
}

function failureOfRefusal({ reason, detail }: Refusal, item: PipelineItem): Failure {
  return { stage: 'load', reason, detail, payload: JSON.stringify(item.event) };
}

function quarantined(record: LogRecord, item: number, failure: Failure): QuarantineRow {
  const { payload, encoding } =
    failure.payload === undefined
      ? asText(record.body)
      : { payload: failure.payload, encoding: 'text' as const };
  const tooLong = payload.length > maxPayload;
  return {
    project: record.project,
    received_at: record.receivedAt,
    log_offset: record.offset,
    item,
    protocol: record.protocol,
    stage: failure.stage,
    reason: failure.reason,
    detail: tooLong
      ? `${failure.detail} (the first ${maxPayload} of ${payload.length} characters; all of it is record ${record.offset} of the log)`
      : failure.detail,
    payload: tooLong ? payload.slice(0, maxPayload) : payload,
    payload_encoding: encoding,
    method: record.method,
    path: record.path,
    query: record.query,
    headers: JSON.stringify(record.headers),
    address: record.address,
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function asText(body: Uint8Array): { payload: string; encoding: 'text' | 'base64' } {
  try {
    return { payload: utf8.decode(body), encoding: 'text' };
  } catch {
    return { payload: Buffer.from(body).toString('base64'), encoding: 'base64' };
  }
}
