/** What the tests of this folder share: a warehouse, a log, a state in memory and a small enrichment. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Decoded, DecodedEvent } from '../contract/event.ts';
import type { LogLine } from '../contract/log-line.ts';
import type { EnrichBatch, LogItem, PipelineItem } from '../contract/pipeline.ts';
import type { AcceptedRequest, LogRecord } from '../contract/request.ts';
import type { EventRow, LogRow, SessionRow } from '../contract/row.ts';
import { hash64 } from '../runtime/ids.ts';
import { columnsOfVisitor } from './rows.ts';
import type { PipelineState } from './staged-state.ts';
import { type ClickHouseClient, connect, startEngine } from './warehouse.ts';

export interface TestWarehouse {
  readonly client: ClickHouseClient;
  readonly folder: string;
  query<Row>(sql: string): Promise<Row[]>;
  stop(): Promise<void>;
}

export async function testWarehouse(): Promise<TestWarehouse> {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-warehouse-'));
  const password = 'test';
  const engine = await startEngine({
    dataPath: join(folder, 'warehouse'),
    users: [{ name: 'tributary', password, access: 'full' }],
  });
  const client = connect({ url: engine.url, user: 'tributary', password });
  return {
    client,
    folder,
    query: async <Row>(query: string): Promise<Row[]> =>
      (await client.query({ query, format: 'JSONEachRow' })).json<Row>(),
    async stop() {
      await client.close();
      await engine.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A state that survives the pipelines of one test. */
export function memoryState(): PipelineState & { readonly values: Map<string, string> } {
  const values = new Map<string, string>();
  let next = 1;
  let intentTo: number | undefined;
  return {
    values,
    checkpoint: async () => ({ next, intentTo }),
    intend: async (to) => {
      intentTo = to;
    },
    fetch: async (keys) => keys.map((key) => values.get(key)),
    commit: async (to, changes) => {
      next = to;
      intentTo = undefined;
      for (const [key, value] of changes) {
        if (value === undefined) values.delete(key);
        else values.set(key, value);
      }
    },
    close: async () => {},
  };
}

type Sent = Partial<DecodedEvent> & { readonly log?: Partial<LogLine> };

/** The requests of this fixture carry a JSON list of events and log lines; `bad` events fail to decode and other bodies are not JSON. */
export function request(
  events: readonly Sent[] | string,
  over: Partial<AcceptedRequest> = {},
): AcceptedRequest {
  return {
    receivedAt: Date.UTC(2026, 9, 1, 12, 0, 30),
    project: 'p1',
    key: '',
    visitor: '',
    protocol: 'test',
    method: 'POST',
    path: '/t',
    query: '',
    headers: { 'content-type': 'application/json' },
    address: '192.0.2.0',
    body: Buffer.from(typeof events === 'string' ? events : JSON.stringify(events)),
    ...over,
  };
}

export function decodeTest(record: LogRecord): Decoded {
  let all: Sent[];
  try {
    all = JSON.parse(Buffer.from(record.body).toString()) as Sent[];
  } catch (error) {
    return { events: [], failures: [{ stage: 'decode', reason: 'not JSON', detail: String(error) }] };
  }
  const list = all.filter((one) => one.log === undefined);
  const lines = all.flatMap(({ log }) => (log === undefined ? [] : [log]));
  const good = list.filter((event) => event.event !== 'bad');
  return {
    events: good.map((event) => ({ type: 'track', event: 'tested', properties: {}, ...event })),
    failures: list
      .filter((event) => event.event === 'bad')
      .map((event) => ({ stage: 'decode', reason: 'bad event', detail: '', payload: JSON.stringify(event) })),
    logs: lines.map((line) => ({ body: 'tested', attributes: {}, ...line })),
    dropped: list.length > 5 ? { 'sixth and later': 1 } : undefined,
  };
}

const noVisitor = Object.fromEntries(columnsOfVisitor.map((name) => [name, ''])) as Record<
  (typeof columnsOfVisitor)[number],
  string
>;

