/** Finding and erasing a person in the tables of a real engine. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { privacyRules, retentionRules } from '../contract/privacy-settings.ts';
import { eraseRows, namingRows, type Removed } from '../privacy/person/erase-warehouse.ts';
import { exportPerson } from '../privacy/person/export.ts';
import { idsOfPerson } from '../privacy/person/ids.ts';
import { pseudonymOf, withNewKey } from '../privacy/pseudonym.ts';
import { hash64 } from '../runtime/ids.ts';
import { type TestWarehouse, testWarehouse } from '../warehouse/pipeline-fixture.ts';
import { migrate } from '../warehouse/warehouse.ts';
import { tryRules } from './privacy.ts';
import { applyRetention } from './retention.ts';

const keyOf = (project: string, kind: string, id: string): string => hash64(project, kind, id).toString();
const now = Date.UTC(2026, 5, 15);

let warehouse: TestWarehouse;
beforeAll(async () => {
  warehouse = await testWarehouse();
  await migrate(warehouse.client);
  for (const query of [
    'CREATE DATABASE IF NOT EXISTS mart',
    'CREATE DATABASE IF NOT EXISTS app',
    'CREATE TABLE mart.orders (user_id UInt64, users UInt64) ENGINE = MergeTree ORDER BY user_id',
    'CREATE TABLE mart.people (person_key UInt64, name String) ENGINE = MergeTree ORDER BY person_key',
    'CREATE TABLE mart.customers (project String, customer_id Nullable(Int32)) ENGINE = MergeTree ORDER BY project',
    'CREATE TABLE app.users (user_id UInt32) ENGINE = MergeTree ORDER BY user_id',
    'INSERT INTO mart.orders VALUES (42, 1), (43, 42)',
    `INSERT INTO mart.people VALUES (${keyOf('a', 'u', '42')}, 'ours'), (${keyOf('b', 'u', '42')}, 'theirs')`,
    "INSERT INTO mart.customers VALUES ('a', 42), ('a', NULL), ('b', 42)",
    'INSERT INTO app.users VALUES (42)',
  ])
    await warehouse.client.command({ query });
});
afterAll(() => warehouse?.stop());

async function insert(table: string, values: readonly object[]): Promise<void> {
  await warehouse.client.insert({ table: `tributary.${table}`, values: [...values], format: 'JSONEachRow' });
}

const event = (user_id: string, over: object = {}): object => ({
  project: 'a',
  type: 'track',
  event: 'Bought',
  event_id: randomUUID(),
  timestamp: '2026-06-01 00:00:00',
  received_at: '2026-06-01 00:00:00',
  user_id,
  person_key: keyOf('a', 'u', user_id),
  ...over,
});

/** Also those that are only masked. */
const bytesOf = (user: string): Promise<{ n: string }[]> =>
  warehouse.query(
    `SELECT toString(count()) AS n FROM tributary.events WHERE user_id = '${user}' SETTINGS apply_deleted_mask = 0`,
  );

async function erase(person: string, isOnly: boolean): Promise<{ removed: Removed[]; notes: string[] }> {
  const removed: Removed[] = [];
  const notes: string[] = [];
  const found = await idsOfPerson(warehouse.client, 'a', person, [person]);
  for (const part of ['ours', 'models'] as const)
    notes.push(
      ...(
        await eraseRows(
          warehouse.client,
          { erasure: randomUUID(), project: 'a', isOnly },
          found,
          part,
          async (one) => void removed.push(one),
        )
      ).notes,
    );
  return { removed, notes };
}

test('retention leaves no bytes of what it deletes, and an erasure none of what others masked before', async () => {
  await insert('events', [event('old', { timestamp: '2026-05-01 00:00:00' }), event('other')]);
  await insert('events', [event('jane-masked'), event('jane-masked')]);
  await insert('events', [event('other')]);
  expect(
    await applyRetention(warehouse.client, 'a', retentionRules.parse({ events: 30 }), now),
  ).toMatchObject([{ rows: 1 }]);
  expect(await bytesOf('old')).toEqual([{ n: '0' }]);

  await warehouse.client.command({
    query: "DELETE FROM tributary.events WHERE user_id = 'jane-masked'",
    clickhouse_settings: { lightweight_deletes_sync: '2' },
  });
  expect(await bytesOf('jane-masked')).toEqual([{ n: '2' }]);
  expect((await erase('jane-masked', true)).removed).toEqual([]);
  expect(await bytesOf('jane-masked')).toEqual([{ n: '0' }]);
  expect(await bytesOf('other')).toEqual([{ n: '2' }]);
  expect(
    await warehouse.query(
      "SELECT name FROM system.parts WHERE table = 'events' AND active AND has_lightweight_delete",
    ),
  ).toEqual([]);
});

