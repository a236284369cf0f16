import type { JsonObject } from '../contract/event.ts';
import type { LogLine } from '../contract/log-line.ts';
import type { EnrichedBatch, LogItem } from '../contract/pipeline.ts';
import type { LogRow } from '../contract/row.ts';
import { messageOf } from '../runtime/errors.ts';
import { blockedId } from './identity/blocked-id.ts';
import { type Memory, type Subject, subjectKey } from './memory.ts';
import { isPlausible } from './plausible-time.ts';
import { lineSession } from './sessions/line.ts';
import { severityOf } from './severity.ts';
import { cut, limit } from './step.ts';

/** Longer than any protocol allows for one line. */
const maxAttributes = 1_048_576;

/** Every id that a line may ask memory for. */
export function keysOfLines(items: readonly LogItem[], keys: Set<string>): void {
  for (const { line, record } of items) {
    const { anonymousKey, userKey } = keysOf(line, record.project);
    if (userKey !== undefined) keys.add(userKey);
    if (anonymousKey !== undefined) keys.add(anonymousKey);
  }
}

/**
 * Rows of log lines. A line says who it is of in the words of events and finds that person's account and open session; it never opens or
 * lengthens one, and no more is remembered of it than that it waits for a session. What throws fails alone.
 */
export function runLines(
  items: readonly LogItem[],
  memory: Memory,
): Pick<EnrichedBatch, 'logs' | 'lineFailures'> {
  const logs: LogRow[] = [];
  const lineFailures: EnrichedBatch['lineFailures'][number][] = [];
  for (const item of items) {
    try {
      const row = rowOf(item);
      if (row.attributes.length + row.resource.length > maxAttributes)
        throw new RangeError(`${maxAttributes} characters of attributes are kept`);
      identify(row, item, memory);
      logs.push(row);
    } catch (error) {
      const reason = error instanceof RangeError ? 'attributes too large' : 'log line';
      const failure = {
        stage: 'enrich' as const,
        reason,
        detail: messageOf(error),
        payload: payloadOf(item),
      };
      lineFailures.push({ item, failure });
    }
  }
  return { logs, lineFailures };
}

function payloadOf({ line }: LogItem): string | undefined {
  try {
    return JSON.stringify(line);
  } catch {
    // Not even JSON: the record of the log is the original then.
    return undefined;
  }
}

function rowOf({ line, lineId, record }: LogItem): LogRow {
  const said = line.timestamp ?? line.observedAt ?? record.receivedAt;
  const isTime = isPlausible(said, record.receivedAt);
  const observed = line.observedAt ?? record.receivedAt;
  return {
    project: record.project,
    line_id: lineId,
    timestamp: isTime ? said : record.receivedAt,
    observed_at: isPlausible(observed, record.receivedAt) ? observed : record.receivedAt,
    received_at: record.receivedAt,
    log_offset: record.offset,
    severity: severityOf(line.severity, line.severityText),
    severity_text: cut(line.severityText, limit.short),
    service: cut(line.service, limit.name),
    host: cut(line.host, limit.name),
    stream: cut(line.stream, limit.id),
    body: line.body,
    attributes: JSON.stringify(isTime ? line.attributes : withTime(line.attributes, said)),
    resource: textOf(line.resource),
    trace_id: cut(line.traceId, limit.short),
    span_id: cut(line.spanId, limit.short),
    user_id: cut(line.userId, limit.id),
    anonymous_id: cut(line.anonymousId, limit.id),
    account_id: cut(line.accountId, limit.id),
    person_key: 0n,
    session_key: 0n,
    client_session_id: cut(line.clientSessionId, limit.short),
    request_id: cut(line.requestId, limit.id),
    key_id: record.key,
    protocol: record.protocol,
  };
}

/** As with events: an absurd time is kept beside the time of receipt. */
function withTime(attributes: JsonObject, said: number): JsonObject {
  return { ...attributes, $client_time: Number.isFinite(said) ? said : String(said) };
}

let lastResource: JsonObject | undefined;
let lastText = '{}';

/** The lines of a request mostly share one resource. */
function textOf(resource: JsonObject | undefined): string {
  if (resource === undefined) return '{}';
  if (resource !== lastResource) {
    lastText = JSON.stringify(resource);
    lastResource = resource;
  }
  return lastText;
}

interface Keys {
  readonly userKey: string | undefined;
  readonly anonymousKey: string | undefined;
}

function keysOf({ anonymousId, userId }: LogLine, project: string): Keys {
  return { userKey: keyOf('u', userId, project), anonymousKey: keyOf('a', anonymousId, project) };
}

function keyOf(kind: 'a' | 'u', said: string | undefined, project: string): string | undefined {
  const id = cut(said, limit.id);
  return blockedId(id) ? undefined : subjectKey(kind, project, id);
}

function identify(row: LogRow, { line }: LogItem, memory: Memory): void {
  const { anonymousKey, userKey } = keysOf(line, row.project);
  const user = found(memory, userKey);
  const anonymous = found(memory, anonymousKey);
  const subject = user ?? anonymous;
  if (subject === undefined) return;
  const person = memory.personOf(subject);
  row.person_key = subject.key;
  row.session_key = lineSession(anonymous, user, Math.floor(row.timestamp), memory);
  if (row.account_id === '') row.account_id = (person.joint ?? person).accounts[0]?.id ?? '';
}

function found(memory: Memory, key: string | undefined): Subject | undefined {
  return key === undefined ? undefined : memory.subject(key);
}
