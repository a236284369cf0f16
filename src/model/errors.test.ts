import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startWorkspace, type TestWorkspace } from './workspace.fixture.ts';

let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await startWorkspace();
});
afterEach(() => workspace.clear());
afterAll(() => workspace?.stop());

const refusal = async (): Promise<string> => workspace.plan().then(() => 'no problem', String);

describe('a model that cannot work is refused with its file, the line and what to do', () => {
  test.each([
    ['no header', 'SELECT 1', '1: the file must begin with a header'],
    ['not YAML', '/* model\nkind: full\ngrain: [a\n*/\nSELECT 1 AS a', '4: the header is not YAML'],
    ['no kind', '/* model\ngrain: a\n*/\nSELECT 1 AS a', '1: "kind" is one of view, full'],
    ['another kind', '/* model\n\nkind: table\n*/\nSELECT 1 AS a', '3: "kind" is one of view, full'],
    ['unknown key', '/* model\nkind: view\ngrian: a\n*/\nSELECT 1 AS a', '3: the header has no key "grian"'],
    [
      'unknown key of a test',
      '/* model\nkind: view\ntests:\n  - unique: a\n    sevrity: warn\n*/\nSELECT 1 AS a',
      '5: "tests.0" has no key "sevrity"',
    ],
    [
      'a test of nothing',
      '/* model\nkind: view\ntests:\n  - name: x\n*/\nSELECT 1 AS a',
      '4: "tests.0" is one of',
    ],
    [
      'a wrong duration',
      '/* model\nkind: incremental by time range\ntime: a\nlookback: a while\n*/\nSELECT 1 AS a',
      '4: "lookback" is not a duration like "3 days"',
    ],
    ['a missing key', '/* model\nkind: incremental by key\n*/\nSELECT 1 AS a', '1: "key" is missing'],
    [
      'wrong SQL',
      '/* model\nkind: view\n*/\n\nSELECT 1\nFROM tributary.events\nWHERE (a = = 2)',
      '7: Syntax error',
    ],
    ['no SQL', '/* model\nkind: view\n*/\n', '4: Empty query'],
    ['two statements', '/* model\nkind: view\n*/\nSELECT 1; DROP TABLE tributary.events', '4: Syntax error'],
    ['no query', '/* model\nkind: view\n*/\nDROP TABLE tributary.events', '4: '],
    [
      'out of its brackets',
      '/* model\nkind: full\n*/\nSELECT 1 AS a) UNION ALL (SELECT 2',
      '4: Syntax error',
    ],
    ['a format', '/* model\nkind: view\n*/\nSELECT 1 AS a FORMAT CSV', '4: Syntax error'],
    ['a file', "/* model\nkind: view\n*/\nSELECT 1 AS a INTO OUTFILE 'x'", '4: '],
    [
      'a function that reaches out',
      "/* model\nkind: view\n*/\nSELECT file('/etc/passwd') AS a",
      '4: The read-only user may not use the function file',
    ],
    [
      'a table function that reaches out',
      "/* model\nkind: view\n*/\nSELECT * FROM url('http://127.0.0.1/')",
      '4: The read-only user may not use the table function url',
    ],
    [
      'a table of the system',
      '/* model\nkind: view\n*/\nSELECT *\nFROM system.tables',
      '5: system.tables cannot be read',
    ],
    [
      'a table in building',
      '/* model\nkind: view\n*/\nSELECT *\nFROM mart_state.runs',
      '5: mart_state.runs cannot be read',
    ],
    ['no database', '/* model\nkind: view\n*/\nSELECT *\nFROM events', '5: "events" has no database'],
    [
      'a missing table',
      '/* model\nkind: view\n*/\nSELECT *\nFROM tributary.evnts',
      '5: there is no table tributary.evnts',
    ],
    [
      'a missing model',
      '/* model\nkind: view\n*/\nSELECT *\nFROM mart.dim_users',
      '5: there is no table mart.dim_users and no model of that name',
    ],
    [
      'a missing column',
      '/* model\nkind: view\n*/\nSELECT\n  event,\n  evnt2\nFROM tributary.events',
      '6: Unknown expression identifier `evnt2`',
    ],
    ['wrong types', "/* model\nkind: view\n*/\nSELECT\n  1 + 'a' AS b", '4: Illegal types UInt8 and String'],
    [
      'an unknown column in the grain',
      '/* model\nkind: full\ngrain: [b]\n*/\nSELECT 1 AS a',
      '3: "grain" names the column b, which the query does not have; it has a',
    ],
    [
      'NULL in the grain',
      '/* model\nkind: full\ngrain: [a]\n*/\nSELECT NULL::Nullable(Int8) AS a',
      '3: "grain" names a, which can be NULL',
    ],
    [
      'an unknown column in a test',
      '/* model\nkind: full\ntests:\n  - not_null: b\n*/\nSELECT 1 AS a',
      '3: "tests" names the column b',
    ],
    [
      'wrong SQL in a test',
      '/* model\nkind: full\ntests:\n  - sql: SELECT FROM WHERE\n*/\nSELECT 1 AS a',
      '3: the test "sql": Syntax error',
    ],
    [
      'reaching out in a test',
      "/* model\nkind: full\ntests:\n  - sql: SELECT file('x')\n*/\nSELECT 1 AS a",
      '3: the test "sql": The read-only user',
    ],
    [
      'an unknown parameter',
      '/* model\nkind: full\n*/\nSELECT {from:DateTime} AS a',
      '4: {from:…} is none of',
    ],
    [
      'a parameter of another type',
      '/* model\nkind: full\n*/\nSELECT\n{now:String} AS a',
      '5: {now:…} must be {now:DateTime}',
    ],
    [
      'an interval for a view',
      '/* model\nkind: view\n*/\nSELECT {start:DateTime} AS a',
      '4: a model of the kind view has no {start:DateTime}',
    ],
  ])('%s', async (_, text, expected) => {
    workspace.write('wrong', text);
    expect(await refusal()).toContain(`models/wrong.sql:${expected}`);
  });

  test('a name that cannot be a table', async () => {
    workspace.write('My-Model', '/* model\nkind: view\n*/\nSELECT 1 AS a');
    expect(await refusal()).toContain('models/My-Model.sql:1: "My-Model" cannot be a table');
  });

  test('models that need each other', async () => {
    workspace.write('a', '/* model\nkind: view\n*/\nSELECT *\nFROM mart.b');
    workspace.write('b', '/* model\nkind: view\n*/\nSELECT * FROM mart.c');
    workspace.write('c', '/* model\nkind: view\n*/\nSELECT * FROM (SELECT * FROM mart.a)');
    expect(await refusal()).toContain(
      'models/c.sql:4: the models need each other in a circle: a → b → c → a',
    );
  });

  test('a model that reads itself', async () => {
    workspace.write('a', '/* model\nkind: full\n*/\nSELECT * FROM mart.a');
    expect(await refusal()).toContain('models/a.sql:4: the model reads itself');
  });

  test('all problems of all files come at once, and nothing is changed', async () => {
    workspace.write('a', '/* model\nkind: view\n*/\nSELECT 1 AS a');
    workspace.write('b', 'SELECT 1');
    workspace.write('c', '/* model\nkind: view\n*/\nSELECT * FROM nowhere');
    const said = await workspace.run().then(() => '', String);
    expect(said).toContain('models/b.sql:1: ');
    expect(said).toContain('models/c.sql:4: ');
    expect(await workspace.rows(`SELECT name FROM system.tables WHERE database = 'mart'`)).toEqual([]);
  });

  test('a model that is named but not there', async () => {
    workspace.write('a', '/* model\nkind: view\n*/\nSELECT 1 AS a');
    await expect(workspace.plan({ words: ['fact_*'] })).rejects.toThrow(
      'there is no model "fact_*"; there are a',
    );
  });
});

test('tables are found wherever the query reads them, and names of WITH are none', async () => {
  await workspace.command('CREATE TABLE raw.t (a UInt8) ENGINE = MergeTree ORDER BY a');
  for (const name of ['in_with', 'in_from', 'in_join', 'in_in', 'in_union', 'in_scalar'])
    workspace.write(name, '/* model\nkind: full\n*/\nSELECT a FROM raw.t');
  workspace.write(
    'all_of_them',
    `/* model
kind: view
*/
WITH w AS (SELECT a FROM mart.in_with), v AS (SELECT a FROM w)
SELECT x.a AS a, (SELECT max(a) FROM mart.in_scalar) AS m
FROM mart.in_from AS x INNER JOIN mart.in_join AS y ON x.a = y.a CROSS JOIN v
WHERE x.a IN mart.in_in OR x.a IN (SELECT 1 UNION ALL SELECT a FROM mart.in_union)`,
  );
  const { steps } = await workspace.plan({ words: ['+all_of_them'] });
  expect(steps).toHaveLength(7);
  expect(steps.at(-1)?.model).toBe('all_of_them');
});
