import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventUses } from './event-uses.ts';
import { startWorkspace, type TestWorkspace } from './workspace.fixture.ts';

let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await startWorkspace();
});
afterAll(() => workspace.stop());

const header = '/* model\nkind: full\n*/\n';

test('what models take of events is read from their SQL, SELECT by SELECT', async () => {
  workspace.write(
    'paid',
    `${header}SELECT properties.plan::String AS plan, sum(e.properties.cart.total::Float64) AS total
FROM tributary.events AS e
WHERE e.event = 'Order Paid' GROUP BY plan
UNION ALL
SELECT properties.tier.:String, 0 FROM tributary.events WHERE event IN ('Signed Up', 'It''s')`,
  );
  workspace.write(
    'any',
    `${header}SELECT properties.\`a b\`::String AS ab, countIf(event = 'Seen') AS seen FROM tributary.events GROUP BY ab`,
  );
  workspace.write(
    'named',
    `${header}WITH x AS (SELECT * FROM tributary.events WHERE event = 'Left') SELECT properties.why::String AS why, count() AS n FROM x GROUP BY why`,
  );
  workspace.write(
    'whole',
    `${header}SELECT getSubcolumn(properties, 'k')::String AS k, transform(event, ['a'], ['b'], '') AS t FROM tributary.events`,
  );
  workspace.write('other', `${header}SELECT plan, total FROM mart.paid`);
  workspace.write('last', `${header}SELECT total FROM mart.other`);
  workspace.write('broken', `${header}SELECT FROM WHERE`);
  const { models, problems } = await eventUses(workspace.folder, workspace.reader);
  const of = (name: string) => models.find((model) => model.name === name);
  expect(of('paid')?.uses).toEqual([
    { events: ['Order Paid'], property: undefined, line: 6 },
    { events: ['Order Paid'], property: 'plan', line: 4 },
    { events: ['Order Paid'], property: 'cart.total', line: 4 },
    { events: ['Signed Up'], property: undefined, line: 8 },
    { events: ["It's"], property: undefined, line: 8 },
    { events: ['Signed Up', "It's"], property: 'tier', line: 8 },
  ]);
  expect(of('any')?.uses).toContainEqual({ events: ['Seen'], property: 'a b', line: 4 });
  expect(of('named')?.uses).toContainEqual({ events: ['Left'], property: 'why', line: 4 });
  expect(of('whole')?.uses).toContainEqual({ events: ['a'], property: 'k', line: 4 });
  expect(of('other')?.uses).toEqual([]);
  expect(of('paid')?.below).toEqual(['last', 'other']);
  expect(problems).toMatchObject([{ file: 'models/broken.sql' }]);
});
