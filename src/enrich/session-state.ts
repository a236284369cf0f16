import type { EventRow, SessionRow } from '../contract/row.ts';

/** Columns of a session that are those of its first page (source) and of the first event that has them (all others). */
export const sourceColumns = [
  'host',
  'referrer',
  'channel',
  'source',
  'medium',
  'campaign',
  'term',
  'content',
] as const;
export const placeColumns = ['country', 'region', 'city'] as const;
export const deviceColumns = [
  'device_type',
  'device_brand',
  'device_model',
  'os',
  'os_version',
  'browser',
  'browser_version',
] as const;
export const settingColumns = ['language', 'timezone', 'screen', 'app_version'] as const;
export const contextColumns = [...placeColumns, ...deviceColumns, ...settingColumns] as const;

/** A session that may still grow. */
export interface Session {
  /** `version` is set when the row leaves the batch. */
  readonly row: SessionRow;
  /** Times of the first and the last page, 0 before there was one. */
  entryAt: number;
  exitAt: number;
  /** Whether a page has told where the visit came from. */
  sourced: boolean;
}

/** The empty session that an event opens; the event itself is counted by whoever asked. */
export function openSession(id: bigint, event: EventRow): Session {
  const row: SessionRow = {
    project: event.project,
    session_id: id,
    person_key: event.person_key,
    user_id: event.user_id,
    day_key: event.timestamp,
    started_at: event.timestamp,
    ended_at: event.timestamp,
    events: 0,
    page_views: 0,
    entry_path: '',
    exit_path: '',
    host: event.host,
    referrer: event.referrer,
    channel: event.channel,
    source: event.source,
    medium: event.medium,
    campaign: event.campaign,
    term: event.term,
    content: event.content,
    country: event.country,
    region: event.region,
    city: event.city,
    device_type: event.device_type,
    device_brand: event.device_brand,
    device_model: event.device_model,
    os: event.os,
    os_version: event.os_version,
    browser: event.browser,
    browser_version: event.browser_version,
    language: event.language,
    timezone: event.timezone,
    screen: event.screen,
    app_version: event.app_version,
    bot_score: 0,
    bot_layers: 0,
    consents: 0,
    revenue: 0,
    version: 0,
  };
  return { row, entryAt: 0, exitAt: 0, sourced: false };
}