test('a person with 600 ids is found, exported and erased', async () => {
  const devices = Array.from({ length: 600 }, () => randomUUID());
  const version = 1;
  const target = { target_kind: 'user', target_id: 'many', target_key: keyOf('a', 'u', 'many') };
  await insert(
    'identities',
    devices.map((id) => ({
      project: 'a',
      alias_kind: 'anonymous',
      alias_id: id,
      alias_key: keyOf('a', 'a', id),
      ...target,
      person_key: target.target_key,
      version,
    })),
  );
  await insert(
    'events',
    devices.map((id) => event('', { anonymous_id: id, person_key: keyOf('a', 'a', id) })),
  );
  await insert('events', [event('many')]);
  await insert('quarantine', [
    { project: 'a', received_at: '2026-06-01 00:00:00', log_offset: 1, payload: `{"a":"${devices.at(-1)}"}` },
    { project: 'a', received_at: '2026-06-01 00:00:00', log_offset: 2, payload: `{"a":"${randomUUID()}"}` },
  ]);
  await warehouse.client.command({ query: 'SYSTEM RELOAD DICTIONARY tributary.identity' });
  const person = await idsOfPerson(warehouse.client, 'a', 'many', ['many']);
  // the user id may be an anonymous one as well
  expect(person.ids).toHaveLength(602);
  expect(await namingRows(warehouse.client, 'a', person)).toMatchObject([
    { table: 'tributary.quarantine', count: 1 },
  ]);
  expect((await erase('many', true)).removed).toEqual(
    expect.arrayContaining([{ where: 'tributary.events', what: 'rows', count: 601 }]),
  );
  expect(await warehouse.query('SELECT log_offset FROM tributary.quarantine')).toEqual([{ log_offset: 2 }]);
});

test('where nothing tells of which project a row is, an id names somebody only while there is one project', async () => {
  const person = await idsOfPerson(warehouse.client, 'a', '42', ['42']);
  const exported = async (isOnly: boolean, ownTables: boolean): Promise<string[]> => {
    const lines: string[] = [];
    const records = (async function* () {})();
    const parts = { warehouse: warehouse.client, records, decode: () => ({ events: [], failures: [] }) };
    for await (const line of exportPerson(parts, { project: 'a', isOnly, ownTables }, person))
      lines.push(line);
    const [first, ...rest] = lines.map(
      (line) => JSON.parse(line) as { from: string; row: { notIncluded?: string[] } },
    );
    return [...rest.map(({ from }) => from), ...(first?.row.notIncluded ?? []).map((name) => `not ${name}`)];
  };
  expect((await exported(true, false)).toSorted()).toEqual([
    'app.users',
    'mart.customers',
    'mart.orders',
    'mart.people',
  ]);
  const unclear = ['not app.users', 'not mart.orders'];
  expect((await exported(false, false)).toSorted()).toEqual(['mart.customers', 'mart.people', ...unclear]);
  expect((await exported(false, true)).toSorted()).toEqual(['mart.customers', ...unclear, 'not mart.people']);

  const shared = await erase('42', false);
  expect(shared.removed.map(({ where }) => where)).toEqual(['mart.customers', 'mart.people']);
  expect(shared.notes.join()).toContain('app.users, mart.orders');
  expect(await warehouse.query('SELECT name FROM mart.people')).toEqual([{ name: 'theirs' }]);
  expect(await warehouse.query('SELECT project FROM mart.customers ORDER BY project')).toEqual([
    { project: 'a' },
    { project: 'b' },
  ]);

  const alone = await erase('42', true);
  expect(alone.removed).toEqual([{ where: 'mart.orders', what: 'rows', count: 1 }]);
  expect(alone.notes.join()).toContain('app.users has 1 rows');
  expect(await warehouse.query('SELECT toUInt8(user_id) AS id FROM mart.orders')).toEqual([{ id: 43 }]);
});

test('whoever tries the rules learns nothing of the pseudonyms that are stored', () => {
  const [key] = withNewKey([], now);
  const rules = privacyRules.parse({ pseudonyms: { userIds: true } });
  const ask = (): string => tryRules(rules, JSON.stringify({ userId: 'jane' }), now).kept;
  expect(ask()).toMatch(/^\{"userId":"ps1_[\w-]{22}"\}$/);
  expect(ask()).not.toBe(ask());
  expect(key && ask()).not.toContain(key && pseudonymOf(key, 'jane'));
});
