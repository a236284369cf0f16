import type { JsonObject, JsonValue } from '../../contract/event.ts';
import { isObject, number, object, text } from '../event/fields.ts';
import { ofNanoseconds } from '../logs/time.ts';
import { maxAnyDepth, type OtlpRecord, type OtlpResource } from './log-record.ts';

/**
 * The JSON encoding of an ExportLogsServiceRequest: lowerCamelCase names, ids in hex, 64-bit numbers as text or number,
 * unknown fields ignored. Calls back for each record, or with what stands in its place.
 */
export function eachJsonRecord(
  request: JsonValue,
  take: (record: OtlpRecord) => void,
  refuse: (item: JsonValue) => void,
): void {
  for (const group of list(object(request).resourceLogs)) {
    const attributes = attributesOf(object(object(group).resource).attributes);
    for (const scoped of list(object(group).scopeLogs)) {
      const { scope, logRecords } = object(scoped);
      const { name, version } = object(scope);
      const resource: OtlpResource = { attributes, scope: text(name), scopeVersion: text(version) };
      for (const item of list(logRecords)) {
        if (isObject(item)) take(recordOf(item, resource));
        else refuse(item);
      }
    }
  }
}

function recordOf(item: JsonObject, resource: OtlpResource): OtlpRecord {
  return {
    resource,
    time: ofNanoseconds(text(item.timeUnixNano) ?? ''),
    observed: ofNanoseconds(text(item.observedTimeUnixNano) ?? ''),
    severity: number(item.severityNumber),
    severityText: text(item.severityText),
    body: isObject(item.body) ? anyValue(item.body, 1) : undefined,
    attributes: attributesOf(item.attributes),
    traceId: text(item.traceId),
    spanId: text(item.spanId),
    eventName: text(item.eventName),
  };
}

function list(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [];
}

function attributesOf(pairs: JsonValue | undefined, depth = 1): JsonObject {
  const result: Record<string, JsonValue> = {};
  for (const pair of list(pairs)) {
    const { key, value } = object(pair);
    if (typeof key === 'string' && key !== '' && key !== '__proto__')
      result[key] = anyValue(value, depth) ?? null;
  }
  return result;
}

function anyValue(value: JsonValue | undefined, depth: number): JsonValue | undefined {
  if (!isObject(value) || depth > maxAnyDepth) return undefined;
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.intValue !== undefined) return integer(value.intValue);
  if (value.boolValue !== undefined) return value.boolValue;
  if (value.doubleValue !== undefined) return value.doubleValue;
  if (value.arrayValue !== undefined)
    return list(object(value.arrayValue).values).map((one) => anyValue(one, depth + 1) ?? null);
  if (value.kvlistValue !== undefined) return attributesOf(object(value.kvlistValue).values, depth + 1);
  return value.bytesValue;
}

/** As a number where that is exact. */
function integer(value: JsonValue): JsonValue {
  const parsed = typeof value === 'string' ? Number(value) : value;
  return typeof parsed === 'number' && Number.isSafeInteger(parsed) ? parsed : value;
}
