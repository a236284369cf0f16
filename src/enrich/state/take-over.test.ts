import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSqliteState } from './sqlite.ts';
import { stateOfProject, takeOverState } from './take-over.ts';

test('one project’s visitors come from the other file; other projects, settings and the checkpoint stay', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-take-over-'));
  const [live, shadow] = [join(folder, 'live.db'), join(folder, 'shadow.db')];
  const stay = {
    'a:p2\0x': 'other',
    'a:p\0:p1\0x': 'other',
    'p:p1': 'settings',
    'plan:p1': 'plan',
    'load:log': 'id',
  };
  const one = openSqliteState(live);
  await one.commit(
    9,
    new Map(Object.entries({ ...stay, 'a:p1\0old': '1', 'u:p1\0both': '1', 'm:u:p1\0old': '1' })),
  );
  const other = openSqliteState(shadow);
  await other.commit(
    7,
    new Map(
      Object.entries({
        'p:p1': 'older',
        'u:p1\0both': '2',
        'g:p1\0new': '2',
        'm:e:p1\0new': '2',
        'rewind:id': 'r',
      }),
    ),
  );
  await Promise.all([one.close(), other.close()]);
  expect(stateOfProject(live, 'p1')).toEqual(
    new Map([
      ['p:p1', 'settings'],
      ['plan:p1', 'plan'],
    ]),
  );
  takeOverState(live, shadow, 'p1');
  takeOverState(live, shadow, 'p1');
  const now = openSqliteState(live);
  const keys = [
    ...Object.keys(stay),
    'a:p1\0old',
    'm:u:p1\0old',
    'u:p1\0both',
    'g:p1\0new',
    'm:e:p1\0new',
    'rewind:id',
  ];
  expect(await now.fetch(keys)).toEqual([
    ...Object.values(stay),
    undefined,
    undefined,
    '2',
    '2',
    '2',
    undefined,
  ]);
  expect((await now.checkpoint()).next).toBe(9);
  await now.close();
  rmSync(folder, { recursive: true });
});
