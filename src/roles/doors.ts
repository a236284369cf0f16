import { isUtf8 } from 'node:buffer';
import type { ClickHouseClient } from '@clickhouse/client';
import type { DataHandlers } from '../api/api.ts';
import { deliveryOf, type WebhookDelivery } from '../collect/webhook/delivery.ts';
import { mapEvents } from '../collect/webhook/mapped-events.ts';
import type { Mapped, ReceivedDelivery } from '../contract/door-endpoints.ts';
import type { Decoded, DecodedEvent } from '../contract/event.ts';
import type { LogRecord } from '../contract/request.ts';
import type { LogReader } from '../log/log.ts';
import { TributaryError } from '../runtime/errors.ts';
import type { Store } from '../store/store.ts';
import { makeEmailLinks } from './email-links.ts';

/** Characters of a body that are shown; a mapping is tried on the whole. */
const shownBody = 50_000;

interface Parts {
  readonly store: Store;
  readonly log: LogReader;
  readonly warehouse: ClickHouseClient;
}

/** What people need to set up webhooks and e-mails: what came, what a mapping would make of it, and links. */
export function doorHandlers({
  store,
  log,
  warehouse,
}: Parts): Pick<DataHandlers, 'lastDeliveries' | 'tryMapping' | 'makeEmailLinks'> {
  return {
    lastDeliveries: async ({ project, source: id, limit }) => {
      await store.keys.source(project, id);
      const of = { project, key: id, protocol: 'hook' } as const;
      const newest = log.newest(of, limit);
      const records =
        newest.length >= limit
          ? newest
          : merged(newest, await older(warehouse, log, of, limit)).slice(0, limit);
      return { deliveries: records.map(shown) };
    },

    tryMapping: async ({ project, source: id, mapping, offsets, bodies }) => {
      await store.keys.source(project, id);
      const results: Mapped[] = [];
      for (const offset of offsets) {
        const [record] = log.read(offset, 1, 1);
        if (record?.offset !== offset || record.project !== project || record.key !== id)
          throw new TributaryError('not-found', `the log has no delivery ${offset} of this source any more`);
        results.push(await tried(mapping, deliveryOf(record)));
      }
      for (const body of bodies) results.push(await tried(mapping, deliveryOf(pasted(project, id, body))));
      return { results };
    },

    makeEmailLinks: async ({ project, source: id, message, recipients, urls }, { publicUrl }) =>
      makeEmailLinks(store, {
        source: await store.keys.source(project, id),
        message,
        recipients,
        urls,
        publicUrl: publicUrl.replace(/\/+$/, ''),
      }),
  };
}

interface Of {
  readonly project: string;
  readonly key: string;
  readonly protocol: string;
}

/** Where much else comes in, a webhook's last request lies far back in the log: the warehouse knows its place. */
async function older(
  warehouse: ClickHouseClient,
  log: LogReader,
  of: Of,
  limit: number,
): Promise<LogRecord[]> {
  const where = 'project = {project:String} AND key_id = {key:String} AND protocol = {protocol:String}';
  const result = await warehouse.query({
    query: `SELECT DISTINCT log_offset AS offset FROM (
        SELECT log_offset FROM tributary.events WHERE ${where} AND received_at > now() - INTERVAL 30 DAY
        UNION ALL SELECT log_offset FROM tributary.quarantine WHERE ${where} AND received_at > now() - INTERVAL 30 DAY
      ) ORDER BY offset DESC LIMIT {limit:UInt32}`,
    query_params: { ...of, limit },
    format: 'JSONEachRow',
  });
  const rows = await result.json<{ offset: string | number }>();
  return rows.flatMap((row) =>
    log.read(Number(row.offset), 1, 1).filter((record) => record.offset === Number(row.offset)),
  );
}

function merged(newest: readonly LogRecord[], others: readonly LogRecord[]): LogRecord[] {
  const byOffset = new Map([...others, ...newest].map((record) => [record.offset, record]));
  return [...byOffset.values()].toSorted((one, other) => other.offset - one.offset);
}

function shown({ offset, receivedAt, headers, query, body }: LogRecord): ReceivedDelivery {
  const isText = isUtf8(body);
  const text = Buffer.from(body).toString(isText ? 'utf8' : 'base64');
  return {
    offset,
    receivedAt,
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'x-tributary-door')),
    query,
    body: text.slice(0, shownBody),
    encoding: isText ? 'text' : 'base64',
    cut: text.length > shownBody,
  };
}

/** A body that somebody has written into the form, as if it had just come. */
function pasted(project: string, key: string, body: string): LogRecord {
  return {
    offset: 0,
    receivedAt: Date.now(),
    project,
    key,
    protocol: 'hook',
    method: 'POST',
    path: '/hook',
    query: '',
    headers: {},
    address: '',
    visitor: '',
    body: Buffer.from(body),
  };
}

async function tried(mapping: string, delivery: ReturnType<typeof deliveryOf>): Promise<Mapped> {
  if ('reason' in delivery) return { events: [], failures: [delivery] };
  return inMappingShape(await mapEvents(mapping, delivery), delivery);
}

function inMappingShape({ events, failures }: Decoded, { source }: WebhookDelivery): Mapped {
  return {
    events: events.map((event) => fieldsOf(event, source)),
    failures: failures.map(({ reason, detail }) => ({ reason, detail })),
  };
}

function fieldsOf(event: DecodedEvent, source: string): Record<string, unknown> {
  const fields = {
    event: event.event,
    userId: event.userId,
    anonymousId: event.anonymousId,
    accountId: event.accountId,
    timestamp: event.trueAt === undefined ? undefined : new Date(event.trueAt).toISOString(),
    id: event.id?.replace(`${source}:`, ''),
    revenue: event.revenue,
    currency: event.currency,
    properties: event.properties,
    traits: event.person?.set,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