/** One session per anonymous id, counted in the state, so that a lost or doubled commit shows. */
export function enrichTest(state: Pick<PipelineState, 'fetch'>): EnrichBatch {
  return async (items, lines = []) => {
    const dropped = items.filter((item) => item.event.event === 'dropped');
    const failed = items.filter((item) => item.event.event === 'failed');
    const kept = items.filter((item) => item.event.event !== 'dropped' && item.event.event !== 'failed');
    const visitors = [
      ...new Set(kept.map((item) => `${item.record.project}/${item.event.anonymousId ?? ''}`)),
    ];
    const before = await state.fetch(visitors.map((visitor) => `s:${visitor}`));
    const counts = new Map(visitors.map((visitor, index) => [visitor, Number(before[index] ?? 0)]));
    for (const item of kept) {
      const visitor = `${item.record.project}/${item.event.anonymousId ?? ''}`;
      counts.set(visitor, (counts.get(visitor) ?? 0) + 1);
    }
    return {
      events: kept.map(eventRow),
      sessions: visitors.map((visitor) => sessionRow(visitor, counts.get(visitor) ?? 0)),
      sessionRepairs: [],
      identities: kept
        .filter((item) => item.event.type === 'identify')
        .map((item) => ({
          project: item.record.project,
          alias_key: personKey(item.record.project, item.event.anonymousId ?? ''),
          alias_kind: 'anonymous',
          alias_id: item.event.anonymousId ?? '',
          target_key: personKey(item.record.project, item.event.userId ?? ''),
          target_kind: 'user',
          target_id: item.event.userId ?? '',
          person_key: personKey(item.record.project, item.event.userId ?? ''),
          user_id: item.event.userId ?? '',
          reason: 'identify',
          linked_at: item.record.receivedAt,
          by: '',
          removed: 0,
          version: item.record.offset,
        })),
      identityHistory: [],
      profileHistory: [],
      persons: kept
        .filter((item) => item.event.person?.set)
        .map((item) => ({
          project: item.record.project,
          person_key: personKey(item.record.project, item.event.userId ?? ''),
          user_id: item.event.userId ?? '',
          anonymous_id: '',
          traits: JSON.stringify(item.event.person?.set),
          first_seen: item.record.receivedAt,
          last_seen: item.record.receivedAt,
          version: item.record.offset,
        })),
      accounts: [],
      logs: lines.filter(({ line }) => line.body !== 'failed').map(logRow),
      lineFailures: lines
        .filter(({ line }) => line.body === 'failed')
        .map((item) => ({
          item,
          failure: { stage: 'enrich', reason: 'line failed on purpose', detail: '' },
        })),
      failures: failed.map((item) => ({
        item,
        failure: { stage: 'enrich', reason: 'failed on purpose', detail: '' },
      })),
      dropped: dropped.map((item) => ({ item, reason: 'on purpose' })),
      changes: new Map([...counts].map(([visitor, count]) => [`s:${visitor}`, String(count)])),
    };
  };
}

export const personKey = (project: string, id: string): bigint => hash64(project, id);

export function eventRow({ record, event, eventId }: PipelineItem): EventRow {
  return {
    ...noVisitor,
    project: record.project,
    event_id: eventId,
    type: event.type,
    event: event.event,
    timestamp: event.occurredAt ?? record.receivedAt,
    received_at: record.receivedAt,
    log_offset: record.offset,
    user_id: event.userId ?? '',
    anonymous_id: event.anonymousId ?? '',
    person_key: personKey(record.project, event.userId ?? event.anonymousId ?? ''),
    account_id: '',
    account_kind: '',
    groups: {},
    session_key: hash64(record.project, event.anonymousId ?? '', 'session'),
    client_session_id: '',
    url: event.url ?? '',
    host: '',
    path: '/',
    title: '',
    referrer: '',
    library: 'test/1',
    protocol: record.protocol,
    key_id: record.key,
    consent: event.consent ?? '',
    sequence: event.sequence ?? 0,
    bot_score: 0,
    bot_reason: '',
    bot_layers: 0,
    revenue: event.revenue ?? null,
    currency: '',
    order_id: event.orderId ?? '',
    items: [],
    plan_status: '',
    plan_errors: '',
    // A body that is no JSON object is what the warehouse refuses.
    properties: event.event === 'refused' ? 'not an object' : JSON.stringify(event.properties),
  };
}

function logRow({ line, lineId, record }: LogItem): LogRow {
  return {
    project: record.project,
    line_id: lineId,
    timestamp: line.timestamp ?? record.receivedAt,
    observed_at: record.receivedAt,
    received_at: record.receivedAt,
    log_offset: record.offset,
    severity: line.severity ?? 0,
    severity_text: '',
    service: line.service ?? '',
    host: '',
    stream: '',
    body: line.body,
    // A body that is no JSON object is what the warehouse refuses.
    attributes: line.body === 'refused' ? 'not an object' : JSON.stringify(line.attributes),
    resource: JSON.stringify(line.resource ?? {}),
    trace_id: '',
    span_id: '',
    user_id: '',
    anonymous_id: '',
    account_id: '',
    person_key: 0n,
    session_key: 0n,
    client_session_id: '',
    request_id: '',
    key_id: record.key,
    protocol: record.protocol,
  };
}

function sessionRow(visitor: string, events: number): SessionRow {
  const [project = '', id = ''] = visitor.split('/');
  const at = Date.UTC(2026, 9, 1, 12);
  return {
    ...noVisitor,
    project,
    session_id: hash64(project, id, 'session'),
    person_key: personKey(project, id),
    user_id: '',
    client_session_id: '',
    day_key: at,
    started_at: at,
    ended_at: at,
    events,
    page_views: 0,
    engaged_seconds: 0,
    entry_path: '',
    exit_path: '',
    host: '',
    referrer: '',
    bot_score: 0,
    bot_layers: 0,
    consents: 1,
    revenue: 0,
    is_deleted: 0,
    version: events,
  };
}
