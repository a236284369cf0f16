import type { Failure } from '../contract/event.ts';
import type { LogItem, PipelineItem } from '../contract/pipeline.ts';
import { originOf } from '../contract/replay.ts';
import type { LogRecord } from '../contract/request.ts';
import type { QuarantineRow } from '../contract/row.ts';
import type { Refusal } from './insert.ts';

/** Quarantine keeps this much of one item; what is longer is in the log under the offset named. */
export const maxPayload = 8_000_000;

/** An event or a log line that failed after it was decoded. */
export function quarantinedItem(item: PipelineItem | LogItem, failure: Failure): QuarantineRow {
  const payload = failure.payload ?? JSON.stringify('event' in item ? item.event : item.line);
  return quarantined(item.record, item.index + 1, { ...failure, payload });
}

/** An event or a log line that the warehouse refused. */
export function refusedItem(item: PipelineItem | LogItem, { reason, detail }: Refusal): QuarantineRow {
  return quarantinedItem(item, { stage: 'load', reason, detail });
}

/** `item`: number within the request, from 1; 0 for all of it. */
export function quarantined(record: LogRecord, item: number, failure: Failure): QuarantineRow {
  const { payload, encoding } =
    failure.payload === undefined
      ? asText(record.body)
      : { payload: failure.payload, encoding: 'text' as const };
  const tooLong = payload.length > maxPayload;
  const origin = record.replay && (item === 0 ? record.replay.origin : originOf(record, item - 1));
  return {
    project: record.project,
    received_at: record.receivedAt,
    log_offset: record.offset,
    item,
    protocol: record.protocol,
    key_id: record.key,
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
    visitor: record.visitor,
    envelope: failure.envelope ?? '',
    replay: record.replay?.id ?? '',
    origin_offset: origin?.offset ?? 0,
    origin_item: origin?.item ?? 0,
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
