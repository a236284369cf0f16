import { afterAll, beforeAll, expect, test } from 'vitest';
import { confirmStored, hashId, RecentIds, rememberStored } from './dedupe.ts';
import { SeenIds, withoutDuplicates } from './duplicates.ts';
import { Inserter } from './insert.ts';
import { migrate } from './migrate.ts';
import { eventRow, request, type TestWarehouse, testWarehouse } from './pipeline-fixture.ts';

let warehouse: TestWarehouse;
beforeAll(async () => {
  warehouse = await testWarehouse();
  await migrate(warehouse.client);
});
afterAll(() => warehouse.stop());

test('none of the newest ids is missed, few others are suspected, and the offsets named hold the id', () => {
  const recent = new RecentIds({ size: 2 ** 14, generations: 4 });
  const count = 5 * 2 ** 14;
  for (let n = 0; n < count; n++) {
    const [high, low] = hashId('p', `id ${n}`);
    recent.add(high, low, n);
  }
  for (let n = count - 3 * 2 ** 14; n < count; n++) {
    const range = recent.maybe(...hashId('p', `id ${n}`));
    if (!range || range.from > n || range.to < n) throw new Error(`id ${n} was missed`);
  }
  let alarms = 0;
  for (let n = 0; n < 200_000; n++) if (recent.maybe(...hashId('p', `other ${n}`))) alarms++;
  expect(alarms).toBeLessThan(20);
});

test('the warehouse confirms what it has from earlier offsets of the same project, and a new filter learns it', async () => {
  const rows = Array.from({ length: 300 }, (_, n) =>
    eventRow({
      record: { ...request([]), offset: n + 1 },
      index: 0,
      eventId: `é'\\ ${n}`,
      event: { type: 'track', event: 'tested', properties: {} },
    }),
  );
  const inserter = new Inserter({
    warehouse: warehouse.client,
    signal: AbortSignal.timeout(10_000),
    onFailure: () => {},
  });
  expect(await inserter.insert('events', rows, 'dedupe:1')).toBeUndefined();
  const suspect = (n: number, project = 'p1') => ({ project, id: `é'\\ ${n}`, from: 1, to: 1_000 });
  expect(
    await confirmStored(warehouse.client, [suspect(5), suspect(250), suspect(999), suspect(6, 'p2')], 200),
  ).toEqual(new Set([`p1\0é'\\ 5`]));
  const recent = new RecentIds();
  expect(await rememberStored(warehouse.client, recent, 200)).toBe(199);
  for (let n = 0; n < 199; n++) expect(recent.maybe(...hashId('p1', `é'\\ ${n}`))).toBeDefined();
  expect(recent.maybe(...hashId('p1', `é'\\ 250`))).toBeUndefined();
});

test('history that comes again after its ids are forgotten is still known; what is live is not asked for', async () => {
  const recent = new RecentIds({ size: 64, generations: 1 });
  await rememberStored(warehouse.client, recent, 200);
  expect(recent.forgottenBefore).toBeGreaterThan(64);
  const receivedAt = request([]).receivedAt;
  const asked: (number | undefined)[] = [];
  const again = (id: string, time: number | undefined) => ({
    id,
    time,
    record: { ...request([]), receivedAt: receivedAt + 60 * 86_400_000, offset: 500 },
  });
  const items = [again(`é'\\ 3`, receivedAt), again(`é'\\ 4`, undefined), again('never seen', receivedAt)];
  const { fresh } = await withoutDuplicates(
    items,
    ({ id }) => id,
    ({ time }) => time,
    'events',
    {
      ids: new SeenIds(),
      recent,
      confirm: (suspects, before) => {
        asked.push(...suspects.map(({ time }) => time));
        return confirmStored(warehouse.client, suspects, before);
      },
      from: 500,
      inFlight: undefined,
    },
  );
  expect(fresh.map(({ id }) => id)).toEqual([`é'\\ 4`, 'never seen']);
  expect(asked).toEqual([receivedAt, receivedAt]);
});
