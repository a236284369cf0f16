import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { consentBits } from '../contract/consent.ts';
import { defaultSettings, type ProjectSettings } from '../contract/project-settings.ts';
import type { EventRow, SessionRow } from '../contract/row.ts';
import { hash64 } from '../runtime/ids.ts';
import { type ClickHouseClient, connect, migrate, startEngine } from '../warehouse/warehouse.ts';

export interface TestWarehouse {
  readonly client: ClickHouseClient;
  readonly reader: ClickHouseClient;
  insertEvents(rows: readonly EventRow[]): Promise<void>;
  insertSessions(rows: readonly SessionRow[]): Promise<void>;
  /** From now on the first key is the second person. */
  identify(project: string, alias: bigint, person: bigint): Promise<void>;
  stop(): Promise<void>;
}

/** The rules of a project whose owner decided nothing. */
export const defaultRules = async (): Promise<ProjectSettings> => defaultSettings;

/** A real engine with all tables in a folder of its own. */
export async function startTestWarehouse(): Promise<TestWarehouse> {
  const folder = mkdtempSync(join(tmpdir(), 'analyze-'));
  const engine = await startEngine({
    dataPath: join(folder, 'warehouse'),
    users: [
      { name: 'tributary', password: 'all of it', access: 'full' },
      { name: 'reader', password: 'look only', access: 'read' },
    ],
  });
  const client = connect({ url: engine.url, user: 'tributary', password: 'all of it' });
  const reader = connect({ url: engine.url, user: 'reader', password: 'look only' });
  await migrate(client);
  const insert = async (table: string, rows: readonly object[]): Promise<void> => {
    if (rows.length === 0) return;
    await client.insert({ table, values: rows.map(jsonRow), format: 'JSONEachRow' });
  };
  return {
    client,
    reader,
    insertEvents: (rows) => insert('tributary.events', rows),
    insertSessions: (rows) => insert('tributary.sessions', rows),
    identify: async (project, alias, person) => {
      const edge = {
        project,
        alias_key: alias,
        person_key: person,
        linked_at: 1_700_000_000_000,
        version: 1,
      };
      await insert('tributary.identities', [edge]);
      await client.command({ query: 'SYSTEM RELOAD DICTIONARY tributary.identity' });
    },
    stop: async () => {
      await Promise.all([client.close(), reader.close()]);
      await engine.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const times: ReadonlySet<string> = new Set([
  'timestamp',
  'received_at',
  'day_key',
  'started_at',
  'ended_at',
  'linked_at',
]);

/** Times as seconds with a fraction, integers of 64 bits as text, properties as JSON. */
function jsonRow(row: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]): [string, unknown] => {
      if (times.has(name)) return [name, (Number(value) / 1_000).toFixed(3)];
      if (typeof value === 'bigint') return [name, String(value)];
      if (name === 'properties') return [name, JSON.parse(String(value))];
      return [name, value];
    }),
  );
}

export function personKey(project: string, name: string): bigint {
  return hash64(project, name);
}

const noTexts = {
  user_id: '',
  host: '',
  referrer: '',
  channel: '',
  source: '',
  medium: '',
  campaign: '',
  term: '',
  content: '',
  country: '',
  region: '',
  city: '',
  device_type: '',
  device_brand: '',
  device_model: '',
  os: '',
  os_version: '',
  browser: '',
  browser_version: '',
  language: '',
  timezone: '',
  screen: '',
  app_version: '',
};

let serial = 0;

/** An event of a person; what is not said is empty. */
export function eventRow(
  said: Pick<EventRow, 'project' | 'event' | 'timestamp'> & { person: string } & Partial<EventRow>,
): EventRow {
  serial += 1;
  const { person, ...fields } = said;
  return {
    ...noTexts,
    event_id: `event-${serial}`,
    type: said.event === 'page' ? 'page' : 'track',
    received_at: said.timestamp,
    log_offset: serial,
    anonymous_id: person,
    person_key: personKey(said.project, person),
    account_id: '',
    account_kind: '',
    groups: {},
    session_key: 0n,
    client_session_id: '',
    url: '',
    path: '',
    title: '',
    library: '',
    protocol: '',
    key_id: '',
    consent: '',
    sequence: 0,
    bot_score: 0,
    bot_reason: '',
    bot_layers: said.bot_score ?? 0,
    revenue: null,
    currency: '',
    order_id: '',
    items: [],
    plan_status: '',
    plan_errors: '',
    properties: '{}',
    ...fields,
  };
}

/** The session that these events of one person make. */
export function sessionRow(events: readonly EventRow[], version = 1): SessionRow {
  const sorted = events.toSorted((a, b) => a.timestamp - b.timestamp);
  const first = sorted[0];
  const last = sorted.at(-1);
  if (first === undefined || last === undefined) throw new Error('a session has events');
  const taken = Object.keys(noTexts) as (keyof typeof noTexts)[];
  const texts = Object.fromEntries(taken.map((name) => [name, first[name]])) as typeof noTexts;
  return {
    ...texts,
    project: first.project,
    session_id: first.session_key,
    person_key: first.person_key,
    day_key: first.timestamp,
    started_at: first.timestamp,
    ended_at: last.timestamp,
    events: sorted.length,
    page_views: sorted.filter((event) => event.type === 'page').length,
    engaged_seconds: (last.timestamp - first.timestamp) / 1000,
    entry_path: first.path,
    exit_path: last.path,
    bot_score: first.bot_score,
    bot_layers: first.bot_layers,
    consents: sorted.reduce((bits, event) => bits | consentBits[event.consent], 0),
    revenue: 0,
    is_deleted: 0,
    client_session_id: '',
    version,
  };
}
