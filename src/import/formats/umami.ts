import type { JsonObject } from '../../contract/event.ts';
import { idOf, objectOf, textOf, timeOf, without } from '../fields.ts';
import type { Converted, Format, HistoricEvent } from '../format.ts';
import { toTributary } from '../tributary.ts';

/** Columns that have a field of their own, or that only Umami needs. */
const known = new Set([
  'website_id',
  'session_id',
  'visit_id',
  'event_id',
  'hostname',
  'browser',
  'os',
  'device',
  'screen',
  'language',
  'url_path',
  'url_query',
  'referrer_path',
  'referrer_query',
  'referrer_domain',
  'page_title',
  'event_type',
  'event_name',
  'distinct_id',
  'created_at',
  'job_id',
  'event_data',
]);

/** Umami's table `website_event` with its sessions, as the cloud exports it in CSV. */
function convert(row: JsonObject): Converted {
  const time = timeOf(row.created_at);
  const session = textOf(row.session_id);
  if (time === undefined) return { skip: 'no readable "created_at"' };
  if (session === undefined) return { skip: 'no "session_id"' };
  const name = textOf(row.event_name);
  const event: HistoricEvent = {
    type: name === undefined ? 'page' : 'track',
    event: name ?? 'page',
    id:
      textOf(row.event_id) ?? idOf('umami', session, time, name, textOf(row.url_path), textOf(row.url_query)),
    trueAt: time,
    userId: textOf(row.distinct_id),
    anonymousId: session,
    clientSessionId: textOf(row.visit_id),
    url: addressOf(textOf(row.hostname), textOf(row.url_path), textOf(row.url_query)),
    referrer: addressOf(textOf(row.referrer_domain), textOf(row.referrer_path), textOf(row.referrer_query)),
    title: textOf(row.page_title),
    screen: textOf(row.screen),
    locale: textOf(row.language),
    device: { type: textOf(row.device), os: textOf(row.os) },
    properties: { ...without(row, known), ...objectOf(row.event_data) },
  };
  return [{ door: 'tributary', item: toTributary(event) }];
}

function addressOf(host: string | undefined, path = '/', query = ''): string | undefined {
  if (host === undefined) return undefined;
  const search = query === '' ? '' : `?${query.replace(/^\?/, '')}`;
  return `https://${host}${path.startsWith('/') ? path : `/${path}`}${search}`;
}

export const umami: Format = {
  name: 'umami',
  summary: 'table website_event of Umami as CSV (session_id, url_path, event_name, created_at, …)',
  convert,
  recognizes: (row) => 'website_id' in row && 'session_id' in row && 'url_path' in row,
};
