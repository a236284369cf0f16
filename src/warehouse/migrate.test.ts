import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate, tableMigrations } from './migrate.ts';
import { type TestWarehouse, testWarehouse } from './pipeline-fixture.ts';

let warehouse: TestWarehouse;
beforeAll(async () => {
  warehouse = await testWarehouse();
});
afterAll(() => warehouse.stop());

const insert = async (table: string, values: readonly object[]): Promise<void> => {
  await warehouse.client.insert({ table: `tributary.${table}`, values, format: 'JSONEachRow' });
};

test('a warehouse of the first version is brought up to date with what is in it, also when it stops in between', async () => {
  const all = tableMigrations();
  const first = all.filter(({ name }) => name < '007');
  expect(await migrate(warehouse.client, first)).toHaveLength(6);
  await insert('events', [
    { project: 'p1', event_id: 'a', account_id: 'acme', bot_score: 80, timestamp: '2026-10-01 00:00:00' },
    { project: 'p1', event_id: 'b', timestamp: '2026-10-01 00:00:00' },
  ]);
  const account = {
    project: 'p1',
    account_id: 'acme',
    first_seen: '2026-10-01 00:00:00',
    last_seen: '2026-10-01 00:00:00',
  };
  await insert('accounts', [{ ...account, traits: { plan: 'free' }, version: 1 }]);
  await insert('accounts', [{ ...account, traits: { plan: 'pro' }, version: 2 }]);
  await insert('quarantine', [{ project: 'p1', reason: 'not JSON' }]);
  // The second id ends in 16 zero bits, which did not mean anything.
  const visits = ['1234567', '131072'];
  for (const [index, session_id] of visits.entries()) {
    const at = '2026-10-01 00:00:00';
    await insert('events', [{ project: 'p2', event_id: `e${index}`, timestamp: at, session_id }]);
    const session = { project: 'p2', session_id, day_key: at, started_at: at, ended_at: at };
    await insert('sessions', [{ ...session, version: 1 }]);
    await insert('sessions', [{ ...session, page_views: 3, version: 2 }]);
  }
  await insert('sessions', [{ project: 'p1', session_id: 7, bot_score: 80, day_key: '2026-10-01 00:00:00' }]);

  for (const [at, { name }] of all.entries()) {
    if (at < 6) continue;
    expect(await migrate(warehouse.client, all.slice(0, at + 1))).toEqual([name]);
    // As after a crash between the last statement and its record.
    await warehouse.client.command({
      query: `DELETE FROM tributary.migrations WHERE name = '${name}'`,
      clickhouse_settings: { lightweight_deletes_sync: '2' },
    });
    expect(await migrate(warehouse.client, all.slice(0, at + 1))).toEqual([name]);
  }

  expect(
    await warehouse.query(
      `SELECT event_id, account_kind, groups, key_id, consent, sequence, order_id, items.price AS prices FROM tributary.events WHERE project = 'p1' ORDER BY event_id`,
    ),
  ).toEqual(
    [
      ['a', 'company'],
      ['b', ''],
    ].map(([event_id, account_kind]) => ({
      event_id,
      account_kind,
      groups: {},
      key_id: '',
      consent: '',
      sequence: 0,
      order_id: '',
      prices: [],
    })),
  );
  expect(
    await warehouse.query(
      'SELECT kind, account_id, traits.plan::String AS plan FROM tributary.accounts FINAL',
    ),
  ).toEqual([{ kind: 'company', account_id: 'acme', plan: 'pro' }]);
  await insert('accounts', [
    { ...account, kind: 'company', traits: { plan: 'team' }, version: 3 },
    { ...account, kind: 'project', traits: {}, version: 3 },
  ]);
  expect(
    await warehouse.query(
      'SELECT kind, traits.plan::String AS plan FROM tributary.accounts FINAL ORDER BY kind',
    ),
  ).toEqual([
    { kind: 'company', plan: 'team' },
    { kind: 'project', plan: '' },
  ]);
  // One score of before the layers is that of the agent; nothing was known of consent.
  expect(
    await warehouse.query(
      `SELECT event_id, bot_layers, bot_scores FROM tributary.events WHERE project = 'p1' ORDER BY event_id`,
    ),
  ).toEqual([
    { event_id: 'a', bot_layers: 80, bot_scores: { agent: 80 } },
    { event_id: 'b', bot_layers: 0, bot_scores: {} },
  ]);
  expect(
    await warehouse.query(`SELECT bot_layers, consents FROM tributary.sessions FINAL WHERE project != 'p2'`),
  ).toEqual([{ bot_layers: 80, consents: 1 }]);
  for (const name of ['session_range', 'session_repair'])
    await warehouse.client.command({ query: `SYSTEM RELOAD DICTIONARY tributary.${name}` });
  expect(
    await warehouse.query(
      `SELECT toString(session_id) AS id, page_views FROM tributary.events INNER JOIN
      (SELECT session_id, page_views FROM tributary.sessions FINAL) AS of_session USING session_id WHERE project = 'p2' ORDER BY event_id`,
    ),
  ).toEqual(visits.map((id) => ({ id, page_views: 3 })));
  expect(await warehouse.query('SELECT reason, key_id FROM tributary.quarantine')).toEqual([
    { reason: 'not JSON', key_id: '' },
  ]);
});
