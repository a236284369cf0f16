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
const reload = () => warehouse.client.command({ query: 'SYSTEM RELOAD DICTIONARY tributary.identity' });

test('edges of versions before it end at the last person; an edge that is removed is none, also for what was before', async () => {
  await migrate(
    warehouse.client,
    tableMigrations().filter(({ name }) => name < '012'),
  );
  const edge = (alias_key: number, person_key: number) => ({
    project: 'p1',
    alias_key,
    alias_id: `id${alias_key}`,
    person_key,
    user_id: `id${person_key}`,
    reason: 'alias',
    version: alias_key,
  });
  await insert('identities', [edge(1, 2), edge(2, 3), edge(3, 4), edge(4, 5), edge(5, 6), edge(9, 8)]);
  await migrate(warehouse.client);
  await reload();
  await insert(
    'events',
    [1, 2, 3, 4, 5, 6, 8, 9].map((person_key) => ({
      project: 'p1',
      event_id: String(person_key),
      person_key,
      timestamp: '2026-11-01',
    })),
  );
  const people = () =>
    warehouse.query(
      `SELECT toUInt32(person_id) AS person, groupArray(toUInt32(person_key)) AS keys
       FROM (SELECT person_id, person_key FROM tributary.events WHERE project = 'p1' ORDER BY person_key) GROUP BY person ORDER BY person`,
    );
  expect(await people()).toEqual([
    { person: 6, keys: [1, 2, 3, 4, 5, 6] },
    { person: 8, keys: [8, 9] },
  ]);
  expect(
    await warehouse.query(
      'SELECT toUInt32(target_key) AS target, target_kind, target_id, removed FROM tributary.identities FINAL WHERE alias_key = 1',
    ),
  ).toEqual([{ target: 2, target_kind: 'user', target_id: 'id2', removed: 0 }]);

  await insert('identities', [{ ...edge(9, 9), removed: 1, version: 20 }]);
  await reload();
  expect(await people()).toEqual([
    { person: 6, keys: [1, 2, 3, 4, 5, 6] },
    { person: 8, keys: [8] },
    { person: 9, keys: [9] },
  ]);
});
